"""What several verbs share: the project they are run in, and how they print."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pbfigure.figure.notice import Notice, json_text, printable
from pbfigure.project.project import Project, open_project
from pbfigure.project.settings import SettingError

if TYPE_CHECKING:
    from pbfigure.api.client import Client

NOTHING_REMOVED = "nothing was removed: add --yes"
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
cache_dir = click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The machine's cache, where it is not the usual one; conf.py is not read here.",
)
base_url = click.option(
    "--base-url", help="The API's address, where it is not the usual one; conf.py is not read here."
)


def here(**flags: Any) -> Project:  # noqa: ANN401
    """Return the project of the current folder: environment and ``paperbanana.toml``.

    ``flags`` are settings given on the command line; None is not given. Raises SettingError.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    return open_project(Path.cwd(), given)


def no_flags_with(paths: Collection[str], *flags: object) -> None:
    """Raise :exc:`click.UsageError` for flags together with PATHs, which have settings of their
    own.
    """
    if paths and any(flag is not None for flag in flags):
        raise click.UsageError(
            "with PATHs, cache_dir and base_url are those of their settings: set them there, or"
            " PAPERBANANA_CACHE_DIR and PAPERBANANA_BASE_URL"
        )


def client_of(project: Project) -> Client:
    """Return a client under the project's key. Raises SettingError if there is none."""
    from pbfigure.api.client import Client  # it takes time, and most verbs ask nothing
    from pbfigure.api.credential import BadCredential
    from pbfigure.api.transport import Transport

    try:
        return Client(Transport(project.settings.base_url, project.credential))
    except BadCredential as error:
        raise SettingError(str(error)) from None


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


def print_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json_text(document, indent=1))
