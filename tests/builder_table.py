"""The table of builders at the end of a run: each with the versions it was tried with, and how."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

BUILDER = "builder"
"""The property of a test's report that names its builder."""
OTHERS = {
    "confluence": "sphinxcontrib-confluencebuilder", "docx": "docxbuilder",
    "markdown": "sphinx-markdown-builder", "pdf": "rst2pdf", "rinoh": "rinohtype",
    "rst": "sphinxcontrib-restbuilder", "simplepdf": "sphinx-simplepdf",
    "singleconfluence": "sphinxcontrib-confluencebuilder",
}  # fmt: skip
"""Whose builders are not of Sphinx."""


def title() -> str:
    return f"builders: {_of('sphinx')}, {_of('docutils')}, Python {platform.python_version()}"


def rows(reports: Iterable[Any]) -> list[str]:
    """A line for each builder that a test was about."""
    found: dict[str, Counter[str]] = {}
    for report in reports:
        for name, builder in getattr(report, "user_properties", ()):
            if name == BUILDER and (report.when == "call" or not report.passed):
                found.setdefault(builder, Counter())[report.outcome] += 1
    return [
        f"{builder:<17} {_of(OTHERS.get(builder, 'sphinx')):<38} "
        + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        for builder, outcomes in sorted(found.items(), key=lambda each: (each[0] in OTHERS, each))
    ]


def print_table(reporter: pytest.TerminalReporter) -> None:
    reports = [each for listed in reporter.stats.values() for each in listed]
    if table := rows(reports):
        reporter.section(title())
        for row in table:
            reporter.write_line(row)


def _of(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution}: not installed"
