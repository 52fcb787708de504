"""Paragraphs of what was read: white space folded, the holes of unknown numbers closed."""

from __future__ import annotations

import re

from latex_hook.text.private_use import BREAK, FORMULA, HIDDEN, INDENT, PARAGRAPH

_LINKS = r"(?:[,;] )?(?:[,;&–-]|and|und|et|y|e|i|a|to|bis|or|oder)"
_SEE = r"see|cf\.|e\.g\.|vgl\.|siehe|voir|véase|zob\.|viz|см\.|also|auch|in|,"
_HIDDEN = (
    # references to several things are one
    (re.compile(rf"§§? ?{HIDDEN}"), HIDDEN),
    (re.compile(rf"{HIDDEN}(?: ?(?:{_LINKS})? ?{HIDDEN})+"), HIDDEN),
    (re.compile(rf"{HIDDEN}['’]s\b"), HIDDEN),
    (re.compile(rf"\. ?{HIDDEN} ?(?=\.)"), ""),
    (re.compile(rf"[,;:] ?{HIDDEN} ?(?=[.;:])"), ""),
    # brackets with nothing else in them go
    (
        re.compile(
            rf" ?[(\[] ?(?:(?:{_SEE}) ?)*"
            rf"{HIDDEN}[ ,;.]*[)\]]"
        ),
        "",
    ),
    (re.compile(rf"([(\[]) ?{HIDDEN} ?[,;:]? ?"), r"\1"),
    (re.compile(rf" ?[,;:]? ?{HIDDEN} ?(?=[)\]])"), ""),
    (re.compile(rf" ?{HIDDEN}(?= ?[.,;:!?])"), ""),
)


_WHITE = re.compile(r"[ \t\n\xa0]+")
_IDEOGRAPH = "[\u3000-\u30ff\u3400-\u9fff\uff00-\uff60]"
_IDEOGRAPHS = re.compile(f"(?<={_IDEOGRAPH}) (?={_IDEOGRAPH})")
"""Space that is none where words are not written apart."""
_LABEL = re.compile(
    rf"([{BREAK}{PARAGRAPH}]{INDENT}*(?:-|[0-9]+\.) )[ \n{BREAK}{PARAGRAPH}]+"
    rf"(?!{INDENT}*(?:-|[0-9]+\.) )"
)
"""The bullet or number of an item whose text begins on another line."""
_RULE = re.compile(r"[| ]*")
"""A row of a table without cells."""


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text with marks in it."""
    text = _LABEL.sub(r"\1", text)
    found = (_tidied(piece) for piece in text.split(PARAGRAPH))
    return [piece for piece in found if piece]


def _tidied(text: str) -> str:
    parts = text.split(FORMULA)
    for number in range(0, len(parts), 2):  # what is between formulas
        parts[number] = _WHITE.sub(" ", parts[number])
    text = "".join(parts)
    if HIDDEN in text:
        for pattern, instead in _HIDDEN:
            text = pattern.sub(instead, text)
        text = _WHITE.sub(" ", text.replace(HIDDEN, ""))
    text = _IDEOGRAPHS.sub("", text)
    lines = (_line(line) for line in text.split(BREAK))
    return "\n".join(line for line in lines if line.strip())


def _line(line: str) -> str:
    said = line.strip()
    depth = len(said) - len(said.lstrip(INDENT))
    said = said[depth:].replace(INDENT, "").strip()
    return "" if _RULE.fullmatch(said) else "  " * depth + said
