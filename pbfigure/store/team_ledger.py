"""The team's ledger: what machines bought, an object for each purchase, in their store by day.

It is a copy that can be summed; the authority is each machine's own ledger. It says who bought what
for which figure and for how much; no prompt, no path of a machine, no host's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Any, NamedTuple

from pbfigure.figure.limits import TASK_ID, is_cost, parsed_json
from pbfigure.store.errors import BadRecord
from pbfigure.store.ledger import Buyer, Purchase, utc_of
from pbfigure.store.picture import SHA256
from pbfigure.store.record import Record
from pbfigure.store.shared_objects import BadSignature, Signer

TEAM_LEDGER = "v1/ledger"
TEAM_LEDGER_VERSION = 1
LINE_LIMIT = 10_000
"""Bytes of an object, with its signature."""
_WORD_LENGTH = 1_000
_BUYER = ("document", "figure", "build", "who")
_FACTS = ("at", "api", "task_id", "key", "credits", "adopted", "request")
_TEXTS = ("at", "api", "task_id", "key", "project", *_BUYER, "machine")
_REQUEST = ("type", "model", "resolution", "variant")
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
        """Where the store has it."""
        return f"{TEAM_LEDGER}/{self.purchase.at[:10]}/{self.id}"

    def as_json(self) -> dict[str, Any]:
        """The purchase as programs read it."""
        return {**self.purchase.as_json(), "machine": self.machine}


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
    request = {name: purchase.request.get(name) for name in _REQUEST}
    at = (None if record is None else utc_of(record.created_at)) or purchase.at
    return TeamPurchase(replace(purchase, at=at, buyer=buyer, request=request), machine)


def write_purchase(bought: TeamPurchase, signer: Signer) -> bytes:
    """Return the bytes of a purchase, signed if there is a secret."""
    purchase = bought.purchase
    document = {
        "version": TEAM_LEDGER_VERSION,
        **{name: getattr(purchase, name) for name in _FACTS},
        "project": purchase.buyer.folder[:_WORD_LENGTH],
        **{name: getattr(purchase.buyer, name)[:_WORD_LENGTH] for name in _BUYER},
        "machine": bought.machine,
    }
    text = json.dumps(document, ensure_ascii=True, sort_keys=True) + "\n"
    return signer.signed("ledger", text.encode())


def read_purchase(data: bytes, name: str, signer: Signer) -> TeamPurchase:
    """Read a purchase from an untrusted store. Raises :exc:`BadRecord`."""
    try:
        document = parsed_json(signer.text("ledger", data), LINE_LIMIT)
        version = document.get("version")
        if type(version) is not int or version != TEAM_LEDGER_VERSION:
            shown = repr(version)[:40]
            raise BadRecord(f"its version is {shown}, and this release reads {TEAM_LEDGER_VERSION}")
        bought = _checked(document)
    except BadSignature as error:
        raise BadRecord(str(error)) from None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise BadRecord("it is no purchase") from None
    if bought.name != name:
        raise BadRecord("it is the purchase of another name")
    return bought


def _checked(document: dict[str, Any]) -> TeamPurchase:
    """Return the purchase of a document; all that is shown of it is short text and numbers."""
    texts = {name: document[name] for name in _TEXTS}
    if not all(isinstance(text, str) and len(text) <= _WORD_LENGTH for text in texts.values()):
        raise TypeError("not texts")
    request = {name: document["request"].get(name) for name in _REQUEST}
    if not all(isinstance(word, (str, int, type(None))) for word in request.values()):
        raise TypeError("not words")
    credits, adopted = document["credits"], document["adopted"]
    if not is_cost(credits) or type(adopted) is not bool:
        raise TypeError("not numbers")
    if not SHA256.fullmatch(texts["key"]) or not TASK_ID.fullmatch(texts["task_id"]):
        raise ValueError("not digits")
    purchase = Purchase(
        at=texts["at"],
        api=texts["api"],
        task_id=texts["task_id"],
        key=texts["key"],
        credits=credits,
        adopted=adopted,
        buyer=Buyer(folder=texts["project"], **{name: texts[name] for name in _BUYER}),
        request=request,
    )
    purchase.moment  # noqa: B018 - raises ValueError
    "".join(filter(None, map(str, (*texts.values(), *request.values())))).encode()
    return TeamPurchase(purchase, texts["machine"])
