r"""Commands of siunitx as a reader sees them: ``\SI{5}{\metre\per\second}`` is 5 m/s."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

QUANTITIES = {
    **{"num": "n", "si": "u", "unit": "u", "ang": "a", "SI": "nou", "qty": "nu"},
    **{"numrange": "nn", "numlist": "l", "numproduct": "p", "complexnum": "n"},
    **{"SIrange": "nnu", "qtyrange": "nnu", "SIlist": "lu", "qtylist": "lu", "qtyproduct": "pu"},
    **{"complexqty": "nu", "tablenum": "n"},
}
r"""Commands and their arguments, which all follow an option: ``n`` a number, ``u`` a unit, ``a`` an
angle, ``l`` a list, ``p`` a product, ``o`` an option."""

_PREFIXES = {
    **{"yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n"},
    **{"micro": "µ", "milli": "m", "centi": "c", "deci": "d", "deca": "da", "hecto": "h"},
    **{"kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E"},
    **{"kibi": "Ki", "mebi": "Mi", "gibi": "Gi", "tebi": "Ti"},
}
_UNITS = {
    **{"metre": "m", "meter": "m", "gram": "g", "kilogram": "kg", "second": "s", "ampere": "A"},
    **{"kelvin": "K", "mole": "mol", "candela": "cd", "becquerel": "Bq", "coulomb": "C"},
    **{"farad": "F", "gray": "Gy", "hertz": "Hz", "henry": "H", "joule": "J", "katal": "kat"},
    **{"lumen": "lm", "lux": "lx", "newton": "N", "ohm": "Ω", "pascal": "Pa", "radian": "rad"},
    **{"siemens": "S", "sievert": "Sv", "steradian": "sr", "tesla": "T", "volt": "V"},
    **{"watt": "W", "weber": "Wb", "day": "d", "hour": "h", "minute": "min", "hectare": "ha"},
    **{"litre": "l", "liter": "L", "tonne": "t", "bar": "bar", "electronvolt": "eV"},
    **{"atomicmassunit": "u", "dalton": "Da", "astronomicalunit": "au", "bel": "B"},
    **{"decibel": "dB", "degree": "°", "arcminute": "′", "arcsecond": "″", "percent": "%"},
    **{"degreeCelsius": "°C", "celsius": "°C", "byte": "B", "bit": "bit", "neper": "Np"},
    **{"angstrom": "Å", "mmHg": "mmHg", "knot": "kn", "barn": "b", "parsec": "pc", "euro": "€"},
    **{
        f"u{unit}": f"µ{unit}" for unit in ("g", "m", "s", "mol", "A", "l", "L", "V", "W", "J", "F")
    },
    **{"mohm": "mΩ", "kohm": "kΩ", "Mohm": "MΩ"},
}
_POWERS = {"squared": "²", "cubed": "³", "square": "²", "cubic": "³"}
_UNIT_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]+)|\^?\{(?P<group>[^{}]*)\}|\^(?P<power>-?\d+)|(?P<dot>[.~]|\\,)|(?P<text>[^\\{}^.~\s]+)"
)
RAISED = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")


class _Unit(NamedTuple):
    text: str
    below: bool


def unit(source: str, own: Mapping[str, str]) -> str:
    """Return a unit: what is divided by stands behind a slash."""
    units: list[_Unit] = []
    prefix = power = ""
    per = False
    for match in _UNIT_TOKEN.finditer(source):
        word, group = match["word"], match["group"]
        raised = match["power"] or (group if match[0].startswith("^") else None)
        if word == "per":
            per = True
        elif word in _PREFIXES:
            prefix = _PREFIXES[word]
        elif word in ("square", "cubic"):
            power = _POWERS[word]
        elif word in _POWERS or raised or group is not None:
            said = _POWERS.get(word) or (raised.translate(RAISED) if raised else _behind(group))
            if units:
                text = f"{units[-1].text}{said}".replace("_ ", "_")
                units[-1] = units[-1]._replace(text=text)
        elif word in ("tothe", "raiseto", "of", "highlight", "cancel", "text", "mathrm"):
            continue
        elif not match["dot"]:
            name = own.get(word) or _UNITS.get(word, word) if word else match["text"]
            units.append(_Unit(prefix + name + power, per))
            prefix = power = ""
            per = False
    above = " ".join(each.text for each in units if not each.below)
    below = [each.text for each in units if each.below]
    if not below:
        return above
    if not above:
        return " ".join(map(_inverse, below))
    return f"{above}/{below[0] if len(below) == 1 else '(' + ' '.join(below) + ')'}"


def _inverse(name: str) -> str:
    return f"{name[:-1]}⁻{name[-1]}" if name[-1:] in ("²", "³") else f"{name}⁻¹"


def _behind(group: str) -> str:
    """Return what a group behind a unit adds to it: a power, or what the unit is of."""
    group = group.strip()
    return group.translate(RAISED) if re.fullmatch(r"[-+]?\d+", group) else f" {group}"


def number(source: str) -> str:
    """Return a number: powers of ten and signs as they are printed."""
    said = " ".join(source.replace(r"\pm", "±").replace("+-", "±").replace(r"\cdot", "×").split())
    said = re.sub(r"\s*±\s*", " ± ", said)
    said = re.sub(r"(?<=\d)\s*[x×]\s*(?=\d)", " × ", said)
    said = re.sub(
        r"\s*[eEdD]([-+]?)(\d+)",
        lambda match: f" × 10{(match[1].strip('+') + match[2]).translate(RAISED)}",
        said,
    )
    return re.sub(r"\\(?:,|;|:|!| )|[{}]", "", said).strip()


def angle(source: str) -> str:
    """Return an angle of degrees, minutes and seconds."""
    parts = zip(source.split(";"), "°′″", strict=False)
    return " ".join(f"{number(part)}{sign}" for part, sign in parts if part.strip())


def _said(kinds: str, values: list[str], own: Mapping[str, str]) -> str:
    """Return what a command says; ``values`` are the arguments that ``kinds`` names,
    ``own`` the document's units."""
    numbers: list[str] = []
    said = ""
    for kind, value in zip(kinds, values, strict=False):
        if kind == "u":
            said = unit(value, own)
        elif kind == "a":
            numbers.append(angle(value))
        elif kind == "l":
            numbers.append(", ".join(number(each) for each in value.split(";")))
        elif kind in "np":
            numbers.append(number(value))
    space = "" if said[:1] in ("°", "′", "″") and said[:2] != "°C" else " "
    joined = "–".join(numbers)
    return f"{joined}{space}{said}" if joined and said else joined or said


def quantity(reader: Reader, word: str, at: int, end: int) -> tuple[str, int] | None:
    """Return what a quantity says, and where it ends; None if it is another package's command."""
    kinds = QUANTITIES[word]
    given = "o" + "".join("o" if kind == "o" else "M" for kind in kinds)
    kept, behind = reader.arguments(given, at, end)
    if any(span is None for span in kept) or not reader.text.startswith("}", behind - 1):
        return None
    values = [reader.text[span.start : span.stop] for span in kept if span is not None]
    said = _said(kinds.replace("o", ""), values, reader.agreed.units)
    option = reader.text[at:behind].partition("]")[0].lstrip(" [")
    if word == "unit" and option[:1].isdigit():  # the package units
        said = f"{number(option)} {said}"
    return said, behind


def _quantity(reader: Reader, word: str, at: int, end: int) -> int:
    read = quantity(reader, word, at, end)
    if read is None:
        return reader.skip_space(at, end)
    reader.out.append(read[0])
    return read[1]


QUANTITY_COMMANDS = dict.fromkeys(QUANTITIES, _quantity)
