"""The budget of a build, ``max_credits``: what would go over it is not ordered.

It is checked on the reference's prices before anything is ordered, and again before each order, on
what the tasks so far say they cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pbfigure.figure.cost import estimate
from pbfigure.scheduler.errors import OverBudget, OverEstimate
from pbfigure.scheduler.jobs import Order


@dataclass(frozen=True, slots=True)
class Budget:
    """The credits that a build may spend; None: any."""

    limit: float | None

    def refusal_of_all(self, orders: Iterable[Order]) -> OverEstimate | None:
        """Return why none of these is ordered: together they are expected to cost too much."""
        cost = sum(estimate(order.request) for order in orders)
        if self.limit is None or cost <= self.limit:
            return None
        return OverEstimate(
            f"nothing was ordered: the missing figures are expected to cost {cost} credits,"
            f" and max_credits is {self.limit:g}; confirm 'pbfigure make', or raise max_credits"
        )

    def refusal(self, order: Order, *, spent: float) -> OverBudget | None:
        """Return why this order does not fit into what is left."""
        cost = estimate(order.request)
        if self.limit is None or spent + cost <= self.limit:
            return None
        return OverBudget(
            f"not ordered: {spent:g} credits are spent, this figure is expected to cost {cost},"
            f" and max_credits is {self.limit:g}; confirm 'pbfigure make', or raise max_credits"
        )


def cost_of(order: Order, told: float | None) -> float:
    """Return what an order costs: what its task told, or else the reference's price."""
    return estimate(order.request) if told is None else told
