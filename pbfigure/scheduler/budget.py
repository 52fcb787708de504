"""The budgets of a build (``max_credits``) and of a project's day (``max_credits_per_day``): an
order that would exceed one is not sent.

They are checked before the first order, by the reference's prices for all of them, and again
before each order, by the cost that the tasks so far report; the day's by the ledger, in which
other builds write too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pbfigure.figure.cost import estimate
from pbfigure.scheduler.errors import OverBudget, OverEstimate
from pbfigure.scheduler.jobs import Order


@dataclass(frozen=True, slots=True)
class Budget:
    """The credits that may be spent; no limit if it is None."""

    limit: float | None
    """By this build."""
    per_day: float | None = None
    """By the project today."""
    spent_today: Callable[[], float] = lambda: 0.0

    def refusal_of_all(self, orders: Iterable[Order]) -> OverEstimate | None:
        """Return the error if all orders together exceed the budget, else None."""
        cost = sum(estimate(order.request) for order in orders)
        why = self._why_not(cost, spent=lambda: 0.0)
        if why is None:
            return None
        return OverEstimate(
            f"nothing was ordered: the missing figures are expected to cost {cost} credits, and"
            f" {why}"
        )

    def refusal(self, order: Order, *, spent: Callable[[], float]) -> OverBudget | None:
        """Return the error if this order exceeds what is left of the budget, else None."""
        cost = estimate(order.request)
        why = self._why_not(cost, spent=spent)
        if why is None:
            return None
        return OverBudget(
            f"not ordered: {spent():.9g} credits are spent, this figure is expected to cost {cost},"
            f" and {why}"
        )

    def _why_not(self, cost: float, *, spent: Callable[[], float]) -> str | None:
        if not cost:
            return None
        if self.limit is not None and spent() + cost > self.limit:
            return f"max_credits is {self.limit:.9g}; confirm 'pbfigure make', or raise max_credits"
        if self.per_day is not None and (today := self.spent_today()) + cost > self.per_day:
            return (
                f"of max_credits_per_day ({self.per_day:.9g}) {today:.9g} are spent today; wait"
                " until tomorrow, or raise max_credits_per_day"
            )
        return None


def cost_of(order: Order, reported: float | None) -> float:
    """Return the cost that the task reports, or else the reference's price."""
    return estimate(order.request) if reported is None else reported
