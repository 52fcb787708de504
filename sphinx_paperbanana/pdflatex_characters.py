"""A prompt in a document for pdfLaTeX, which stops at a character that its fonts do not have.

TeX itself is asked: a character that it can set is defined, under a name that begins with ``u8:``.
Any other is set as the formula that stands for it (a Greek letter, a relation), or as "?".
"""

from __future__ import annotations

import re
import unicodedata

from docutils import nodes
from sphinx.util.texescape import escape


def typeset(text: str) -> list[nodes.Node]:
    """Return the nodes of a text; what is not ASCII is raw LaTeX that pdfLaTeX can check."""
    pieces = re.split(r"([^\x00-\x7f]+)", unicodedata.normalize("NFC", text))
    return [
        nodes.Text(piece)
        if piece.isascii()
        else nodes.raw("", "".join(map(_character, piece)), format="latex")
        for piece in pieces
        if piece
    ]


def _character(character: str) -> str:
    escaped = escape(character, "pdflatex")
    if escaped != character:
        return escaped
    if unicodedata.category(character) in ("Cf", "Mn", "Cn", "Co"):
        return ""  # it joins or changes its neighbours, and is nothing by itself
    name = rf"u8:\detokenize{{{character}}}"
    return rf"\ifcsname {name}\endcsname {character}\else {_instead(character)}\fi{{}}"


def _instead(character: str) -> str:
    from pylatexenc.latexencode import get_builtin_uni2latex_dict

    formula = get_builtin_uni2latex_dict().get(ord(character), "")
    match = re.fullmatch(r"\\ensuremath\{(\\[a-zA-Z]+)\}", formula)
    return rf"\ifdefined{match[1]} {formula}\else ?\fi" if match else "?"
