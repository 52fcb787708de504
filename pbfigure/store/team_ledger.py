"""What the team's ledger says: the purchases of all machines that share a store.

Only this lists the objects of a store; no build does.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pbfigure.store.errors import BadRecord, OverLimit, StoreFailed
from pbfigure.store.object_store import ObjectStore
from pbfigure.store.signed_objects import Signer
from pbfigure.store.team_purchase import (
    LINE_LIMIT,
    TEAM_LEDGER,
    TeamPurchase,
    day_of,
    read_purchase,
)

READS = 64
"""Objects that are read at the same time."""
OBJECTS_LIMIT = 1_000_000
"""Objects that are listed at the most; ours."""
LISTING_SECONDS = 300.0
"""How long is listed; ours: a thousand objects come in one answer."""


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
        """By the purchase's id: a task that two machines wrote down counts once."""
        self._names: dict[str, None] = {}
        self._listed = 0
        self._refused: dict[str, str] = {}
        """Why, by the name."""

    async def of(self, first: str | None, last: str | None) -> TeamLedger:
        try:
            async with asyncio.timeout(LISTING_SECONDS):
                await self._list(first, last)
        except TimeoutError:
            why = f"did not end to list within {LISTING_SECONDS:g} s: name --since"
            raise StoreFailed(why) from None
        names = list(self._names)
        for start in range(0, len(names), READS):
            self._report(start, len(names))
            await asyncio.gather(*map(self._read, names[start : start + READS]))
        refused = sorted(f"{name}: {reason}" for name, reason in self._refused.items())
        return TeamLedger(list(self._found.values()), refused)

    async def _list(self, first: str | None, last: str | None) -> None:
        after = "" if first is None else f"{TEAM_LEDGER}/{first}"
        async for name in self._store.names(TEAM_LEDGER, after=after):
            self._listed += 1
            day = day_of(name)
            if day is None:
                self._refused[name] = "it is no purchase's name"
            elif (first is None or day >= first) and (last is None or day <= last):
                self._names[name] = None
            if self._listed > OBJECTS_LIMIT:
                raise StoreFailed(f"lists more than {OBJECTS_LIMIT:,} purchases: name --since")

    async def _read(self, name: str) -> None:
        try:
            data = b"".join([chunk async for chunk in self._store.read(name, limit=LINE_LIMIT)])
            bought = read_purchase(data, name, self._signer)
        except FileNotFoundError:
            return  # removed since it was listed
        except (BadRecord, OverLimit) as error:
            self._refused[name] = str(error)
        else:
            known = self._found.setdefault(bought.id, bought)
            self._found[bought.id] = min(known, bought, key=lambda each: each.purchase.at)
