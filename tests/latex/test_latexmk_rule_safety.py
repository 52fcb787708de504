"""latexmk's rule with a document that means harm: what it writes, and who is given the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from latexmk_process import started
from papers import Paper, article
from sandbox_process import SandboxProcess

from pbfigure.project.environment import API_KEY

STANDARD = "type=standard,model=nano-banana-2"
FIGURE = f"\\pbfigure[{STANDARD},width=3cm]"
HIDDEN = (
    f"\\expandafter\\pbfigure\\expandafter[\\options]{{A hidden boat}}\\def\\options{{{STANDARD}}}"
)
"""A call that only TeX can read."""
SHELL = "\\immediate\\write18{printenv >> environment.txt; echo ran >> environment.txt}"
LUA = '\\directlua{texio.write_nl("KEY=" .. tostring(os.getenv("PAPERBANANA_API_KEY")) .. ".")}'


@pytest.mark.parametrize("tool", ["with pbfigure", "without pbfigure"])
@pytest.mark.parametrize("link", ["the map", "a map that is there", "the folder", "lost folder"])
def test_the_rule_writes_through_no_link(paper: Paper, tool: str, link: str) -> None:
    outside = paper.folder.parent / "outside"
    outside.mkdir()
    paper.write("paper.tex", article("\\pbfigure{A whale}"))
    paper.init()
    if "folder" in link:
        (paper.folder / "paperbanana").symlink_to(outside / ("new" if "lost" in link else ""))
    else:
        (paper.folder / "paperbanana").mkdir()
        (paper.folder / "paperbanana/pbmap.tex").symlink_to(outside / "map.tex")
        if "there" in link:
            (outside / "map.tex").write_text("mine\n")
    if tool == "without pbfigure":
        paper.without_pbfigure()
    paper.env["PAPERBANANA_MODE"] = "offline"
    paper.latexmk()
    paper.latexmk()
    left = {path.name: path.read_text() for path in outside.iterdir()}
    assert left == ({"map.tex": "mine\n"} if "there" in link else {})
    assert paper.path(".pdf").exists()


def test_where_no_map_is_and_no_tool_the_rule_leaves_an_empty_one(paper: Paper) -> None:
    paper.write("paper.tex", article("\\pbfigure{A whale}"))
    paper.init()
    paper.without_pbfigure()
    built = paper.latexmk()
    assert built.status == 0, built
    assert (paper.folder / "paperbanana/pbmap.tex").read_text().startswith("% No picture yet")


def environment_of(path: Path) -> str:
    """What a program that TeX started found in its environment; it did run."""
    text = path.read_text("utf-8", "replace")
    assert "ran\n" in text
    assert "PATH=" in text
    return text


def test_what_tex_starts_does_not_find_the_key_and_the_hook_does(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    assert online.env[API_KEY] == use_sandbox.env[API_KEY]
    online.write("paper.tex", article(f"{SHELL}\n\n{FIGURE}{{A whale}}\n\n\\input{{more}}"))
    online.write("more.tex", f"\\def\\options{{{STANDARD}}}\n{HIDDEN}\n")
    online.init()
    with (online.folder / ".latexmkrc").open("a") as rc:
        rc.write("system('printenv >> environment.txt');\n")
    built = online.latexmk("-shell-escape")
    assert built.status == 0, built
    assert len(use_sandbox.log("generate")) == 2  # before TeX, and after
    online.write("more.tex", f"{FIGURE}{{A ship}}\n")
    built = online.latexmk("-shell-escape")
    assert len(use_sandbox.log("generate")) == 3  # beside TeX
    assert len(online.shown()) == 2
    assert API_KEY not in environment_of(online.folder / "environment.txt")


def test_lua_in_a_chapter_does_not_find_the_key(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}\n\n\\input{{chapter}}"))
    online.write("chapter.tex", LUA)
    online.init()
    built = online.latexmk(engine="lualatex")
    assert built.status == 0, built
    assert "KEY=nil." in online.log()
    assert len(use_sandbox.log("generate")) == 1


def test_in_later_rounds_of_pvc_the_hook_still_has_the_key_and_tex_still_not(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(f"{SHELL}\n\n{FIGURE}{{A whale}}"))
    online.init()
    online.env["PAPERBANANA_ON_SAVE"] = "generate"
    with started(online, "-pvc", "-view=none", "-shell-escape") as latexmk:
        latexmk.round(1)
        online.edit("paper.tex", "A whale", "Two whales")
        latexmk.round(2)
        assert len(use_sandbox.log("generate")) == 2
        online.edit("paper.tex", "Two whales", "Three whales")
        latexmk.round(3)
    assert len(use_sandbox.log("generate")) == 3
    assert API_KEY not in environment_of(online.folder / "environment.txt")


def test_the_rule_read_twice_keeps_the_key(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.write("paper.tex", article(f"{FIGURE}{{A whale}}"))
    online.init()
    built = online.latexmk("-r", ".latexmkrc")
    assert built.status == 0, built
    assert len(use_sandbox.log("generate")) == 1
