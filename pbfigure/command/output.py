"""What verbs print, and the one question that some ask. All of it may be anyone's words."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from pbfigure.figure.notice import Notice, json_text, printable
from pbfigure.project.resolved_figure import ResolvedFigure

NOTHING_REMOVED = "nothing was removed: add --yes"


def is_agreed(question: str, undone: str, *, err: bool = False) -> bool:
    """Ask once; raise :exc:`click.ClickException` with what was left ``undone`` and what to add,
    if there is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.ClickException(f"there is no terminal to ask on, and {undone}")
    print_line(err=err)
    return click.confirm(printable(question), err=err)


def say(text: str) -> None:
    """Say something on standard error, under the command's name."""
    print_line(f"pbfigure: {text}", err=True)


def print_line(text: str = "", *, err: bool = False) -> None:
    """Print one line: the way out of all that verbs say, part of which may be anyone's."""
    click.echo(printable(text), err=err)


def announce(notice: Notice) -> None:
    """Print a notice at once; ``main`` reports an interrupt."""
    if notice.subtype != "interrupted":
        say(notice.text)


def print_json(document: Mapping[str, object]) -> None:
    """Print one JSON document, of the version that docs/reference describes."""
    click.echo(json_text({"version": 1, **document}, indent=1))


def print_notice(figure: ResolvedFigure, notice: Notice) -> None:
    """Print a message about a figure on standard error, as a build does."""
    level = "" if notice.level == "info" else f"{notice.level}: "
    print_line(f"{figure.block.place}: {level}{figure.short_name}: {notice.text}", err=True)
