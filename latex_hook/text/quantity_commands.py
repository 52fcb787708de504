"""Commands of siunitx where they stand in the text, and formulas with quantities in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from latex_hook.text import quantities
from latex_hook.text.environments import ENVIRONMENTS, Kind
from latex_hook.text.quantities import QUANTITIES

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

_IN_FORMULA = re.compile(
    rf"\\(?:(?P<word>{'|'.join(QUANTITIES)})(?![a-zA-Z])|begin\{{(?P<name>\w+)\}}"
    r"|(?:xymatrix|chemfig)(?P<drawing>[^{}]{0,200})(?=\{)"
    r"|(?P<prose>(?:short)?intertext)\s*(?=\{))"
)


def quantity(reader: Reader, word: str, at: int, end: int) -> tuple[str, int] | None:
    """Return what a quantity says, and where it ends; None if it is another package's command."""
    kinds = QUANTITIES[word]
    given = "o" + "".join("o" if kind == "o" else "M" for kind in kinds)
    kept, behind = reader.arguments(given, at, end)
    if any(span is None for span in kept) or not reader.text.startswith("}", behind - 1):
        return None
    values = [reader.text[span.start : span.stop] for span in kept if span is not None]
    said = quantities.quantity(kinds.replace("o", ""), values, reader.agreed.units)
    option = reader.text[at:behind].partition("]")[0].lstrip(" [")
    if word == "unit" and option[:1].isdigit():  # the package units
        said = f"{quantities.number(option)} {said}"
    return said, behind


def in_formula(reader: Reader, start: int, end: int) -> str:
    """Return a formula's source without drawings, its quantities as they are read."""
    pieces: list[str] = []
    at = start
    for match in _IN_FORMULA.finditer(reader.text, start, end):
        begin = match.start()
        if begin < at:
            continue
        said, behind = "", None
        if match["word"]:
            said, behind = quantity(reader, match["word"], match.end(), end) or ("", None)
        elif match["drawing"] is not None or match["prose"]:
            behind = reader.groups.end(match.end())
            if match["prose"] and behind:  # a row of its own
                said = rf"\\\text{reader.text[match.end() : behind]}\\"
        elif (known := ENVIRONMENTS.get(match["name"])) and known.kind is Kind.HIDDEN:
            behind = reader.environments.get(begin)
        if behind is not None and behind <= end:
            pieces += (reader.text[at:begin], said)
            at = behind
    return "".join((*pieces, reader.text[at:end]))


def _quantity(reader: Reader, word: str, at: int, end: int) -> int:
    read = quantity(reader, word, at, end)
    if read is None:
        return reader.skip_space(at, end)
    reader.out.append(read[0])
    return read[1]


QUANTITY_COMMANDS = dict.fromkeys(QUANTITIES, _quantity)
