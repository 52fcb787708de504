"""``pbfigure plan``: what would be made and what it would cost, before anything is bought."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from pbfigure.command.arguments import chosen, open_documents, split_arguments
from pbfigure.command.options import arguments, as_json, sphinx_build
from pbfigure.command.output import print_json, print_line
from pbfigure.documents.balance import balance_for
from pbfigure.documents.document import SphinxBuild, figures_of
from pbfigure.documents.fresh_clone import unready_figures
from pbfigure.documents.plan import MAKES, Plan, make_plan
from pbfigure.documents.plan_text import SYMBOLS, plan_lines, sent_lines

COLOURS = {"+": "green", "~": "yellow", "!": "cyan", "=": "blue", "?": "red"}


@click.command()
@arguments
@sphinx_build
@click.option("--text", is_flag=True, help="Show word for word what would be sent.")
@click.option(
    "--frozen",
    is_flag=True,
    help="Judge as a fresh clone: drafts, and pictures that git does not have, do not count.",
)
@as_json
def plan(
    arguments: Sequence[str],
    build: SphinxBuild,
    text: bool,
    frozen: bool,
    as_json: bool,
) -> None:
    """Show what a build would make and what it would cost; buy nothing.

    PATH is a Sphinx source folder or a main .tex file. FIGURE is a name as the plan shows it.

    \b
    +  bought, new                  !  paid for before: fetched, free
    ~  bought anew, and why         =  kept: only the text around it changed
    ?  nothing can be made until you do something

    Figures that are present are counted, not listed. Exit status: 0 all there, 1 some figure is
    missing, 2 wrong use.
    """
    planned = plan_of(arguments, build)
    unready = unready_figures(planned) if frozen else []
    is_complete = planned.is_complete and not unready
    balance = None if frozen else balance_for(planned)
    if as_json:
        document = planned.as_json(balance=balance, text=text)
        more = {"unready": unready} if frozen else {}
        print_json({**document, "complete": is_complete, **more})
    else:
        if text:
            print_sent(planned)
        print_lines(plan_lines(planned, balance=balance))
        print_lines(["{file}:{line}: {name}: {why}".format(**each) for each in unready])
    sys.exit(0 if is_complete else 1)


def plan_of(arguments: Sequence[str], build: SphinxBuild) -> Plan:
    """Return the plan for a verb's arguments. Raises click.UsageError, FigureError."""
    paths, names = split_arguments(arguments)
    documents = open_documents(paths, build)
    return make_plan(documents, chosen(figures_of(documents), names))


def print_sent(plan: Plan) -> None:
    """Print word for word what would leave the machine."""
    steps = [step for step in plan.steps if step.action in MAKES]
    for step in steps:
        print_lines([*sent_lines(step), ""])
    if not steps:
        print_lines(["Nothing would be sent.", ""])


def print_lines(lines: Sequence[str]) -> None:
    """Print lines; a plan's symbols in colour, where there is a terminal."""
    for line in lines:
        symbol, space, rest = line.partition(" ")
        if space and symbol in SYMBOLS.values():
            click.echo(click.style(symbol, fg=COLOURS[symbol], bold=True), nl=False)
            print_line(f" {rest}")
        else:
            print_line(line)
