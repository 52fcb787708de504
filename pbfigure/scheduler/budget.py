"""What may be spent: by a build (``max_credits``), and by a project in a day.

It is checked before the first order, by the reference's prices for all of them, and again before
each order, by the cost that the tasks so far report; the day's by the ledger, in which other builds
write too.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pbfigure.figure.cost import estimate
from pbfigure.scheduler.errors import OverBudget, OverEstimate
from pbfigure.scheduler.jobs import Limits, Order
from pbfigure.store.ledger import Ledger


def spent_today(ledger: Ledger, project: str, api: str) -> float:
    """Return the credits that a project has ordered for since midnight, at one service.

    Raises :exc:`StateUnavailable` if the ledger cannot be read.
    """
    midnight = datetime.datetime.now().astimezone().replace(hour=0, minute=0, second=0)
    return ledger.spent(project, api, midnight.replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class Budget:
    """What this build may spend, and its project today."""

    limits: Limits
    spent_today: Callable[[], float]

    def refusal_of_all(self, orders: Iterable[Order]) -> OverEstimate | None:
        """Return the error if all orders together exceed the budget, else None."""
        cost = sum(estimate(order.request) for order in orders)
        why = self._why_not(cost, 0.0)
        if why is None:
            return None
        return OverEstimate(
            f"nothing was ordered: the missing figures are expected to cost {cost} credits, and"
            f" {why}"
        )

    def refusal(self, order: Order, spent: float) -> OverBudget | None:
        """Return the error if this order exceeds what is left of the budget, else None."""
        cost = estimate(order.request)
        why = self._why_not(cost, spent)
        if why is None:
            return None
        return OverBudget(
            f"not ordered: {spent:.9g} credits are spent, this figure is expected to cost {cost},"
            f" and {why}"
        )

    def _why_not(self, cost: float, spent: float) -> str | None:
        limit, per_day = self.limits.max_credits, self.limits.max_credits_per_day
        if not cost:
            return None
        if limit is not None and spent + cost > limit:
            return f"max_credits is {limit:.9g}; confirm 'pbfigure make', or raise max_credits"
        if per_day is not None and (today := self.spent_today()) + cost > per_day:
            return (
                f"of max_credits_per_day ({per_day:.9g}) {today:.9g} are spent today; wait until"
                " tomorrow, or raise max_credits_per_day"
            )
        return None
