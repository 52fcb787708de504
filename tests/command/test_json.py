"""Every verb that prints JSON: one object with a version, as its schema in docs/reference/ says."""

from __future__ import annotations

import importlib
import subprocess
from pathlib import Path

import click
import pytest
from documents import Site
from json_schemas import valid
from sandbox_process import SandboxProcess

from pbfigure.command import VERBS

SCHEMAS = {
    ("plan", "docs"): "plan",
    ("make", "docs", "--yes"): "plan",
    ("credits",): "credits",
    ("tasks",): "tasks",
    ("init", "paper.tex"): "init",
    ("bundle", "paper.tex", "bundle"): "bundle",
    ("log",): "log",
    ("inspect", "docs", "fig-flow"): "inspect",
    ("check", "docs"): "check",
    ("variants", "docs", "fig-flow", "--count", "1"): "variants",
    ("refresh", "docs", "fig-flow"): "plan",
    ("status", "docs"): "status",
    ("disclose", "docs", "--venue", "plain"): "disclose",
    ("approve", "docs", "fig-flow", "DIGITS", "--by", "Ada"): "choice",
    ("pin", "docs", "fig-flow", "DIGITS"): "choice",
    ("unpin", "docs", "fig-flow"): "choice",
    ("prune", "docs", "--dry-run"): "prune",
    ("settle",): "settle",
    ("cache", "list"): "cache",
    ("cache", "prune", "--dry-run"): "cache",
    ("cache", "verify"): "verify",
    ("cache", "sync", "docs"): "sync",
    ("cache", "export", "figures.tar"): "export",
    ("cache", "import", "figures.tar"): "import",
}
"""What is run of each verb, and its schema."""


def with_json() -> set[tuple[str, ...]]:
    """The verbs that have ``--json``."""
    found: dict[tuple[str, ...], click.Command] = {}
    for verb, (module, _) in VERBS.items():
        command = getattr(importlib.import_module(f"pbfigure.command.{module}"), verb)
        found[verb,] = command
        for name, below in getattr(command, "commands", {}).items():
            found[verb, name] = below
    return {
        words
        for words, command in found.items()
        if any("--json" in parameter.opts for parameter in command.params)
    }


def test_no_verb_is_left_out() -> None:
    tried = {words[:2] if words[0] == "cache" else words[:1] for words in SCHEMAS}
    assert with_json() - {("sandbox",)} == tried, "that one is a server: it prints where it is"


def test_what_they_print_has_a_version_and_is_what_the_schema_says(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "store").mkdir()
    monkeypatch.setenv("PAPERBANANA_SHARED_CACHE", (tmp_path / "store").as_uri())
    use_sandbox.order(endpoint="generate", calls="all", prompt="map", fault="failed", error="no")
    site.build()
    paper = "\\documentclass{article}\\usepackage{paperbanana}\\begin{document}T\\end{document}"
    (site.folder / "paper.tex").write_text(paper)
    site.run("init", "paper.tex")
    subprocess.run(("pdflatex", "-interaction=batchmode", "paper"), cwd=site.folder, check=True)
    digits = ""
    for words, schema in SCHEMAS.items():
        command = [digits if word == "DIGITS" else word for word in words]
        document = valid(schema, site.run(*command, "--json"))
        assert document["version"] == 1, words
        if schema == "inspect":
            digits = document["shown"][:12]
        if schema == "settle":
            assert [order["state"] for order in document["orders"]] == ["failed"]
        if schema == "tasks":
            assert len(document["tasks"]) == 2


@pytest.mark.parametrize("columns", [80, 140])
def test_what_they_print_for_people_fits_the_terminal(
    site: Site, use_sandbox: SandboxProcess, columns: int
) -> None:
    site.build()
    lines = site.run("cache", "list", columns=columns).stdout.splitlines()
    more = ["model", "size"] if columns == 140 else []
    assert lines[0].split() == ["key", "date", *more, "credits", "note", "prompt"]
    assert lines[1].index("6") <= lines[0].index("prompt")
    assert all(len(line) <= columns for line in lines[:-1])
