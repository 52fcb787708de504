"""Masks what is not the document in a TeX source: comments, verbatim text, ``\\iffalse``, the end.

Masked text has the length of the source, so that an offset in one is an offset in the other; what
does not count is spaces in it, and lines end where they ended. One walk finds what is to be masked
and what the scan looks for, because every walk over a long source costs.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from latex_hook.sources.headings import HEADINGS
from latex_hook.sources.verbatim import (
    HIDDEN,
    INLINE,
    SHOWN,
    WITH_OPTIONS,
    Declared,
    alternatives,
)

INPUTS = (
    *("input", "@input", "@@input", "include", "subfile", "subfileinclude", "import", "subimport"),
    *("inputfrom", "includefrom", "subinputfrom", "subincludefrom", "includestandalone"),
    *("InputIfFileExists", "usepackage", "RequirePackage", "documentclass", "LoadClass"),
    "loadglsentries",
)
DEFINITIONS = (
    *("newcommand", "renewcommand", "providecommand", "DeclareRobustCommand", "newenvironment"),
    *("renewenvironment", "let", "def", "gdef", "edef", "xdef"),
    *("newrobustcmd", "renewrobustcmd", "providerobustcmd", "NewEnviron", "RenewEnviron"),
    *("newcommandx", "renewcommandx", "providecommandx"),
    *("csdef", "csgdef", "csedef", "csxdef", "cslet", "@namedef"),
    *("NewCommandCopy", "RenewCommandCopy", "DeclareCommandCopy"),
    *(
        f"{how}Document{what}"
        for how in ("New", "Renew", "Provide", "Declare")
        for what in ("Command", "Environment")
    ),
)
_ADDRESSES = ("url", "href", "path", "nolinkurl")
_ADDRESS = re.compile(r"\s*(?:\[[^\]]{0,200}\]\s*)?\{[^{}\n]*\}")  # a % in it is no comment
_SHORT = ("DefineShortVerb", "MakeShortVerb", "MakeSpecialShortVerb", "lstMakeShortInline")
_NOT_SHORT = ("UndefineShortVerb", "DeleteShortVerb", "lstDeleteShortInline")
_OPAQUE_WORDS = frozenset((*_ADDRESSES, *_SHORT, *_NOT_SHORT, "iffalse", "endinput"))
_WORDS = (
    *("pbfigure", "includeonly", "label", "zlabel", "iffalse", "endinput", *_ADDRESSES),
    *(*_SHORT, *_NOT_SHORT, *HEADINGS, *INPUTS, *DEFINITIONS),
)
_ENVIRONMENTS = ("pbcontext", "pbcontext*", "abstract", "document")


def _pattern(more: Declared) -> re.Pattern[str]:
    opaque = alternatives({*SHOWN, *more.environments} - more.excluded - more.included)
    left_out = alternatives({*HIDDEN, *more.excluded} - more.included)
    environments = alternatives(_ENVIRONMENTS)
    short = f"|(?P<short>[{re.escape(''.join(sorted(more.characters)))}])" * bool(more.characters)
    return re.compile(
        rf"%|\\(?:(?P<inline>{alternatives((*INLINE, *more.commands))})(?![a-zA-Z@])"
        rf"|(?P<word>{alternatives(_WORDS)})(?![a-zA-Z@])"
        rf"|begin\s*\{{(?:(?P<opaque>(?:{opaque})\*?)|(?P<left>(?:{left_out})\*?)"
        rf"|(?P<begin>{environments}))\}}"
        rf"|end\s*\{{(?P<end>{environments})\}}){short}"
    )


_STANDARD = _pattern(Declared())
_PRIMITIVES = (
    *("if", "ifcat", "ifx", "ifcase", "ifnum", "ifdim", "ifodd", "ifvmode", "ifhmode", "ifmmode"),
    *("ifinner", "ifvoid", "ifhbox", "ifvbox", "ifeof", "iftrue", "iffalse", "ifdefined"),
    *("ifcsname", "iffontchar"),
)
r"""TeX's own conditions, each of which a ``\fi`` ends."""
CONDITION = (  # not compiled: most documents have none
    r"\\(?:newif\s*\\[a-zA-Z@]+|(?:let\s*\\[a-zA-Z@]+|endcsname)\s*=?\s*\\if[a-z]+(?![a-zA-Z@])"
    rf"|(?P<if>(?:{alternatives(_PRIMITIVES)})(?![a-zA-Z@])"
    r"|(?!(?:iff|ifdef[a-z]*|ifundef|ifinlist)(?![a-zA-Z@]))"
    r"if[a-zA-Z@]+(?!\s*[{}\[#])(?![a-zA-Z@]))"
    r"|(?P<branch>else|or)(?![a-zA-Z@])|(?P<fi>fi)(?![a-zA-Z@]))"
)
"""A command named ``\\if…`` that takes arguments is no condition, nor is one that is defined, or
that another is made equal to: such a match has none of the groups."""
_BRANCH_EDGE = rf"(?s:{CONDITION}|\\.|(?P<brace>[{{}}]))"


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


def mask(source: str, declared: Declared | None = None) -> Masked:
    """Mask ``source``; ``declared`` is what other files declared, to which its own is added."""
    declared = Declared() if declared is None else declared
    declared.read(source)
    pattern = _pattern(declared) if declared else _STANDARD
    short = declared.active
    ends = _Ends(source)
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
            at = ends.line(at)
            pieces += (source[kept:start], " " * (at - start))
            hidden.append((start, at, "comment"))
            kept = at
            continue
        character = source[start] if source[start] != "\\" else ""
        if character and character not in short:
            continue
        word = match["word"]
        if word in _SHORT or word in _NOT_SHORT:
            at = _switch(source, match, short)
            continue
        opaque = match["inline"] or match["opaque"] or match["left"]
        if not (character or opaque or word in _OPAQUE_WORDS):
            name = word or (f"begin {match['begin']}" if match["begin"] else f"end {match['end']}")
            documents += (name == "begin document") - (name == "end document")
            if name.endswith(" document") and documents > (name == "begin document"):
                continue
            marks.append(Mark(name, start, at))
            if name != "end document":
                continue
        region = _region(source, match, ends)
        if region[1] < 0:
            unclosed.append((start, match["opaque"] or match["left"]))
            region = (region[0], len(source), region[2])
        at = region[1]
        if region[2]:
            pieces += (source[kept : region[0]], _blank(source[region[0] : at]))
            hidden.append(region)
            kept = at
    pieces.append(source[kept:])
    return Masked("".join(pieces), tuple(marks), tuple(hidden), tuple(unclosed))


class _Ends:
    """The ends of lines and conditions, each looked for once, whatever stands in them."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._line = -1
        self._branches: dict[int, int] | None = None

    def line(self, at: int) -> int:
        """Return the end of the line of ``at``; asked for in ascending order."""
        if self._line < at:
            newline = self._source.find("\n", at)
            self._line = len(self._source) if newline < 0 else newline
        return self._line

    def branch(self, start: int) -> int | None:
        """Return the offset behind the first branch of the condition at ``start``: its ``\\fi``, or
        an ``\\else``. None if no condition starts there, or it does not end in its own group.
        """
        if self._branches is None:
            self._branches = _branches(self._source)
        return self._branches.get(start)


def _branches(source: str) -> dict[int, int]:
    ends: dict[int, int] = {}
    open_: list[int] = []  # conditions by offset, a brace as -1
    conditions = 0
    for match in re.finditer(_BRANCH_EDGE, source):
        if match["if"] or match["brace"] == "{":
            open_.append(match.start() if match["if"] else -1)
            conditions += match["if"] is not None
        elif match["brace"]:
            while open_ and open_.pop() >= 0:
                conditions -= 1
        elif conditions and (match["branch"] or match["fi"]):
            while open_[-1] < 0:
                open_.pop()
            ends.setdefault(open_[-1], match.end())
            if match["fi"]:
                open_.pop()
                conditions -= 1
    return ends


def _region(source: str, match: re.Match[str], ends: _Ends) -> tuple[int, int, str]:
    """Return start, end and kind of what a command hides: end -1 if it never ends.

    Kind is empty where nothing is hidden but the walk goes on at the end.
    """
    start, at = match.span()
    word = match["word"]
    if match["inline"]:
        return (*_inline_verbatim(source, at, match["inline"], ends), "verbatim")
    if name := match["opaque"] or match["left"]:
        end = source.find(last := rf"\end{{{name}}}", at)
        behind = end + len(last) if end >= 0 else end
        return (at, end, "verbatim") if match["opaque"] else (start, behind, "skipped")
    if word in _ADDRESSES:
        address = _ADDRESS.match(source, at)
        return at, address.end() if address else at, ""
    if word == "iffalse":
        branch = ends.branch(start)
        return (start, branch, "skipped") if branch else (start, at, "")
    if word or match["end"]:  # behind \endinput's line, or \end{document}
        return (ends.line(at) if word else at), len(source), "skipped"
    return (*_delimited(source, start, ends), "verbatim")


_CHARACTER = re.compile(r"\*?(?:\s*\{\\[a-zA-Z@]+\})?(?:\s*\[[^\]\n]{0,200}\])?\s*\{?\\?(\S)\}?")


def _switch(source: str, match: re.Match[str], short: set[str]) -> int:
    """Note that a character begins to make verbatim text, or ends to; return the end of that."""
    found = _CHARACTER.match(source, match.end())
    if found is None:
        return match.end()
    (short.add if match["word"] in _SHORT else short.discard)(found[1])
    return found.end()


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


_OPTION = re.compile(r"\s*(?:\[[^\]\n]{0,500}\])?")
_OPTION_AND_LANGUAGE = re.compile(r"(?:\s*\[[^\]\n]{0,500}\])?\s*\{[^{}\n]{0,100}\}")


def _inline_verbatim(source: str, at: int, command: str, ends: _Ends) -> tuple[int, int]:
    """Return where ``\\verb|…|`` begins and ends."""
    if command in WITH_OPTIONS:
        options = (_OPTION_AND_LANGUAGE if WITH_OPTIONS[command] else _OPTION).match(source, at)
        at = options.end() if options else at
    at += source[at : at + 1] == "*"
    mark = source[at : at + 1]
    if not mark or mark.isalnum() or mark.isspace():
        return at, at
    return _delimited(source, at, ends)


def _delimited(source: str, at: int, ends: _Ends) -> tuple[int, int]:
    """Return where verbatim text begins and ends: at the end of its line if it never does."""
    line_end = ends.line(at)
    if source[at] != "{":
        end = source.find(source[at], at + 1, line_end)
        return at, line_end if end < 0 else end + 1
    depth = 0
    for brace in re.compile(r"[{}]").finditer(source, at, line_end):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return at, brace.end()
    return at, line_end
