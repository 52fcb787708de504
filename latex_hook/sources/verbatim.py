"""Which environments, commands and characters of a document make verbatim text of what follows.

Those that everybody knows, and those that a document declares itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

ENVIRONMENTS = (
    *("verbatim", "Verbatim", "BVerbatim", "LVerbatim", "SaveVerbatim", "VerbatimOut", "alltt"),
    *("lstlisting", "minted", "tcblisting", "filecontents", "comment", "macrocode", "spverbatim"),
    *("boxedverbatim", "verbatimtab", "verbatimwrite", "verbatimcmd", "verbbox", "verbnobox"),
    *("pycode", "pyverbatim", "pyblock", "pyconsole", "sagecommandline", "sageblock", "sagesilent"),
    *("lcverbatim", "luacode", "asy", "asydef", "codeexample"),
)
"""Environments whose contents TeX does not read as text, each with its starred form."""
INLINE = ("verb", "Verb", "spverb", "lstinline", "mintinline", "mint", "detokenize")
"""Commands whose argument, in braces or between two equal characters, TeX does not read as text."""
WITH_OPTIONS = {"lstinline": 0, "mintinline": 1, "mint": 1}
"""Those that take an option first, and how many arguments in braces."""

_NAME = r"(?:\s*\[[^\]\n]{0,200}\])?\s*\{\s*\\?([A-Za-z@]{1,60})\*?\s*\}"
_DECLARED = re.compile(
    r"\\(?P<environment>excludecomment|excludeversion|lstnewenvironment|newverbatim"
    r"|(?:re)?newtcblisting|(?:New|Renew|Declare|Provide)TCBListing"
    r"|(?:Define|Custom|Recustom)VerbatimEnvironment)(?P<name>" + _NAME + r")"
    r"|\\(?:re)?newenvironment\s*\{(?P<own>[A-Za-z@]{1,60})\*?\}(?:\s*\[[^\]\n]{0,200}\]){0,2}\s*\{"
    r"[^{}]{0,500}\\(?:verbatim|Verbatim|VerbatimEnvironment|lstlisting|alltt|comment)(?![A-Za-z])"
    r"|\\newminted(?:\s*\[\s*(?P<minted>[A-Za-z@]{1,60})\s*\])?\s*\{\s*(?P<language>[\w+-]{1,60})\}"
    r"|\\newmint(?P<kind>inline)?(?:\s*\[\s*(?P<mint>[A-Za-z@]{1,60})\s*\])?"
    r"\s*\{\s*(?P<tongue>[A-Za-z]{1,60})\}"
    r"|\\(?:DefineShortVerb|MakeShortVerb|lstMakeShortInline|MakeSpecialShortVerb\*?\s*"
    r"\{[^{}]{0,60}\})\*?(?:\s*\[[^\]\n]{0,200}\])?\s*\{?\\?(?P<short>[^\s\w\\{}%])"
    r"|\\(?:New|Renew|Declare|Provide)DocumentCommand\s*(?:\{\s*)?\\(?P<command>[A-Za-z@]{1,60})"
    r"\s*(?:\}\s*)?\{\s*\+?v\s*\}"
    r"|\\(?:DeclareUrlCommand|(?:Rec|C)ustomVerbatimCommand|DefineVerbatimCommand"
    r"|newverbcommand)\s*(?:\{\s*)?\\(?P<inline>[A-Za-z@]{1,60})"
    r"|\\documentclass(?:\s*\[[^\]]{0,200}\])?\s*\{(?P<documented>ltxdoc|l3doc)\}"
)
_HINT = re.compile(
    r"\\exclude(?:comment|version)|newenv|tcblisting|TCBListing|VerbatimEnv|\\newverb|\\newmint"
    r"|\{(?:ltxdoc|l3doc)\}|ShortVerb|ShortInline|DocumentCommand|UrlCommand|VerbatimCommand"
)


@dataclass(slots=True)
class Declared:
    """What a document declares to make verbatim text."""

    environments: set[str] = field(default_factory=set)
    commands: set[str] = field(default_factory=set)
    characters: set[str] = field(default_factory=set)
    """Those that begin and end verbatim text somewhere."""
    active: set[str] = field(default_factory=set)
    """Those that do so where reading has come to."""

    def read(self, source: str) -> None:
        """Add what a source declares."""
        if not _HINT.search(source):
            return
        for found in _DECLARED.finditer(source):
            if found["name"]:
                self.environments.add(found[3])
            elif found["own"]:
                self.environments.add(found["own"])
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
                self.commands.add(found["command"] or found["inline"])

    def __bool__(self) -> bool:
        return bool(self.environments or self.commands or self.characters)


def alternatives(names: Iterable[str]) -> str:
    """Return a pattern for any of some names."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
