"""What the team's ledger says: the purchases of all machines that share a store.

This is the only look into a store that goes by listing; no build does it.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pbfigure.store.object_store import ObjectStore, StoreFailed
from pbfigure.store.picture import OverLimit
from pbfigure.store.record import BadRecord
from pbfigure.store.signature import Signer
from pbfigure.store.team_ledger import (
    LINE_LIMIT,
    TEAM_LEDGER,
    TeamPurchase,
    day_of,
    read_purchase,
)

READS = 64
"""Objects that are read at the same time."""
OBJECTS_LIMIT = 1_000_000
"""Purchases that are listed at the most; ours."""


class TeamLedger(NamedTuple):
    """What was found."""

    purchases: Sequence[TeamPurchase]
    refused: Sequence[str]
    """Name and reason of each object that does not count."""


def read_team_ledger(
    store: ObjectStore,
    signer: Signer,
    since: datetime.datetime | None,
    until: datetime.datetime | None,
    report: Callable[[int, int], None],
) -> TeamLedger:
    """Return the purchases of the days that a time touches. ``report`` is told how many objects of
    how many are read. Raises :exc:`StoreFailed`.
    """
    return asyncio.run(_Reading(store, signer, report).of(_day(since), _day(until)))


def _day(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(datetime.UTC):%Y-%m-%d}"


class _Reading:
    def __init__(
        self, store: ObjectStore, signer: Signer, report: Callable[[int, int], None]
    ) -> None:
        self._store = store
        self._signer = signer
        self._report = report
        self._found: dict[str, TeamPurchase] = {}
        """By the task's own id: one that two machines wrote down counts once."""
        self._refused: list[str] = []

    async def of(self, first: str | None, last: str | None) -> TeamLedger:
        names = []
        after = "" if first is None else f"{TEAM_LEDGER}/{first}"
        async for name in self._store.names(TEAM_LEDGER, after=after):
            day = day_of(name)
            if day is None:
                self._refused.append(f"{name}: it is no purchase's name")
            elif (first is None or day >= first) and (last is None or day <= last):
                names.append(name)
            if len(names) + len(self._refused) > OBJECTS_LIMIT:
                raise StoreFailed(f"lists more than {OBJECTS_LIMIT:,} purchases: name --since")
        for start in range(0, len(names), READS):
            self._report(start, len(names))
            await asyncio.gather(*map(self._read, names[start : start + READS]))
        return TeamLedger(list(self._found.values()), sorted(self._refused))

    async def _read(self, name: str) -> None:
        try:
            data = b"".join([chunk async for chunk in self._store.read(name, limit=LINE_LIMIT)])
            bought = read_purchase(data, name, self._signer)
        except FileNotFoundError:
            return  # removed since it was listed
        except (BadRecord, OverLimit) as error:
            self._refused.append(f"{name}: {error}")
        else:
            known = self._found.setdefault(bought.id, bought)
            self._found[bought.id] = min(known, bought, key=lambda each: each.purchase.at)
