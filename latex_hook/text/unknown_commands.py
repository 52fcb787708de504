r"""Which arguments of a command that no table knows are prose.

An option in brackets never is. What stands in braces is, unless it is a length or a number, a list
of keys with values, a key, a file or an address, a column specification, a mixed colour, or, where
other arguments follow it, a colour's name.
"""

from __future__ import annotations

import re

_NUMBER = r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)"
_MEASURE = r"(?:pt|cm|mm|em|ex|in|bp|sp|pc|dd|cc|mu|px|%|fill?l?)"
_NAMED = r"\\(?:[a-z]*(?:width|height|sep|skip|indent|length|margin|size)|fill|stretch\{[^{}]*\})"
_ONE = (
    rf"(?:{_NUMBER}(?:\s*(?:true\s*)?(?:{_MEASURE}(?![a-zA-Z])|{_NAMED})|(?<![.,])(?=\\))"
    rf"|{_NAMED}(?![a-zA-Z]))"
)
LENGTH = re.compile(
    rf"\s*=?\s*[-+]?{_ONE}(?:\s*(?:plus|minus)\s*{_ONE})*[ \t]*|\s*=\s*{_NUMBER}\s?"
)
r"""A length, or an assignment of a number, without braces: behind ``\vskip``, ``\parindent``."""
NUMBER = re.compile(r"\s*=?\s*(?:[-+]?\d+\s?|\\[a-zA-Z@]+)")
RULE = re.compile(rf"(?:\s*(?:height|width|depth)\s*{_ONE})*\s?")
TITLE = re.compile(r"(?:^|(?<=\[)|[,\s]|frame)title\s*=\s*(?=([^,{\]]*))")
r"""A title among the options of a box."""
SIZE = re.compile(rf"\s*(?:to|spread)\s*{_ONE}\s*")
SPACING = re.compile(rf"\s*\[\s*[-+]?{_ONE}(?:\s*(?:plus|minus)\s*{_ONE})*\s*\]")
r"""The space that ``\\`` leaves."""
OVERLAY = re.compile(
    r"<(?:[a-z]+@)?(?:[-+]?[\d.]|[-+]|(?:all|beamer|presentation|article|handout|trans|second)\b)"
    r"[^<>\n]{0,40}>"
)
"""On which of beamer's slides something is shown."""
_MODE = re.compile(r"<0>|[a-z]{3,}(?![a-z]*@)")
_COLOURS = (
    "red|green|blue|cyan|magenta|yellow|black|white|gray|grey|darkgray|lightgray|brown|lime|olive"
    "|orange|pink|purple|teal|violet"
)
_NOT_PROSE = re.compile(
    rf"""\s*(?:
      (?:{_NUMBER}[\s,;x*/:]*)*                             # numbers
    | [-+]?{_ONE}(?:\s*(?:plus|minus|[-+*/,;])\s*(?:{_ONE}|{_NUMBER}))*   # lengths
    | [\w.\ @*/:-]{{1,60}}=(?!=).*                          # keys and values
    | \w+(?:[:_][\w.:/+-]+)+ | \.?[\w-]*(?:/[\w.-]+){{2,}}    # a label, a path
    | [\w./-]+\.(?:tex|pdf|png|jpe?g|eps|svg|csv|dat|bib|sty|tikz|pgf|txt|pdf_tex|mp4|cfg)
    | (?:https?|ftp|mailto|file):\S* | [\w.+-]+@[\w-]+\.[\w.-]+   # an address
    | [A-Za-z-]{{3,}}(?:1[89]|20)\d\d[a-z]{{0,12}}           # a bibliography's key
    | (?=.*[|@>])(?:[lcrXSLCRJpmb|@!><*\d\s.]|\{{[^{{}}]{{0,60}}\}})+   # columns
    | [lcrX]{{2,12}}
    | [a-zA-Z]+![\d.]+(?:![a-zA-Z]+)?                       # a mixed colour
    | \\[a-zA-Z@]+ (?:(?<=width)|(?<=height)|(?<=sep)|(?<=skip))
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
_COLOUR = re.compile(rf"\s*(?:{_COLOURS})\s*")
LONG = 200
"""Characters; a longer argument is prose, or keys with values."""


def may_hide(overlay: str) -> bool:
    """Tell whether an overlay names no slide, or modes of the presentation."""
    return _MODE.search(overlay) is not None


def is_prose(source: str, *, several: bool) -> bool:
    """Tell whether an argument is prose; ``several``: its command has more than one."""
    if several and _COLOUR.fullmatch(source):
        return False
    if len(source) > LONG:
        return re.match(r"\s*[\w.-]{1,30}\s*=(?!=)", source) is None
    return _NOT_PROSE.fullmatch(source) is None
