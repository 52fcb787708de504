"""The expected cost of a request in credits; its task reports the real cost."""

from __future__ import annotations

from pbfigure.figure.options import PIPELINE
from pbfigure.figure.request import Request
from pbfigure.figure.request_summary import Workload

STANDARD_CREDITS = {
    "nano-banana-pro": {"1K": 10, "2K": 20, "4K": 40},
    "nano-banana-2": {"1K": 5, "2K": 10, "4K": 20},
}
"""Credits by model and resolution (API reference, Credit Costs, Standard Mode)."""
PIPELINE_CREDITS = {"1K": 6, "2K": 12, "4K": 24}
"""Credits by resolution: 6 at 1K, times 1, 2, 4 (API reference, Credit Costs, Pipeline Mode)."""


def estimate(request: Request) -> int:
    """Return the credits that the API reference's table gives for ``request``."""
    return estimate_of(Workload(request.type, request.model, request.resolution))


def estimate_of(work: Workload) -> int:
    """Return the same for what was ordered; 0 if the table lacks it."""
    prices = STANDARD_CREDITS.get(work.model or "", {})
    prices = PIPELINE_CREDITS if work.type == PIPELINE else prices
    return prices.get(work.resolution or "", 0)
