"""What the arguments of a verb name: documents to work on, and figures in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from pbfigure.command.options import closed_at_end
from pbfigure.documents.document import Document, DocumentFigure, SphinxBuild, figures_of
from pbfigure.figure.nearest_name import nearest_name
from pbfigure.figure.wording import listed
from pbfigure.project.repository import TEX_ENDINGS

CONF_PY = "conf.py"


def is_path(argument: str) -> bool:
    """Whether an argument is a PATH: a folder, or a file of LaTeX. All others are figures' names.

    A name of a figure may look like a folder that happens to be there; only one with a conf.py is
    a PATH then, or one that is written with a separator.
    """
    path = Path(argument)
    if path.suffix.lower() in TEX_ENDINGS or argument.endswith(("/", os.sep)):
        return True
    return path.is_dir() and (
        (path / CONF_PY).is_file() or os.sep in argument or argument in (".", "..")
    )


def split_arguments(arguments: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the PATHs and the names of figures among a verb's arguments.

    Raises :exc:`click.UsageError` if there is no PATH.
    """
    arguments = list(arguments)
    names = [argument for argument in arguments if not is_path(argument)]
    if len(names) == len(arguments):
        hint = f": {names[0]} is neither" if names else ""
        raise click.UsageError(
            f"name a Sphinx source folder (with conf.py) or a main .tex file{hint}"
        )
    return [argument for argument in arguments if is_path(argument)], names


def open_documents(paths: Iterable[str], build: SphinxBuild) -> list[Document]:
    """Return the documents that PATHs name, each once, with the figures that a build shows; they
    are closed when the verb ends.

    Raises :exc:`click.UsageError` for a PATH that is no document, FigureError where one cannot be
    read.
    """
    once: dict[Path, Path] = {}
    for argument in paths:
        _check(argument)
        once.setdefault(Path(argument).resolve(), Path(argument))
    documents = [_open(path, build) for path in once.values()]
    for document in documents:
        closed_at_end(document.project)
    return documents


def _check(argument: str) -> None:
    path = Path(argument)
    if not is_path(argument):
        raise click.UsageError(
            f"{argument} is neither a Sphinx source folder (with {CONF_PY}) nor a .tex file"
        )
    if path.suffix.lower() in TEX_ENDINGS:
        if not path.is_file():
            raise click.UsageError(f"{path}: there is no such file")
    elif not path.is_dir():
        raise click.UsageError(f"{path}: there is no such folder")
    elif not (path / CONF_PY).is_file():
        raise click.UsageError(f"{path} is no Sphinx source folder: it has no {CONF_PY}")


def _open(path: Path, build: SphinxBuild) -> Document:
    if path.is_dir():
        from sphinx_paperbanana.opened_document import open_sphinx

        return open_sphinx(path, os.environ, build)
    from latex_hook.opened_document import open_latex

    return open_latex(path, os.environ)


def chosen(figures: Sequence[DocumentFigure], names: Iterable[str]) -> list[DocumentFigure]:
    """Return the named figures in their order, or all if no name is given.

    Raises :exc:`click.ClickException` for an unknown or ambiguous name.
    """
    wanted: set[int] = set()
    for name in names:
        found = [figure for figure in figures if figure.is_named(name)]
        if not found:
            names = [figure.name for figure in figures]
            hint = nearest_name(name, names) or _those(names)
            raise click.ClickException(f"there is no figure {name!r}{hint}")
        if len(found) > 1:
            several = ", ".join(f"{f.resolved.full_name} ({f.document.path})" for f in found)
            raise click.ClickException(f"{name!r} names {len(found)} figures: {several}")
        wanted.add(id(found[0]))
    return [figure for figure in figures if not wanted or id(figure) in wanted]


def _those(names: Sequence[str]) -> str:
    """Return the names of the first figures, as a hint."""
    if not names:
        return ": there are no figures"
    return f"; there {'is' if len(names) == 1 else 'are'} {listed(names)}"


def documents_of(arguments: Sequence[str], build: SphinxBuild) -> list[Document]:
    """Return the documents that PATHs name; without any, those of the current folder: its Sphinx
    project, and its .tex files that TeX has run.
    """
    paths = arguments or _paths_here()
    if not paths:
        raise click.UsageError(
            "there is no conf.py and no .tex file that TeX has run in this folder: name a PATH"
            " before the figure"
        )
    return open_documents(paths, build)


def _paths_here() -> list[str]:
    from latex_hook.tex.request_file import find_request_file

    here = ["."] if Path(CONF_PY).is_file() else []
    papers = [path for path in sorted(Path().iterdir()) if path.suffix.lower() in TEX_ENDINGS]
    return here + [str(path) for path in papers if find_request_file(path).is_file()]


def one_figure(arguments: Sequence[str], build: SphinxBuild) -> DocumentFigure:
    """Return the figure that the last of a verb's arguments names; PATHs come before it."""
    *paths, name = arguments
    (found,) = chosen(figures_of(documents_of(paths, build)), [name])
    return found


def named(found: DocumentFigure) -> str:
    """Return how a command names a figure: with its PATH, unless that is the current folder."""
    path = "" if found.document.path == Path() else f"{found.document.path} "
    return f"{path}{found.name}"


def is_image(argument: str) -> bool:
    """Whether an argument is the file of a picture, and no document."""
    path = Path(argument)
    return path.is_file() and path.suffix.lower() not in TEX_ENDINGS
