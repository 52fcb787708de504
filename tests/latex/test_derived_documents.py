"""Documents made from another one, and pictures with TeX runs of their own."""

from __future__ import annotations

import shutil

import pytest
from papers import Paper, article
from sandbox_process import SandboxProcess

SECTION = "\\section{Pumps}\nA text on pumps.\n\\pbfigure{A pump}\n"


def build(paper: Paper, *options: str, main: str | None = None) -> str:
    built = paper.latexmk(*options, main=main)
    assert built.status == 0, built
    return built.output


@pytest.fixture
def built(online: Paper, use_sandbox: SandboxProcess) -> Paper:
    online.write("paper.tex", article(SECTION))
    online.init()
    build(online)
    assert len(use_sandbox.log("generate")) == 1
    return online


def test_a_region_of_auctex_shows_the_document_s_pictures(
    built: Paper, use_sandbox: SandboxProcess
) -> None:
    region = article(
        "\\message{ !name(paper.tex) !offset(4) }\n\\pbfigure{A pump}\n"
        "\\message{ !name(_region_.tex) !offset(-9) }"
    ).replace("\\documentclass", "\\message{ !name(paper.tex)}\\documentclass", 1)
    built.write("_region_.tex", region)
    before = built.path(".tex", "paperbanana").with_name("pbmap.tex").read_text()
    build(built, main="_region_.tex")
    assert len(use_sandbox.log("generate")) == 1
    assert len(built.shown(pdf=built.folder / "_region_.pdf")) == 1
    assert built.path(".tex", "paperbanana").with_name("pbmap.tex").read_text() == before
    assert "Run number" not in build(built, main="_region_.tex")


def test_what_latexdiff_marks_up_shows_the_new_version_s_pictures(
    built: Paper, use_sandbox: SandboxProcess
) -> None:
    shutil.copy(built.folder / "paper.tex", built.folder / "old.tex")
    built.edit("paper.tex", "A text", "A long text")
    built.edit("paper.tex", "{A pump}", "{A red pump}")
    build(built)
    assert len(use_sandbox.log("generate")) == 2
    diff = built.run("sh", "-c", "latexdiff old.tex paper.tex 2>/dev/null")
    built.write("diff.tex", diff.output)
    build(built, main="diff.tex")
    assert len(use_sandbox.log("generate")) == 2
    assert len(built.shown(pdf=built.folder / "diff.pdf")) >= 1


def test_another_job_name_shows_the_document_s_pictures(
    built: Paper, use_sandbox: SandboxProcess
) -> None:
    build(built, "-jobname=preview")
    assert len(use_sandbox.log("generate")) == 1
    assert len(built.shown(pdf=built.folder / "preview.pdf")) == 1


def test_a_figure_in_a_picture_that_standalone_builds_is_made_and_shown(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = "\\section{Pumps}Text on pumps. \\includestandalone{part}"
    online.write("paper.tex", article(body, "\\usepackage[mode=buildnew]{standalone}"))
    part = article("\\pbfigure[width=2cm]{A pump}").replace("{article}", "{standalone}")
    online.write("part.tex", part)
    online.init()
    build(online, SHELL)
    (sent,) = use_sandbox.log("generate")
    assert sent["body"]["options"]["content"] == "Pumps\n\nText on pumps."
    assert len(online.shown()) == 1
    assert "Run number" not in build(online, SHELL)
    online.edit("part.tex", "A pump", "A red pump")
    build(online, "-g", SHELL)
    assert len(use_sandbox.log("generate")) == 2
    assert online.shown() <= set(online.pictures().values())
    assert "Run number" not in build(online, SHELL)


@pytest.mark.parametrize("mode", ["tex", "buildnew"])
def test_a_picture_of_standalone_is_not_asked_for_where_tex_may_start_no_program(
    online: Paper, use_sandbox: SandboxProcess, mode: str
) -> None:
    body = "\\section{Pumps}Text on pumps. \\includestandalone{part}"
    online.write("paper.tex", article(body, f"\\usepackage[mode={mode}]{{standalone}}"))
    part = article("\\pbfigure[width=2cm]{A pump}").replace("{article}", "{standalone}")
    online.write("part.tex", part)
    online.init()
    assert online.run("pdflatex", "-interaction=nonstopmode", "part.tex").status == 0
    assert "missing=1" in (online.folder / "part.pbq").read_text()
    assert online.tex("pdflatex").status == 0


EXTERNAL = (
    "\\usepackage{tikz}\\usetikzlibrary{external}\\tikzexternalize[mode=convert with system call]"
)
SHELL = "-latexoption=-shell-escape"


def test_a_figure_in_an_externalized_picture_is_made_when_it_can_be_and_stays_in_the_map(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    picture = "\\node{\\pbfigure[width=2cm]{A small pump}};"
    body = f"\\section{{A}}Text.\n\\begin{{tikzpicture}}{picture}\\end{{tikzpicture}}\n"
    online.write("paper.tex", article(body, EXTERNAL))
    online.init()
    key = online.env.pop("PAPERBANANA_API_KEY")
    build(online, SHELL)
    assert len(online.shown()) == 0
    online.env["PAPERBANANA_API_KEY"] = key
    build(online, SHELL)
    assert len(use_sandbox.log("generate")) == 1
    assert len(online.shown()) == 1
    online.edit("paper.tex", "Text.", "More text.\n\nAnd more.")
    build(online, SHELL)
    assert "A small pump" in (online.folder / "paperbanana/pbmap.tex").read_text()
    assert len(use_sandbox.log("generate")) == 1
    assert "Run number" not in build(online, SHELL)

    clone = Paper(online.folder.parent / "clone", dict(online.env))
    for name in ("paper.tex", "paperbanana.sty"):
        clone.write(name, (online.folder / name).read_bytes())
    shutil.copytree(online.folder / "paperbanana", clone.folder / "paperbanana")
    clone.without_pbfigure()
    build(clone, SHELL)
    assert len(clone.shown()) == 1
