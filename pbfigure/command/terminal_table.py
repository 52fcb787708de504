"""Tables that fit the terminal: columns are left out, and what may be cut is cut; an id never is.

Columns come in the order of their place; the one with the lowest rank goes first where there is no
room. Those that a reader cannot do without have no rank: where even they do not fit into one line,
the last of them go on the next.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pbfigure.command.output import print_line
from pbfigure.figure.notice import printable
from pbfigure.figure.wording import wrapped

GAP = "  "
LEAST = 30
"""Characters of a text that are worth showing."""


class Column(NamedTuple):
    """One column of a table."""

    name: str
    rank: int | None = None
    """The lowest goes first; None: it never goes."""
    cut: bool = False
    """Whether it is a text that may be cut."""
    right: bool = False
    """Whether it is a number."""


def width() -> int:
    """Return the characters of a line: of the terminal (or ``COLUMNS``), and 80 without one."""
    return shutil.get_terminal_size((80, 24)).columns


def print_columns(columns: Sequence[Column], rows: Sequence[Mapping[str, str]]) -> None:
    """Print a table of rows by column name; columns without any value are left out."""
    room = width()
    cells = [{name: _plain(text) for name, text in row.items()} for row in rows]
    shown = [column for column in columns if any(row.get(column.name) for row in cells)]
    widths = {column.name: _widest(column, cells) for column in shown}
    least = {c.name: min(widths[c.name], LEAST) if c.cut else widths[c.name] for c in shown}
    beside, below = shown, list[Column]()
    while len(beside) > 1 and _total(least[c.name] for c in beside) > room:
        ranked = [column for column in beside if column.rank is not None]
        if ranked:
            beside.remove(min(ranked, key=lambda column: column.rank or 0))
        else:
            below.insert(0, beside.pop())
    for name in (column.name for column in beside if column.cut):
        over = _total(widths[c.name] for c in beside) - room
        widths[name] = max(least[name], widths[name] - max(0, over))
    header = {column.name: column.name for column in columns}
    for row in (header, *cells):
        print_line(_line(beside, row, widths))
        # on lines of its own nothing is aligned
        rest = GAP.join(filter(None, (row.get(column.name, "") for column in below)))
        if rest:
            print_wrapped(rest, first=GAP)


def print_wrapped(text: str, indent: str = GAP, *, first: str = "") -> None:
    """Print a text in lines that fit, each but the first after an indent; no word, path or id is
    broken.
    """
    for line in wrapped(printable(text), max(width(), LEAST), indent, first):
        print_line(line)


def cut(text: str, room: int) -> str:
    """Return the beginning of a text, cut between two words if it has short ones."""
    from rich.cells import set_cell_size

    cut = set_cell_size(text, room - 1)
    whole = cut.rstrip() if text[len(cut) : len(cut) + 1] == " " else cut.rpartition(" ")[0]
    return (whole if _length(whole) > room // 2 else cut.rstrip()) + "…"


def _plain(text: str) -> str:
    return " ".join(printable(text).split())


def _length(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _widest(column: Column, cells: Sequence[Mapping[str, str]]) -> int:
    return max(
        _length(text) for text in (column.name, *(row.get(column.name, "") for row in cells))
    )


def _total(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + len(GAP) * (len(listed) - 1)


def _line(columns: Sequence[Column], row: Mapping[str, str], widths: Mapping[str, int]) -> str:
    parts = []
    for column in columns:
        text = row.get(column.name, "")
        if _length(text) > widths[column.name]:
            text = cut(text, widths[column.name])
        padding = " " * (widths[column.name] - _length(text))
        parts.append(padding + text if column.right else text + padding)
    return GAP.join(parts).rstrip()
