"""The hook sees at once that nothing changed, and never overlooks what did."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from papers import BIN, Paper, article
from sandbox_process import SandboxProcess

from latex_hook.unchanged import memo_folder
from pbfigure.project.project import Project
from pbfigure.project.settings import Settings

NOTE = "the text around this figure changed"


@pytest.fixture
def drawn(online: Paper) -> Paper:
    """A document with all that the hook reads, drawn, and looked through once more."""
    body = (
        "\\section{Sea}\n\\input{sea}\n\\InputIfFileExists{more}{}{}\n\n"
        "\\pbfigure[prompt-file=prompt.txt]{}\n"
    )
    online.write("paper.tex", article(body))
    online.write("sea.tex", "The sea.\n")
    online.write("prompt.txt", "A diagram of the sea")
    online.init()
    assert "1 made" in online.latexmk().output
    for path in online.folder.rglob("*"):
        if path.suffix in (".tex", ".txt", ".png"):  # as if it were written long ago
            os.utime(path, ns=(1_700_000_000_123_456_789,) * 2)
    settle(online)
    return online


@pytest.mark.parametrize("given", [None, "", "/var/cache/of-ada"])
def test_notes_are_in_the_machines_cache(
    monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.delenv("PAPERBANANA_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if given is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", given)
    cache = Project(Path(), Settings(), os.environ).cache_folder
    assert memo_folder(os.environ) == str(cache / "latex")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # as the standard wants: ignored
    assert Path(memo_folder(os.environ)).is_absolute()


def hook(paper: Paper, phase: str = "before") -> tuple[int, str, bool]:
    """Run the hook; return its status, what it said, and whether it read the sources."""
    command = ("-X", "importtime", "-m", "latex_hook", "--phase", phase, "paper.tex")
    built = paper.run(str(BIN / "python"), *command)
    lines = built.output.splitlines()
    said = "\n".join(line for line in lines if not line.startswith("import time:"))
    return built.status, said, "latex_hook.sources" in built.output


def settle(paper: Paper) -> None:
    """Run the hook until it has left its note: not before the files' times are past."""
    while hook(paper)[2]:
        pass


def test_where_nothing_changed_the_hook_reads_no_source(drawn: Paper) -> None:
    assert hook(drawn) == (0, "", False)
    assert hook(drawn, "after") == (0, "", False)
    drawn.latexmk("-C")
    drawn.env["PYTHONPROFILEIMPORTTIME"] = "1"
    drawn.latexmk()
    drawn.latexmk("-C")
    built = drawn.latexmk()
    assert built.output.count(" latex_hook.unchanged\n") == 2  # before TeX, and after
    assert "latex_hook.sources" not in built.output
    with (drawn.folder / ".latexmkrc").open("a") as rc:
        rc.write("END { print defined &paperbanana_end ? 'all' : 'little', ' is compiled' }\n")
    built = drawn.latexmk()
    assert "latex_hook" not in built.output
    assert "little is compiled" in built.output  # of latexmk's rule


def test_a_figure_that_only_moves_to_another_line_is_looked_up_once(drawn: Paper) -> None:
    drawn.edit("paper.tex", "\\section{Sea}", "\n\n\\section{Sea}")
    status, _, looked = hook(drawn)
    assert (status, looked) == (0, True)
    settle(drawn)
    asked = drawn.path(".pbq").read_bytes()
    drawn.tex()
    assert drawn.path(".pbq").read_bytes() != asked
    assert hook(drawn, "after") == (0, "", False)


def replaced(paper: Paper, name: str, old: str, new: str) -> None:
    """Change a file and keep its size and its time of change, as far as programs can."""
    path = paper.folder / name
    times = path.stat()
    paper.edit(name, old, new)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


TEXT: dict[str, Callable[[Paper], object]] = {
    "a source": lambda paper: replaced(paper, "sea.tex", "sea", "SEA"),
    "a new source": lambda paper: paper.write("more.tex", "And more."),
    "a source behind a link": lambda paper: link(paper, "sea.tex", "Another sea."),
}


def link(paper: Paper, name: str, text: str) -> None:
    path = paper.folder / name
    path.unlink()
    path.symlink_to(paper.write("elsewhere.tex", text))


@pytest.mark.parametrize("change", TEXT.values(), ids=TEXT)
def test_another_text_around_a_figure_is_noted(
    drawn: Paper, change: Callable[[Paper], object]
) -> None:
    change(drawn)
    status, said, _ = hook(drawn)
    assert status == 0
    assert said.count(NOTE) == 1
    assert hook(drawn)[1] == said  # it is still so
    assert hook(drawn)[1] == said


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


OTHER: dict[str, Callable[[Paper], object]] = {
    "the prompt's file": lambda paper: replaced(paper, "prompt.txt", "sea", "SEA"),
    "a setting": lambda paper: paper.write("paperbanana.toml", 'mode = "nonsense"\n'),
    "a setting in the environment": lambda paper: paper.env.update(PAPERBANANA_MODE="nonsense"),
    "a picture": lambda paper: [cut(p) for p in (paper.folder / "paperbanana").glob("*.png")],
    "the map": lambda paper: paper.edit("paperbanana/pbmap.tex", ".png|", ".jpg|"),
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_anything_else_that_changed_is_looked_into(
    drawn: Paper, change: Callable[[Paper], object]
) -> None:
    before = drawn.pictures(), (drawn.folder / "paperbanana/pbmap.tex").read_bytes()
    change(drawn)
    status, said, looked = hook(drawn)
    assert looked
    after = drawn.pictures(), (drawn.folder / "paperbanana/pbmap.tex").read_bytes()
    assert status or said or after == before  # it is told, or mended


def test_a_clones_pictures_are_checked_before_tex_asked_for_any(drawn: Paper) -> None:
    drawn.latexmk("-C")
    drawn.env["PAPERBANANA_CACHE_DIR"] = str(drawn.folder / "another machine")
    (picture,) = drawn.pictures()
    memos = drawn.folder / "another machine/latex"
    while not any(picture in memo.read_text() for memo in memos.glob("*")):
        for memo in memos.glob("*"):  # the picture's times were not past
            memo.unlink()
        assert hook(drawn)[1] == ""
    assert list(memos.parent.iterdir()) == [memos]


def test_a_hook_beside_tex_reads_what_tex_asked_before_it_writes_that_anew(drawn: Paper) -> None:
    go = drawn.write("go.tex", "")
    waits = "\\loop\\IfFileExists{go.tex}{\\let\\ifwaits=\\iffalse}{}\\ifwaits\\repeat"
    drawn.edit("paper.tex", "\\section{Sea}", f"\\let\\ifwaits=\\iftrue{waits}\\section{{Sea}}")
    assert drawn.latexmk().status == 0
    settle(drawn)
    # a hook that is started beside TeX is so slow that TeX has begun its request file by then
    slow = drawn.write(
        "bin/pbfigure",
        '#!/bin/sh\necho "$@" >>hooks\n'
        "until [ -e go.tex ] || ! grep -q ^end= paper.pbq; do sleep 0.02; done\n"
        f'"{BIN}/pbfigure" "$@"; status=$?; touch go.tex; exit $status\n',
    )
    slow.chmod(0o755)
    drawn.env["PATH"] = f"{slow.parent}{os.pathsep}{drawn.env['PATH']}"
    go.unlink()
    drawn.edit("sea.tex", "The sea.", "The sea, again.")
    built = drawn.latexmk()
    assert built.status == 0
    assert "not complete" not in built.output
    (hook,) = (drawn.folder / "hooks").read_text().splitlines()
    assert "--phase before" in hook
    assert "Run number" not in drawn.latexmk().output


FULL = """
mount -t tmpfs -o size=1m tmpfs "$TMPDIR" && cat /dev/zero >"$TMPDIR/full" 2>/dev/null
exec "$@"
"""
"""Runs a command with a folder of temporary files that has no room left."""


def test_where_there_is_no_room_for_a_copy_of_what_tex_asked_no_change_is_overlooked(
    drawn: Paper, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    drawn.env["TMPDIR"] = str(tmp_path / "temporary")
    (tmp_path / "temporary").mkdir()
    drawn.write("paperbanana.toml", 'style = "In ink"\n')
    drawn.edit("sea.tex", "The sea.", "The sea, again.")
    latexmk = ("latexmk", "-pdf", "-interaction=nonstopmode", drawn.main)
    built = drawn.run("unshare", "--mount", "sh", "-c", FULL, "sh", *latexmk)
    assert built.status == 0
    assert "not complete" not in built.output
    assert len(use_sandbox.tasks()) == 2, built


def test_a_perl_that_reads_and_writes_utf8_by_default_ends_no_build(drawn: Paper) -> None:
    drawn.env["PERL_UNICODE"] = "SDL"
    drawn.env["LC_ALL"] = "C.UTF-8"
    drawn.edit("sea.tex", "The sea.", "The sea, again.")
    built = drawn.latexmk()
    assert built.status == 0, built
    assert NOTE in built.output
