"""The team's ledger: the purchases of all machines that share a store, an object each, by day.

It is a copy that can be summed; the authority is each machine's own ledger. It says who bought what
for which figure and for how much; no prompt, no path of a machine, no host's name. Only its reading
lists the objects of a store; no build does.
"""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pbfigure.figure import json_fields as take
from pbfigure.store.errors import BadRecord, OverLimit, StoreFailed
from pbfigure.store.object_store import ObjectStore
from pbfigure.store.purchase import Buyer, Purchase, ShortRequest, moment, utc_of
from pbfigure.store.record import Record
from pbfigure.store.signed_objects import BadSignature, Signer

TEAM_LEDGER = "v1/ledger"
TEAM_LEDGER_VERSION = 1
LINE_LIMIT = 10_000
"""Bytes of an object, with its signature."""
_WORD_LENGTH = 1_000
_BUYER = ("document", "figure", "build", "who")
_FACTS = ("at", "api", "task_id", "key", "credits", "adopted")
_NAME = re.compile(TEAM_LEDGER + r"/(?P<day>\d{4}-\d\d-\d\d)/(?P<id>[0-9a-f]{32})")
READS = 64
"""Objects that are read at the same time."""
OBJECTS_LIMIT = 1_000_000
"""Objects that are listed at the most; ours."""
LISTING_SECONDS = 300.0
"""How long is listed; ours: a thousand objects come in one answer."""


class TeamPurchase(NamedTuple):
    """A purchase of one of the team's machines."""

    purchase: Purchase
    """``buyer.folder`` is the project's label; it has no prompt."""
    machine: str
    """8 digits that tell machines apart, and nothing about one."""

    @property
    def id(self) -> str:
        """Tells purchases apart: one task is one, whichever machine writes it down."""
        task = f"{self.purchase.api}\0{self.purchase.task_id}"
        return hashlib.sha256(task.encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        """The name of its object in the store."""
        return f"{TEAM_LEDGER}/{self.purchase.at[:10]}/{self.id}"

    def as_json(self) -> dict[str, Any]:
        """The purchase as programs read it."""
        document = {**self.purchase.as_json(), "machine": self.machine}
        del document["request"]["prompt"]
        return document


def day_of(name: str) -> str | None:
    """Return the day that an object's name speaks of, None if it is no purchase's."""
    match = _NAME.fullmatch(name)
    return None if match is None else match["day"]


def for_team(
    purchase: Purchase, project: str, machine: str, record: Record | None = None
) -> TeamPurchase:
    """Return what the team learns of a machine's purchase.

    It is dated as the service dates its task, as ``record`` has it: so two machines that write one
    task down, before and after midnight, write one object.
    """
    buyer = replace(purchase.buyer, folder=project, project="", figures_dir="")
    request = replace(purchase.request, prompt="")
    at = (None if record is None else utc_of(record.created_at)) or purchase.at
    return TeamPurchase(replace(purchase, at=at, buyer=buyer, request=request), machine)


def write_purchase(bought: TeamPurchase, signer: Signer) -> bytes:
    """Return the bytes of a purchase, signed if there is a secret."""
    purchase = bought.purchase
    document = {
        "version": TEAM_LEDGER_VERSION,
        **{name: getattr(purchase, name) for name in _FACTS},
        "request": bought.as_json()["request"],
        "project": purchase.buyer.folder[:_WORD_LENGTH],
        **{name: getattr(purchase.buyer, name)[:_WORD_LENGTH] for name in _BUYER},
        "machine": bought.machine,
    }
    text = json.dumps(document, ensure_ascii=True, sort_keys=True) + "\n"
    return signer.signed("ledger", text.encode())


def read_purchase(data: bytes, name: str, signer: Signer) -> TeamPurchase:
    """Read a purchase from an untrusted store. Raises :exc:`BadRecord`."""
    try:
        text = signer.text("ledger", data)
        found = take.read_object(text, _FORM, limit=LINE_LIMIT, version=TEAM_LEDGER_VERSION)
    except BadSignature as error:
        raise BadRecord(str(error)) from None
    except take.BadField as error:
        raise BadRecord(f"it is no purchase ({error})") from None
    machine, folder = found.pop("machine"), found.pop("project")
    buyer = Buyer(folder=folder, **{name: found.pop(name) for name in _BUYER})
    bought = TeamPurchase(Purchase(**found, buyer=buyer), machine)
    if bought.name != name:
        raise BadRecord("it is the purchase of another name")
    return bought


_word = take.text_up_to(_WORD_LENGTH)
_REQUEST: take.Form = {
    "type": take.optional(_word),
    "model": take.optional(_word),
    "resolution": take.optional(_word),
    "variant": take.optional(take.number(0, 10**9, int)),
}
_FORM: take.Form = {
    "at": moment,
    "api": _word,
    "task_id": take.task_id,
    "key": take.digest,
    "credits": take.cost,
    "adopted": take.flag,
    "request": lambda value: ShortRequest(**take.read_fields(value, _REQUEST)),
    "project": _word,
    **dict.fromkeys(_BUYER, _word),
    "machine": _word,
}


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
