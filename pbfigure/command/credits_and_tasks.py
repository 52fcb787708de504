"""``pbfigure credits`` and ``pbfigure tasks``: what the service says of the team and its tasks."""

from __future__ import annotations

from dataclasses import asdict

import click

from pbfigure.api.client import PAGE_LIMIT
from pbfigure.command.options import as_json, base_url, here
from pbfigure.command.output import print_json, print_line
from pbfigure.command.terminal_table import Column, print_columns
from pbfigure.figure.wording import counted_credits

_STATUSES = ("pending", "processing", "success", "failed", "canceled")
_COLUMNS = (
    Column("task"),
    Column("made", rank=2),
    Column("what", rank=1),
    Column("status"),
    Column("credits", right=True),
)


@click.command()
@base_url
@as_json
def credits(base_url: str | None, as_json: bool) -> None:
    """Show the team's remaining credits."""
    project = here(base_url=base_url)
    remaining = project.client().credits()
    if as_json:
        print_json({"remaining_credits": remaining})
    else:
        print_line(f"{counted_credits(remaining, sandbox=project.is_local)} remaining")


@click.command()
@click.option("--page", type=click.IntRange(1), default=1, show_default=True)
@click.option("--limit", type=click.IntRange(1, PAGE_LIMIT), default=20, show_default=True)
@click.option("--status", type=click.Choice(_STATUSES), help="Only tasks of this status.")
@base_url
@as_json
def tasks(
    page: int,
    limit: int,
    status: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """List the key's tasks at the service."""
    project = here(base_url=base_url)
    listed = project.client().tasks(page, limit=limit, status=status)
    if as_json:
        tasks = [asdict(task) for task in listed.tasks]
        print_json({"page": page, "pages": listed.total_pages, "tasks": tasks})
        return
    rows = [
        {
            "task": task.task_id,
            "made": task.created_at,
            "what": f"{task.type} {task.scene}",
            "status": task.current_stage or task.status,
            "credits": "" if task.cost_credits is None else f"{task.cost_credits:g}",
        }
        for task in listed.tasks
    ]
    print_columns(_COLUMNS, rows)
    unpaid = "; the credits are the sandbox's: nothing was paid" if project.is_local else ""
    print_line(f"page {page} of {listed.total_pages}{unpaid}")
