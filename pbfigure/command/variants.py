"""``pbfigure variants``: several rolls of a figure, to choose one of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import click

from pbfigure.command.columns import Column, print_columns
from pbfigure.command.common import (
    announce,
    as_json,
    is_agreed,
    print_json,
    print_line,
    say,
    short_path,
)
from pbfigure.command.documents import sphinx_build
from pbfigure.command.figures import named, one_figure
from pbfigure.figure.notice import Notice
from pbfigure.figure.states import State
from pbfigure.figure.words import counted
from pbfigure.project.decide import valid, writing
from pbfigure.project.document import DocumentFigure, SphinxBuild
from pbfigure.project.rolls import Roll, Rolls
from pbfigure.project.waiting import waiting_for

MOST = 50
"""Rolls that one command may ask for; ours."""
_COLUMNS = (
    Column("variant", right=True),
    Column("state"),
    Column("credits", right=True),
    Column("picture"),
    Column("file"),
)


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE", nargs=-1, required=True)
@click.option(
    "--count",
    type=click.IntRange(1, MOST),
    required=True,
    help="How many rolls there are to be: variants 0 to N-1.",
)
@click.option("--yes", is_flag=True, help="Buy what is missing without asking.")
@sphinx_build
@as_json
@click.pass_context
def variants(
    ctx: click.Context,
    arguments: tuple[str, ...],
    count: int,
    yes: bool,
    build: SphinxBuild,
    as_json: bool,
) -> None:
    """Buy rolls of FIGURE until there are N of them, to choose from with 'pbfigure pin'.

    What is there is not bought again. Rolls stay in the machine's cache; the project keeps the one
    that is pinned. Exit status: 0 all there, 1 some are missing, 2 wrong use.
    """
    found = one_figure(arguments, build)
    valid(found)
    project = writing(found.document.project, "variants")
    notices: list[Notice] = []
    try:
        rolls = Rolls(project, found.resolved.block, count)
        if rolls.missing and _is_agreed(found, rolls, yes=yes):
            host = urlsplit(project.settings.base_url).netloc
            with waiting_for(host, say, sys.stderr) as waiting:
                notices = rolls.make(announce, waiting.progress)
    finally:
        project.close()
    missing = rolls.missing
    if as_json:
        document = {"version": 1, "figure": found.resolved.full_name, "credits": rolls.credits}
        print_json({**document, "variants": [_as_json(roll) for roll in rolls.rolls]})
    else:
        print_columns(_COLUMNS, [_row(roll) for roll in rolls.rolls])
        if len(missing) < count:
            print_line()
            print_line(f"choose one: pbfigure pin {named(found)} DIGITS")
    _say_why(notices, missing)
    ctx.exit(1 if missing else 0)


def _is_agreed(found: DocumentFigure, rolls: Rolls, *, yes: bool) -> bool:
    """Show what would be bought, and ask once, where somebody can answer."""
    what = f"{counted(len(rolls.missing), 'roll')} of {found.name}, {rolls.credits} credits"
    return yes or is_agreed(
        f"Buy {what}?", f"nothing was ordered: add --yes to buy {what}", err=True
    )


def _say_why(notices: Sequence[Notice], missing: Sequence[Roll]) -> None:
    for notice in notices:
        announce(notice)
    if not notices:
        for roll in missing:
            if roll.resolved.why:
                say(f"variant {roll.variant}: {roll.resolved.why}")


def _row(roll: Roll) -> dict[str, str]:
    record, path = roll.resolved.record, roll.resolved.path
    state = roll.resolved.state + (", draft" if roll.resolved.draft else "")
    return {
        "variant": str(roll.variant),
        "state": state,
        "credits": f"{roll.credits if record is None else record.cost_credits:g}",
        "picture": "" if record is None else record.picture.sha256[:12],
        "file": "" if path is None else short_path(path),
    }


def _as_json(roll: Roll) -> dict[str, Any]:
    resolved = roll.resolved
    record = resolved.record
    return {
        "variant": roll.variant,
        "state": State(resolved.state).value,
        "made": resolved.made,
        "key": roll.figure.key.digest,
        "credits": roll.credits if record is None else record.cost_credits,
        "draft": resolved.draft,
        "picture": None if record is None else record.picture.sha256,
        "path": None if resolved.path is None else str(resolved.path),
        "why": resolved.why,
    }
