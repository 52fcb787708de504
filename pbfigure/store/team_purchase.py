"""A purchase in the team's ledger: what a machine bought, an object of its own, by day.

The ledger is a copy that can be summed; the authority is each machine's own ledger. It says who
bought what for which figure and for how much; no prompt, no path of a machine, no host's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

from pbfigure.figure import json_fields as take
from pbfigure.store.errors import BadRecord
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
