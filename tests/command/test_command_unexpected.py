"""What nobody expected, in a verb or the hook: one line, and the traceback for who asks for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from documents import Site
from sandbox_process import SandboxProcess

LONG = "a" * 5000
BREAK = "import {0} as module\ndef broken(*_, **__):\n    raise {2}\nmodule.{1} = broken\n"


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program as its users have it."""
    monkeypatch.delenv("PBFIGURE_DEBUG")


def breaking(folder: Path, module: str, name: str, error: str) -> dict[str, str]:
    """The environment of a process of Python in which a function raises an error."""
    (folder / "sitecustomize.py").write_text(BREAK.format(module, name, error))
    return {"PYTHONPATH": f"{folder}{os.pathsep}{os.environ['PYTHONPATH']}"}


def test_a_verb_ends_with_one_line(site: Site, released: None, tmp_path: Path) -> None:
    environ = breaking(tmp_path, "pbfigure.project.project", "Project", 'ValueError("\\x1b[2J")')
    done = site.run("log", **environ)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("pbfigure: an unexpected error at sitecustomize.py:3 (ValueError:")
    assert "pbfigure --debug" in line
    assert line.isprintable()


def test_debug_shows_the_traceback(site: Site, released: None, tmp_path: Path) -> None:
    environ = breaking(tmp_path, "pbfigure.project.project", "Project", "ValueError(1)")
    for arguments, more in ((("--debug", "log"), {}), (("log",), {"PBFIGURE_DEBUG": "1"})):
        done = site.run(*arguments, **environ, **more)
        assert "Traceback" in done.stderr
        assert "ValueError: 1" in done.stderr


def test_an_interrupt_is_none(site: Site, released: None, tmp_path: Path) -> None:
    environ = breaking(tmp_path, "pbfigure.project.project", "Project", "KeyboardInterrupt")
    done = site.run("log", **environ)
    assert done.returncode == 130
    assert done.stderr.strip() == "interrupted; nothing that was paid for is lost"


def test_without_a_home_folder_what_is_committed_is_shown_and_nothing_can_be_made(
    site: Site,
    use_sandbox: SandboxProcess,
    released: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site.build()
    monkeypatch.delenv("PAPERBANANA_CACHE_DIR", raising=False)
    environ = breaking(tmp_path, "platformdirs", "user_cache_path", "RuntimeError('no home')")
    assert "WARNING: paperbanana" not in site.build("dirhtml", **environ)
    assert "nothing to buy, 2 present" in site.run("plan", "docs", **environ).stdout
    shutil.rmtree(site.docs / "_paperbanana")
    said = site.build("dirhtml", **environ)
    assert "no-home-folder cannot be written" in " ".join(said.split())
    assert "set cache_dir" in " ".join(said.split())
    assert len(use_sandbox.tasks()) == 2


def test_wrong_use_is_told_without_what_controls_a_terminal(site: Site, released: None) -> None:
    done = site.run("plan", "docs", "\x1b[31mpump\u202e")
    assert done.returncode == 2
    assert all(line.isprintable() for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", LONG],
        ["latex", f"{LONG}.tex"],
        ["latex", "--phase", "after", f"{LONG}.tex"],
        ["latex", "--phase", "after", "--request-file", LONG, "paper.tex"],
        ["init", f"{LONG}.tex"],
        ["cache", "import", LONG],
        ["cache", "export", LONG],
    ],
)
def test_a_name_too_long_for_a_disk_is_told_in_one_line(
    site: Site, released: None, arguments: list[str]
) -> None:
    done = site.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("File name too long")
    assert LONG in line
