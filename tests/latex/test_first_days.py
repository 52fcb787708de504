"""An author's first days with a Sphinx project and a paper at once, from the plan to a clone.

Write, plan, make, dislike, roll, compare, pin, rename, prune, commit, clone, frozen: every screen
fits the terminal, and every picture is paid for once.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from example import copy_docs
from papers import Built, Paper, article
from sandbox_process import SandboxProcess

BOTH = ("docs", "paper.tex")
BODY = (
    "\\section{Pumps}\nA text on pumps.\n"
    "\\begin{figure}\\pbfigure{A pump}\\caption{Pump}\\label{fig:pump}\\end{figure}\n"
    "\\section{Valves}\nA text on valves.\n"
    "\\begin{figure}\\pbfigure{A valve}\\caption{Valve}\\label{fig:valve}\\end{figure}\n"
)
FIGURES = 20
"""18 of the example, of which two share a picture, and two of the paper."""


class Author:
    """Somebody who looks at every screen."""

    def __init__(self, paper: Paper, sandbox: SandboxProcess, columns: int) -> None:
        self.paper, self.sandbox, self.columns = paper, sandbox, columns
        paper.env |= {"COLUMNS": str(columns), "PAPERBANANA_MAX_CREDITS": "200"}

    def sees(self, verb: str, *arguments: str, status: int = 0) -> str:
        """What a verb prints, with lines joined; it fits."""
        done = self.paper.run("pbfigure", verb, *arguments)
        assert done.status == status, done
        said = [line.removeprefix("file:") for line in done.output.splitlines()]
        said = [line for line in said if not line.startswith("pbfigure: ")]
        wide = [line for line in said if len(line) > self.columns and len(line.split()) > 1]
        assert verb == "make" or not wide, wide  # make's messages have a place before them
        return " ".join(done.output.split())

    def reads(self, verb: str, *arguments: str) -> Any:
        done = self.paper.run("pbfigure", verb, *arguments, "--json")
        return json.loads(done.output[done.output.index("{\n") :])

    def git(self, *arguments: str) -> Built:
        who = ("-c", "user.name=Author", "-c", "user.email=author@example.org")
        done = self.paper.run("git", *who, *arguments)
        assert done.status == 0, done
        return done

    def commit(self, message: str) -> None:
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--message", message)


@pytest.fixture
def author(request: Any, online: Paper, use_sandbox: SandboxProcess, tmp_path: Path) -> Author:
    online.env["XDG_CACHE_HOME"] = str(tmp_path / "user-cache")
    copy_docs(online.folder / "docs")
    online.write("paper.tex", article(BODY))
    online.write(".gitignore", "out/\npaper.*\n!paper.tex\n")
    online.init()
    return Author(online, use_sandbox, request.param)


@pytest.mark.parametrize("author", [80, pytest.param(140, marks=pytest.mark.soak)], indirect=True)
def test_the_first_days_of_an_author(author: Author, tmp_path: Path) -> None:
    looks_and_makes(author)
    assert len(author.sandbox.tasks()) == FIGURES - 1
    rolls_and_chooses(author)
    bought = len(author.sandbox.tasks())
    assert bought == FIGURES - 1 + 3, "two more variants of one figure, one of another"
    renames_and_tidies_up(author)
    assert len(author.sandbox.tasks()) == bought, "every picture is paid for once"
    requests = len(author.sandbox.log())
    shows_a_clone(author, tmp_path)
    assert len(author.sandbox.log()) == requests


def looks_and_makes(author: Author) -> None:
    paper = author.paper
    said = author.sees("plan", *BOTH, status=1)
    assert "+ fig-ph 6 credits (new)" in said
    assert "TeX has not run yet, and only what it asks for is made: run latexmk paper.tex" in said
    assert paper.latexmk("-e", "$ENV{PAPERBANANA_MODE}='offline'").status == 0
    said = author.sees("plan", *BOTH, status=1)
    assert "+ fig:pump 6 credits (new)" in said
    assert f"Plan: {FIGURES} to buy for 183 sandbox credits." in said
    assert author.sandbox.tasks() == []
    assert f"made {FIGURES} of {FIGURES} figures" in author.sees("make", *BOTH, "--yes")
    said = author.sees("plan", *BOTH)
    assert f"nothing to buy, {FIGURES} present." in said
    assert f"{FIGURES} drafts of the sandbox: fig-strip," in said
    author.git("init", "--quiet")
    assert "not committed: " in author.sees("status", *BOTH)
    author.commit("Figures")


def rolls_and_chooses(author: Author) -> None:
    rolls = author.reads("variants", "docs", "fig-ph", "--count", "3", "--yes")["variants"]
    author.sees("variants", "docs", "fig-ph", "--count", "3")
    assert "all its pictures (3):" in author.sees("inspect", "docs", "fig-ph")
    assert "is pinned" in author.sees("pin", "docs", "fig-ph", rolls[2]["picture"][:12])
    assert "pinned: fig-ph." in author.sees("plan", *BOTH)
    rolls = author.reads("variants", "paper.tex", "fig:pump", "--count", "2", "--yes")["variants"]
    author.sees("pin", "paper.tex", "fig:pump", rolls[1]["picture"][:12])
    author.sees("unpin", "paper.tex", "fig:pump")


def renames_and_tidies_up(author: Author) -> None:
    paper = author.paper
    for page in (paper.folder / "docs").glob("*.rst"):
        paper.write(f"docs/{page.name}", page.read_text().replace("fig-ph", "fig-acid"))
    paper.edit("docs/acidification.rst", "not all", "by no means all")
    paper.edit("paper.tex", "fig:valve", "fig:tap")
    paper.edit("paper.tex", "on valves", "on good valves")
    assert paper.latexmk().status == 0
    said = author.sees("plan", *BOTH)
    assert "= fig:tap (text around it changed, kept)" in said
    assert "pinned: fig-acid." in said
    assert "1 unused" in author.sees("status", *BOTH)
    assert "all its pictures (3):" in author.sees("inspect", "docs", "fig-acid")
    assert "to rename: acidification--fig-ph" in author.sees(
        "prune", *BOTH, "--rename", "--dry-run"
    )
    assert "renamed" in author.sees("prune", *BOTH, "--rename", "--yes")
    assert "1 unused" not in author.sees("status", *BOTH)
    author.sees("log")
    author.sees("cache", "list")
    author.commit("Renamed")


def shows_a_clone(author: Author, folder: Path) -> None:
    author.git("clone", "--quiet", ".", str(folder / "clone"))
    nothing = {"PAPERBANANA_CACHE_DIR": str(folder / "empty"), "PAPERBANANA_ALLOW_DRAFTS": "1"}
    env = author.paper.env | nothing | {"PAPERBANANA_MODE": "frozen"}
    clone = Paper(folder / "clone", env)
    built = clone.run("sphinx-build", "-q", "-b", "html", "docs", "out")
    assert built.status == 0, built
    assert clone.latexmk().status == 0
    assert len(clone.shown()) == 2
    planned = clone.run("pbfigure", "plan", *BOTH)
    assert planned.status == 0, planned
    assert "Plan: nothing to buy, 1 kept, 19 present; pinned: fig-acid." in planned.output
