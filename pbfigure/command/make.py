"""``pbfigure make``: the plan, one question, and the pictures, without building the document."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import click

from pbfigure.command.common import as_json, is_agreed, print_json, print_line, say
from pbfigure.command.plan import arguments, balance_for, builder, plan_of, print_lines
from pbfigure.figure.notice import Notice
from pbfigure.figure.words import counted
from pbfigure.project.document import Document
from pbfigure.project.make import Making
from pbfigure.project.make import make as make_figures
from pbfigure.project.plan import MAKES, Plan
from pbfigure.project.plan_json import plan_json
from pbfigure.project.plan_text import plan_lines, terminal_width
from pbfigure.project.waiting import Waiting, waiting_for


@click.command()
@arguments
@builder
@click.option("--yes", is_flag=True, help="Make what the plan shows, and do not ask.")
@as_json
@click.pass_context
def make(
    ctx: click.Context, arguments: Sequence[str], builder: str, yes: bool, as_json: bool
) -> None:
    """Make the figures that are missing, without building the document.

    PATH is a Sphinx source folder or a main .tex file. FIGURE is a name as the plan shows it; none
    means all. The plan is shown first, and you are asked once. What you confirm is the sum: no
    more is spent, and what builds hold (max_credits, on_save) is bought too.

    Exit status: 0 all there, 1 some figure is missing, 2 wrong use, 130 interrupted (nothing that
    was paid for is lost).
    """
    planned = plan_of(arguments, builder)
    balance = balance_for(planned, online=True)
    if not as_json:
        print_lines(plan_lines(planned, width=terminal_width(), balance=balance))
    steps = [step for step in planned.steps if step.action in MAKES]
    spent = 0.0
    if steps:
        for step in steps:
            _ = step.figure.document.project.credential  # BadCredential says which is missing
        if balance is not None and balance < planned.credits:
            _refuse(ctx, planned, balance)
        if not yes:
            _ask(ctx, planned, len(steps))
        making = make_figures(planned, watch=_watch, announce=_announce)
        _report(making, len(steps))
        planned, spent = making.plan, making.credits
    if as_json:
        print_json({**plan_json(planned), "credits_spent": spent})
    ctx.exit(0 if planned.is_complete else 1)


def _refuse(ctx: click.Context, plan: Plan, balance: float) -> NoReturn:
    """End before anything is ordered: the service would answer 402 on the way."""
    say(
        f"nothing was ordered: the figures cost {counted(plan.credits, 'credit')}, and"
        f" {counted(balance, 'credit')} are left; name fewer figures, or add credits"
    )
    ctx.exit(1)


def _ask(ctx: click.Context, plan: Plan, number: int) -> None:
    what = f"{counted(number, 'figure')} for {counted(plan.credits, 'credit')}"
    undone = "nothing was ordered: add --yes to make what the plan shows"
    if not is_agreed(f"Make {what}?", undone):
        print_line("Nothing was ordered.")
        ctx.exit(1)


def _watch(document: Document) -> Waiting:
    host = urlsplit(document.project.settings.base_url).netloc
    return waiting_for(host, say, sys.stderr)


def _announce(notice: Notice) -> None:
    say(notice.text)


def _report(making: Making, wanted: int) -> None:
    """Say what came of it: to people on standard error, as a build does."""
    for document, figure, notice in making.notices:
        level = "" if notice.level == "info" else f"{notice.level}: "
        where = f"{document.path}: " if figure is None else f"{figure.block.place}: "
        name = "" if figure is None else f"{figure.short_name}: "
        print_line(f"{where}{level}{name}{notice.text}", err=True)
    print_line(
        f"made {making.made} of {counted(wanted, 'figure')} for"
        f" {counted(making.credits, 'credit')}",
        err=True,
    )
