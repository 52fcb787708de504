"""Figures of a paper that are renamed while the text around them changes."""

from __future__ import annotations

import json

import pytest
from papers import Paper, article
from sandbox_process import SandboxProcess

PUMP = "\\begin{figure}\\pbfigure{A pump}\\caption{Pump}\\label{fig:pump}\\end{figure}\n"
BODY = f"\\section{{Pumps}}\nA text on pumps.\n{PUMP}"
OTHER = "\\section{Valves}\nA text on valves.\n"


def built(paper: Paper, body: str = BODY, **more: str) -> set[str]:
    paper.write("paper.tex", article(body, **more))
    paper.init()
    assert paper.latexmk().status == 0
    return paper.shown()


def edited(paper: Paper, *pairs: tuple[str, str], main: str = "paper.tex") -> None:
    for old, new in pairs:
        paper.edit(main, old, new)
    assert paper.latexmk(main=main).status == 0


@pytest.mark.parametrize("new", ["\\label{fig:steps}", ""], ids=["another label", "none"])
def test_a_figure_with_another_label_keeps_its_picture(
    online: Paper, use_sandbox: SandboxProcess, new: str
) -> None:
    shown = built(online)
    edited(online, ("\\label{fig:pump}", new), ("on pumps", "on good pumps"))
    assert len(use_sandbox.tasks()) == 1
    assert online.shown() == shown
    planned = online.run("pbfigure", "plan", "paper.tex")
    assert planned.status == 0
    assert "1 kept" in planned.output
    edited(online, ("on good pumps", "on bad pumps"))
    assert len(use_sandbox.tasks()) == 1


def test_a_figure_in_a_command_of_the_author_s_own_keeps_its_picture(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    figure = "\\begin{figure}\\pbfigure{#1}\\caption{#1}\\label{#2}\\end{figure}"
    own = f"\\newcommand\\drawn[2]{{{figure}}}"
    built(online, "\\section{A}\nText.\n\\drawn{A pump}{fig:pump}\n", preamble=own)
    edited(online, ("{fig:pump}", "{fig:steps}"), ("Text.", "Other text."))
    assert len(use_sandbox.tasks()) == 1


def test_a_copy_in_another_section_gets_a_picture_of_its_own(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    shown = built(online)
    copy = OTHER + PUMP.replace("fig:pump", "fig:c").replace("\\pbfigure", "\\pbfigure[id=copy]")
    edited(
        online,
        ("fig:pump", "fig:steps"),
        ("\\end{document}", f"{copy}\\end{{document}}"),
    )
    assert len(use_sandbox.tasks()) == 2
    assert shown < online.shown()


def test_a_figure_that_tex_leaves_out_is_not_gone(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    copy = OTHER + PUMP.replace("fig:pump", "fig:copy")
    hidden = f"\\newif\\ifdraft\\ifdraft\n{PUMP}\\fi\n"
    edited(online, (PUMP, hidden), ("\\end{document}", f"{copy}\\end{{document}}"))
    assert len(use_sandbox.tasks()) == 2, "the copy is drawn from its own section"


def test_a_paper_with_another_file_name_keeps_its_pictures(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    shown = built(online)
    for path in online.folder.glob("paper.*"):
        if path.suffix != ".tex":
            path.unlink()
    (online.folder / "paper.tex").rename(online.folder / "thesis.tex")
    online.main = "thesis.tex"
    edited(online, ("on pumps", "on good pumps"), main="thesis.tex")
    assert len(use_sandbox.tasks()) == 1
    assert online.shown() == shown


def test_another_paper_of_the_folder_keeps_its_figures_to_itself(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    online.write("other.tex", article(OTHER + PUMP.replace("fig:pump", "fig:other")))
    assert online.latexmk(main="other.tex").status == 0
    assert len(use_sandbox.tasks()) == 2
    files = json.loads(online.run("pbfigure", "status", "paper.tex", "--json").output)["files"]
    assert {each["use"] for each in files} == {"used", "not judged"}
