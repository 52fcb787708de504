"""A newcomer's paper, in the two usual layouts, as the README tells it: in under ten lines."""

from __future__ import annotations

import pytest
from papers import Paper, article
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


def test_the_help_says_what_the_hook_is_for_as_for_every_verb(paper: Paper) -> None:
    said = paper.run("pbfigure", "latex", "--help")
    assert said.status == 0
    assert said.output.startswith("Usage: pbfigure latex [OPTIONS] MAIN.tex\n")
    assert "Make what MAIN.tex lacks, and write the map that TeX reads" in said.output
    assert "--phase [before|after|alone]" in said.output
    words = " ".join(said.output.split())
    assert "alone, by hand: make what TeX asked for when it ran last" in words
    assert "12 in place of 1 after TeX" in words
    assert paper.run("python", "-m", "latex_hook", "--help").output == said.output


@pytest.mark.parametrize("verb", [["init"], ["latex"], ["bundle"], ["latex", "--quiet"]])
def test_a_main_file_that_is_no_latex_is_wrong_use_and_leaves_nothing(
    paper: Paper, verb: list[str]
) -> None:
    paper.write("docs/index.rst", "Title\n=====\n")
    more = ["out"] if verb == ["bundle"] else []
    said = paper.run("pbfigure", *verb, "docs/index.rst", *more)
    assert said.status == 2
    assert "docs/index.rst is no LaTeX document: the name of its main file ends in" in said.output
    absent = paper.run("pbfigure", *verb, "docs/paper.tex", *more)
    assert absent.status == 2
    assert "docs/paper.tex: there is no such file" in absent.output
    assert [path.name for path in (paper.folder / "docs").iterdir()] == ["index.rst"]


def test_frozen_misses_give_1_by_hand_and_12_within_latexmk(paper: Paper) -> None:
    paper.write("paper.tex", PLAIN.replace("whales.", f"whales.\n{FIGURE}"))
    paper.edit("paper.tex", "{article}", "{article}\n\\usepackage{paperbanana}")
    assert paper.run("pbfigure", "init", "paper.tex").status == 0
    paper.env["PAPERBANANA_MODE"] = "frozen"
    assert paper.latexmk().status == 12
    assert paper.run("pbfigure", "latex", "--mode", "frozen", "paper.tex").status == 1
    assert paper.run("pbfigure", "latex", "--phase", "after", "paper.tex").status == 12
    assert paper.run("pbfigure", "latex", "--phase", "before", "paper.tex").status == 1


def test_frozen_drafts_give_1_by_hand_and_12_within_latexmk(online: Paper) -> None:
    online.write("paper.tex", PLAIN.replace("whales.", f"whales.\n{FIGURE}"))
    online.edit("paper.tex", "{article}", "{article}\n\\usepackage{paperbanana}")
    online.init()
    assert online.latexmk().status == 0
    assert online.latexmk("-C").status == 0
    for name in ("PAPERBANANA_ALLOW_DRAFTS", "PAPERBANANA_API_KEY"):  # the sandbox sets them
        del online.env[name]
    online.env |= {"PAPERBANANA_MODE": "frozen", "PAPERBANANA_CACHE_DIR": f"{online.folder}/other"}
    built = online.latexmk()
    assert built.status == 12
    problem = "1 figure not complete, and mode is frozen (1 draft: paper.tex:6)"
    assert problem in built.output
    assert online.run("pbfigure", "latex", "paper.tex").status == 1
    online.edit("paper.tex", "whales.", "whales and boats.")  # TeX asks for the same
    again = online.latexmk()
    assert again.status == 12
    assert again.output.count(problem) == 1


def test_a_hook_that_only_looks_leaves_drafts_to_the_one_after_tex(online: Paper) -> None:
    online.write("paper.tex", PLAIN.replace("whales.", f"whales.\n{FIGURE}"))
    online.edit("paper.tex", "{article}", "{article}\n\\usepackage{paperbanana}")
    online.init()
    assert online.latexmk().status == 0
    del online.env["PAPERBANANA_ALLOW_DRAFTS"]
    online.env["PAPERBANANA_MODE"] = "frozen"
    online.edit("paper.tex", "whales.", "whales and boats.")
    built = online.latexmk()
    assert built.status == 12
    assert "1 figure not complete, and mode is frozen (1 draft: paper.tex:6)" in built.output


def test_by_hand_nothing_is_made_before_tex_has_run(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", PLAIN.replace("whales.", f"whales.\n{FIGURE}"))
    online.edit("paper.tex", "{article}", "{article}\n\\usepackage{paperbanana}")
    assert online.run("pbfigure", "init", "paper.tex").status == 0
    said = online.run("pbfigure", "latex", "paper.tex")
    assert said.status == 1
    (line,) = said.output.splitlines()
    assert "TeX has not run yet" in line
    assert use_sandbox.log("generate") == []
    online.tex()
    assert online.run("pbfigure", "latex", "paper.tex").status == 0
    assert len(use_sandbox.log("generate")) == 1


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


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex"])
@pytest.mark.parametrize(
    "body",
    [
        "Not a figure yet.",
        "\\begin{verbatim}\n\\pbfigure{A house}\n\\end{verbatim}",
        "\\begin{comment}\n\\pbfigure{A house}\n\\end{comment}\nText.",
    ],
    ids=["no figure", "verbatim", "comment"],
)
def test_a_document_whose_package_is_loaded_and_that_sets_no_figure_builds(
    paper: Paper, engine: str, body: str
) -> None:
    paper.write("paper.tex", article(body, "\\usepackage{comment}"))
    paper.init()
    first = paper.latexmk(engine=engine)
    assert first.status == 0, first
    assert "pbfigure" not in first.output.replace("paperbanana", "")
    again = paper.latexmk(engine=engine)
    assert again.status == 0
    assert "is up to date" in again.output or "up-to-date" in again.output
