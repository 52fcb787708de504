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
from typing import TYPE_CHECKING, Any

import click

from pbfigure.command.columns import Column, print_columns
from pbfigure.command.options import as_json, base_url, cache_dir, here
from pbfigure.command.output import print_json, print_line, say, showing
from pbfigure.figure.notice import FigureError, printable
from pbfigure.figure.wording import counted, counted_credits, listed
from pbfigure.project.project import Project
from pbfigure.project.settings import SettingError
from pbfigure.project.team_pictures import open_store
from pbfigure.store.ledger import NOT_CHARGED, Purchase
from pbfigure.store.savings import Saved, saved_by_cache

if TYPE_CHECKING:
    from pbfigure.store.team_ledger import TeamPurchase
    from pbfigure.store.team_ledger_reading import TeamLedger

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


class _Day(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A day or a moment, in this machine's time zone if it names none."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime.datetime:  # noqa: ANN401
        try:
            return datetime.datetime.fromisoformat(str(value)).astimezone()
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-03-31 or 2026-03-31T18:00")


@click.command()
@click.option(
    "--project",
    "folder",
    metavar="FOLDER",
    help="Only purchases of the projects in this folder; with --team, of this label.",
)
@click.option("--team", is_flag=True, help="What all machines bought that share the team's store.")
@click.option("--since", type=_Day(), metavar="DATE", help="Only from this day or moment on.")
@click.option("--until", type=_Day(), metavar="DATE", help="Only before this day or moment.")
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

    def is_meant(each: Purchase) -> bool:
        return (since is None or each.moment >= since) and (until is None or each.moment < until)

    if team:
        read = _read_team_ledger(project, since, until)
        label = f"{(folder or '').strip('/')}/".lstrip("/")
        of_label = [
            each
            for each in read.purchases
            if f"{each.purchase.buyer.folder}/".startswith(label) and is_meant(each.purchase)
        ]
        of_label.sort(key=lambda each: (each.purchase.at, each.purchase.task_id))
        _print_team(of_label, read.refused, as_csv=as_csv, as_json=as_json)
        return
    below = None if folder is None else Path(folder).absolute()
    purchases = _purchases(project)
    found = [
        each
        for each in purchases
        if (below is None or Path(each.buyer.folder).is_relative_to(below)) and is_meant(each)
    ]
    saved = _saved(project, found, purchases)
    found.sort(key=lambda each: (each.at, each.task_id))
    if as_json:
        document = {"purchases": [each.as_json() for each in found]}
        months = list(_months(found).values())
        print_json({**document, "months": months, "saved": asdict(saved) if saved else None})
    elif as_csv:
        _print_csv([each.as_json() for each in found])
    elif not found:
        print_line(f"no purchases in {project.cache_folder}")
    else:
        several = len({each.buyer.folder for each in found}) > 1
        _print([_row(each, several) for each in found], found)
        _print_saved(saved)


def _read_team_ledger(
    project: Project, since: datetime.datetime | None, until: datetime.datetime | None
) -> TeamLedger:
    """Return what the team's ledger has of a time. Raises :exc:`SettingError`."""
    store = open_store(project)
    from pbfigure.store.errors import StoreFailed
    from pbfigure.store.shared_objects import Signer
    from pbfigure.store.team_ledger_reading import read_team_ledger

    try:
        with showing("reading the team's ledger") as report:
            return read_team_ledger(store, Signer(project.shared_secret), since, until, report)
    except StoreFailed as error:
        raise SettingError(f"the shared store {project.settings.shared_cache} {error}") from None


def _print_team(
    found: Sequence[TeamPurchase], refused: Sequence[str], *, as_csv: bool, as_json: bool
) -> None:
    bought = [each.purchase for each in found]
    if as_json:
        document = {"purchases": [each.as_json() for each in found]}
        months = list(_months(bought).values())
        print_json(
            {**document, "months": months, "saved": None, **_sums(found), "refused": refused}
        )
    elif as_csv:
        _print_csv([each.as_json() for each in found], "machine")
    elif not found:
        print_line("no purchases in the team's ledger")
    else:
        _print([{**_row(each.purchase, True), "machine": each.machine} for each in found], bought)
        _print_sums(found)
    if refused:
        number = counted(len(refused), "object")
        say(f"{number} of the team's ledger refused, and not counted: {listed(refused, 3)}")


def _purchases(project: Project) -> list[Purchase]:
    cache = project.cache
    if (cache.root / "state").is_dir():
        with contextlib.suppress(FigureError):  # what cannot be completed now, is by a build
            project.journal.complete_ledger()
    try:
        return cache.ledger.purchases()
    except FigureError as error:
        raise click.UsageError(str(error)) from None


def _saved(project: Project, found: list[Purchase], purchases: list[Purchase]) -> Saved | None:
    """Return what the cache saved; None if its database cannot be read."""
    if not found:
        return Saved()
    try:
        return saved_by_cache(project.cache, found, purchases)
    except FigureError:
        return None


def _months(found: Sequence[Purchase]) -> dict[str, dict[str, Any]]:
    months: dict[str, dict[str, Any]] = defaultdict(
        lambda: {"month": "", "purchases": 0, "credits": 0.0, "drafts": 0, "draft_credits": 0.0}
    )
    for each in found:
        name = f"{each.moment:%Y-%m}"
        month = months[name]
        month["month"] = name
        month["drafts" if each.draft else "purchases"] += 1
        month["draft_credits" if each.draft else "credits"] += each.credits
    return dict(sorted(months.items()))


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


def _print(table: Sequence[Mapping[str, str]], found: Sequence[Purchase]) -> None:
    print_columns(_COLUMNS, table)
    print_line()
    rows = [
        {
            "month": month["month"],
            "purchases": str(month["purchases"]),
            "credits": f"{month['credits']:g}",
            "drafts": str(month["drafts"]) if month["drafts"] else "",
            "credits of drafts": f"{month['draft_credits']:g}" if month["drafts"] else "",
        }
        for month in _months(found).values()
    ]
    names = ("purchases", "credits", "drafts", "credits of drafts")
    print_columns([Column("month"), *(Column(name, right=True) for name in names)], rows)


def _sums(found: Sequence[TeamPurchase]) -> dict[str, list[dict[str, Any]]]:
    """Return what each project and each machine bought, as programs read it."""
    by: dict[str, dict[str, list[float]]] = {"project": {}, "machine": {}}
    for each in found:
        for what, name in (("project", each.purchase.buyer.folder), ("machine", each.machine)):
            by[what].setdefault(name, []).append(each.purchase.credits)
    return {
        f"{what}s": [
            {what: name, "purchases": len(credits), "credits": sum(credits)}
            for name, credits in sorted(groups.items())
        ]
        for what, groups in by.items()
    }


def _print_sums(found: Sequence[TeamPurchase]) -> None:
    """Print what each project and each machine bought."""
    for groups in _sums(found).values():
        if not groups:
            continue
        what = next(iter(groups[0]))
        rows = [
            {
                what: group[what] or "-",
                "purchases": str(group["purchases"]),
                "credits": f"{group['credits']:g}",
            }
            for group in groups
        ]
        columns = [Column(what), Column("purchases", right=True), Column("credits", right=True)]
        print_line()
        print_columns(columns, rows)


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


def _row(each: Purchase, several: bool) -> dict[str, str]:
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
        "project": each.buyer.folder if several else "",
        "prompt": request.prompt,
    }
