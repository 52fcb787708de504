"""A newcomer's paper, in the two usual layouts, as the README tells it: in under ten lines."""

from __future__ import annotations

from papers import Paper
from sandbox_process import SandboxProcess

PLAIN = "\\documentclass{article}\n\\begin{document}\nWe study whales.\n\\end{document}\n"
THESIS = (
    "\\documentclass{report}\n\\begin{document}\n\\include{chapters/one}\n"
    "\\include{chapters/two}\n\\end{document}\n"
)
FIGURE = (
    "\\begin{figure}\n\\pbfigure[width=\\linewidth]{How a whale breathes}\n"
    "\\caption{A whale.}\n\\end{figure}\n"
)


def test_one_file(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.write("paper.tex", PLAIN)
    assert online.run("pbfigure", "init", "paper.tex").status == 0
    online.edit("paper.tex", "{article}", "{article}\n\\usepackage{paperbanana}")
    online.edit("paper.tex", "whales.", f"whales.\n{FIGURE}")
    assert online.run("latexmk", "-pdf", "-interaction=nonstopmode", "paper.tex").status == 0
    assert online.warnings() == []
    assert len(online.shown()) == 1
    (task,) = use_sandbox.tasks()
    assert "We study whales." in str(task)


def test_the_help_says_what_the_hook_is_for(online: Paper) -> None:
    said = online.run("pbfigure", "latex", "--help")
    assert said.status == 0
    assert "Make what MAIN.tex lacks, and write the map that TeX reads" in said.output
    assert "import" not in said.output


def test_a_main_file_and_chapters(online: Paper, use_sandbox: SandboxProcess) -> None:
    online.main = "thesis.tex"
    online.write("thesis.tex", THESIS)
    online.write("chapters/one.tex", f"\\chapter{{One}}\nFirst text.\n{FIGURE}")
    online.write("chapters/two.tex", "\\chapter{Two}\nSecond text.\n\\pbfigure{A boat}\n")
    assert online.run("pbfigure", "init", "thesis.tex").status == 0
    online.edit("thesis.tex", "{report}", "{report}\n\\usepackage{paperbanana}")
    assert online.run("latexmk", "-pdf", "-interaction=nonstopmode", "thesis.tex").status == 0
    assert online.warnings() == []
    assert len(online.shown()) == 2
    assert len(use_sandbox.log("generate")) == 2
