"""Tries a team's store: if several machines create an object at once, does one alone succeed?"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pbfigure.store.errors import StoreFailed

if TYPE_CHECKING:  # it imports the library of an extra
    from pbfigure.store.database import Database
    from pbfigure.store.object_store import ObjectStore

OUTCOME_LASTS = {True: 30 * 86_400.0, False: 86_400.0}
"""Seconds until a store is tried again."""
RACES, RACERS = 3, 8
RACES_LIMIT = 6
"""Races in all: one without a winner proves nothing, as after a request that was repeated."""


async def has_one_winner(objects: ObjectStore, read: Callable[[str], Awaitable[bytes]]) -> bool:
    """Whether each race has one winner, whose object is there afterwards. Raises
    :exc:`StoreFailed`.
    """
    decided = 0
    for _ in range(RACES_LIMIT):
        name = f"v1/claims/race-{uuid.uuid4().hex}"
        racers = [str(number).encode() for number in range(RACERS)]
        won = await asyncio.gather(*(objects.create(name, each) for each in racers))
        again = await objects.create(name, b"late")
        try:
            there = await read(name)
        except FileNotFoundError:  # it answered every racer that another one was first
            return False
        with suppress(StoreFailed, FileNotFoundError):
            await objects.delete(name)
        winners = [racer for racer, is_first in zip(racers, won, strict=True) if is_first]
        if again or len(winners) > 1 or there not in (winners or racers):
            return False
        decided += len(winners)
        if decided == RACES:
            return True
    return False


class TrialMemory:
    """What this machine remembers of the last trial of a store."""

    def __init__(self, state: Database, address: str) -> None:
        self._state = state
        self._name = f"shared:{hashlib.sha256(address.encode()).hexdigest()[:16]}"

    def outcome(self, now: float) -> bool | None:
        """Return whether one alone succeeded; None: it is to be tried, again or for the first
        time.
        """
        known = self._state.get(self._name) or {}
        outcome, at = known.get("claims"), known.get("at")
        if not isinstance(outcome, bool) or not isinstance(at, float):
            return None
        return outcome if now - OUTCOME_LASTS[outcome] < at <= now else None

    def note(self, outcome: bool, now: float) -> None:
        """Remember the outcome of a trial."""
        self._state.put(self._name, {"claims": outcome, "at": now})
