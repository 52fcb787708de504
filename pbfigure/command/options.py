"""The options that several verbs have, and the project that these, the current folder and the
environment give.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import click

from pbfigure.documents.document import SphinxBuild
from pbfigure.project.project import Project, open_project

arguments = click.argument("arguments", metavar="PATH... [FIGURE...]", nargs=-1, required=True)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
cache_dir = click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The machine's cache, where it is not the usual one; conf.py is not read here.",
)
base_url = click.option(
    "--base-url", help="The API's address, where it is not the usual one; conf.py is not read here."
)


def sphinx_build(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a Sphinx build to a verb, which takes them as ``build``."""

    @click.option(
        "--builder",
        metavar="B",
        default="html",
        show_default=True,
        help="In Sphinx: the builder whose figures count; only and ifconfig are judged for it.",
    )
    @click.option("-t", "tags", metavar="TAG", multiple=True, help="In Sphinx: set a tag.")
    @click.option(
        "-D",
        "settings",
        metavar="NAME=VALUE",
        multiple=True,
        help="In Sphinx: override a setting of conf.py.",
    )
    @functools.wraps(command)
    def with_build(
        *given: object, builder: str, tags: Sequence[str], settings: Sequence[str], **more: object
    ) -> None:
        pairs = [setting.partition("=") for setting in settings]
        for name, sign, _ in pairs:
            if not sign:
                raise click.UsageError(f"-D {name}: write -D NAME=VALUE")
        build = SphinxBuild(builder, tags, [(name, value) for name, _, value in pairs])
        command(*given, build=build, **more)

    return with_build


def options_of_build(build: SphinxBuild) -> Sequence[str]:
    """Return the options that give another verb the same build."""
    builder = [] if build.builder == "html" else ["--builder", build.builder]
    tags = [word for tag in build.tags for word in ("-t", tag)]
    settings = [word for name, value in build.settings for word in ("-D", f"{name}={value}")]
    return [*builder, *tags, *settings]


def here(**flags: Any) -> Project:  # noqa: ANN401
    """Return the project of the current folder: environment and ``paperbanana.toml``; it is closed
    when the verb ends.

    ``flags`` are settings given on the command line; None is not given. Raises SettingError.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    return closed_at_end(open_project(Path.cwd(), given))


def closed_at_end(project: Project) -> Project:
    """Have a project closed when the verb ends, however it ends."""
    verb = click.get_current_context(silent=True)
    if verb is not None:
        verb.call_on_close(project.close)
    return project


def no_flags_with(paths: Collection[str], *flags: object) -> None:
    """Raise :exc:`click.UsageError` for flags together with PATHs, which have settings of their
    own.
    """
    if paths and any(flag is not None for flag in flags):
        raise click.UsageError(
            "with PATHs, cache_dir and base_url are those of their settings: set them there, or"
            " PAPERBANANA_CACHE_DIR and PAPERBANANA_BASE_URL"
        )
