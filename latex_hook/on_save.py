"""Whether a save buys: under ``latexmk -pvc``, the setting ``on_save`` holds new figures.

latexmk's rule tells a save from the first round, which buys (``Run.saved``).
"""

from __future__ import annotations

from pathlib import Path


def reason_to_hold(main: Path, on_save: str, *, saved: bool) -> str | None:
    """Return why a run for the document ``main`` buys nothing, or None if it may buy."""
    if not saved or on_save != "hold":
        return None
    return f"a save buys nothing (on_save = hold): run 'pbfigure make {main.name}' to have it made"
