r"""What a document declares before its text begins: names of glossary entries and theorems, the
language of quotation marks and shorthands, environments that are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

_LANGUAGES = {
    "german": "german ngerman austrian naustrian swissgerman nswissgerman",
    "french": "french francais frenchb acadian",
    "russian": "russian ukrainian",
    "": "english american british UKenglish USenglish spanish italian portuguese brazilian latin"
    " greek polish czech slovak dutch swedish danish norwegian finnish"
    " hungarian turkish romanian",
}
LANGUAGES = {name: language for language, names in _LANGUAGES.items() for name in names.split()}
"""Whose rules a language follows here, by babel's and polyglossia's names; empty: none."""
# patterns, not compiled: most runs of the hook send no text, and re keeps what it compiled
_BABEL = (
    r"\\(?:usepackage|RequirePackage|documentclass)\s*\[([^\]\\]*)\]\s*\{([^{}]*)\}"
    r"|\\usepackage\s*\{n?(german)\}|\\setdefaultlanguage\s*(?:\[[^\]\\]*\])?\s*\{(\w+)\}"
)
_GROUP = r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
_ACRONYM = (
    rf"\\new(?:acronym|abbreviation)\s*(?:\[[^\]\\]*\])?{_GROUP}{_GROUP}{_GROUP}"
    rf"|\\(?:newacro|acro|acrodef)\s*\{{([^{{}}]*)\}}\s*(?:\[([^\]\\]*)\])?{_GROUP}"
)
_ENTRY = (
    r"\\(?:newglossaryentry|longnewglossaryentry|DeclareAcronym)\s*(?:\[[^\]\\]*\])?"
    r"\s*\{([^{}]*)\}\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
)
_FIELD = (
    r"(?<![a-z-])(name|text|short|long|first|plural|description|symbol)\s*=\s*"
    r"(\{(?:[^{}]|\{[^{}]*\})*\}|[^,{}]*)"
)
_THEOREM = (
    r"\\(?:newtheorem|declaretheorem|newmdtheoremenv)\*?\s*(?:\[([^\]\\]*)\])?\s*\{(\w+\*?)\}"
    r"\s*(?:\[[^\]\\]*\])?\s*(?:\{([^{}]*)\})?"
)
_BOX = r"\\(?:newtcbtheorem|NewTcbTheorem)\s*(?:\[[^\]\\]*\])?\s*\{(\w+)\}\s*\{([^{}]*)\}"
_UNIT = r"\\DeclareSIUnit\s*(?:\[[^\]\\]*\])?\s*\{?\s*\\([a-zA-Z]+)\s*\}?\s*\{([^{}]*)\}"
_EXCLUDED = r"\\(?:exclude(?:comment|version)|Newassociation)\s*\{([^{}]*)\}"
_FRAMES = r"\\includeonlyframes\s*\{([^{}]*)\}"
_EXERCISES = (
    r"\\(?:documentclass|LoadClass|usepackage|RequirePackage)\s*(?:\[([^\]\\]*)\])?"
    r"\s*\{[^{}]*\b(?:exam|exsheets|xsim|answers|probsoln)\b[^{}]*\}"
)
_OF_SOME_READERS = (
    *("taggedblock", "untaggedblock", "shownto", "hiddenfrom"),
    *("anonsuppress", "printonly", "screenonly"),
)
_ANONYMOUS = r"\\documentclass\s*\[[^\]\\]*\banonymous\b"
_ANSWERS = r"\\(?:print|show)answers(?![a-zA-Z])|\bprint\s*=\s*true"
_SOLUTIONS = (
    *("solution", "solutionorbox", "solutionorlines", "solutionordottedlines", "solutionorgrid"),
    "solutionbox",
)


class Term(NamedTuple):
    """An entry of a glossary or a list of acronyms, as source."""

    short: str
    long: str = ""
    plural: str = ""
    description: str = ""
    symbol: str = ""


class Conventions(NamedTuple):
    """The declarations of one document."""

    language: str = ""
    """``german`` or ``french``, if the document's main language is one of them."""
    terms: Mapping[str, Term] = MappingProxyType({})
    statements: Mapping[str, str] = MappingProxyType({})
    """What the document calls its theorems, by their environments."""
    units: Mapping[str, str] = MappingProxyType({})
    """Units that the document declares for siunitx."""
    boxes: frozenset[str] = frozenset()
    """Those of them that tcolorbox sets, with a title and a label."""
    hidden: frozenset[str] = frozenset()
    """Environments that a reader hardly sees: left-out versions, solutions of a sheet without."""
    frames: frozenset[str] = frozenset()
    """Labels of a presentation's frames that alone are set; none where all are."""
    titles: Mapping[str, str] = MappingProxyType({})
    """Titles of headings by their labels, as source."""
    shorthands: bool = True
    """Whether a ``"`` may be one of babel's shorthands."""


def conventions(sources: Iterable[str]) -> Conventions:
    """Read what the sources of a document, their comments masked, agree on."""
    language = ""
    terms: dict[str, Term] = {}
    statements: dict[str, str] = {}
    units: dict[str, str] = {}
    boxes: set[str] = set()
    hidden = set(_OF_SOME_READERS)
    frames: set[str] = set()
    sources = list(sources)
    if _without_answers(sources):
        hidden.update(_SOLUTIONS)
    for source in sources:
        language = _language(source) or language
        for match in re.finditer(_ACRONYM, source):
            key = match[1] or match[4] or ""
            short = match[2] or match[5] or key
            terms[key.strip()] = Term(short, match[3] or match[6] or "")
        for match in re.finditer(_ENTRY, source):
            fields = {
                name: value.strip().strip("{}") for name, value in re.findall(_FIELD, match[2])
            }
            said = fields.get("text") or fields.get("short") or fields.get("name") or match[1]
            more = (fields.get(name, "") for name in Term._fields[1:])
            terms[match[1].strip()] = Term(said, *more)
        for match in re.finditer(_THEOREM, source):
            named = match[3] or re.sub(
                r".*\b(?:name|title)\s*=\s*\{?([^,}]*).*|.*", r"\1", match[1] or ""
            )
            statements[match[2].rstrip("*")] = named or match[2].capitalize()
        units.update(re.findall(_UNIT, source))
        for match in re.finditer(_BOX, source):
            statements[match[1]] = match[2]
            boxes.add(match[1])
        hidden.update(re.findall(_EXCLUDED, source))
        hidden.update(("acks",) if re.search(_ANONYMOUS, source) else ())
        for match in re.finditer(_FRAMES, source):
            frames.update(map(str.strip, match[1].split(",")))
    out, only = frozenset(hidden), frozenset(frames)
    return Conventions(language, terms, statements, units, frozenset(boxes), out, only)


def _without_answers(sources: list[str]) -> bool:
    """Whether a sheet of exercises is set without their solutions."""
    loads = [match for source in sources for match in re.finditer(_EXERCISES, source)]
    options = " ".join(match[1] or "" for match in loads)
    printed = "answers" in options or any(re.search(_ANSWERS, source) for source in sources)
    printed = printed and not any("\\noprintanswers" in source for source in sources)
    return bool(loads) and not printed


def _language(source: str) -> str:
    """Return the language that babel or polyglossia makes the main one."""
    found = ""
    for match in re.finditer(_BABEL, source):
        if match[3] or match[4]:
            found = LANGUAGES.get(match[3] or match[4], "")
            continue
        options = [option.strip() for option in match[1].split(",")]
        main = [option.removeprefix("main=") for option in options if option.startswith("main=")]
        if named := main or [option for option in options if option in LANGUAGES]:
            found = LANGUAGES.get(named[-1], "")
    return found
