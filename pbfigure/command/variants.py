"""``pbfigure variants``: buys several pictures of one request, to choose one of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from pbfigure.command.arguments import named, one_figure
from pbfigure.command.options import as_json, closed_at_end, sphinx_build
from pbfigure.command.output import announce, is_agreed, print_json, print_line, say
from pbfigure.command.terminal_table import Column, print_columns
from pbfigure.documents.document import DocumentFigure, SphinxBuild
from pbfigure.documents.pin_and_approve import valid
from pbfigure.documents.variants import VARIANTS_LIMIT, Variant, Variants
from pbfigure.figure.notice import Notice
from pbfigure.figure.wording import counted, counted_credits
from pbfigure.project.progress_display import progress_display
from pbfigure.project.repository import short_path

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
    type=click.IntRange(1, VARIANTS_LIMIT),
    required=True,
    help="How many there are to be: variants 0 to N-1.",
)
@click.option("--yes", is_flag=True, help="Buy what is missing without asking.")
@sphinx_build
@as_json
def variants(
    arguments: tuple[str, ...],
    count: int,
    yes: bool,
    build: SphinxBuild,
    as_json: bool,
) -> None:
    """Buy variants of FIGURE until there are N of them, to choose from with 'pbfigure pin'.

    What is there is not bought again. They stay in the machine's cache; the project keeps the one
    that is pinned. Exit status: 0 all there, 1 some are missing, 2 wrong use.
    """
    found = one_figure(arguments, build)
    valid(found)
    project = closed_at_end(found.document.project.writing("variants"))
    notices: list[Notice] = []
    several = Variants(project, found.resolved.block, count)
    if several.missing and _is_agreed(found, several, yes=yes):
        with progress_display(project.service_name, say) as display:
            notices = several.make(announce, display.progress)
    missing = several.missing
    if as_json:
        document = {"figure": found.resolved.full_name, "credits": several.credits}
        print_json({**document, "variants": [_as_json(each) for each in several.all]})
    else:
        print_columns(_COLUMNS, [_row(each) for each in several.all])
        if len(missing) < count:
            print_line()
            print_line(f"choose one: pbfigure pin {named(found)} DIGITS")
    _say_why(notices, missing)
    sys.exit(1 if missing else 0)


def _is_agreed(found: DocumentFigure, several: Variants, *, yes: bool) -> bool:
    """Show what would be bought, and ask once, where somebody can answer."""
    cost = counted_credits(several.credits, sandbox=found.document.project.is_local)
    what = f"{counted(len(several.missing), 'variant')} of {found.name}, {cost}"
    return yes or is_agreed(
        f"Buy {what}?", f"nothing was ordered: add --yes to buy {what}", err=True
    )


def _say_why(notices: Sequence[Notice], missing: Sequence[Variant]) -> None:
    for notice in notices:
        announce(notice)
    if not notices:
        for each in missing:
            if each.resolved.why:
                say(f"variant {each.number}: {each.resolved.why}")


def _row(each: Variant) -> dict[str, str]:
    record, path = each.resolved.record, each.resolved.path
    state = each.resolved.state + (", draft" if each.resolved.draft else "")
    return {
        "variant": str(each.number),
        "state": state,
        "credits": f"{each.credits if record is None else record.cost_credits:g}",
        "picture": "" if record is None else record.picture.sha256[:12],
        "file": "" if path is None else str(short_path(path)),
    }


def _as_json(each: Variant) -> dict[str, Any]:
    resolved = each.resolved
    record = resolved.record
    return {
        "variant": each.number,
        "state": resolved.state.value,
        "made": resolved.made,
        "key": each.figure.key.digest,
        "credits": each.credits if record is None else record.cost_credits,
        "draft": resolved.draft,
        "picture": None if record is None else record.picture.sha256,
        "path": None if resolved.path is None else str(resolved.path),
        "why": resolved.why,
    }
