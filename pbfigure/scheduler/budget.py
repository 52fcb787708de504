"""The budget of a build, ``max_credits``: an order that would exceed it is not sent.

It is checked before the first order, by the reference's prices for all of them, and again before
each order, by the cost that the tasks so far report.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pbfigure.figure.cost import estimate
from pbfigure.scheduler.errors import OverBudget, OverEstimate
from pbfigure.scheduler.jobs import Order


@dataclass(frozen=True, slots=True)
class Budget:
    """The credits that a build may spend; no limit if it is None."""

    limit: float | None

    def refusal_of_all(self, orders: Iterable[Order]) -> OverEstimate | None:
        """Return the error if all orders together exceed the budget, else None."""
        cost = sum(estimate(order.request) for order in orders)
        if self.limit is None or cost <= self.limit:
            return None
        return OverEstimate(
            f"nothing was ordered: the missing figures are expected to cost {cost} credits,"
            f" and max_credits is {self.limit:g}"
        )

    def refusal(self, order: Order, *, spent: float) -> OverBudget | None:
        """Return the error if this order exceeds what is left of the budget, else None."""
        cost = estimate(order.request)
        if self.limit is None or spent + cost <= self.limit:
            return None
        return OverBudget(
            f"not ordered: {spent:g} credits are spent, this figure is expected to cost {cost},"
            f" and max_credits is {self.limit:g}"
        )


def cost_of(order: Order, reported: float | None) -> float:
    """Return the cost that the task reports, or else the reference's price."""
    return estimate(order.request) if reported is None else reported
