"""The ledger, choices, status, prune and inspect on a LaTeX paper that latexmk builds."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

from json_schemas import check
from papers import Paper, article
from sandbox_process import SandboxProcess

BODY = (
    "\\section{Pumps}\nA text on pumps.\n"
    "\\begin{figure}\\pbfigure{A pump}\\caption{Pump}\\label{fig:pump}\\end{figure}\n"
    "\\begin{figure}\\pbfigure{A valve}\\caption{Valve}\\label{fig:valve}\\end{figure}\n"
)


def built(paper: Paper, body: str = BODY) -> Paper:
    paper.write("paper.tex", article(body))
    paper.init()
    assert paper.latexmk().status == 0
    return paper


def answer(paper: Paper, *arguments: str) -> Any:
    """What a verb prints as JSON."""
    done = paper.run("pbfigure", *arguments, "--json")
    return json.loads(done.output[done.output.index("{") :])


def test_latexmk_leaves_a_line_for_every_task(online: Paper, use_sandbox: SandboxProcess) -> None:
    built(online)
    found = answer(online, "log")["purchases"]
    tasks = use_sandbox.tasks()
    charged = {task["task_id"]: task["charged"] for task in tasks}
    assert {each["task_id"]: each["credits"] for each in found} == charged
    assert {(e["figure"], e["build"], e["document"]) for e in found} == {
        ("paper:fig:pump", "latex", "paper"),
        ("paper:fig:valve", "latex", "paper"),
    }


def test_a_picture_that_pdfimages_takes_out_of_the_pdf_is_known(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    assert online.run("pdfimages", "-png", "paper.pdf", "out").status == 0
    found = [answer(online, "inspect", f"out-00{number}.png") for number in (0, 1)]
    figures = {name for each in found for p in each["pictures"] for name in p["figures"]}
    assert figures == {"paper:fig:pump", "paper:fig:valve"}


def checked_out(path: Path, data: bytes) -> None:
    """Write a file as git does, but in another second: latexmk looks at nothing finer."""
    second = path.stat().st_mtime + 2
    path.write_bytes(data)
    os.utime(path, (second, second))


def test_latexmk_shows_what_is_pinned_and_what_a_pull_brings(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    before, map_file = online.shown(), online.folder / "paperbanana" / "pbmap.tex"
    old_map = map_file.read_bytes()
    variants = answer(online, "variants", "fig:pump", "--count", "2", "--yes")["variants"]
    assert online.run("pbfigure", "pin", "fig:pump", variants[1]["picture"][:10]).status == 0
    assert online.latexmk().status == 0
    pinned = online.shown()
    assert len(pinned & before) == 1
    (choice,) = (online.folder / "paperbanana").glob("*.pin")
    kept, new_map = choice.read_bytes(), map_file.read_bytes()
    choice.unlink()  # a checkout of another branch: the map is committed too
    checked_out(map_file, old_map)
    assert online.latexmk().status == 0
    assert online.shown() == before
    choice.write_bytes(kept)  # a pull
    checked_out(map_file, new_map)
    assert online.latexmk().status == 0
    assert online.shown() == pinned
    choice.unlink()  # by hand, and without the map
    assert online.run("pbfigure", "latex", "paper.tex").status == 0
    assert online.latexmk().status == 0
    assert online.shown() == before
    choice.write_bytes(kept)
    assert online.run("pbfigure", "latex", "paper.tex").status == 0
    assert online.latexmk().status == 0
    assert online.shown() == pinned
    assert len(use_sandbox.tasks()) == 3


def test_an_idle_run_after_a_choice_is_quick_and_buys_nothing(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    (record,) = (online.folder / "paperbanana").glob("*pump*.json")
    assert online.run("pbfigure", "pin", "fig:valve", record.stem[-12:]).status == 0
    assert online.latexmk().status == 0
    requests = len(use_sandbox.log())
    assert "Nothing to do" in online.latexmk().output or online.latexmk().status == 0
    assert len(use_sandbox.log()) == requests
    status = answer(online, "status", "paper.tex")
    assert [(f["name"], f["state"], f["pinned"]) for f in status["figures"]] == [
        ("fig:pump", "present", False),
        ("fig:valve", "present", True),
    ]


def test_prune_leaves_what_another_paper_of_the_folder_shows(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    online.write("talk.tex", article(BODY.replace("A pump", "A red pump")))
    assert online.latexmk(main="talk.tex").status == 0
    online.edit("paper.tex", "A valve", "A big valve")
    assert online.run("pbfigure", "prune", "paper.tex", "--yes").status == 0
    unread = answer(online, "status", "paper.tex")["files"]
    assert "unused" not in {each["use"] for each in unread}, "TeX has not run since"
    assert online.latexmk().status == 0
    found = answer(online, "prune", "paper.tex", "--yes")["files"]
    assert [(f["figure"], f["why"]) for f in found] == [("paper:fig:valve", "an earlier prompt")]
    shown = online.shown()
    (online.folder / "paperbanana" / "pbmap.tex").unlink()
    whys = {f["why"] for f in answer(online, "status", "paper.tex")["files"] if f["use"] != "used"}
    assert whys == {"it may be of talk.tex, which was not named"}
    shutil.rmtree(online.folder / "paperbanana", ignore_errors=False)
    assert online.latexmk().status == 0
    assert online.shown() == shown
    assert answer(online, "status", "talk.tex", "paper.tex")["complete"]
    assert len(use_sandbox.tasks()) == 4


def test_a_paper_and_a_sphinx_project_are_one_list(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    online.write("docs/conf.py", "extensions = ['sphinx_paperbanana']\n")
    online.write("docs/index.rst", "Docs\n====\n\nText.\n\n.. paperbanana:: A map\n   :name: map\n")
    assert online.run("pbfigure", "make", "docs", "--yes").status == 0
    found = answer(online, "status", "docs", "paper.tex")
    assert [(f["document"], f["name"]) for f in found["figures"]] == [
        ("docs", "map"),
        ("paper.tex", "fig:pump"),
        ("paper.tex", "fig:valve"),
    ]
    assert {each["use"] for each in found["files"]} == {"used"}


def test_latexmk_leaves_a_report_and_removes_it_with_the_rest(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    built(online)
    path = online.folder / "paper.paperbanana.json"
    told = json.loads(path.read_text())
    check(told, "build")
    assert told["builder"] == "latex"
    assert told["credits_spent"] == sum(task["charged"] for task in use_sandbox.tasks())
    assert [(each["name"], each["state"], each["file"]) for each in told["figures"]] == [
        ("fig:pump", "present", "paper.tex"),
        ("fig:valve", "present", "paper.tex"),
    ]
    online.edit("paper.tex", "{A valve}", "{A valve that leaks}")
    online.env["PAPERBANANA_MODE"] = "offline"
    assert online.latexmk().status == 0
    told = json.loads(path.read_text())
    assert told["credits_spent"] == 0
    assert [each["state"] for each in told["figures"]] == ["present", "outdated"]
    assert online.latexmk("-c").status == 0
    assert not path.exists()


def test_a_paper_in_mode_frozen_fails_until_its_pictures_are_approved_in_a_review(
    online: Paper, use_sandbox: SandboxProcess
) -> None:
    body = BODY.replace(
        "\\pbfigure{A pump}", "\\pbfigure[width=.8\\linewidth,alt=The pump]{A pump}"
    )
    built(online, body)
    frozen = {**online.env, "PAPERBANANA_MODE": "frozen"}
    online.write("paperbanana.toml", "require_approval = true\n")
    refused = online.run("pbfigure", "latex", "paper.tex", env=frozen)
    assert refused.status != 0
    said = " ".join(refused.output.split())
    assert "2 pictures not approved, and require_approval is set: paper.tex:" in said
    online.env["PAPERBANANA_MODE"] = "frozen"
    for _ in range(2):  # the second one has the map of the first
        assert online.latexmk("-g").status == 12
    assert online.run("pbfigure", "review", "paper.tex", "-o", "out").status == 0
    page = (online.folder / "out" / "index.html").read_text()
    assert "<figcaption>Pump</figcaption>" in page
    assert 'alt="The pump"' in page
    assert 'width="367"' in page  # pixels: .8 of article's 345 pt
    assert "A text on pumps." in page
    for command in re.findall(r'data-approve="pbfigure (approve [^"]*)"', page):
        assert online.run("pbfigure", *shlex.split(command), "--by", "Ada").status == 0
    assert online.run("pbfigure", "latex", "paper.tex", env=frozen).status == 0
    next((online.folder / "paperbanana").glob("*.approved")).unlink()
    assert online.run("pbfigure", "latex", "paper.tex", env=frozen).status != 0
