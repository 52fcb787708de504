"""A map that has grown beyond what TeX reads: the document that is built shows its pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from papers import Paper, article, plain_picture
from sandbox_process import SandboxProcess

from latex_hook.tex.picture_map import LINE_LIMIT, TEX_LIMIT, MapEntry, read_map, write_map

STANDARD = "type=standard,model=nano-banana-2"
FIGURE = f"\\pbfigure[id=a,{STANDARD}]{{A whale}}"
MANY = 3000


def map_of(paper: Paper) -> Path:
    return paper.folder / "paperbanana/pbmap.tex"


def fill(paper: Paper, document: str, file: str, texts: str, count: int = MANY) -> None:
    entries = [MapEntry(f"n{n}", f"{n:032X}", file, "", texts) for n in range(count)]
    documents = read_map(map_of(paper))
    documents[document] = {entry.key: entry for entry in entries}
    write_map(map_of(paper), documents)


@pytest.mark.parametrize("picture", ["there", "lost", "none"])
@pytest.mark.parametrize("document", ["zzz", "paper"])
def test_entries_of_a_stranger_do_not_hide_the_pictures(
    online: Paper, use_sandbox: SandboxProcess, document: str, picture: str
) -> None:
    online.write("paper.tex", article(FIGURE))
    online.init()
    fill(online, document, "" if picture == "none" else "paperbanana/q.png", "x" * 300)
    if picture == "there":
        online.write("paperbanana/q.png", plain_picture("red"))
    fill(online, "good", "paperbanana/good.png", "A good one", 3)
    online.write("paperbanana/good.png", plain_picture("green"))
    assert map_of(online).stat().st_size > TEX_LIMIT
    built = online.latexmk()
    assert built.status == 0, built
    assert "1 figure: 1 present; 1 made" in built.output
    assert map_of(online).stat().st_size <= TEX_LIMIT
    assert len(online.shown()) == 1
    assert online.warnings() == []
    told = built.output.count("would be more than TeX reads")
    assert told == (0 if document == "paper" else 1)  # what TeX does not ask for is not kept
    assert ("good" in read_map(map_of(online))) == (document == "paper" or picture != "there")
    assert "Run number" not in online.latexmk().output
    assert len(use_sandbox.log("generate")) == 1


def test_lines_that_tex_takes_for_a_danger_are_not_kept(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(FIGURE))
    online.init()
    banana = MapEntry("a", "A" * 32, "", "", *(["\U0001f34c" * 300] * 4)).line("zzz")
    comments = f"{'%' * 99}\n" * 999
    map_of(online).parent.mkdir()
    map_of(online).write_text(f"{comments}{banana}\n", "ascii")
    assert LINE_LIMIT < len(banana) < 10_000
    online.tex()
    assert "is too large, or a line of it too long" in " ".join(online.warnings())
    built = online.latexmk()
    assert built.status == 0, built
    assert len(online.shown()) == 1
    assert online.warnings() == []


def test_prompts_are_cut_before_a_document_of_many_figures_is_too_much(online: Paper) -> None:
    prompts = [f"{n} {'漢字' * 95}" for n in range(900)]
    body = "\n\n".join(f"\\pbfigure[{STANDARD}]{{{prompt}}}" for prompt in prompts)
    online.write("paper.tex", article(body))
    online.env["PAPERBANANA_MODE"] = "offline"
    online.init()
    online.tex()
    built = online.run("pbfigure", "latex", "paper.tex")
    assert "the prompts' ends are left out" in built.output
    assert map_of(online).stat().st_size <= TEX_LIMIT
    assert len(read_map(map_of(online))["paper"]) == 900


def test_a_document_that_alone_is_too_much_is_not_said_to_be_well(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    name = "漢" * 1500  # of the package: it stands in every line
    online.write("paper.tex", article(FIGURE, options=f"[name={name}]"))
    online.init()
    online.tex()
    for _ in range(2):
        built = online.run("pbfigure", "latex", "paper.tex")
        assert built.status == 1
        assert "is more than TeX reads, and no picture is shown" in built.output
    assert len(use_sandbox.log("generate")) == 1


def test_two_maps_of_one_length_differ_in_their_second_as_latexmk_sees_nothing_finer(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pbmap.tex"
    seconds = []
    for name in ("a.png", "b.png"):
        write_map(path, {"paper": {("", "A" * 32): MapEntry("", "A" * 32, name, "", "A whale")}})
        seconds.append(int(path.stat().st_mtime))
    assert seconds[0] < seconds[1]
