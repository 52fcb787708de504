"""The team's balance, which a plan shows beside its cost."""

from __future__ import annotations

from contextlib import closing

from pbfigure.documents.plan import Plan
from pbfigure.figure.notice import FigureError

BALANCE_SECONDS = 5.0
"""How long the service may take to tell the balance; a plan does without."""


def balance_for(plan: Plan, *, online: bool = False) -> float | None:
    """Return the credits that are left, or None: nothing is bought, no key, or no answer.

    A project whose mode is not generate is asked about only if its user goes ``online`` anyway.
    """
    paying = [each for each in plan.documents if plan.cost_of(each)]
    modes = {each.project.settings.mode for each in paying}
    if not paying or (not online and modes != {"generate"}):
        return None
    try:
        with closing(paying[0].project.client(read_timeout=BALANCE_SECONDS)) as client:
            return client.credits()
    except FigureError:  # no key, or no answer
        return None
