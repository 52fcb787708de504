r"""Documents that a tool derived from another one, whose figures they show.

latexdiff marks the differences of two versions of a document in a third; AUCTeX writes a region of
a document, with the preamble, into ``_region_.tex``. Both name the document in their first lines.
"""

from __future__ import annotations

import re
from pathlib import Path

HEAD = 16_384
"""Bytes in which a tool names the document; AUCTeX does behind its preamble's first line."""
_NAMED = re.compile(
    rb"^%DIF ADD (?P<new>\S+)|\\message\{ ?!name\((?P<region>[^()\r\n]+)\)", re.MULTILINE
)


def original_of(main: Path) -> str:
    """Return the name, without ending, of what ``main`` is derived from; or nothing."""
    try:
        with main.open("rb") as file:
            match = _NAMED.search(file.read(HEAD))
    except OSError:
        return ""
    if match is None:
        return ""
    name = (match["new"] or match["region"]).decode("utf-8", "replace")
    stem = Path(name).stem
    return "" if stem == main.stem else stem
