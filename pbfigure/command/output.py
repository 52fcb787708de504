"""What verbs print, and the one question that some ask. All of it may be anyone's words."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click

from pbfigure.figure.notice import Notice, json_text, printable
from pbfigure.project.progress_display import CHANGED_SECONDS, is_live
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


@contextmanager
def showing(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far the block is, which says how many of how many are done: a bar
    on a terminal, or else a line at times.
    """
    if is_live(sys.stderr):
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    told = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > CHANGED_SECONDS:
            told = time.monotonic()
            say(f"{what}: {done:,} of {total:,}")

    yield report
