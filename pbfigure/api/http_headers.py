"""Reads the headers ``Date`` and ``Retry-After``.

The scheduler honours the latter, with a margin (:mod:`pbfigure.scheduler.retry_wait`).
"""

from __future__ import annotations

import datetime
import email.utils
import re
import time
from collections.abc import Mapping

LONGEST = 1e9
"""Seconds: 30 years; a longer wait says no more."""


def http_date(value: str | None) -> float | None:
    """Return an HTTP date as seconds since the epoch, or None if it cannot be read."""
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
        if moment.tzinfo is None:  # "-0000": UTC from a clock without a time zone
            moment = moment.replace(tzinfo=datetime.UTC)
        return moment.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after(value: str | None, headers: Mapping[str, str]) -> float | None:
    """Return a Retry-After header, seconds or a date by the server's own clock, as seconds."""
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]+\s*", value):
        return min(float(value), LONGEST)
    moment = http_date(value)
    if moment is None:
        return None
    now = http_date(headers.get("Date"))
    return min(max(0.0, moment - (time.time() if now is None else now)), LONGEST)
