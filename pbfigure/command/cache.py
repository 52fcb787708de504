"""``pbfigure cache``: what the machine's cache holds, and whether all of it is sound."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pbfigure.command.cache_export_import import export, import_
from pbfigure.command.cache_prune import prune
from pbfigure.command.cache_sync import sync
from pbfigure.command.options import as_json, cache_dir, here
from pbfigure.command.output import print_json, print_line
from pbfigure.command.terminal_table import Column, print_columns
from pbfigure.figure.wording import counted, counted_bytes, counted_costs
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.record import Record
from pbfigure.upkeep.verify import verify as verify_all
from pbfigure.upkeep.verify_findings import Verification

_COLUMNS = (
    Column("key"),
    Column("date"),
    Column("model", rank=2),
    Column("size", rank=1),
    Column("credits", right=True),
    Column("note", rank=3),
    Column("prompt", rank=4, cut=True),
)


@click.group()
def cache() -> None:
    """Look after the pictures that were bought on this machine."""


@cache.command("list")
@cache_dir
@as_json
def list_(cache_dir: Path | None, as_json: bool) -> None:
    """List the pictures of the machine's cache."""
    project = here(cache_dir=cache_dir)
    records = list(project.cache.records())
    if as_json:
        print_json({"pictures": [_as_json(record, project.cache) for record in records]})
        return
    if records:
        print_columns(_COLUMNS, [_row(record, project.cache) for record in records])
    size = counted_bytes(sum(record.size for record in records))
    spent = counted_costs((record.cost_credits, record.draft) for record in records)
    print_line(f"{counted(len(records), 'record')}, {size}, {spent}")
    print_line(str(project.cache_folder))


def _is_there(record: Record, cache: CacheDir) -> bool:
    return all(cache.path_of(picture).is_file() for picture in record.pictures)


def _as_json(record: Record, cache: CacheDir) -> dict[str, Any]:
    return {
        **record.bought(),
        "adopted": record.adopted,
        "pictures": [picture.as_json() for picture in record.pictures],
        "path": str(cache.path_of(record.picture)),
        "is_there": _is_there(record, cache),
    }


def _row(record: Record, cache: CacheDir) -> dict[str, str]:
    gone = not _is_there(record, cache)
    notes = [("draft", record.draft), ("adopted", record.adopted), ("gone", gone)]
    return {
        "key": record.key[:12],
        "date": record.created_at[:10],
        "model": record.model,
        "size": record.request.resolution,
        "credits": f"{record.cost_credits:g}",
        "note": " ".join(word for word, holds in notes if holds),
        "prompt": record.request.prompt,
    }


cache.add_command(prune)
cache.add_command(sync)
cache.add_command(export)
cache.add_command(import_)


@cache.command()
@click.option("--repair", is_flag=True, help="Repair what can be repaired.")
@cache_dir
@click.option(
    "--figures-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's figures to check too; by default _paperbanana here, or else paperbanana.",
)
@as_json
def verify(
    repair: bool,
    cache_dir: Path | None,
    figures_dir: Path | None,
    as_json: bool,
) -> None:
    """Check every picture, record and order against each other.

    Every byte is read. Nothing that was paid for is ever deleted: what is damaged is set aside in
    the cache's quarantine. Exit status: 0 all is sound, 1 faults are left, 2 wrong use.
    """
    project = here(cache_dir=cache_dir, figures_dir=figures_dir)
    found = verify_all(project, repair=repair)
    if as_json:
        folder = project.settings.figures_dir
        places = {"cache_dir": str(project.cache_folder), "figures_dir": folder and str(folder)}
        print_json({**places, **found.as_json()})
    else:
        _print(found)
    sys.exit(1 if found.faults_left else 0)


def _print(found: Verification) -> None:
    for finding in found.findings:
        what = "repaired" if finding.repaired else "fault" if finding.is_fault else "note"
        print_line(f"{what}: {finding.path}: {finding.text}")
        if not finding.repaired:
            print_line(f"    {finding.advice}")
    notes = sum(not finding.is_fault for finding in found.findings)
    print_line(
        f"{found.records} records, {found.pictures} pictures ({found.size / 1e6:.1f} MB),"
        f" {found.orders} orders: {found.faults_left} faults left, {found.repaired} repaired,"
        f" {notes} notes"
    )
