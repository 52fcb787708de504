"""What is committed stays as it is: builds of a real git repository and of its clones."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from program_forks import forked
from sandbox_process import SandboxProcess
from sphinx_docs import CONF, Docs
from stock import read_only

MODES = ("generate", "offline", "frozen")
GUIDE = """\
Guide
=====

Some text.

.. paperbanana:: How a pump works
   :name: pump
"""


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(
        ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def committed(docs: Docs, use_sandbox: SandboxProcess) -> Docs:
    """A project whose figure was bought twice, with two prompts, and is committed with both."""
    docs.write("index.rst", "Title\n=====\n\n.. toctree::\n\n   guide\n")
    docs.write("guide.rst", GUIDE)
    docs.build(strict=True)
    docs.edit("guide.rst", "How a pump works", "How a pump fails")
    docs.build(strict=True)
    docs.edit("guide.rst", "How a pump fails", "How a pump works")
    shutil.rmtree(docs.out)
    git(docs.src, "init", "--quiet", "--initial-branch=main")
    git(docs.src, "add", ".")
    git(docs.src, "commit", "--quiet", "-m", "the figure, back to its first prompt")
    return docs


def without_cache(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    cache = folder / "another-machine"
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(cache))
    return cache


@pytest.mark.parametrize("mode", MODES)
def test_an_earlier_picture_shown_again_changes_no_committed_file(
    mode: str, committed: Docs, use_sandbox: SandboxProcess
) -> None:
    requests = len(use_sandbox.log())
    build = committed.build(overrides={"paperbanana_mode": mode}, strict=True)
    assert len(build.images) == 1
    assert git(committed.src, "status", "--porcelain") == ""
    assert len(use_sandbox.log()) == requests


@pytest.mark.parametrize("mode", ["offline", "frozen"])
def test_offline_and_frozen_write_nothing_outside_the_build_folder(
    mode: str, committed: Docs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = without_cache(monkeypatch, tmp_path)
    (picture,) = committed.figures.glob(f"*{shown_key(committed)}.png")
    picture.write_bytes(b"damaged")
    committed.edit("guide.rst", "Some text.", "Some other text.")
    committed.write("more.rst", ":orphan:\n\n" + GUIDE.replace("pump", "valve"))
    before = committed.tree()
    build = committed.build(overrides={"paperbanana_mode": mode})
    after = {name: data for name, data in committed.tree().items() if not name.startswith("out")}
    assert after == before
    assert not cache.exists()
    assert build.statuscode == (1 if mode == "frozen" else 0)


def shown_key(docs: Docs) -> str:
    """The first digits of the key whose picture the project shows now."""
    build = docs.build(overrides={"paperbanana_mode": "offline"}, strict=True)
    (name,) = build.images
    shutil.rmtree(docs.out)
    return name.rpartition("-")[2].partition(".")[0]


@pytest.mark.parametrize("mode", ["offline", "frozen"])
def test_the_machines_cache_is_read_without_writing_to_it(
    mode: str, committed: Docs, tmp_path: Path
) -> None:
    shutil.rmtree(committed.figures)
    cache = tmp_path / "machine-cache"
    gc.collect()  # the builds before this one let go of their database
    before = {path: path.stat().st_mtime_ns for path in sorted(cache.rglob("*"))}
    build = committed.build(overrides={"paperbanana_mode": mode}, strict=True)
    assert len(build.images) == 1
    assert not committed.figures.exists()
    committed.edit("guide.rst", "Some text.", "Some other text.")
    committed.build(overrides={"paperbanana_mode": mode}, strict=True)
    assert {path: path.stat().st_mtime_ns for path in sorted(cache.rglob("*"))} == before


@pytest.mark.parametrize("mode", MODES)
def test_a_project_of_which_nothing_can_be_written_builds(
    mode: str, committed: Docs, tmp_path_factory: pytest.TempPathFactory
) -> None:
    committed.build(overrides={"paperbanana_mode": mode})  # all is imported: nobody may read less
    committed.out = tmp_path_factory.mktemp("out")
    committed.out.chmod(0o777)
    gc.collect()  # the builds before this one let go of their database
    with read_only(committed.folder):  # the sources and the machine's cache
        build = committed.build(overrides={"paperbanana_mode": mode}, strict=True)
    assert build.warnings == ""
    assert len(build.images) == 1


def test_every_clone_falls_back_to_the_same_picture(
    committed: Docs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_cache(monkeypatch, tmp_path)
    shown = []
    for name in ("one", "two"):
        git(tmp_path, "clone", "--quiet", str(committed.src), name)
        clone = Docs.__new__(Docs)
        clone.src, clone.out = tmp_path / name, tmp_path / f"{name}-out"
        clone.folder, clone.figures = tmp_path, clone.src / "_paperbanana"
        if name == "two":  # as another machine that built every prompt there ever was
            clone.build()
        clone.edit("guide.rst", "How a pump works", "A prompt that nobody bought")
        shown.append(clone.build(overrides={"paperbanana_mode": "offline"}).images)
        git(clone.src, "checkout", "--quiet", "guide.rst")
        assert git(clone.src, "status", "--porcelain") == ""
    assert shown[0] == shown[1]
    (name,) = shown[0]
    records = {
        path.stem: json.loads(path.read_bytes()) for path in committed.figures.glob("*.json")
    }
    newest = max(records, key=lambda stem: records[stem]["created_at"])
    assert name == f"{newest}.png"


class TestMovedPages:
    def test_a_moved_page_with_a_changed_text_keeps_its_picture(
        self, committed: Docs, use_sandbox: SandboxProcess
    ) -> None:
        requests = len(use_sandbox.log())
        shown = committed.build().images
        (committed.src / "guide.rst").rename(committed.src / "manual.rst")
        committed.edit("index.rst", "guide", "manual")
        committed.edit("manual.rst", "Some text.", "Some other text.")
        for mode in MODES:
            build = committed.build(overrides={"paperbanana_mode": mode}, strict=True)
            assert build.images == shown
        assert git(committed.src, "status", "--porcelain", "_paperbanana") == ""
        assert len(use_sandbox.log()) == requests

    def test_a_moved_page_without_a_change_writes_nothing(self, committed: Docs) -> None:
        (committed.src / "guide.rst").rename(committed.src / "manual.rst")
        committed.edit("index.rst", "guide", "manual")
        assert len(committed.build(strict=True).images) == 1
        assert git(committed.src, "status", "--porcelain", "_paperbanana") == ""

    def test_a_figure_that_moves_to_another_page_keeps_its_picture(
        self, committed: Docs, use_sandbox: SandboxProcess
    ) -> None:
        requests = len(use_sandbox.log())
        shown = committed.build().images
        committed.write("manual.rst", ":orphan:\n\n" + GUIDE.replace("Some text.", "Other text."))
        committed.write("guide.rst", "Guide\n=====\n\nNo figure any more.\n")
        for mode in MODES:
            build = committed.build(overrides={"paperbanana_mode": mode}, strict=True)
            assert build.images == shown
        assert len(use_sandbox.log()) == requests

    def test_a_page_that_is_still_there_keeps_its_figure_to_itself(
        self, committed: Docs, use_sandbox: SandboxProcess
    ) -> None:
        orders = len(use_sandbox.log("generate"))
        other = GUIDE.replace("Some text.", "The text of another page.")
        committed.write("manual.rst", ":orphan:\n\n" + other)
        committed.build()
        assert len(use_sandbox.log("generate")) == orders + 1, "same name and prompt, other text"

    def test_another_request_under_that_name_is_another_figure(
        self, committed: Docs, use_sandbox: SandboxProcess
    ) -> None:
        orders = len(use_sandbox.log("generate"))
        (committed.src / "guide.rst").rename(committed.src / "manual.rst")
        committed.edit("index.rst", "guide", "manual")
        committed.edit("manual.rst", "How a pump works", "How a pump sounds")
        committed.build()
        assert len(use_sandbox.log("generate")) == orders + 1


class TestSourcesOfAnotherCheckout:
    """``sphinx-build -c docs v1-checkout/docs out``, as sphinx-multiversion starts it."""

    def run(self, committed: Docs, checkout: Path, *options: str) -> str:
        command = [forked(), "-m", "sphinx", *options, "-c", committed.src, checkout]
        done = subprocess.run(
            [*command, committed.folder / "out-of-v1"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @pytest.fixture
    def checkout(self, committed: Docs, tmp_path: Path) -> Path:
        git(tmp_path, "clone", "--quiet", str(committed.src), "v1-checkout")
        return tmp_path / "v1-checkout"

    @pytest.mark.parametrize("configured", ["", "paperbanana_figures_dir = '_paperbanana'\n"])
    def test_figures_are_found_beside_the_sources(
        self,
        configured: str,
        committed: Docs,
        checkout: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        without_cache(monkeypatch, tmp_path)
        committed.conf(configured)
        shutil.rmtree(committed.figures)
        self.run(committed, checkout, "-W", "-D", "paperbanana_mode=frozen")
        assert not committed.figures.exists()

    def test_without_a_folder_there_those_of_conf_py_are_shown(
        self, committed: Docs, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_cache(monkeypatch, tmp_path)
        shutil.rmtree(checkout / "_paperbanana")
        self.run(committed, checkout, "-W", "-D", "paperbanana_mode=frozen")

    @pytest.mark.parametrize("has_folder", [True, False])
    def test_what_it_buys_never_enters_the_figures_of_conf_py(
        self, has_folder: bool, committed: Docs, checkout: Path
    ) -> None:
        if not has_folder:
            shutil.rmtree(checkout / "_paperbanana")
        guide = checkout / "guide.rst"
        guide.write_text(guide.read_text().replace("How a pump works", "How a pump began"))
        said = self.run(committed, checkout, "-W")
        assert git(committed.src, "status", "--porcelain") == ""
        kept = len(list((checkout / "_paperbanana").glob("*.json")))
        assert kept == (3 if has_folder else 0)
        assert ("is of another checkout" in said) == (not has_folder)

    def test_sources_below_conf_py_are_of_one_project(
        self, tmp_path: Path, use_sandbox: SandboxProcess
    ) -> None:
        docs, source = tmp_path / "docs", tmp_path / "docs" / "source"
        source.mkdir(parents=True)
        (docs / "conf.py").write_text(CONF)
        (source / "index.rst").write_text(GUIDE)
        command = [forked(), "-m", "sphinx", "-q", "-W", "-c", docs, source, tmp_path / "out"]
        subprocess.run(command, check=True)
        assert len(list((docs / "_paperbanana").glob("*.png"))) == 1
