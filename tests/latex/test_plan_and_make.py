"""plan and make on a LaTeX paper, and on a paper and a Sphinx project at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

from latexmk_process import started
from papers import Paper, article
from sandbox_process import SandboxProcess

BODY = (
    "\\section{Pumps}\nA text on pumps.\n"
    "\\begin{figure}\\pbfigure{A pump}\\caption{Pump}\\label{fig:pump}\\end{figure}\n"
    "\\begin{figure}\\pbfigure{A valve}\\caption{Valve}\\label{fig:valve}\\end{figure}\n"
)


def drafted(paper: Paper) -> Paper:
    """A paper that TeX has run, and that has no picture yet."""
    paper.write("paper.tex", article(BODY))
    paper.init()
    assert paper.latexmk("-e", "$ENV{PAPERBANANA_MODE}='offline'").status == 0
    return paper


def test_before_tex_has_run_it_names_the_figures_that_tex_is_to_be_asked_for(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(BODY))
    planned = online.run("pbfigure", "plan", "paper.tex")
    assert planned.status == 1
    said = " ".join(planned.output.split())
    assert "TeX has not run yet, and only what it asks for is made: run latexmk paper.tex" in said
    assert "2 figures in the sources: paper.tex:7, paper.tex:8" in said
    (online.folder / "my paper").mkdir()
    online.write("my paper/other.tex", article(BODY))
    planned = online.run("pbfigure", "plan", "my paper/other.tex")
    said = " ".join(planned.output.split())
    assert "run cd 'my paper' && latexmk other.tex (2 figures" in said
    assert online.run("pbfigure", "make", "paper.tex", "--yes").status == 1
    assert use_sandbox.log() == []


def test_what_changed_since_tex_ran_is_said(online: Paper, use_sandbox: SandboxProcess) -> None:
    drafted(online)
    planned = online.run("pbfigure", "plan", "paper.tex")
    assert "the sources changed" not in planned.output
    online.edit("paper.tex", "A valve}\\cap", "A red valve}\\cap")
    request = online.path(".pbq")
    os.utime(request, (request.stat().st_atime - 10, request.stat().st_mtime - 10))
    said = " ".join(online.run("pbfigure", "plan", "paper.tex").output.split())
    assert "the sources changed since TeX ran: run latexmk paper.tex" in said


def test_a_prompt_that_tex_has_not_seen_is_neither_present_nor_bought(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    standard = "\\pbfigure[type=standard,model=nano-banana-2]"
    online.write("paper.tex", article(BODY.replace("\\pbfigure", standard)))
    online.init()
    assert online.latexmk().status == 0
    online.edit("paper.tex", "{A valve}", "{A red valve}")
    planned = online.run("pbfigure", "plan", "paper.tex")
    assert planned.status == 1
    said = " ".join(planned.output.split())
    assert (
        "? fig:valve (invalid: TeX asked for it in other words than the sources now have:" in said
    )
    assert "it has not asked for 1 figure as now written: paper.tex:8" in said
    assert "1 blocked, 1 present" in said
    tasks = len(use_sandbox.tasks())
    assert online.run("pbfigure", "make", "paper.tex", "--yes").status == 1
    assert len(use_sandbox.tasks()) == tasks
    assert online.latexmk().status == 0
    assert online.run("pbfigure", "plan", "paper.tex").status == 0


def test_a_paper_is_made_and_shown_without_asking_again(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    drafted(online)
    planned = online.run("pbfigure", "plan", "paper.tex")
    new = '+ fig:pump 6 credits (new)  "A pump"\n+ fig:valve 6 credits (new)  "A valve"\n'
    assert new in planned.output
    assert online.run("pbfigure", "make", "paper.tex", "fig:pump", "--yes").status == 0
    assert len(use_sandbox.tasks()) == 1
    assert online.run("pbfigure", "make", "paper.tex", "--yes").status == 0
    assert online.run("pbfigure", "plan", "paper.tex").status == 0
    assert online.latexmk().status == 0
    assert len(use_sandbox.tasks()) == 2
    assert len(online.shown()) == 2


def test_make_buys_what_a_save_left_held_and_a_running_latexmk_shows_it(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    online.write("paper.tex", article(BODY))
    online.init()
    with started(online, "-pvc", "-view=none") as latexmk:
        latexmk.round(1)
        online.edit("paper.tex", "{A pump}", "{A red pump}")
        said = latexmk.round(2)
        (line,) = [line for line in said.splitlines() if "held" in line and "paper.tex:7" in line]
        assert "'pbfigure make paper.tex'" in line
        before = online.shown()
        made = online.run("pbfigure", "make", "paper.tex", "--yes")
        assert made.status == 0, made
        assert 'prompt changed: "A pump" → "A red pump"' in made.output
        assert len(use_sandbox.tasks()) == 3
        latexmk.round(3)
        assert len(online.shown() - before) == 1, "the pump's new picture"


def test_a_paper_and_a_project_are_planned_and_made_at_once_and_share_pictures(
    online: Paper, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    online.env["XDG_CACHE_HOME"] = str(tmp_path / "user-cache")
    drafted(online)
    docs = tmp_path / "paper" / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("extensions = ['sphinx_paperbanana']\n")
    (docs / "index.rst").write_text(
        "Pumps\n=====\n\nA text.\n\n.. paperbanana:: A hose\n   :name: fig-hose\n"
    )
    planned = online.run("pbfigure", "plan", "docs", "paper.tex")
    assert planned.status == 1
    assert planned.output.startswith(
        'docs:\n+ fig-hose 6 credits (new)  "A hose"\n\n'
        'paper.tex:\n+ fig:pump 6 credits (new)  "A pump"\n'
    )
    assert "Plan: 3 to buy for 18 sandbox credits." in planned.output
    done = online.run("pbfigure", "make", "docs", "paper.tex", "fig-hose", "fig:valve", "--yes")
    assert done.status == 0, done
    assert [entry["body"]["prompt"] for entry in use_sandbox.log("generate")] == [
        "A hose",
        "A valve",
    ]
    told = json.loads(online.run("pbfigure", "plan", "docs", "paper.tex", "--json").output)
    assert [document["kind"] for document in told["documents"]] == ["sphinx", "latex"]
    assert [figure["state"] for figure in told["figures"]] == ["present", "missing", "present"]
