r"""How a document shows a figure, as written: the caption of its float, and graphicx's sizes.

It is shown in a review of the figure. Nothing depends on it: what is unreadable is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import attrgetter

from latex_hook.sources.scan import Scan
from latex_hook.sources.tokens import split_items, without_comments

_FAR = 5_000
"""Characters around a call in which its float begins and ends."""
_SIZES = ("width", "height", "scale")
_BEGIN = re.compile(r"\\begin\s*\{(\w{0,20}figure\*?|SCfigure\*?|figwindow)\}")
_CAPTION = re.compile(r"\\(?:caption\*?|captionof\s*\{\w{1,20}\})\s*(?:\[[^\]]{0,500}\])?\s*(?=\{)")


def shown(scan: Scan, at: int) -> dict[str, str]:
    """Return ``caption``, ``width``, ``height`` and ``scale`` of the figure at an offset."""
    found: dict[str, str] = {}
    number = bisect_left(scan.calls, at, key=attrgetter("start"))
    if number < len(scan.calls) and scan.calls[number].start == at:
        for item in split_items(without_comments(scan.calls[number].keys)):
            name, _, value = item.partition("=")
            if name.strip() in _SIZES and value.strip():
                found[name.strip()] = value.strip().strip("{}")
    if caption := _caption(scan, at):
        found["caption"] = caption
    return found


def _caption(scan: Scan, at: int) -> str:
    masked, groups = scan.document.masked, scan.document.groups
    begins = list(_BEGIN.finditer(masked, max(0, at - _FAR), at))
    if not begins:
        return ""
    end = masked.find(f"\\end{{{begins[-1][1]}}}", begins[-1].end(), at + _FAR)
    if end < at:
        return ""  # that float is closed before the figure
    match = _CAPTION.search(masked, begins[-1].end(), end)
    argument = groups.argument(match.end()) if match else None
    if argument is None:
        return ""
    return " ".join(
        without_comments(scan.document.source[argument[0] + 1 : argument[1] - 1]).split()
    )
