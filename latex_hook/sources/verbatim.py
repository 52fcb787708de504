"""Which environments, commands and characters of a document make verbatim text of what follows.

Those that everybody knows, and those that a document declares itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN = (
    *("verbatim", "Verbatim", "BVerbatim", "LVerbatim", "alltt", "lstlisting", "minted"),
    *("tcblisting", "spverbatim", "boxedverbatim", "verbatimtab", "verbatimcmd", "pyverbatim"),
    *("pyblock", "pyconsole", "sagecommandline", "sageblock", "lcverbatim", "codeexample"),
)
"""Environments whose contents a reader sees as they are, each with its starred form."""
HIDDEN = (
    *("comment", "filecontents", "macrocode", "SaveVerbatim", "VerbatimOut", "verbatimwrite"),
    *("verbbox", "verbnobox", "pycode", "sagesilent", "luacode", "asy", "asydef"),
)
"""Environments whose contents no reader sees there."""
INLINE = ("verb", "Verb", "SaveVerb", "spverb", "lstinline", "mintinline", "mint", "detokenize")
"""Commands whose argument, in braces or between two equal characters, TeX does not read as text."""
WITH_OPTIONS = {"Verb": 0, "lstinline": 0, "mintinline": 1, "mint": 1, "SaveVerb": 1}
"""Commands that take an option first, and how many arguments in braces."""

_NAME = r"(?:\s*\[[^\]\n]{0,200}\])?\s*\{\s*\\?(?P<%s>[A-Za-z@]{1,60})\*?\s*\}"
_DECLARED = (  # not compiled: most documents declare none
    r"\\(?:(?P<out>exclude(?:comment|version))|include(?:comment|version)|specialcomment)"
    + _NAME % "comment"
    + r"|\\(?:lstnewenvironment|newverbatim|(?:re)?newtcblisting"
    r"|(?:New|Renew|Declare|Provide)TCBListing|(?:Define|Custom|Recustom)VerbatimEnvironment)"
    + _NAME
    % "environment"
    + r"|\\(?:re)?newenvironment\s*\{(?P<own>[A-Za-z@]{1,60})\*?\}(?:\s*\[[^\]\n]{0,200}\]){0,2}\s*"
    r"\{[^{}]{0,500}\\(?:verbatim|Verbatim|VerbatimEnvironment|lstlisting|alltt|(?P<left>comment))"
    r"(?![A-Za-z])"
    r"|\\newminted(?:\s*\[\s*(?P<minted>[A-Za-z@]{1,60})\s*\])?\s*\{\s*(?P<language>[\w+-]{1,60})\}"
    r"|\\newmint(?P<kind>inline)?(?:\s*\[\s*(?P<mint>[A-Za-z@]{1,60})\s*\])?"
    r"\s*\{\s*(?P<tongue>[A-Za-z]{1,60})\}"
    r"|\\(?:DefineShortVerb|MakeShortVerb|lstMakeShortInline|MakeSpecialShortVerb\*?\s*"
    r"\{[^{}]{0,60}\})\*?(?:\s*\[[^\]\n]{0,200}\])?\s*\{?\\?(?P<short>[^\s\w\\{}%])"
    r"|\\(?:New|Renew|Declare|Provide)DocumentCommand\s*(?:\{\s*)?\\(?P<command>[A-Za-z@]{1,60})"
    r"\s*(?:\}\s*)?\{\s*\+?v\s*\}"
    r"|\\(?:DeclareUrlCommand|(?:Rec|C)ustomVerbatimCommand|DefineVerbatimCommand"
    r"|newverbcommand)\s*(?:\{\s*)?\\(?P<inline>[A-Za-z@]{1,60})"
    r"|\\(?:def|(?:re)?newcommand\*?)\s*(?:\{\s*)?\\(?P<named>[A-Za-z@]{1,60})\s*(?:\}\s*)?"
    r"\{\s*\\(?:verb|Verb|lstinline|mintinline)(?![A-Za-z])[^{}#\n]{0,200}(?:\{\w{0,60}\})?\}"
    r"|\\documentclass(?:\s*\[[^\]]{0,200}\])?\s*\{(?P<documented>ltxdoc|l3doc)\}"
)
_HINT = re.compile(
    r"clude(?:comment|version)|\\specialcomment|newenv|tcblisting|TCBListing|VerbatimEnv|\\newverb"
    r"|\\newmint|\{(?:ltxdoc|l3doc)\}|ShortVerb|ShortInline|DocumentCommand|UrlCommand|VerbatimCommand"
    r"|\{\s*\\(?:verb|Verb|lstinline|mintinline)"
)


@dataclass(slots=True)
class Declared:
    """What a document declares to make verbatim text."""

    environments: set[str] = field(default_factory=set)
    excluded: set[str] = field(default_factory=set)
    """Environments that are left out."""
    included: set[str] = field(default_factory=set)
    """Environments that are ordinary text, at least in some builds."""
    commands: set[str] = field(default_factory=set)
    characters: set[str] = field(default_factory=set)
    """Characters that begin and end verbatim text somewhere."""
    active: set[str] = field(default_factory=set)
    """Characters that do so at the place that was reached."""

    def read(self, source: str) -> None:
        """Add what a source declares."""
        if not _HINT.search(source):
            return
        for found in re.finditer(_DECLARED, source):
            if found["comment"]:
                (self.excluded if found["out"] else self.included).add(found["comment"])
            elif found["environment"]:
                self.environments.add(found["environment"])
            elif found["own"]:
                (self.excluded if found["left"] else self.environments).add(found["own"])
            elif found["language"]:
                self.environments.add(found["minted"] or f"{found['language']}code")
            elif found["tongue"]:
                kind = found["kind"] or ""
                self.commands.add(found["mint"] or f"{found['tongue']}{kind}")
            elif found["short"]:
                self.characters.add(found["short"])
            elif found["documented"]:  # its class makes | a short verb
                self.characters.add("|")
                self.active.add("|")
            else:
                self.commands.add(found["command"] or found["inline"] or found["named"])

    def __bool__(self) -> bool:
        declared = self.environments or self.excluded or self.included
        return bool(declared or self.commands or self.characters)


def alternatives(names: Iterable[str]) -> str:
    """Return a pattern for any of some names."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
