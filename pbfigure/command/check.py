"""``pbfigure check``: reads the pictures, and reports garbled labels, small text, poor contrast."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from pbfigure.checking.checker import Checked, Checker
from pbfigure.checking.finding import Finding
from pbfigure.checking.installed import BEST, LIGHT
from pbfigure.checking.readers import NoReader
from pbfigure.command.arguments import is_image, open_documents, split_arguments
from pbfigure.command.options import as_json, here, sphinx_build
from pbfigure.command.output import print_json, print_line, say
from pbfigure.command.terminal_table import print_wrapped
from pbfigure.documents.document import DocumentFigure, SphinxBuild, figures_of
from pbfigure.figure.notice import FigureError
from pbfigure.figure.unexpected import boundary
from pbfigure.figure.wording import counted
from pbfigure.store.errors import BadPicture


class _Picture(NamedTuple):
    """A picture that was checked."""

    place: str
    """``FILE:LINE`` of its figure, or its own path."""
    figure: DocumentFigure | None
    path: Path
    checked: Checked


@click.command()
@click.argument("arguments", metavar="PATH...|IMAGE...", nargs=-1, required=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if anything was found: for CI.")
@click.option(
    "--reader", type=click.Choice((LIGHT, BEST)), help="Default: the best that is installed."
)
@sphinx_build
@as_json
def check(
    arguments: Sequence[str],
    strict: bool,
    reader: str | None,
    build: SphinxBuild,
    as_json: bool,
) -> None:
    """Read the pictures, and say what a reader would stumble over.

    Words that are likely misspelt, labels drawn twice, instructions printed as labels, text that is
    too small where it is shown, has too little contrast or is cut off, and pictures that are
    nearly empty or have another shape than was asked for. PATH is a Sphinx source folder or a main
    .tex file; of an IMAGE, only what needs no text is judged. Nothing is asked of the service.

    Exit status: 0 done, 1 if a figure's picture could not be checked, or with --strict if anything
    was found, 2 wrong use.
    """
    images = [Path(each) for each in arguments if is_image(each)]
    others = [each for each in arguments if not is_image(each)]
    pictures, failed = list(_of_images(images, reader)), list[str]()
    if others or not images:
        pictures += _of_documents(others, build, reader, failed)
    if as_json:
        print_json(_as_json(pictures))
    else:
        _print(pictures)
    for each in failed:
        say(each)
    found = any(each.checked.findings for each in pictures)
    sys.exit(1 if failed or (strict and found) else 0)


def _of_images(paths: Sequence[Path], reader: str | None) -> Iterator[_Picture]:
    if not paths:
        return
    checker = Checker(here(), reader)
    try:
        for path in paths:
            yield _Picture(str(path), None, path, checker.picture(path))
    except BadPicture as error:
        raise click.ClickException(f"{path} cannot be read: {error}") from None


def _of_documents(
    arguments: Sequence[str], build: SphinxBuild, reader: str | None, failed: list[str]
) -> Iterator[_Picture]:
    """Yield the pictures of documents; ``failed`` is told which could not be checked, and why."""
    paths, names = split_arguments(arguments)
    if names:
        raise click.UsageError(f"{names[0]} is neither a document nor a picture")
    checkers: dict[int, Checker] = {}
    for figure in figures_of(open_documents(paths, build)):
        project = figure.document.project
        checker = checkers.setdefault(id(project), Checker(project, reader))
        resolved = figure.resolved
        if resolved.path is not None:
            place = str(resolved.block.place)
            try:
                with boundary():
                    checked = checker.figure(resolved)
            except NoReader:
                raise
            except FigureError as error:
                failed.append(f"{place}: {figure.name} could not be checked: {error}")
                continue
            yield _Picture(place, figure, resolved.path, checked)


def _as_json(pictures: Sequence[_Picture]) -> dict[str, Any]:
    return {
        "pictures": len(pictures),
        "findings": [
            {**_where(picture), **finding.as_json()}
            for picture in pictures
            for finding in picture.checked.findings
        ],
        "unsourced": [
            {**_where(picture), "words": list(picture.checked.unsourced)}
            for picture in pictures
            if picture.checked.unsourced
        ],
    }


def _where(picture: _Picture) -> dict[str, Any]:
    if picture.figure is None:
        return {"file": None, "line": None, "figure": None, "picture": str(picture.path)}
    place = picture.figure.resolved.block.place._asdict()
    return {**place, "figure": picture.figure.name, "picture": str(picture.path)}


def _print(pictures: Sequence[_Picture]) -> None:
    kinds: dict[str, Finding] = {}
    for place, figure, path, checked in pictures:
        if not checked.findings and not checked.unsourced:
            continue
        print_wrapped(place if figure is None else f"{place}: {figure.name} ({path.name})")
        for finding in checked.findings:
            kinds.setdefault(finding.advice, finding)
            print_wrapped(f"  {finding.kind}: {finding.text}", " " * 4)
        if checked.unsourced:
            print_wrapped(f"  in no source: {', '.join(checked.unsourced)}", " " * 4)
    for advice, finding in kinds.items():
        print_wrapped(f"{finding.kind}: {advice}", "  ")
    found = sum(len(each.checked.findings) for each in pictures)
    print_line(f"{counted(len(pictures), 'picture')} read, {counted(found, 'finding')}")
