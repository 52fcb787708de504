"""Waits for what is observed, never for a time: a busy machine only makes it take longer."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT = 240.0
"""Seconds after which a condition that does not come true is a failure on any machine."""


def wait_for(condition: Callable[[], object], said: Callable[[], str] = str) -> None:
    """Return as soon as a condition holds; a failure shows what was ``said`` meanwhile."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {said()}"
        time.sleep(0.02)
