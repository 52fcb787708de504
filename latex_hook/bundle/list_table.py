r"""The table of figures in a bundle: what ``\pbfigurelist`` set, with every word written out.

The rows are those of the last run of TeX: it noted each figure's page and number in the .aux file.
They are set by a copy of the style's own lines, so that the table looks as it did.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from latex_hook.tex.numbers import Numbers
from latex_hook.tex.picture_map import MapEntry

_SYMBOLS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def list_table(aux: Path, entries: Mapping[tuple[str, str], MapEntry]) -> str:
    r"""Return the rows of the table as an argument of ``\pbfigurerows``, and the sum of credits."""
    rows: list[str] = []
    paid: dict[str, float] = {}
    for key, (number, page) in Numbers(aux).places.items():
        entry = entries.get(key)
        if entry is None or not entry.file:
            prompt = entry.prompt if entry else ""
            rows.append(_row(number, page, prompt, "missing", ""))
            continue
        first = entry.file not in paid
        paid[entry.file] = _credits(entry.credits)
        detail = f"{entry.model}, {entry.date}"
        rows.append(_row(number, page, entry.prompt, detail, entry.credits if first else ""))
    return f"\\pbfigurerows{{%\n{''.join(rows)}}}{{{sum(paid.values()):g}}}"


def _credits(text: str) -> float:
    """Return the credits of an entry; 0 if it names none: the map may be anyone's."""
    return float(text) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) else 0.0


def _row(number: str, page: str, prompt: str, detail: str, credits: str) -> str:
    text = rf"{_typeset(prompt)}\pbfiguredetail{{{_typeset(detail)}}}"
    return f"\\pbfigurerow{{{number}}}{{{page}}}{{{text}}}{{{credits}}}%\n"


def _typeset(text: str) -> str:
    """Return text as plain LaTeX typesets it."""

    def character(match: re.Match[str]) -> str:
        char = match[0]
        return rf"\pbfigurechar{{{char}}}" if ord(char) > 0x7F else _SYMBOLS.get(char, f"\\{char}")

    return re.sub(r"[\\~^#$%&_{}]|[^ -~]", character, text)


def table_commands() -> str:
    """Return the style's own lines that set the table."""
    style = (resources.files("latex_hook.tex") / "paperbanana.sty").read_text("utf-8")
    lines = style.partition("%> table\n")[2].partition("%< table\n")[0]
    return f"\\ExplSyntaxOn\n{lines}\\ExplSyntaxOff\n"
