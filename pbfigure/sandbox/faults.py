"""Faults that a test orders: which calls fail, and how.

An order (:mod:`pbfigure.sandbox.fault_rules`) names an endpoint, which of its calls it is for and
a fault with its parameters::

    {"endpoint": "generate", "calls": [1, 3], "fault": "status", "status": 503, "retry_after": 7}

Calls are counted for each order from 1 since it was placed, if they passed the rate limits and
authentication: a 429 never uses up an order. Several orders may apply to one call; they then work
together, in the order they were placed.

:mod:`pbfigure.sandbox.spoiled_answers` applies them to answers and pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pbfigure.sandbox.exchange import Json
from pbfigure.sandbox.fault_rules import problems
from pbfigure.sandbox.tasks import TaskOutcome


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
        if found := list(problems(placed)):
            raise ValueError("; ".join(found))
        fields = {name: value for name, value in placed.items() if name != "comment"}
        endpoint, fault = fields.pop("endpoint"), fields.pop("fault")
        calls, prompt = _calls(fields.pop("calls", "first")), fields.pop("prompt", None)
        order = Order(
            len(self.orders) + 1, endpoint, calls, fault, fields, prompt, placed=dict(placed)
        )
        self.orders.append(order)
        return order

    def fire(self, endpoint: str, prompt: str) -> Fired:
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
    if isinstance(wanted, str) and "-" in wanted:
        low, _, high = wanted.partition("-")
        return lambda call: int(low) <= call <= int(high or call)
    numbers = {1} if wanted == "first" else {*(wanted if isinstance(wanted, list) else [wanted])}
    return lambda call: call in numbers
