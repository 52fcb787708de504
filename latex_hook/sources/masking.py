"""What of a TeX source is not the document: comments, verbatim text, ``\\iffalse``, the far end.

Masked text has the length of the source, so that an offset in one is an offset in the other; what
does not count is spaces in it, and lines end where they ended. One walk finds what is to be masked
and what the scan looks for, because every walk over a long source costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

VERBATIM = (
    "verbatim",
    "Verbatim",
    "BVerbatim",
    "LVerbatim",
    "SaveVerbatim",
    "alltt",
    "lstlisting",
    "minted",
    "tcblisting",
    "filecontents",
    "comment",
    "pycode",
    "pyverbatim",
    "sagecommandline",
    "lcverbatim",
    "macrocode",
)
"""Environments whose contents TeX does not read as text, each with its starred form."""

_OWN_VERBATIM = re.compile(
    r"\\(?:excludecomment|lstnewenvironment|newtcblisting|DefineVerbatimEnvironment"
    r"|NewTCBListing|newverbatim)\s*(?:\[[^\]]*\])?\s*\{([A-Za-z@]+\*?)\}"
    r"|\\(?:re)?newenvironment\s*\{([A-Za-z@]+\*?)\}(?:\s*\[[^\]]*\])*\s*\{[^{}]*"
    r"\\(?:verbatim|Verbatim|VerbatimEnvironment|lstlisting|alltt|comment)(?![A-Za-z])"
)

_OWN_HINTS = (
    *("\\excludecomment", "newenvironment", "\\lstnewenv", "tcblisting", "TCBListing"),
    *("VerbatimEnvironment{", "\\newverbatim"),
)
HEADINGS = {
    "part": -1,
    "chapter": 0,
    "addchap": 0,
    "section": 1,
    "addsec": 1,
    "subsection": 2,
    "subsubsection": 3,
}
"""Sectioning commands, and their depth."""

INPUTS = (
    "input",
    "include",
    "subfile",
    "subfileinclude",
    "import",
    "subimport",
    "inputfrom",
    "includefrom",
    "subinputfrom",
    "subincludefrom",
    "InputIfFileExists",
    "usepackage",
    "RequirePackage",
    "documentclass",
    "LoadClass",
)

DEFINITIONS = (
    "newcommand",
    "renewcommand",
    "providecommand",
    "DeclareRobustCommand",
    "NewDocumentCommand",
    "RenewDocumentCommand",
    "ProvideDocumentCommand",
    "DeclareDocumentCommand",
    "newenvironment",
    "renewenvironment",
    "NewDocumentEnvironment",
    "def",
    "gdef",
    "edef",
    "xdef",
)

_INLINE = ("verb", "Verb", "lstinline", "mintinline")
_ADDRESSES = ("url", "href", "path", "nolinkurl")
_ADDRESS = re.compile(r"\s*(?:\[[^\]]*\]\s*)?\{[^{}\n]*\}")  # a % in it is no comment
_OPAQUE_WORDS = frozenset((*_INLINE, *_ADDRESSES, "iffalse", "endinput"))
_WORDS = (
    "pbfigure",
    "pbsetup",
    "includeonly",
    "label",
    "iffalse",
    "endinput",
    *_INLINE,
    *_ADDRESSES,
    *HEADINGS,
    *INPUTS,
    *DEFINITIONS,
)
_ENVIRONMENTS = ("pbcontext", r"pbcontext\*", "abstract", "document")


def _pattern(verbatim: Iterable[str]) -> re.Pattern[str]:
    words = "|".join(sorted(_WORDS, key=len, reverse=True))
    opaque = "|".join(re.escape(name) for name in verbatim)
    return re.compile(
        rf"%|\\(?:(?P<word>{words})(?![a-zA-Z@])"
        rf"|begin\s*\{{(?:(?P<opaque>(?:{opaque})\*?)|(?P<begin>{'|'.join(_ENVIRONMENTS)}))\}}"
        rf"|end\s*\{{(?P<end>{'|'.join(_ENVIRONMENTS)})\}})"
    )


_STANDARD = _pattern(VERBATIM)
_CONDITION = re.compile(r"\\(if[a-zA-Z@]*|else|fi)(?![a-zA-Z@])")
_NOT_CONDITIONS = frozenset(
    (
        *("iff", "ifthenelse", "iflanguage", "ifblank", "ifdef", "ifundef", "ifcsdef"),
        *("ifcsundef", "ifdefempty", "ifdefvoid", "ifstrequal", "ifstrempty", "iftoggle"),
        *("ifbool", "ifboolexpr", "ifboolexpe", "ifnumcomp", "ifnumequal", "ifnumgreater"),
        *("ifnumless", "ifinlist", "ifinlistcs", "ifdefstring", "ifdefmacro", "ifdefequal"),
        *("ifcsstring", "ifdimcomp"),
    )
)


class Mark(NamedTuple):
    """Something the scan looks for: a command or an environment's edge, and where it stands."""

    name: str
    """``section``, ``begin pbcontext`` and the like."""
    start: int
    end: int
    """Behind the name, where its arguments begin."""


class Masked(NamedTuple):
    """A source with everything masked that is not the document, and what was found on the way."""

    text: str
    marks: tuple[Mark, ...]
    hidden: tuple[tuple[int, int, str], ...]
    """Start, end and kind (``comment``, ``verbatim``, ``skipped``) of everything masked."""
    unclosed: tuple[tuple[int, str], ...]
    """Offset and name of every verbatim-like environment that never ends."""


def own_verbatim(source: str) -> set[str]:
    """Return the verbatim-like environments that a source declares itself."""
    if not any(hint in source for hint in _OWN_HINTS):
        return set()
    return {first or second for first, second in _OWN_VERBATIM.findall(source)}


def mask(source: str, more_verbatim: Iterable[str] = ()) -> Masked:
    """Mask ``source``; ``more_verbatim`` are environments that other files declared."""
    more = own_verbatim(source).union(more_verbatim)
    pattern = _pattern((*VERBATIM, *sorted(more))) if more else _STANDARD
    pieces: list[str] = []
    marks: list[Mark] = []
    hidden: list[tuple[int, int, str]] = []
    unclosed: list[tuple[int, str]] = []
    documents = 0  # examples of whole documents stand within documents
    kept = at = 0  # everything before kept is in pieces; the walk has come to at
    search = pattern.search
    while match := search(source, at):
        start, at = match.span()
        if start and source[start - 1] == "\\" and _is_escaped(source, start):
            at = start + 1  # \% and \\section: the backslash before belongs to this one
            continue
        if source[start] == "%":  # by far the most frequent
            newline = source.find("\n", at)
            at = len(source) if newline < 0 else newline
            pieces += (source[kept:start], " " * (at - start))
            hidden.append((start, at, "comment"))
            kept = at
            continue
        if match["word"] not in _OPAQUE_WORDS and match["opaque"] is None:
            name = match["word"] or (
                f"begin {match['begin']}" if match["begin"] else f"end {match['end']}"
            )
            documents += (name == "begin document") - (name == "end document")
            if name.endswith(" document") and documents > (name == "begin document"):
                continue
            marks.append(Mark(name, start, at))
            if name != "end document":
                continue
        region = _region(source, match)
        if region[1] < 0:
            unclosed.append((start, match["opaque"]))
            region = (region[0], len(source), region[2])
        at = region[1]
        if region[2]:
            pieces += (source[kept : region[0]], _blank(source[region[0] : at]))
            hidden.append(region)
            kept = at
    pieces.append(source[kept:])
    return Masked("".join(pieces), tuple(marks), tuple(hidden), tuple(unclosed))


def _region(source: str, match: re.Match[str]) -> tuple[int, int, str]:
    """Return start, end and kind of what a command hides: end -1 if it never ends.

    Kind is empty where nothing is hidden but the walk goes on at the end.
    """
    at = match.end()
    word, opaque = match["word"], match["opaque"]
    if word in _INLINE:
        return (*_inline_verbatim(source, at, word), "verbatim")
    if word in _ADDRESSES:
        address = _ADDRESS.match(source, at)
        return at, address.end() if address else at, ""
    if word == "iffalse":
        return match.start(), _skipped(source, at), "skipped"
    if opaque is not None:
        end = source.find(rf"\end{{{opaque}}}", at)
        return at, end, "skipped" if opaque.startswith("comment") else "verbatim"
    if word == "endinput":
        newline = source.find("\n", at)
        return len(source) if newline < 0 else newline, len(source), "skipped"
    return at, len(source), "skipped"  # behind \end{document}


_NOT_NEWLINE = re.compile(r"[^\n]+")


def _blank(text: str) -> str:
    if "\n" not in text:
        return " " * len(text)
    return _NOT_NEWLINE.sub(lambda match: " " * len(match[0]), text)


def _is_escaped(source: str, start: int) -> bool:
    backslashes = 0
    while start > backslashes and source[start - backslashes - 1] == "\\":
        backslashes += 1
    return backslashes % 2 == 1


_MINT_LANGUAGE = re.compile(r"\s*(?:\[[^\]\n]*\])?\s*(?:\{[^}\n]*\})?")
_LISTING_OPTION = re.compile(r"\s*(?:\[[^\]\n]*\])?")


def _inline_verbatim(source: str, at: int, word: str) -> tuple[int, int]:
    """Return where ``\\verb|…|`` begins and ends: at the end of its line if it never does."""
    if word in ("mintinline", "lstinline"):
        options = (_MINT_LANGUAGE if word == "mintinline" else _LISTING_OPTION).match(source, at)
        at = options.end() if options else at
    at += source[at : at + 1] == "*"
    mark = source[at : at + 1]
    if not mark or mark.isalnum() or mark.isspace():
        return at, at
    newline = source.find("\n", at)
    line_end = len(source) if newline < 0 else newline
    end = source.find("}" if mark == "{" else mark, at + 1, line_end)
    return at, line_end if end < 0 else end + 1


def _skipped(source: str, at: int) -> int:
    """Return the offset behind the ``\\else`` or ``\\fi`` that ends what ``\\iffalse`` skips."""
    depth = 0
    for match in _CONDITION.finditer(source, at):
        name = match[1]
        if name == "fi":
            if depth == 0:
                return match.end()
            depth -= 1
        elif name == "else":
            if depth == 0:
                return match.end()
        elif name not in _NOT_CONDITIONS:
            depth += 1
    return len(source)


def conditions(masked: str, start: int, offsets: Sequence[int]) -> list[bool]:
    """Return for each of the ascending ``offsets`` whether it stands inside an ``\\if…``.

    Counted from ``start`` on. Whether TeX takes that branch, only TeX knows. In doubt it is yes.
    """
    inside: list[bool] = []
    depth = 0
    at = start
    for offset in offsets:
        for match in _CONDITION.finditer(masked, at, max(at, offset)):
            name = match[1]
            if name == "fi":
                depth = max(0, depth - 1)
            elif name != "else" and name not in _NOT_CONDITIONS:
                before = masked[max(0, match.start() - 12) : match.start()].rstrip()
                depth += not before.endswith(("\\newif", "\\let", "\\expandafter"))
        at = max(at, offset)
        inside.append(depth > 0)
    return inside
