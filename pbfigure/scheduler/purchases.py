"""What the ledger says of an entry of the journal."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, NamedTuple

from pbfigure.figure.cost import estimate_of
from pbfigure.figure.key import normalise
from pbfigure.scheduler.journal_entry import Entry
from pbfigure.store.ledger import PROMPT_LENGTH, Buyer, Purchase


class Kind(NamedTuple):
    """What a task's cost and latency depend on."""

    type: object
    model: object
    resolution: object


def kind_of(request: Mapping[str, Any]) -> Kind:
    """Return the kind of a request's task, from its summary."""
    options = request.get("options", {})
    return Kind(request.get("type"), request.get("model"), options.get("resolution"))


def purchase_of(entry: Entry, api: str) -> Purchase:
    """Return the purchase that an entry with a task is."""
    request = entry.request
    told = entry.cost_credits
    return Purchase(
        at=_ordered_at(entry),
        api=api,
        task_id=entry.task_id or "",
        key=entry.key,
        credits=estimate_of(request) if told is None else told,
        draft=entry.draft,
        adopted=entry.adopted,
        buyer=Buyer() if entry.order is None else entry.order.buyer,
        request={
            **kind_of(request)._asdict(),
            "variant": request.get("variant"),
            "prompt": normalise(entry.words)[:PROMPT_LENGTH],
        },
    )


def _ordered_at(entry: Entry) -> str:
    """Return when an entry was ordered, in UTC; of what was fetched again, when it was made."""
    moment = datetime.datetime.now(datetime.UTC)
    try:
        if entry.intent_at is not None:
            moment = datetime.datetime.fromtimestamp(entry.intent_at, datetime.UTC)
        elif entry.created_at:
            made = datetime.datetime.fromisoformat(entry.created_at)
            moment = made.astimezone(datetime.UTC) if made.tzinfo else made
    except (ValueError, OverflowError, OSError):
        pass  # a date that nobody can read
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
