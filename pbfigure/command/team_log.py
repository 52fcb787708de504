"""``pbfigure log --team``: what all machines bought that share a store, and its sums."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pbfigure.command.columns import Column, print_columns
from pbfigure.command.common import print_line, say
from pbfigure.command.team_store import open_store, showing
from pbfigure.figure.words import counted, listed
from pbfigure.project.project import Project
from pbfigure.project.settings import SettingError

if TYPE_CHECKING:
    from pbfigure.store.team_ledger import TeamPurchase
    from pbfigure.store.team_ledger_reading import TeamLedger


def team_purchases(
    project: Project,
    label: str | None,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
) -> TeamLedger:
    """Return what the team's ledger has of projects with a label and of a time.

    Raises :exc:`SettingError` where it cannot be read.
    """
    store = open_store(project)
    from pbfigure.store.signature import Signer
    from pbfigure.store.store_failed import StoreFailed
    from pbfigure.store.team_ledger_reading import read_team_ledger

    try:
        with showing("reading the team's ledger") as report:
            read = read_team_ledger(store, Signer(project.shared_secret), since, until, report)
    except StoreFailed as error:
        raise SettingError(f"the shared store {project.settings.shared_cache} {error}") from None
    found = [
        each
        for each in read.purchases
        if (label is None or f"{each.purchase.buyer.folder}/".startswith(f"{label.strip('/')}/"))
        and (since is None or each.purchase.moment >= since)
        and (until is None or each.purchase.moment < until)
    ]
    found.sort(key=lambda each: (each.purchase.at, each.purchase.task_id))
    return read._replace(purchases=found)


def sums(found: Sequence[TeamPurchase]) -> dict[str, list[dict[str, Any]]]:
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


def print_sums(found: Sequence[TeamPurchase]) -> None:
    """Print what each project and each machine bought."""
    for groups in sums(found).values():
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


def tell_refused(refused: Sequence[str]) -> None:
    """Say what is not counted, and why."""
    if refused:
        number = counted(len(refused), "object")
        say(f"{number} of the team's ledger refused, and not counted: {listed(refused, 3)}")
