"""The states of a figure, one word for each."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """The state of a figure: the same word in messages, summaries, plans and JSON."""

    PRESENT = "present"
    """It shows its own picture."""
    KEPT = "kept"
    """It shows its own picture, and only the text around it changed since."""
    OUTDATED = "outdated"
    """It shows its last picture until it can have its own."""
    HELD = "held"
    """It would be bought, but a budget or ``on_save`` says wait."""
    PENDING = "pending"
    """It is ordered; the next build fetches it."""
    FAILED = "failed"
    """The service refused it, or failed to draw it."""
    UNKNOWN = "unknown"
    """The answer to its order was lost: ``pbfigure settle``."""
    MISSING = "missing"
    """It has no picture."""
    INVALID = "invalid"
    """The block is not a figure that can be made."""
