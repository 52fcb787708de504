"""A purchase: one task that was ordered, as the ledgers of a machine and of a team have it."""

from __future__ import annotations

import datetime
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from pbfigure.figure import json_fields as take
from pbfigure.figure.request_summary import Workload

PROMPT_LENGTH = 200
"""Characters of a prompt that a line keeps; the record has all of it."""
ORDERED, NOT_CHARGED = "ordered", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """For which figure something is ordered, and by which build."""

    project: str = ""
    """The project's identity on this machine."""
    folder: str = ""
    """The project's folder."""
    figures_dir: str = ""
    """Where its pictures are kept; empty: nowhere."""
    document: str = ""
    figure: str = ""
    """The figure's name."""
    build: str = ""
    """The builder's name, ``latex``, or the verb of the command."""
    who: str = ""
    """git's user name, if there is one."""

    @classmethod
    def read(cls, document: object) -> Buyer:
        """Return what a JSON object says; what cannot be read is empty."""
        known = document if isinstance(document, dict) else {}
        words = {each.name: known.get(each.name) for each in fields(cls)}
        return cls(**{name: word for name, word in words.items() if isinstance(word, str)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRequest:
    """A request as the ledger has it."""

    type: str | None = None
    model: str | None = None
    resolution: str | None = None
    variant: int | None = None
    prompt: str = ""
    """The prompt's beginning; empty in a team's ledger."""

    @property
    def workload(self) -> Workload:
        """What its task's cost and latency depend on."""
        return Workload(self.type, self.model, self.resolution)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One task that was ordered: what for, by whom, for how much."""

    at: str
    """When it was ordered: UTC, ISO 8601."""
    api: str
    """Host and port of the service."""
    task_id: str
    key: str
    credits: float
    """The cost that the task reported, or else the price list's; 0 if it failed."""
    status: str = ORDERED
    draft: bool = False
    adopted: bool = False
    seconds: float | None = None
    """How long its task took, about, until its picture was ready; None if that is unknown."""
    buyer: Buyer = field(default_factory=Buyer)
    request: ShortRequest = field(default_factory=ShortRequest)

    @property
    def moment(self) -> datetime.datetime:
        """When it was ordered, in this machine's time zone."""
        return datetime.datetime.fromisoformat(self.at).astimezone()

    def summary(self) -> str:
        """When, by whom, by which build, for which project: one line."""
        by = f" by {self.buyer.who}" if self.buyer.who else ""
        build = f", build {self.buyer.build}" if self.buyer.build else ""
        return f"{self.moment:%Y-%m-%d %H:%M}{by}{build}, for {self.buyer.folder or self.api}"

    def as_json(self) -> dict[str, Any]:
        """The purchase as a line of the ledger has it, and as programs read it."""
        document = asdict(self)
        buyer = document.pop("buyer")
        return {**document, **buyer}


def utc_of(text: str) -> str | None:
    """Return an ISO 8601 date as the ledger writes it; None if the text is not a date."""
    try:
        moment = datetime.datetime.fromisoformat(text)
        moment = moment.astimezone(datetime.UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if 1970 <= moment.year < 9999 else None


def moment(value: object) -> str:
    """Take an ISO 8601 date."""
    try:
        datetime.datetime.fromisoformat(take.text(value)).astimezone()
    except (ValueError, OverflowError, OSError):
        raise take.BadField("not a date") from None
    return str(value)


CORRECTION: take.Form = {
    "credits": take.cost,
    "status": take.one_of((ORDERED, NOT_CHARGED)),
    "draft": take.flag,
    "seconds": take.optional(take.number(0, 1e6)),
}
_REQUEST: take.Form = {
    "type": take.optional(take.text),
    "model": take.optional(take.text),
    "resolution": take.optional(take.text),
    "variant": take.optional(take.number(0, 10**9, int)),
    "prompt": take.optional(take.text, ""),
}
PURCHASE: take.Form = {
    "at": moment,
    "api": take.text,
    "task_id": take.text,
    "key": take.text,
    "adopted": take.flag,
    "request": lambda value: ShortRequest(**take.read_fields(value, _REQUEST)),
    **CORRECTION,
}
