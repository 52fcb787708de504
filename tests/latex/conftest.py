"""The fixtures of the LaTeX tests: documents with and without a service."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from papers import BIN, ENGINES, Paper


@pytest.fixture
def env(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """The environment of a build: this very pbfigure first in PATH."""

    def made(**more: str) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "TEXMFVAR": _texmfvar(), **more}

    return made


def _texmfvar() -> str:
    """LuaTeX's font cache, kept from test to test."""
    return os.environ.get("TEXMFVAR") or str(Path.home() / ".texlive-pbfigure-tests")


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
