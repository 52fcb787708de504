r"""A small, stable rule for what TeX's purification leaves in a prompt: quotes, dashes and ties.

Keys depend on it: a figure with the same words has one key in LaTeX and Sphinx. Mathematics stays
as it is written; a single ``'`` stays an apostrophe.
"""

from __future__ import annotations

import re
import unicodedata

_SAID = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "~": " "}
_TOKEN = re.compile(
    r"\\\(.*?\\\)|\\\[.*?\\\]|\\.|\$\$[^$]*\$\$|\$[^$]*\$|---?|``|''|`|~", re.DOTALL
)


def plain_text(source: str) -> str:
    """Return the text that a piece of source without commands says."""
    text = _TOKEN.sub(lambda match: _SAID.get(match[0], match[0]), source)
    return unicodedata.normalize("NFC", text).strip()
