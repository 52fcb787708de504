"""Faults that a test orders: which calls fail, and how.

An order names an endpoint, which of its calls it is for and a fault with its parameters::

    {"endpoint": "generate", "calls": [1, 3], "fault": "status", "status": 503, "retry_after": 7}

Calls are counted for each order from 1 since it was placed, if they passed the rate limits and
authentication: a 429 never uses up an order. Several orders may apply to one call; they then work
together, in the order they were placed.

:mod:`pbfigure.sandbox.spoiled_answers` applies them to answers, and
:mod:`pbfigure.sandbox.spoiled_images` to pictures.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pbfigure.sandbox.exchange import Json
from pbfigure.sandbox.tasks import TaskOutcome
from pbfigure.sandbox.wrong_shapes import SHAPES

ENDPOINTS = ("generate", "credits", "tasks", "task", "download")

_NUMBER = (int, float)
_OPTIONAL_BODY = (str, dict, list)

_ANYWHERE: dict[str, dict[str, Any]] = {
    # Nothing is processed, unless `after` is set.
    "status": {
        "status": int, "body": _OPTIONAL_BODY, "message": str, "after": bool,
        "retry_after": _NUMBER, "retry_after_date": bool,
    },
    "drop_before": {"reset": bool},
    "redirect": {"status": int, "hops": int},
    # Slowly.
    "hang_before": {"seconds": _NUMBER},
    "hang_after": {"seconds": _NUMBER},
    "stall": {"seconds": _NUMBER},
    "drip": {"seconds": _NUMBER},
    "continues": {},
    # The request is processed, but the answer is wrong.
    "drop_after": {"reset": bool},
    "html": {"status": int},
    "truncated": {"declared": bool},
    "gzip_bomb": {},
    "endless": {},
}  # fmt: skip
_JSON: dict[str, dict[str, Any]] = {"broken_json": {}, "shape": {"shape": frozenset(SHAPES)}}
_TASK_FAULTS: dict[str, dict[str, Any]] = {
    "late": {"seconds": _NUMBER},
    "failed": {"error": str},
    "canceled": {},
    "never": {},
    "unknown_status": {"word": str},
    "no_images": {},
    "several_images": {"count": int},
    "unlisted": {},
    "slow": {"seconds": _NUMBER},
}
_FOREIGN: dict[str, dict[str, Any]] = {"foreign": {"count": int, "task": dict}}
_LIST: dict[str, dict[str, Any]] = {"unordered": {}, "missing": {"count": int}}
_IMAGES: dict[str, dict[str, Any]] = {
    "corrupt": {},
    "oversized": {"declared": bool},
    "mistyped": {"as": frozenset({"webp", "html", "svg"})},
    "bomb": {},
    "expired": {"status": int},
}

FAULTS: dict[str, dict[str, dict[str, Any]]] = {
    "generate": _ANYWHERE | _JSON | _TASK_FAULTS | _FOREIGN,
    "credits": _ANYWHERE | _JSON,
    "tasks": _ANYWHERE | _JSON | _LIST | _FOREIGN,
    "task": _ANYWHERE | _JSON,
    "download": _ANYWHERE | _IMAGES,
}
"""Every fault of every endpoint, with its parameters: each a type, types, or a set of words."""


@dataclass(slots=True)
class Order:
    """One order for a fault, and how often it applied."""

    number: int
    endpoint: str
    calls: Callable[[int], bool]
    fault: str
    parameters: dict[str, Any]
    prompt: str | None
    """Only calls about a task whose prompt contains this are counted."""
    placed: dict[str, Any]
    """The order as it was placed."""
    seen: int = 0
    fired: int = 0

    def get(self, name: str, default: Json) -> Json:
        """Return a parameter."""
        return self.parameters.get(name, default)


@dataclass(slots=True)
class Faults:
    """The active orders."""

    orders: list[Order] = field(default_factory=list)

    def place(self, placed: Mapping[str, Any]) -> Order:
        """Place an order; raise ValueError if it is invalid."""
        fields = dict(placed)
        endpoint = fields.pop("endpoint", None)
        if endpoint not in ENDPOINTS:
            raise ValueError(f"endpoint must be one of {', '.join(ENDPOINTS)}")
        fault = fields.pop("fault", None)
        known = FAULTS[endpoint]
        if fault not in known:
            raise ValueError(f"fault for {endpoint} must be one of {', '.join(known)}")
        calls = _calls(fields.pop("calls", "first"))
        prompt = fields.pop("prompt", None)
        if prompt is not None and (not isinstance(prompt, str) or endpoint in {"credits", "tasks"}):
            raise ValueError("prompt must be a string, and the endpoint one that is about one task")
        for name, value in fields.items():
            if not _suits(value, known[fault].get(name)):
                raise ValueError(f"{fault} takes {_described(known[fault])}, not {name}={value!r}")
        order = Order(
            len(self.orders) + 1, endpoint, calls, fault, fields, prompt, placed=dict(placed)
        )
        self.orders.append(order)
        return order

    def fire(self, endpoint: str, prompt: str = "") -> Fired:
        """Count a call and return the faults for it."""
        fired = []
        for order in self.orders:
            if order.endpoint != endpoint or (order.prompt or "") not in prompt:
                continue
            order.seen += 1
            if order.calls(order.seen):
                order.fired += 1
                fired.append(order)
        return Fired(fired)

    def clear(self) -> None:
        """Forget every order."""
        self.orders.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Return the orders as they were placed, with their counts."""
        return [
            {"number": each.number, "order": each.placed, "seen": each.seen, "fired": each.fired}
            for each in self.orders
        ]


@dataclass(slots=True)
class Fired:
    """The orders that apply to one call."""

    orders: list[Order]

    @property
    def names(self) -> list[str]:
        """Their faults' names, for the log."""
        return [order.fault for order in self.orders]

    def first(self, *faults: str) -> Order | None:
        """Return the first order of one of these faults."""
        return next((order for order in self.orders if order.fault in faults), None)

    @property
    def wait(self) -> float:
        """Seconds until the call is acted on at all."""
        return sum(float(each.get("seconds", 30)) for each in self._of("hang_before"))

    @property
    def task_delay(self) -> float:
        """Seconds from the (lost) reply until the task exists."""
        return sum(float(each.get("seconds", 5)) for each in self._of("late"))

    def outcome(self) -> TaskOutcome:
        """Return the outcome of the task that this call makes."""
        outcome = TaskOutcome()
        for order in self.orders:
            if order.fault in _TASK_OUTCOMES:
                outcome = replace(outcome, **_TASK_OUTCOMES[order.fault](order))
        return outcome

    def _of(self, fault: str) -> list[Order]:
        return [order for order in self.orders if order.fault == fault]


_TASK_OUTCOMES: dict[str, Callable[[Order], dict[str, Json]]] = {
    "failed": lambda order: {"ending": "failed", "error": order.get("error", "task failed")},
    "canceled": lambda order: {"ending": "canceled"},
    "never": lambda order: {"ending": "never"},
    "unknown_status": lambda order: {"ending": order.get("word", "archived")},
    "no_images": lambda order: {"images": 0},
    "several_images": lambda order: {"images": order.get("count", 3)},
    "unlisted": lambda order: {"listed": False},
    "slow": lambda order: {"latency": float(order.get("seconds", 600))},
}
"""What each fault changes in a task's outcome."""


def _calls(wanted: Json) -> Callable[[int], bool]:
    """Read which calls: ``"all"``, ``"first"``, ``2``, ``[1, 3]``, ``"2-4"``, ``"3-"``."""
    if wanted == "all":
        return lambda _: True
    if wanted == "first":
        wanted = [1]
    if isinstance(wanted, int):
        wanted = [wanted]
    if isinstance(wanted, list) and all(isinstance(each, int) for each in wanted):
        numbers = frozenset(wanted)
        return lambda call: call in numbers
    span = re.fullmatch(r"([0-9]+)-([0-9]*)", wanted) if isinstance(wanted, str) else None
    if span is None:
        raise ValueError('calls must be "all", "first", a number, a list of them, "2-4" or "3-"')
    low = int(span[1])
    high = int(span[2]) if span[2] else None
    return lambda call: low <= call and (high is None or call <= high)


def _suits(value: Json, wanted: Json) -> bool:
    """Return whether a parameter has its type, or is one of its words."""
    if isinstance(wanted, frozenset):
        return isinstance(value, str) and value in wanted
    return wanted is not None and isinstance(value, wanted)


def _described(parameters: Mapping[str, Any]) -> str:
    return ", ".join(parameters) or "no parameters"
