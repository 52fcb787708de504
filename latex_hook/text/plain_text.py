r"""A small, stable rule that turns the source of a prompt or ``pbcontext`` into plain text.

Keys depend on it, so it is our own and changes with a key version only: a figure with explicit
text has one key in LaTeX and Sphinx, and no other library's upgrade can touch it. The rule: escapes
(``\%``), ties, accents, the named letters, dashes, doubled quotes and the common font commands are
read; braces go; mathematics and every other command stay as they are written. A single ``'`` stays
an apostrophe, as authors type it elsewhere.
"""

from __future__ import annotations

import re
import unicodedata

from latex_hook.sources.tokens import group_end, option_end

_ACCENTS = {
    "`": "̀",
    "'": "́",
    "^": "̂",
    "~": "̃",
    '"': "̈",
    "=": "̄",
    ".": "̇",
    "u": "̆",
    "v": "̌",
    "H": "̋",
    "c": "̧",
    "d": "̣",
    "b": "̱",
    "k": "̨",
    "r": "̊",
}

_LETTERS = {
    "ss": "ß",
    "ae": "æ",
    "AE": "Æ",
    "oe": "œ",
    "OE": "Œ",
    "o": "ø",
    "O": "Ø",
    "aa": "å",
    "AA": "Å",
    "l": "ł",
    "L": "Ł",
    "i": "ı",
    "j": "ȷ",
    "dh": "ð",
    "DH": "Ð",
    "th": "þ",
    "TH": "Þ",
    "dots": "…",
    "ldots": "…",
    "textellipsis": "…",
    "S": "§",
    "P": "¶",
    "copyright": "©",
    "pounds": "£",
    "euro": "€",
    "texteuro": "€",
    "textendash": "–",
    "textemdash": "—",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquotedbl": '"',
    "guillemotleft": "«",
    "guillemotright": "»",
    "textdegree": "°",
    "textmu": "µ",
    "textpm": "±",
    "texttimes": "×",
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textunderscore": "_",
    "textbar": "|",
    "textless": "<",
    "textgreater": ">",
    "textbraceleft": "{",
    "textbraceright": "}",
    "slash": "/",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "par": "\n\n",
    "newline": "\n",
    "quad": " ",
    "qquad": " ",
    "space": " ",
    "enspace": " ",
    "thinspace": " ",
    "noindent": "",
    "indent": "",
    "relax": "",
    "protect": "",
}

_TRANSPARENT = frozenset(
    (
        *("emph", "textbf", "textit", "textsl", "textsc", "texttt", "textrm", "textsf", "textup"),
        *("textmd", "textnormal", "text", "mbox", "underline", "url", "path", "uline"),
        *("textsubscript", "textsuperscript"),
    )
)
_SYMBOLS = {"\\": "\n", ",": " ", ";": " ", ":": " ", " ": " ", "/": "", "-": "", "!": "", "@": ""}
_MARKS = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "~": " "}
"""What else is more than a letter; comments and braces are nothing."""
_TOKEN = re.compile(
    r"""
      \\(?P<word>[a-zA-Z]+)\*?(?:[ \t]*\n[ \t]*|[ \t]+)?
    | \\(?P<symbol>.)
    | (?P<comment>%[^\n]*(?:\n[ \t]*|\Z))
    | (?P<maths>(?<!\\)\$\$?[^$]*\$\$?)
    | (?P<dash>---?)
    | (?P<quote>``|''|`)
    | (?P<tie>~)
    | (?P<brace>[{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_BASE = re.compile(
    r"[ \t]*(?:\n[ \t]*)?(?:\{[ ]*(\\[ij]|[^\W\d_])?[ ]*\}|(\\[ij](?![a-zA-Z])|[^\W\d_]))"
)


def plain_text(source: str) -> str:
    """Return the text that a piece of source, as its author typed it, says."""
    pieces: list[str] = []
    at = 0
    while match := _TOKEN.search(source, at):
        pieces.append(source[at : match.start()])
        text, at = _read(source, match)
        pieces.append(text)
    pieces.append(source[at:])
    return unicodedata.normalize("NFC", "".join(pieces)).strip()


def _read(source: str, match: re.Match[str]) -> tuple[str, int]:
    """Return what a token says, and the offset from which to go on."""
    end = match.end()
    if word := match["word"]:
        return _read_word(source, match, word)
    if (symbol := match["symbol"]) is not None:
        if symbol in _ACCENTS and (base := _BASE.match(source, end)):
            return _accented(symbol, base), base.end()
        if symbol in "()[]":  # mathematics
            return match[0], end
        return _SYMBOLS.get(symbol, " " if symbol.isspace() else symbol), end
    return match["maths"] or _MARKS.get(match[0], ""), end


def _read_word(source: str, match: re.Match[str], word: str) -> tuple[str, int]:
    end = match.end()
    if word in _ACCENTS and (base := _BASE.match(source, end)):
        return _accented(word, base), base.end()
    if word in _LETTERS:
        return _LETTERS[word], end
    if source.startswith("{", end) and (close := group_end(source, end)):
        inside = source[end + 1 : close - 1]
        if word in _TRANSPARENT:
            return (inside if word in ("url", "path") else plain_text(inside)), close
        if word == "href" and source.startswith("{", close) and (last := group_end(source, close)):
            return plain_text(source[close + 1 : last - 1]), last
    return _untouched(source, match)


def _untouched(source: str, match: re.Match[str]) -> tuple[str, int]:
    """Return a command that we do not know, and its arguments, as they are written."""
    end = match.start() + len(match[0].rstrip())
    while True:
        if source.startswith("{", end):
            close = group_end(source, end)
        else:
            close = option_end(source, end) if source.startswith("[", end) else None
        if close is None:
            break
        end = close
    return (source[match.start() : end], end) if end > match.end() else (match[0], match.end())


def _accented(accent: str, base: re.Match[str]) -> str:
    letter = (base[1] or base[2] or " ").lstrip("\\")
    return unicodedata.normalize("NFC", letter + _ACCENTS[accent])
