"""The one figure that a verb is about, by its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pbfigure.command.documents import CONF_PY, checked_paths, chosen, open_documents
from pbfigure.project.document import Document, DocumentFigure, SphinxBuild, look_up
from pbfigure.project.repository import TEX_ENDINGS


def documents_of(arguments: Sequence[str], build: SphinxBuild) -> list[Document]:
    """Return the documents that PATHs name; without any, those of the current folder: its Sphinx
    project, and its .tex files that TeX has run.
    """
    paths = checked_paths(arguments) or _paths_here()
    if not paths:
        raise click.UsageError(
            "there is no conf.py and no .tex file that TeX has run in this folder: name a PATH"
            " before the figure"
        )
    return open_documents(paths, build)


def _paths_here() -> list[Path]:
    from latex_hook.tex.request_file import find_request_file

    here = [Path()] if Path(CONF_PY).is_file() else []
    papers = [path for path in sorted(Path().iterdir()) if path.suffix.lower() in TEX_ENDINGS]
    return here + [path for path in papers if find_request_file(path).is_file()]


def one_figure(arguments: Sequence[str], build: SphinxBuild) -> DocumentFigure:
    """Return the figure that the last of a verb's arguments names; PATHs come before it."""
    *paths, name = arguments
    (found,) = chosen(look_up(documents_of(paths, build)), [name])
    return found


def named(found: DocumentFigure) -> str:
    """Return how a command names a figure: with its PATH, unless that is the current folder."""
    path = "" if found.document.path == Path() else f"{found.document.path} "
    return f"{path}{found.name}"
