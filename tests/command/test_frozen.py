"""``pbfigure plan --frozen``, by hand and as a hook of the real pre-commit."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import Site
from json_schemas import valid
from sandbox_process import SandboxProcess

ROOT = Path(__file__).parents[2]
PUBLISHED = ("pbfigure", "sphinx_paperbanana", "latex_hook", "pyproject.toml", "README.md")


def git(folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    return subprocess.run(
        ["git", *who, *command],
        cwd=folder,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_a_figure_counts_only_if_a_clone_has_its_picture(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    git(site.folder, "init", "-q")

    def why(**environ: str) -> list[str]:
        done = site.run("plan", "docs", "--frozen", "--json", **environ)
        told = valid("plan", done)
        assert (done.returncode == 0) == told["complete"]
        return [each["why"] for each in told["unready"]]

    assert site.run("plan", "docs", "--frozen").returncode == 1  # nothing is drawn
    site.build()
    drafts = why(PAPERBANANA_ALLOW_DRAFTS="false")
    assert drafts == ["its picture is a draft of the sandbox"] * 2
    unkept = why(PAPERBANANA_FIGURES_DIR="")
    assert unkept == ["figures_dir is off: its picture is in this machine's cache only"] * 2
    found = why()
    assert len(found) == 2
    assert all(each.endswith("git add docs/_paperbanana") for each in found)
    assert site.run("plan", "docs").returncode == 0  # here everything is there
    git(site.folder, "add", "docs")
    assert why() == []
    assert site.run("plan", "docs", "--frozen").returncode == 0
    picture = next((site.docs / "_paperbanana").glob("index--fig-flow-*.png"))
    digits = hashlib.sha256(picture.read_bytes()).hexdigest()[:12]
    assert site.run("pin", "docs", "fig-flow", digits).returncode == 0
    assert why() == ["git does not have index--fig-flow.pin: git add docs/_paperbanana"]
    git(site.folder, "add", "docs")
    assert why() == []
    (site.docs / "_paperbanana" / "index--fig-flow.pin").unlink()
    for path in (site.docs / "_paperbanana").iterdir():
        path.unlink()
    shown = site.run("plan", "docs", "--frozen")
    assert shown.returncode == 1
    assert "this machine's cache only" in shown.stdout
    assert "index.rst:6: fig-flow" in shown.stdout


def test_a_project_without_git_is_judged_by_its_files(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    assert site.run("plan", "docs", "--frozen").returncode == 0


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository of this project, as pre-commit clones it."""
    folder = tmp_path / "sphinx-paperbanana"
    folder.mkdir()
    for name in (*PUBLISHED, "LICENSE", ".pre-commit-hooks.yaml"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    assert git(folder, "commit", "-qm", "Release").returncode == 0
    return folder


def test_pre_commit_lets_no_commit_pass_that_forgets_a_picture(
    site: Site, hooks: Path, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(hooks.parent / "pre-commit"))
    site.build()
    monkeypatch.delenv("PYTHONPATH")  # the hook has an environment of its own
    monkeypatch.setenv("PIP_NO_COMPILE", "1")  # of which little is imported
    site.write(".gitignore", "__pycache__/\n")
    (site.folder / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: {git(hooks, 'rev-parse', 'HEAD').stdout.strip()}\n"
        "  hooks:\n  - id: pbfigure-frozen\n    args: [docs]\n"
    )
    git(site.folder, "init", "-q")
    git(site.folder, "add", ".pre-commit-config.yaml", "docs/index.rst", "docs/conf.py")
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=site.folder,
        check=True,
    )
    asked = len(use_sandbox.log())
    tried = git(site.folder, "commit", "-m", "The guide")
    assert tried.returncode == 1
    assert "git does not have index--fig-flow" in tried.stdout, tried.stdout
    git(site.folder, "add", "docs")
    tried = git(site.folder, "commit", "-m", "The guide")
    assert tried.returncode == 0, tried.stdout
    git(site.folder, "rm", "-q", "--cached", "-r", "docs/_paperbanana")
    assert git(site.folder, "commit", "-m", "Gone").returncode == 1
    assert len(use_sandbox.log()) == asked
