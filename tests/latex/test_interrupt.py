"""Ctrl-C in a round of ``latexmk -pvc`` while the hook runs in the background."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from filelock import FileLock
from latexmk_process import ROUND, Running, started
from papers import Paper, article
from sandbox_process import SandboxProcess
from wait_for import wait_for


def group(latexmk: Running) -> list[str]:
    """The command lines of all processes that latexmk started, and its own."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it ended meanwhile
            continue
        state, _, process_group = fields[:3]
        if int(process_group) == latexmk.process.pid and state != "Z":
            found.append(command)
    return found


def runs(latexmk: Running, program: str) -> bool:
    return any(program in command for command in group(latexmk))


def looks_up(latexmk: Running) -> bool:
    """Whether the hook beside TeX looks into the stores: it has loaded what it does that with."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes()
            ours = os.getpgid(int(process.name)) == latexmk.process.pid
            if ours and b"--phase\0before" in command:
                return "_sqlite3" in (process / "maps").read_text()
    return False


@pytest.fixture
def watched(online: Paper) -> Paper:
    """A document whose figure is made anew when its section changes, also by a save."""
    online.write("paper.tex", article("\\section{Sea}\nThe sea.\n\n\\pbfigure{A diagram}"))
    online.init()
    online.without_forks()
    online.env |= {
        "PAPERBANANA_ON_SAVE": "generate",
        "PAPERBANANA_ON_TEXT_CHANGE": "regenerate",
    }
    return online


def test_an_interrupt_while_a_picture_is_made_leaves_no_process_and_loses_no_order(
    watched: Paper, use_sandbox: SandboxProcess
) -> None:
    with started(watched, "-pvc", "-view=none") as latexmk:
        latexmk.round(1)
        first = watched.shown()
        use_sandbox.settings(latency=200)  # of its own clock: some 10 s
        watched.edit("paper.tex", "The sea.", "The deep sea.")
        wait_for(lambda: len(use_sandbox.tasks()) == 2)
        assert runs(latexmk, "pbfigure")
        latexmk.interrupt()
        latexmk.process.wait(120)
        assert group(latexmk) == []
        assert "interrupted: the next build fetches what was ordered" in latexmk.said
        assert "Traceback" not in latexmk.said
    use_sandbox.settings(latency=0.2)
    again = watched.latexmk()
    assert again.status == 0, again
    assert len(use_sandbox.tasks()) == 2
    assert len(watched.shown()) == 1
    assert watched.shown() != first


def test_an_interrupt_while_the_hook_looks_up_leaves_no_process_and_the_map_as_it_was(
    watched: Paper, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    with started(watched, "-pvc", "-view=none") as latexmk:
        latexmk.round(1)
        map_file = watched.folder / "paperbanana/pbmap.tex"
        cache = Path(watched.env["PAPERBANANA_CACHE_DIR"])
        (lock,) = cache.rglob("map-*.lock")
        with FileLock(lock):  # the hook waits for it before it writes the map, as it has to here
            map_before = map_file.read_bytes() + b"% A comment, which the hook would leave out\n"
            map_file.write_bytes(map_before)
            watched.edit("paper.tex", "The sea.", "The deep sea.")
            wait_for(lambda: "Transcript written" in latexmk.said.split(ROUND)[1])
            wait_for(lambda: looks_up(latexmk))
            latexmk.interrupt()
            latexmk.process.wait(120)
            assert group(latexmk) == []
    assert "Traceback" not in latexmk.said
    assert map_file.read_bytes() == map_before
    assert len(use_sandbox.tasks()) == 1
    again = watched.latexmk()
    assert again.status == 0, again
    assert len(use_sandbox.tasks()) == 2
    assert len(watched.shown()) == 1
    assert watched.warnings() == []
