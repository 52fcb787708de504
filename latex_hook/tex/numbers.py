r"""The numbers of figures as TeX printed them the last time, from the ``.aux`` file.

A labelled float's is that of its ``\label``; any other's is there if the document sets
``\pbfigurelist``.
"""

from __future__ import annotations

import re
from pathlib import Path

from latex_hook.tex.request_file import TexRequest
from pbfigure.store.files import read_bounded

AUX_LIMIT = 64 * 1024 * 1024
_LABEL = re.compile(r"^\\newlabel ?\{([^{}]*)\}\{\{([^{}]*)\}", re.MULTILINE)
_PLACE = re.compile(
    r"^\\pbplace ?\{([^{}]*)/([0-9A-F]{32})\}\{([^{}]*)\}\{([^{}]*)\}$", re.MULTILINE
)


class Numbers:
    """What the ``.aux`` file of a document's last run says; nothing if there is none."""

    def __init__(self, aux: Path) -> None:
        try:
            text = read_bounded(aux, limit=AUX_LIMIT).decode("utf-8", "replace")
        except OSError:
            text = ""
        self._labels = dict(_LABEL.findall(text))
        self.places = {
            (id_, md5): (number, page) for id_, md5, page, number in _PLACE.findall(text)
        }
        """By id and MD5 of a call, the figure's number and page."""

    def of(self, asked: TexRequest) -> str:
        """Return a figure's number; empty if it is not known."""
        return self._labels.get(asked.label) or self.places.get((asked.id, asked.md5), ("",))[0]
