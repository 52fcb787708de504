r"""Characters that TeX sources write as commands: accents, letters, quotes, dashes.

What is not here pylatexenc's table of symbols knows (``\dag``, ``\textcelsius``, ``\alpha``, …).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

ACCENTS = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    '"': "\u0308",
    "=": "\u0304",
    ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    "d": "\u0323",
    "b": "\u0331",
    "k": "\u0328",
    "r": "\u030a",
    "t": "\u0361",
}
"""Command to combining character."""

LETTERS = {
    **{"SS": "ẞ", "S": "§", "P": "¶", "slash": "/", "textslash": "/", "copyright": "©"},
    **{"pounds": "£", "euro": "€", "EUR": "€", "EURtm": "€", "textquotedbl": '"'},
    **{"dq": '"', "guillemetleft": "«", "guillemetright": "»", "flqq": "«", "frqq": "»"},
    **{"glqq": "„", "grqq": "“", "glq": "‚", "grq": "‘", "flq": "‹", "frq": "›", "lq": "‘"},
    **{"rq": "’", "degree": "°", "degres": "°", "celsius": "°C", "textcelsius": "°C"},
    **{"micro": "µ", "ohm": "Ω", "textohm": "Ω", "perthousand": "‰", "textasciicircum": "^"},
    **{"lbrack": "[", "rbrack": "]", "textunderscore": "_", "textbar": "|", "textless": "<"},
    **{"textgreater": ">", "textbraceleft": "{", "textbraceright": "}", "No": "№"},
    **{"primo": "1º", "no": "nº", "nos": "nº"},
    **{"checkmark": "✓", "cmark": "✓", "xmark": "✗", "Checkmark": "✓", "og": "« "},
    **{"ddag": "‡", "ddagger": "‡"},
}
"""Those that pylatexenc does not know, or knows otherwise."""

WORDS = {
    **{name: name for name in ("LaTeX", "TeX", "XeTeX", "LuaTeX", "XeLaTeX", "LuaLaTeX")},
    **{name: name for name in ("pdfTeX", "pdfLaTeX", "BibTeX", "AmS", "ConTeXt", "METAFONT")},
    **{"LaTeXe": "LaTeX2e", "BibLaTeX": "BibLaTeX", "TikZ": "TikZ", "KOMAScript": "KOMA-Script"},
    **{"aka": "a.k.a.", "and": ", "},
}
"""Names; a space behind such a command stays, though TeX drops it: no word is glued."""

SPACES = {
    **dict.fromkeys((",", ";", ":", " ", "\n", "\t", ">"), " "),
    **dict.fromkeys(("/", "-", "!", "@", "*", "+", "<"), ""),
}
"""Control symbols that are space, or nothing."""

LIGATURES = {
    "---": "—",
    "--": "–",
    "``": "“",
    "''": "”",
    ",,": "„",
    "<<": "«",
    ">>": "»",
    "!`": "¡",
    "?`": "¿",
    "~": " ",
}
QUOTES = {
    "german": ("„", "“", "‚", "‘"),
    "french": ("« ", " »", "“", "”"),
    "russian": ("«", "»", "„", "“"),
}
"""What csquotes sets, outer and inner, where it is not English."""
ENGLISH_QUOTES = ("“", "”", "‘", "’")

_OF_ALL = {
    **{"=": "-", "~": "-", "-": "", "|": "", '"': "", "`": "„", "'": "“", "<": "«", ">": "»"},
}
_GERMAN = {
    **{letter: unicodedata.normalize("NFC", letter + ACCENTS['"']) for letter in "aouAOUeEiI"},
    **{"s": "ß", "z": "ß", "S": "SS", "/": "/", "c": "c", "f": "f", "l": "l", "m": "m", "n": "n"},
    **{"p": "p", "r": "r", "t": "t"},
}
_RUSSIAN = {**dict.fromkeys(("---", "--~", "-- ", "--*"), "—"), ",": " "}
_SHORTHANDS = {"german": {**_OF_ALL, **_GERMAN}, "russian": {**_OF_ALL, **_RUSSIAN}}


def shorthand(language: str, text: str, at: int) -> tuple[str, int] | None:
    """Return what babel's ``"`` at ``at`` and what follows it say in a language, and its end."""
    known = _SHORTHANDS.get(language, {})
    for behind in (at + 4, at + 2):
        if (said := known.get(text[at + 1 : behind])) is not None:
            return said, behind
    return None


def accented(accent: str, base: str) -> str:
    """Return ``base`` with an accent on its first letter."""
    first = {"ı": "i", "ȷ": "j"}.get(base[:1], base[:1])
    if not first.isalpha():
        return base
    return unicodedata.normalize("NFC", first + ACCENTS[accent] + base[1:])


@cache
def symbols() -> dict[str, str]:
    """Return pylatexenc's symbols by command."""
    from pylatexenc.latex2text import get_default_latex_context_db

    specs = get_default_latex_context_db().iter_macro_specs()
    known = ((each.macroname, each.simplify_repl) for each in specs)
    return {
        name: said.replace("\u00a0", " ")
        for name, said in known
        if isinstance(said, str) and _SYMBOL.fullmatch(said)
    }


_SYMBOL = re.compile(r"[^%\s\w]{1,4}|\w{1,2}")
