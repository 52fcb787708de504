"""``pbfigure log``: the ledger of this machine, or with ``--team`` that of the team's store, as a
table with sums, CSV and JSON.
"""

from __future__ import annotations

import contextlib
import csv
import datetime
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import click

from pbfigure.command.options import as_json, base_url, cache_dir, here
from pbfigure.command.output import print_json, print_line, say, showing
from pbfigure.command.terminal_table import Column, print_columns
from pbfigure.figure.notice import FigureError, printable
from pbfigure.figure.wording import counted, counted_credits, listed
from pbfigure.project.project import Project
from pbfigure.project.settings import SettingError
from pbfigure.project.team_pictures import open_store
from pbfigure.store.errors import StoreFailed
from pbfigure.store.purchase import NOT_CHARGED, Purchase
from pbfigure.store.savings import Saved, saved_by_cache

_COLUMNS = (
    Column("date"),
    Column("time", rank=6),
    Column("credits", right=True),
    Column("note", rank=7),
    Column("figure"),
    Column("task"),
    Column("build", rank=4),
    Column("who", rank=3),
    Column("request", rank=2),
    Column("machine", rank=1),
    Column("project", rank=1),
    Column("prompt", rank=5, cut=True),
)
_CSV = (
    "at", "credits", "status", "draft", "adopted", "folder", "document", "figure", "build", "who",
    "type", "model", "resolution", "variant", "prompt", "key", "task_id", "api",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula's beginning, also in its full-width form."""


def _moment(text: str) -> datetime.datetime:
    """Read a day or a moment, in this machine's time zone if it names none."""
    try:
        return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no date, as 2026-03-31 or 2026-03-31T18:00") from None


class _Entry(NamedTuple):
    """A purchase as it is listed."""

    purchase: Purchase
    row: dict[str, Any]
    """As programs read it; a team's has its ``machine``."""


@click.command()
@click.option(
    "--project",
    "folder",
    metavar="FOLDER",
    help="Only purchases of the projects in this folder; with --team, of this label.",
)
@click.option("--team", is_flag=True, help="What all machines bought that share the team's store.")
@click.option("--since", type=_moment, metavar="DATE", help="Only from then on: as 2026-03-31.")
@click.option("--until", type=_moment, metavar="DATE", help="Only before: as 2026-03-31T18:00.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, for spreadsheets.")
@cache_dir
@base_url
@as_json
def log(
    folder: str | None,
    team: bool,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    as_csv: bool,
    cache_dir: Path | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """List every purchase of this machine, and what each month cost.

    Credits are those that the task itself said it cost; a task that failed cost nothing. Drafts of
    the sandbox are listed, and counted apart: nobody paid for them. --team reads the ledger of the
    team's store (PAPERBANANA_SHARED_CACHE), with sums of each project and machine.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv or --json, not both")
    project = here(cache_dir=cache_dir, base_url=base_url)
    refused: Sequence[str] = ()
    purchases: list[Purchase] = []
    if team:
        entries, refused = _of_team(project, folder, since, until)
    else:
        purchases = _purchases(project)
        entries = _of_machine(purchases, folder)
    entries = [
        each
        for each in sorted(entries, key=lambda each: (each.purchase.at, each.purchase.task_id))
        if (since is None or each.purchase.moment >= since)
        and (until is None or each.purchase.moment < until)
    ]
    found = [each.purchase for each in entries]
    saved = None if team else _saved(project, found, purchases)
    sums = {"projects": _sums(entries, "project"), "machines": _sums(entries, "machine")}
    if as_json:
        document = {
            "purchases": [each.row for each in entries],
            "months": _months(found),
            "saved": asdict(saved) if saved else None,
        }
        print_json({**document, **({**sums, "refused": refused} if team else {})})
    elif as_csv:
        _print_csv([each.row for each in entries], *(["machine"] if team else []))
    elif not entries:
        where = "the team's ledger" if team else project.cache_folder
        print_line(f"no purchases in {where}")
    else:
        _print(entries, several=team or len({each.buyer.folder for each in found}) > 1)
        for groups in sums.values() if team else ():
            print_line()
            _print_sums(groups)
        _print_saved(saved)
    if refused:
        number = counted(len(refused), "object")
        say(f"{number} of the team's ledger refused, and not counted: {listed(refused, 3)}")


def _of_machine(purchases: Sequence[Purchase], folder: str | None) -> list[_Entry]:
    """Return what the projects below a folder bought, or all."""
    below = None if folder is None else Path(folder).absolute()
    return [
        _Entry(each, each.as_json())
        for each in purchases
        if below is None or Path(each.buyer.folder).is_relative_to(below)
    ]


def _of_team(
    project: Project,
    label: str | None,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
) -> tuple[list[_Entry], Sequence[str]]:
    """Return what the team's ledger has of a label and a time, and what of it is refused.

    Raises :exc:`SettingError`.
    """
    store = open_store(project)
    from pbfigure.store.signed_objects import Signer
    from pbfigure.store.team_ledger import read_team_ledger

    try:
        with showing("reading the team's ledger") as report:
            read = read_team_ledger(store, Signer(project.shared_secret), since, until, report)
    except StoreFailed as error:
        raise SettingError(f"the shared store {project.settings.shared_cache} {error}") from None
    begins = f"{(label or '').strip('/')}/".lstrip("/")
    return [
        _Entry(each.purchase, each.as_json())
        for each in read.purchases
        if f"{each.purchase.buyer.folder}/".startswith(begins)
    ], read.refused


def _purchases(project: Project) -> list[Purchase]:
    cache = project.cache
    if (cache.root / "state").is_dir():
        with contextlib.suppress(FigureError):  # a build will complete what cannot be completed now
            project.journal.complete_ledger()
    return cache.ledger.purchases()


def _saved(project: Project, found: list[Purchase], purchases: list[Purchase]) -> Saved | None:
    """Return what the cache saved; None if its database cannot be read."""
    if not found:
        return Saved()
    try:
        return saved_by_cache(project.cache, found, purchases)
    except FigureError:
        return None


def _months(found: Sequence[Purchase]) -> list[dict[str, Any]]:
    months: dict[str, dict[str, Any]] = {}
    for each in found:
        name = f"{each.moment:%Y-%m}"
        counts = {"purchases": 0, "credits": 0.0, "drafts": 0, "draft_credits": 0.0}
        month = months.setdefault(name, {"month": name, **counts})
        month["drafts" if each.draft else "purchases"] += 1
        month["draft_credits" if each.draft else "credits"] += each.credits
    return [months[name] for name in sorted(months)]


def _print_csv(found: Sequence[Mapping[str, Any]], *more: str) -> None:
    names = [*_CSV, *more]
    writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for each in found:
        row = {**each["request"], **each}
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> object:
    """Return a value that neither a spreadsheet nor a terminal executes."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _print(entries: Sequence[_Entry], *, several: bool) -> None:
    print_columns(_COLUMNS, [_cells(each, several) for each in entries])
    print_line()
    rows = [
        {
            **month,
            "drafts": month["drafts"] or "",
            "credits of drafts": month["draft_credits"] if month["drafts"] else "",
        }
        for month in _months([each.purchase for each in entries])
    ]
    _print_sums(rows, "drafts", "credits of drafts")


def _sums(entries: Sequence[_Entry], what: str) -> list[dict[str, Any]]:
    """Return what each ``project`` or ``machine`` bought, as programs read it."""
    groups: dict[str, list[float]] = defaultdict(list)
    for purchase, row in entries:
        name = purchase.buyer.folder if what == "project" else row.get("machine", "")
        groups[name].append(purchase.credits)
    return [
        {what: name, "purchases": len(credits), "credits": sum(credits)}
        for name, credits in sorted(groups.items())
    ]


def _print_sums(groups: Sequence[Mapping[str, Any]], *more: str) -> None:
    """Print a table of sums; its first column names what each is of."""
    what = next(iter(groups[0]))
    numbers = ("purchases", "credits", *more)
    rows = [
        {what: group[what] or "-", **{n: _number(group[n]) for n in numbers}} for group in groups
    ]
    print_columns([Column(what), *(Column(name, right=True) for name in numbers)], rows)


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def _print_saved(saved: Saved | None) -> None:
    if saved is None or not (saved.pictures or saved.drafts):
        return
    parts = []
    if saved.pictures:
        credits = counted_credits(saved.credits, sandbox=False)
        parts.append(f"{counted(saved.pictures, 'purchase')} ({credits})")
    if saved.drafts:
        credits = counted_credits(saved.draft_credits, sandbox=True)
        parts.append(f"{counted(saved.drafts, 'draft')} ({credits})")
    print_line()
    print_line(f"the cache saved other projects {' and '.join(parts)}")


def _cells(entry: _Entry, several: bool) -> dict[str, str]:
    each, row = entry
    request, moment = each.request, each.moment
    notes = [
        ("draft", each.draft),
        ("failed", each.status == NOT_CHARGED),
        ("adopted", each.adopted),
    ]
    return {
        "date": f"{moment:%Y-%m-%d}",
        "time": f"{moment:%H:%M}",
        "credits": f"{each.credits:g}",
        "note": " ".join(word for word, holds in notes if holds),
        "figure": each.buyer.figure or each.key[:12],
        "task": each.task_id,
        "build": each.buyer.build,
        "who": each.buyer.who,
        "request": f"{request.model or request.type} {request.resolution}",
        "machine": row.get("machine", ""),
        "project": each.buyer.folder if several else "",
        "prompt": request.prompt,
    }
