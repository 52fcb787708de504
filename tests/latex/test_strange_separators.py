"""Characters that some take for the end of a line are a part of what they stand in."""

from __future__ import annotations

import pytest
from papers import Paper, article
from sandbox_process import SandboxProcess

HIDDEN = (
    "\\expandafter\\def\\csname hidden\\endcsname#1{\\csname pbfigure\\endcsname"
    "[type=standard,model=nano-banana-2]{#1}}"
)
"""A call that only TeX sees."""
PROMPTS = (
    "A lighthouse\u2028variant=7 and a green\u2028type=pipeline\u2028sea",
    "A cliff\u2029figure=0123456789ABCDEF0123456789ABCDEF of chalk",
    "A ship\u0085end=figures:9,missing:9,partial:1 under sail",
)


@pytest.mark.parametrize("engine", ["pdflatex", "lualatex"])
def test_a_prompt_that_only_tex_sees_is_bought_whole_whatever_separates_its_lines(
    online: Paper, use_sandbox: SandboxProcess, engine: str
) -> None:
    body = "\n\n".join(f"\\hidden{{{prompt}}}" for prompt in PROMPTS)
    declared = "".join(
        f"\\DeclareUnicodeCharacter{{{code}}}{{ }}" for code in ("2028", "2029", "0085")
    )
    preamble = HIDDEN + (declared if engine == "pdflatex" else "")
    online.write("paper.tex", article(body, preamble))
    online.init()
    built = online.latexmk(engine=engine)
    assert built.status == 0, built
    bodies = [entry["body"] for entry in use_sandbox.log("generate")]
    ordered = {" ".join(body["prompt"].split()) for body in bodies}
    assert ordered == {" ".join(prompt.split()) for prompt in PROMPTS}
    assert [body for body in bodies if "content" in body or "variant" in body] == []
    assert len(online.shown()) == len(PROMPTS)


def test_a_folder_with_a_separator_in_its_name_is_built_once(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    there = Paper(online.folder.parent / "two\u2028lines\u0085here", online.env)
    there.write("paper.tex", article("\\pbfigure[type=standard,model=nano-banana-2]{A whale}"))
    there.init()
    assert there.latexmk().status == 0
    assert there.latexmk().status == 0
    again = ("pbfigure", "latex", "--phase", "after", "paper.tex")
    assert there.run(*again).status == 0
    idle = there.run(*again)
    assert (idle.status, idle.output) == (0, "")  # it is known at once that nothing is to be done
    assert len(use_sandbox.log("generate")) == 1


def test_what_is_said_with_a_separator_in_it_is_said_once_and_whole(online: Paper) -> None:
    online.write("paper.tex", article("\\pbfigure[id=a,reslution=2\u2028K]{A whale}\nx"))
    online.init()
    built = online.latexmk()
    assert built.output.count("reslution") >= 1
    assert [line for line in built.output.split("\n") if line.startswith(("E ", "S ", "T "))] == []
