"""``pbfigure pin``, ``unpin`` and ``approve``: choosing and approving a figure's picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from pbfigure.command.arguments import one_figure
from pbfigure.command.options import as_json, sphinx_build
from pbfigure.command.output import print_json, print_line
from pbfigure.command.terminal_table import print_wrapped
from pbfigure.documents import pin_and_approve
from pbfigure.documents.document import DocumentFigure, SphinxBuild
from pbfigure.figure.options import PIN
from pbfigure.project.repository import short_path


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE DIGITS", nargs=-1, required=True)
@sphinx_build
@as_json
def pin(arguments: tuple[str, ...], build: SphinxBuild, as_json: bool) -> None:
    """Have FIGURE show the picture that DIGITS name, whatever else changes.

    DIGITS are 8 or more digits of a picture's sha256 or of its key, as lists and file names show
    them. The choice is a small file beside the figure's pictures, to be committed with them; a pin
    in the source outranks it. Without PATH, the figure is looked for in the current folder.
    """
    found, digits = _figure_and_digits(arguments, build)
    path, shown = pin_and_approve.pin(found, digits)
    picture = shown.record.picture.sha256
    outranked = _pin_of_source(found)
    if as_json:
        _print_choice(found, path, picture=picture, outranked=outranked)
        return
    print_wrapped(
        f"{found.name} is pinned to {picture[:12]}: commit {short_path(path)}"
        f", and {short_path(shown.path)} with its record"
    )
    if outranked is not None:
        print_line(f"its source has a pin of its own, {outranked}, which outranks this", err=True)


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE", nargs=-1, required=True)
@sphinx_build
@as_json
def unpin(arguments: tuple[str, ...], build: SphinxBuild, as_json: bool) -> None:
    """Have FIGURE show the picture of its own prompt again. No picture is removed."""
    found = one_figure(arguments, build)
    _print_undone(found, pin_and_approve.unpin(found), "pinned", as_json)


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE DIGITS", nargs=-1, required=True)
@click.option("--by", metavar="NAME", help="Who approves; git's user.name otherwise.")
@click.option("--withdraw", is_flag=True, help="Take the approval back; without DIGITS.")
@sphinx_build
@as_json
def approve(
    arguments: tuple[str, ...], by: str | None, withdraw: bool, build: SphinxBuild, as_json: bool
) -> None:
    """Approve the picture that FIGURE shows, after a look at it ('pbfigure review').

    DIGITS are 8 or more digits of that picture's sha256: an approval is of one picture, and a new
    one has to be looked at again. It is a small file beside the picture, with your name and the
    time, to be committed with it.
    """
    if withdraw:
        found = one_figure(arguments, build)
        _print_undone(found, pin_and_approve.withdraw(found), "approved", as_json)
        return
    found, digits = _figure_and_digits(arguments, build)
    path, shown = pin_and_approve.approve(
        found, digits, found.document.project.user if by is None else by
    )
    picture = shown.record.picture.sha256
    if as_json:
        _print_choice(found, path, picture=picture)
    else:
        print_wrapped(f"{found.name}: {picture[:12]} is approved: commit {short_path(path)}")


def _figure_and_digits(arguments: Sequence[str], build: SphinxBuild) -> tuple[DocumentFigure, str]:
    if len(arguments) < 2:
        raise click.UsageError("name a FIGURE and the DIGITS of a picture")
    *where, digits = arguments
    digits = digits.lower()
    if not PIN.fullmatch(digits):
        raise click.UsageError(
            f"{digits!r} is not 8 to 64 hex digits of a picture: they come last, behind FIGURE, and"
            " 'pbfigure inspect FIGURE' lists them"
        )
    return one_figure(where, build), digits


def _pin_of_source(found: DocumentFigure) -> str | None:
    """Return the pin in a figure's source, which outranks that of a file."""
    figure = found.resolved.figure
    return figure.pin if figure is not None and found.resolved.pin is None else None


def _print_undone(found: DocumentFigure, path: Path, what: str, as_json: bool) -> None:
    if as_json:
        _print_choice(found, path)
    else:
        print_wrapped(f"{found.name} is not {what} any more: {short_path(path)} is removed")


def _print_choice(found: DocumentFigure, path: Path, **more: str | None) -> None:
    choice = {"figure": found.resolved.full_name, "path": str(path), **more}
    print_json({"choice": choice})
