"""``pbfigure make`` and ``refresh``: the plan, one question, and the pictures, without building the
document.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from pbfigure.checking import check_new
from pbfigure.command.arguments import chosen, documents_of, is_path, named
from pbfigure.command.options import arguments, as_json, sphinx_build
from pbfigure.command.output import announce, is_agreed, print_json, print_line, print_notice, say
from pbfigure.command.plan import plan_of, print_lines
from pbfigure.documents.balance import balance_for
from pbfigure.documents.document import Document, SphinxBuild, figures_of
from pbfigure.documents.make import Making, ask_anew
from pbfigure.documents.make import make as make_figures
from pbfigure.documents.plan import PER_DAY, Action, Plan, Step, make_plan
from pbfigure.documents.plan_text import plan_lines
from pbfigure.figure.wording import counted, counted_credits
from pbfigure.project.progress_display import ProgressDisplay, progress_display


@click.command()
@arguments
@sphinx_build
@click.option("--yes", is_flag=True, help="Make what the plan shows, and do not ask.")
@as_json
def make(arguments: Sequence[str], build: SphinxBuild, yes: bool, as_json: bool) -> None:
    """Make the figures that are missing, without building the document.

    PATH is a Sphinx source folder or a main .tex file. FIGURE is a name as the plan shows it; none
    means all. The plan is shown first, and you are asked once. What you confirm is the sum: no
    more is spent, and what builds hold (max_credits, on_save) is bought too; what is over
    max_credits_per_day is not. Pictures that only this machine's cache has are put beside the
    sources, to be committed.

    Exit status: 0 all there, 1 some figure is missing, 2 wrong use, 130 interrupted (nothing that
    was paid for is lost).
    """
    _carry_out(plan_of(arguments, build), yes=yes, as_json=as_json)


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE...", nargs=-1, required=True)
@sphinx_build
@click.option("--yes", is_flag=True, help="Make what the plan shows, and do not ask.")
@as_json
def refresh(arguments: Sequence[str], build: SphinxBuild, yes: bool, as_json: bool) -> None:
    """Make FIGURE now, where a build waits or keeps the picture that there is.

    A figure that the service failed is ordered again at once, not after retry_failed_after. A
    figure that is kept although the text around it changed gets a picture for the text as it is
    now. A figure that has its own picture keeps it: 'pbfigure variants' buys others to choose from.

    The plan is shown first, and you are asked once, as by 'pbfigure make'. Exit status: 0 all
    there, 1 some figure is missing, 2 wrong use, 130 interrupted (nothing that was paid for is
    lost).
    """
    names = [argument for argument in arguments if not is_path(argument)]
    if not names:
        raise click.UsageError("name the figures to refresh, as 'pbfigure plan' shows them")
    documents = documents_of([argument for argument in arguments if is_path(argument)], build)
    ask_anew(chosen(figures_of(documents), names))
    figures = chosen(figures_of(documents), names)
    planned = make_plan(documents, figures)
    for step in planned.steps:
        if step.action == Action.NONE:
            verb, more = ("unpin", "") if step.resolved.pin else ("variants", " --count 2")
            say(
                f"{step.figure.name} has its picture; for another:"
                f" 'pbfigure {verb} {named(step.figure)}{more}'"
            )
    _carry_out(planned, yes=yes, as_json=as_json)


def _carry_out(planned: Plan, *, yes: bool, as_json: bool) -> NoReturn:
    """Show a plan, ask, make what it shows, and leave with the exit status of what came of it."""
    balance = balance_for(planned, online=True)
    if not as_json:
        print_lines(plan_lines(planned, balance=balance))
    steps = [step for step in planned.steps if step.is_made]
    spent = 0.0
    _say_held(planned)
    if steps:
        for step in steps:
            _ = step.project.credential  # BadCredential says which is missing
        cost = sum(step.credits for step in steps)
        if balance is not None and balance < cost:
            _refuse(cost, balance, sandbox=planned.is_local)
        if not yes:
            _ask(steps, counted_credits(cost, sandbox=planned.is_local))
    if steps or any(step.in_cache_only for step in planned.steps):
        making = make_figures(planned, watch=_watch, announce=announce, check=check_new)
        _report(making, planned, steps)
        planned, spent = making.plan, making.credits
    if as_json:
        print_json({**planned.as_json(), "credits_spent": spent})
    sys.exit(0 if planned.is_complete else 1)


def _say_held(plan: Plan) -> None:
    """Report the figures that stay held even if the plan is confirmed."""
    for document in plan.documents:
        held = [step for step in plan.of(document) if step.held_by == PER_DAY]
        project = document.project
        credits = counted_credits(plan.cost_of(document), sandbox=project.is_local)
        if held:
            say(
                f"{document.path}: {counted(len(held), 'figure')} held ({credits}): of"
                f" {PER_DAY} ({project.settings.max_credits_per_day:g}),"
                f" {project.left_today():g} are left today; nothing of it is ordered"
            )


def _refuse(cost: float, balance: float, *, sandbox: bool) -> NoReturn:
    """End before anything is ordered: the service would answer 402 on the way."""
    say(
        f"nothing was ordered: the figures cost {counted(cost, 'credit')}, and"
        f" {counted_credits(balance, sandbox=sandbox)} are left; name fewer figures, or add credits"
    )
    sys.exit(1)


def _ask(steps: Sequence[Step], cost: str) -> None:
    fetched = sum(step.action == Action.FETCH for step in steps)
    bought = len(steps) - fetched
    what = f"Make {counted(bought, 'figure')} for {cost}" if bought else ""
    if fetched:
        free = f"{counted(fetched, 'figure')} that {'was' if fetched == 1 else 'were'} paid for"
        what += f", and fetch {free}" if what else f"Fetch {free}, for free"
    undone = "nothing was ordered: add --yes to make what the plan shows"
    if not is_agreed(f"{what}?", undone):
        print_line("Nothing was ordered.")
        sys.exit(1)


def _watch(document: Document) -> ProgressDisplay:
    return progress_display(document.project.service_name, say)


def _report(making: Making, planned: Plan, steps: Sequence[Step]) -> None:
    """Say what came of it: to people on standard error, as a build does."""
    for document, figure, notice in making.notices:
        if figure is not None:
            print_notice(figure, notice)
            continue
        level = "" if notice.level == "info" else f"{notice.level}: "
        print_line(f"{document.path}: {level}{notice.text}", err=True)
    cached = sum(step.in_cache_only for step in planned.steps if not step.is_made)
    taken = cached - sum(step.in_cache_only for step in making.plan.steps)
    if taken > 0:
        print_line(f"took {counted(taken, 'picture')} from this machine's cache", err=True)
    if not steps:
        return
    is_free = all(step.action == Action.FETCH for step in steps)
    cost = counted_credits(making.credits, sandbox=making.from_sandbox)
    cost = "free" if is_free and not making.credits else cost
    did = "fetched" if is_free else "made"
    print_line(f"{did} {making.made} of {counted(len(steps), 'figure')} for {cost}", err=True)
