"""``pbfigure cache prune``: removes old pictures that no project uses any more."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import click

from pbfigure.command.arguments import open_documents
from pbfigure.command.options import as_json, base_url, cache_dir, here, sphinx_build
from pbfigure.command.output import NOTHING_REMOVED, is_agreed, print_json, print_line
from pbfigure.command.terminal_table import Column, print_columns
from pbfigure.documents.document import SphinxBuild, figures_of, keys_of
from pbfigure.figure.wording import counted_bytes, counted_costs
from pbfigure.upkeep.prune_cache import Prunable, prunable, remove

_COLUMNS = (
    Column("key"),
    Column("date"),
    Column("credits", right=True),
    Column("project", rank=2),
    Column("prompt", rank=1, cut=True),
)


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@sphinx_build
@click.option(
    "--older-than",
    type=click.IntRange(0, 100_000),
    default=180,
    show_default=True,
    metavar="DAYS",
    help="Only what came longer ago.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@cache_dir
@base_url
@as_json
def prune(
    paths: Sequence[str],
    older_than: int,
    dry_run: bool,
    yes: bool,
    cache_dir: Path | None,
    base_url: str | None,
    as_json: bool,
    build: SphinxBuild,
) -> None:
    """Remove old pictures that no project uses any more.

    Projects are those that bought or showed something on this machine, and the PATHs. A project
    uses what its folder of figures has and what it showed last, a PATH what its figures show; a
    project whose folder is gone uses nothing. The ledger stays. What is removed would have to be
    bought again, should somebody want it and no store of a team have it.
    """
    in_use = keys_of(figures_of(open_documents(paths, build)))
    project = here(cache_dir=cache_dir, base_url=base_url)
    found = prunable(project, datetime.timedelta(days=older_than), in_use)
    if not as_json:
        _show(found, project.cache_folder)
    removed: list[Prunable] = []
    if found and not dry_run and (yes or is_agreed("Remove them?", NOTHING_REMOVED)):
        removed = remove(project.journal, project.cache, found)
    if as_json:
        pictures = [each.as_json() for each in found]
        print_json({"removed": len(removed), "pictures": pictures})
    elif removed:
        print_line(f"{len(removed)} removed")


def _show(found: Sequence[Prunable], folder: Path) -> None:
    if not found:
        print_line(f"nothing in {folder} is that old and unused")
        return
    print_columns(_COLUMNS, [_row(each) for each in found])
    again = counted_costs((each.record.cost_credits, each.record.draft) for each in found)
    size = counted_bytes(sum(each.record.size for each in found))
    print_line(f"{len(found)} unused, {size}; again, they cost {again}")


def _row(each: Prunable) -> dict[str, str]:
    return {
        "key": each.record.key[:12],
        "date": each.record.created_at[:10],
        "credits": f"{each.record.cost_credits:g}",
        "project": f"{each.folder} (gone)" if each.is_gone else each.folder,
        "prompt": each.record.request.prompt,
    }
