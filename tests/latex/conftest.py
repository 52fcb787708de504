"""The fixtures of the LaTeX tests: documents with and without a service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest
from papers import BIN, ENGINES, Paper
from program_forks import forked

NEWER = "4.86"
"""The version of latexmk that .ci/system-packages fetches beside the installed one."""
NEWER_FOLDER = platformdirs.user_cache_path("pbfigure-tests", appauthor=False) / f"latexmk-{NEWER}"
collect_ignore = [] if (NEWER_FOLDER / "latexmk").exists() else ["test_newer_latexmk.py"]


def pytest_report_header() -> str:
    without = f"WITHOUT the tests under latexmk {NEWER}: .ci/system-packages all fetches it"
    return without if collect_ignore else f"latexmk: the installed one, and {NEWER}"


@pytest.fixture
def env(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """The environment of a build: this tree's pbfigure first in PATH, run in forks."""

    def made(**more: str) -> dict[str, str]:
        path = os.pathsep.join((str(forked("pbfigure").parent), str(BIN), os.environ["PATH"]))
        return {**os.environ, "PATH": path, **more}

    return made


@pytest.fixture
def newer(online: Paper) -> Paper:
    """A document built against the sandbox, with a newer latexmk than the installed one."""
    online.env["PATH"] = f"{NEWER_FOLDER}{os.pathsep}{online.env['PATH']}"
    assert f"Version {NEWER}" in online.run("latexmk", "--version").output
    return online


@pytest.fixture
def paper(tmp_path: Path, env: Callable[..., dict[str, str]]) -> Paper:
    """A document, and no service at all."""
    return Paper(tmp_path / "paper", env())


@pytest.fixture
def online(tmp_path: Path, use_sandbox: object, env: Callable[..., dict[str, str]]) -> Paper:
    """A document built against the sandbox."""
    return Paper(tmp_path / "paper", env())


def pytest_sessionstart() -> None:
    tools = ("latexmk", *ENGINES, "pdfimages", "pdftotext")
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        raise pytest.UsageError(f"these tests need {', '.join(absent)}: .ci/system-packages tex")
    if collect_ignore and os.environ.get("CI"):
        raise pytest.UsageError(f"CI needs latexmk {NEWER}: .ci/system-packages all")
