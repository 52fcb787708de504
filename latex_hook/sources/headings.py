"""What a heading is: LaTeX's sectioning commands, and those that a document defines itself.

``scan`` finds them in the sources; ``locate`` compares them with those that TeX reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from latex_hook.sources.definitions import Definition

HEADINGS = {
    "part": -1,
    "addpart": -1,
    "chapter": 0,
    "addchap": 0,
    "section": 1,
    "addsec": 1,
    "subsection": 2,
    "subsubsection": 3,
}
"""Sectioning commands, and their depth. A title of a beamer frame is none: the section goes on."""
_STARTED = re.compile(r"\s*\\@startsection\s*\{[^{}]{0,60}\}\s*\{\s*(-?[0-9])\s*\}")
_CLASSES = re.compile(
    r"\\DeclareNewSectionCommand\s*\[[^\]]{0,2000}?\blevel\s*=\s*\{?(?P<level>-?[0-9])\b[^\]]{0,2000}\]"
    r"\s*\{(?P<koma>[A-Za-z]{1,60})\}"
    r"|\\titleclass\s*\{\\(?P<titlesec>[A-Za-z]{1,60})\}\s*\{[a-z]{1,20}\}\s*\[\\(?P<above>[A-Za-z]{1,60})\]"
)


class Heading(NamedTuple):
    """A sectioning command."""

    start: int
    level: int
    end: int
    """Behind its title."""
    command: str
    title: str
    """As written."""


def own_headings(masked: str, definitions: Mapping[str, Definition]) -> dict[str, int]:
    """Return a document's own sectioning commands, and their depth: other names of LaTeX's, and
    those that it builds from nothing.
    """
    bodies = {name: definition.macro.body.strip()[1:] for name, definition in definitions.items()}
    same = {name: HEADINGS[command] for name, command in bodies.items() if command in HEADINGS}
    found = {}
    for definition in definitions.values():
        if started := _STARTED.match(definition.macro.body):
            found[definition.macro.name] = int(started[1])
    for match in _CLASSES.finditer(masked):
        if match["koma"]:
            found[match["koma"]] = int(match["level"])
        else:
            found[match["titlesec"]] = {**HEADINGS, **found}.get(match["above"], 0) + 1
    built = {name: level for name, level in found.items() if name not in HEADINGS and level <= 3}
    return same | built
