r"""Documents that a tool derives from another one, whose figures they show.

latexdiff marks the differences of two versions in a third, and AUCTeX writes a region of a
document, with the preamble, into ``_region_.tex``. Both name the document in their first lines.
"""

from __future__ import annotations

import re
from pathlib import Path

from latex_hook.tex_figures import TexFigure

HEAD = 16_384
"""Bytes in which a tool names the document; AUCTeX does behind its preamble's first line."""
_NAMED = re.compile(
    rb"^%DIF ADD (?P<new>\S+)|\\message\{ ?!name\((?P<region>[^()\r\n]+)\)", re.MULTILINE
)


def original_of(main: Path) -> str:
    """Return the name, without ending, of the document that this is derived from, or nothing."""
    try:
        with main.open("rb") as file:
            match = _NAMED.search(file.read(HEAD))
    except OSError:
        return ""
    name = (match["new"] or match["region"]).decode("utf-8", "replace") if match else ""
    stem = Path(name).stem
    return "" if stem == main.stem else stem


def without_text_change(figure: TexFigure) -> TexFigure:
    """Return a figure whose picture stays: its text is another document's, changed."""
    options = {k: v for k, v in figure.block.options.items() if k != "on-text-change"}
    return figure._replace(block=figure.block._replace(options=options))
