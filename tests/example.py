"""The example as it is committed: its documentation and its paper, without what a demo drew."""

from __future__ import annotations

import shutil
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "example_docs"
_DRAWN_OR_BUILT = ("_paperbanana", "paperbanana", "_build", "__pycache__", ".latexmkrc", "*.sty")
_BY_TEX = ("*.aux", "*.bbl", "*.fdb_latexmk", "*.fls", "*.log", "*.out", "*.pb[qr]", "*.pdf")


def copy_docs(folder: Path) -> None:
    """Copy the documentation into a folder, which may be there."""
    ignored = shutil.ignore_patterns("paper", *_DRAWN_OR_BUILT)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=ignored)


def copy_paper(folder: Path) -> None:
    """Copy the paper into a folder, which may be there."""
    ignored = shutil.ignore_patterns(*_DRAWN_OR_BUILT, *_BY_TEX)
    shutil.copytree(EXAMPLE / "paper", folder, dirs_exist_ok=True, ignore=ignored)
