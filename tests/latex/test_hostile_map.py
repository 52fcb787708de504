"""A map that means harm, read by plain TeX with no hook: all of it is data, and none of it runs.

``paperbanana/pbmap.tex`` is committed, so a pull request can put anything into it. On arXiv,
Overleaf or a machine without Python, ``paperbanana.sty`` alone reads it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from papers import Paper, article, every_engine, one_engine, pixels, plain_picture
from PIL import Image

from latex_hook.tex.picture_map import MapEntry, write_map
from latex_hook.tex.request_file import read_requests

RUN = r"\immediate\openout15=ran.txt \immediate\write15{x}\immediate\closeout15 "
"""What leaves a file behind if TeX runs it."""
LINES = {
    "commands": RUN.encode(),
    "an input": b'\\input|"touch ran.txt" \\input{ran}',
    "a shell escape": b"\\immediate\\write18{touch ran.txt}",
    "kernel commands": b"\\def\\includegraphics#1{}\\let\\begingroup\\undefined\\def\\pbfigure{}",
    "Lua": b"\\directlua{io.open('ran.txt', 'w'):close()}",
    "an entry of the first version": b"\\pbmap{a}{%s}{x.png}{" + RUN.encode() + b"}{{}{}{}{}}%%",
    "unclosed braces": b"{{{{ \\iffalse \\begingroup",
    "unopened braces": b"}}}} \\fi \\endgroup \\endcsname",
    "carets": b"^^5cimmediate^^5cwrite18{touch ran.txt} ^^5c^^5c ^^M^^@ ^^^^005cx",
    "other category codes": b"\\catcode`\\|=0 |catcode`|a=13 \\catcode37=0 %%immediate",
    "an end": b"\\endinput \\end{document} \\stop \\csname @@end\\endcsname",
    "NUL bytes": b"a\0b\0\0%s\0",
    "control characters": b"\x1b]0;x\x07\x08\x7f" + RUN.encode(),
    "a long line": b"x|" * 45_000,
    "fields without end": b"|" * 500,
}
FILES = [
    "|touch ran.txt",
    "|touch${IFS}ran.png",
    "/etc/passwd",
    "{folder}/outside.png",
    " {folder}/outside.png",
    "../outside.png",
    "paperbanana/../../outside.png",
    "~/outside.png",
    "$HOME/outside.png",
    "`touch ran.txt`.png",
    '"paperbanana/one.png"',
    "paperbanana/one.png ",
    "ran.tex",
    "ran.mps",
    "ran.eps",
    "\\input{ran}.png",
    "paperbanana/one.png}" + RUN + "{.png",
    "^^2e^^2e/outside.png",
    "<2E><2E>/outside.png",
    "x" * 20_000 + ".png",
]


def red() -> str:
    return pixels(Image.new("RGB", (60, 30), "red"))


@pytest.fixture
def asked(paper: Paper, engine: str) -> str:
    """A document of two figures, one of them with a picture; the other one's name to TeX."""
    paper.init()
    paper.write(
        "paper.tex", article("\\pbfigure[id=good]{A good one}\n\n\\pbfigure[id=a]{A prompt}")
    )
    paper.write("ran.tex", RUN)
    paper.write("ran.mps", RUN)
    paper.write("paperbanana/one.png", plain_picture("red"))
    (paper.folder.parent / "outside.png").write_bytes(plain_picture("blue"))
    paper.tex(engine)
    good, other = read_requests(paper.path(".pbq")).asked
    entry = MapEntry("good", good.md5, "paperbanana/one.png")
    write_map(map_of(paper), {"paper": {entry.key: entry}})
    return other.md5


def map_of(paper: Paper) -> Path:
    return paper.folder / "paperbanana/pbmap.tex"


def add(paper: Paper, data: bytes) -> None:
    whole = map_of(paper).read_bytes()
    head = whole.splitlines(keepends=True)
    map_of(paper).write_bytes(b"".join(head[:3]) + data + b"\n" + b"".join(head[3:]))


def nothing_ran(paper: Paper) -> bool:
    return not list(paper.folder.glob("ran.txt")) and not (paper.folder / "ran.png").exists()


@one_engine
def test_lines_that_are_no_entries_are_ignored_with_one_warning_that_names_the_first(
    paper: Paper, engine: str, asked: str
) -> None:
    add(paper, b"\n".join(line.replace(b"%s", asked.encode()) for line in LINES.values()))
    assert paper.tex(engine).status == 0
    assert paper.errors() == []
    named = [w for w in paper.warnings() if "Line 4 of paperbanana/pbmap.tex is no entry" in w]
    assert len(named) == 1
    assert f"like {len(LINES)} lines in all" in named[0]
    assert paper.shown() == {red()}
    assert nothing_ran(paper)


@every_engine
def test_files_that_are_no_pictures_of_the_project_are_never_opened(
    paper: Paper, engine: str, asked: str
) -> None:
    names = [name.replace("{folder}", str(paper.folder.parent)) for name in FILES]
    figures = [f"\\pbfigure[id=n{number}]{{A prompt}}" for number in range(len(names))]
    paper.write("paper.tex", article("\n\n".join([*figures, "\\pbfigure[id=good]{A good one}"])))
    for number, name in enumerate(names):
        add(paper, f"paper|n{number}|{asked}|{name}|note|prompt|model|date|1".encode())
    assert paper.tex(engine).status == 0
    assert paper.errors() == []
    (broken,) = [w for w in paper.warnings() if "is no entry and is ignored" in w]
    lost = [w for w in paper.warnings() if "has lost its picture xxxxx" in w]
    assert lost  # a name too long for any file: the one that all figures of this prompt have
    assert f"like {len(names) - 1} lines in all" in broken
    assert paper.shown() == {red()}
    assert nothing_ran(paper)


TEXTS = (
    RUN,
    "\\input{ran} }{ # % $ & ~ _ ^ ^^5c \\\\ \\par",
    "<5C>input<7B>ran<7D> <7C> <0> <1B> <D800> <110000> <FFFFFFFFFF> <-1> <zz> <> < <<41>",
    "<C3><A9> <1F34C> <E9> " + "<20AC>" * 2000,
)


@every_engine
def test_the_texts_of_an_entry_are_only_ever_printed(paper: Paper, engine: str, asked: str) -> None:
    figures = [f"\\pbfigure[id=n{number}]{{A prompt}}" for number in range(len(TEXTS))]
    body = "\n\n".join(["\\pbfigure[id=good]{A good one}", *figures, "\\pbfigurelist"])
    paper.write("paper.tex", article(body, "\\usepackage[T1]{fontenc}"))
    for number, text in enumerate(TEXTS):
        add(paper, f"paper|n{number}|{asked}||{text}|{text}|{text}|{text}|{text}".encode())
    for _ in range(3):
        assert paper.tex(engine).status == 0
    assert paper.errors() == []
    for number in range(len(TEXTS)):
        assert [w for w in paper.warnings() if f"Figure 'n{number}' has no picture yet" in w]
    assert paper.path(".aux").read_text("utf-8", "replace").count("\\pbplace") > len(TEXTS)
    assert "Prompt" in paper.text()  # the list is set
    assert paper.shown() == {red()}
    assert nothing_ran(paper)


@one_engine
@pytest.mark.parametrize("size", [150_000, 300_000, 2_000_000])
def test_a_map_that_would_end_tex_is_not_read(
    paper: Paper, engine: str, asked: str, size: int
) -> None:
    add(paper, b"x" * size)
    if engine == "xelatex" and size == 300_000:
        assert "bufsize" in paper.tex(engine).output  # no way to know; it stops, and runs nothing
        return
    assert paper.tex(engine).status == 0
    assert paper.errors() == []
    assert re.search("pbmap.tex (is too large|is no entry)", " ".join(paper.warnings()))
    assert paper.path(".pdf").exists()


@one_engine
def test_a_map_of_the_first_version_is_frames_and_a_warning_that_says_what_to_do(
    paper: Paper, engine: str, asked: str
) -> None:
    first = f"\\pbmapdocument{{paper}}%\n\\pbmap{{a}}{{{asked}}}{{paperbanana/one.png}}{{}}{{}}%\n"
    map_of(paper).write_text(f"% Written by pbfigure\n{first}\\endinput\n")
    assert paper.tex(engine).status == 0
    assert paper.errors() == []
    assert "is no entry and is ignored, like 3 lines in all" in paper.warnings()[0]
    assert "writes the file anew" in paper.warnings()[0]


@every_engine
def test_a_map_of_a_thousand_figures_is_read_whole(paper: Paper, engine: str, asked: str) -> None:
    entries = [MapEntry("a", asked, "paperbanana/one.png", "", "A prompt")]
    entries += [
        MapEntry(f"n{n}", f"{n:032X}", f"paperbanana/{n}.png", "", "x" * 300) for n in range(1200)
    ]
    write_map(map_of(paper), {"paper": {entry.key: entry for entry in entries}})
    assert map_of(paper).stat().st_size > 400_000
    assert paper.tex(engine).status == 0
    assert paper.shown() == {red()}
    assert not [w for w in paper.warnings() if "'a'" in w or "pbmap" in w]
