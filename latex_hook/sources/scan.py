r"""What a document's sources show before TeX has run: figures, sections, marked text.

Calls of ``\pbfigure``, direct or through a command of the author's own, each with its keys, prompt,
file and line. What stands between ``\if…`` and ``\fi`` is found too, but marked: whether it is
part of the document, only TeX knows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from latex_hook.sources.call import Read, percent, read_call
from latex_hook.sources.definitions import (
    Macro,
    Meaning,
    Meanings,
    expand,
    read_definition,
    skip_space,
)
from latex_hook.sources.document import Diagnostic, Document
from latex_hook.sources.masking import DEFINITIONS, HEADINGS, conditions
from latex_hook.sources.tokens import as_tex_reads, group_end
from latex_hook.tex.keys import REFUSED, SETTINGS, read_keys, unknown_in_setup

NESTING_LIMIT = 8
"""Commands within commands that are followed to a ``\\pbfigure``."""


class Call(NamedTuple):
    """One call of ``\\pbfigure`` in the sources."""

    start: int
    end: int
    """Offsets in the document of the call, or of the author's own command that leads to it."""
    values: Mapping[str, str]
    """Key to value, ``\\pbsetup`` included, as TeX reads them."""
    prompt: str
    """As TeX reads it."""
    defaults: Mapping[str, str] = {}
    """What ``\\pbsetup`` says there."""
    through: Macro | None = None
    """The author's own command, if it is not a call in so many words."""
    conditional: bool = False
    problem: str = ""
    """What is wrong with its source, so that nothing may be bought for it."""


class Heading(NamedTuple):
    """A sectioning command."""

    start: int
    level: int
    end: int = 0
    """Behind its title."""
    command: str = ""
    title: str = ""
    """As written."""


@dataclass(slots=True)
class Scan:
    """Everything that was found, by offset in the document."""

    document: Document
    calls: list[Call] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    contexts: list[tuple[int, int, int]] = field(default_factory=list)
    """Start of the mark, start and end of the text of every ``pbcontext``."""
    abstracts: list[tuple[int, int]] = field(default_factory=list)
    body: tuple[int, int] = (0, 0)
    meanings: Meanings = field(default_factory=Meanings)
    """What the document's own commands stand for, place by place."""
    definitions: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of every definition."""
    reading: list[tuple[int, int]] = field(default_factory=list)
    """Those of them that read a file: where they stand, TeX does not."""
    settings: dict[str, str] = field(default_factory=dict)
    """The project's settings that ``\\pbsetup`` makes."""
    name: str = ""
    """``name=`` of the package, where several documents share a folder."""
    troubles: list[Diagnostic] = field(default_factory=list)

    @property
    def macros(self) -> Mapping[str, Macro]:
        """The document's own commands and environments by name, the last definition of each."""
        return {macro.name: macro for macro in self.meanings}


def scan(document: Document) -> Scan:
    """Find what stands in the sources."""
    return _Scanner(document).run()


_BEFORE_TITLE = re.compile(r"\*?\s*(?:\[[^\]]*\]\s*)*")
_PACKAGE = re.compile(r"\s*\[([^\]]*)\]\s*\{\s*paperbanana\s*\}")


class _Scanner:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.found = Scan(document, troubles=list(document.troubles))
        self.defaults: list[tuple[int, dict[str, str]]] = [(0, {})]
        self.open: dict[str, tuple[int, int]] = {}
        self.in_body = False
        self._matched: bool | None = None
        self.ended: list[tuple[int, dict[str, str]]] = []  # groups whose \\pbsetup ends with them

    def run(self) -> Scan:
        found = self.found
        body_start: int | None = None
        body_end: int | None = None
        skip = 0
        for at, mark in self.document.marks():
            if at < skip:
                continue
            while self.ended and self.ended[-1][0] <= at:
                self.defaults.append(self.ended.pop())
            end = at + mark.end - mark.start
            name = mark.name
            if name in HEADINGS:
                close, title = self._title(end)
                found.headings.append(Heading(at, HEADINGS[name], close, name, title))
            elif name == "label":
                self._label(end)
            elif name == "pbfigure":
                self._call(at, end)
            elif name == "pbsetup":
                self._setup(end)
            elif name in DEFINITIONS:
                skip = self._definition(name, at, end)
            elif name == "usepackage":
                self._package(end)
            elif name == "begin document":
                body_start = end if body_start is None else body_start
                self.in_body = True
            elif name == "end document":
                body_end = at if body_end is None else body_end
            elif name.startswith(("begin ", "end ")):
                self._edge(name, at, end)
        size = self.document.size
        found.body = (body_start or 0, size if body_end is None else body_end)
        self._open_contexts()
        self._through_macros()
        self._conditions()
        return found

    def _title(self, end: int) -> tuple[int, str]:
        source = self.document.source
        match = _BEFORE_TITLE.match(source, end)
        begin = match.end() if match else end
        close = group_end(source, begin) if source.startswith("{", begin) else None
        return (close, source[begin + 1 : close - 1]) if close else (end, "")

    def _label(self, end: int) -> None:
        source = self.document.source
        begin = skip_space(source, end)
        if source.startswith("{", begin):
            close = source.find("}", begin)
            self.found.labels.setdefault(source[begin + 1 : close].strip(), begin)

    def _package(self, end: int) -> None:
        if match := _PACKAGE.match(self.document.masked, end):
            self.found.name = read_keys(match[1]).get("name", "")

    def _setup(self, end: int) -> None:
        source = self.document.source
        begin = skip_space(source, end)
        close = group_end(source, begin, comments=True) if source.startswith("{", begin) else None
        if close is None:
            self._trouble(end, "\\pbsetup: the brace that begins here is never closed")
            return
        if self._reads_a_file(begin, close):
            return
        said = read_keys(source[begin + 1 : close - 1])
        for problem in unknown_in_setup(said):
            self._trouble(end, problem, level="error")
        values = {**self.defaults[-1][1], **said}
        values.pop("id", None)
        for name in (*SETTINGS, *REFUSED):
            if name in values:
                self.found.settings[name.replace("-", "_")] = values.pop(name)
        before = self.defaults[-1][1]
        self.defaults.append((close, values))
        if self.in_body and (scope := _scope_end(self.document.masked, close)) is not None:
            self.ended.append((scope, before))

    def _definition(self, command: str, at: int, end: int) -> int:
        """Note a definition; return where it ends."""
        definition = read_definition(command, self.document.source, end)
        if definition is None:
            return end
        self.found.definitions.append((at, definition.end))
        spans = list(self.document.spans_between(at, definition.end))
        if len(spans) > 1:
            self.found.reading.append((at, definition.end))
        own = all(span.file.own for span in spans)
        self.found.meanings.define(command, at, definition, own=own)
        return definition.end

    def _edge(self, name: str, at: int, end: int) -> None:
        edge, _, environment = name.partition(" ")
        if edge == "begin":
            self.open[environment] = (at, end)
        elif begun := self.open.pop(environment, None):
            if environment == "abstract":
                self.found.abstracts.append((begun[1], at))
            else:
                self.found.contexts.append((begun[0], begun[1], at))

    def _open_contexts(self) -> None:
        for environment, (at, _) in self.open.items():
            if environment.startswith("pbcontext"):
                self._trouble(at, f"\\begin{{{environment}}} has no \\end{{{environment}}}")

    def _call(self, at: int, end: int) -> None:
        source = self.document.source
        read = read_call(source, end)
        if isinstance(read, str):
            self._trouble(at, f"\\pbfigure: {read}")
            return
        if self._reads_a_file(at, read.end):
            return
        self._add(at, read.end, read, self.defaults[-1][1])

    def _add(
        self,
        start: int,
        end: int,
        read: Read,
        defaults: Mapping[str, str],
        through: Macro | None = None,
    ) -> None:
        values, prompt = read_keys(read.keys, defaults), as_tex_reads(read.prompt)
        meant = read.doubtful and self._braces_match()
        problem = "" if meant else read.problem
        call = Call(start, end, values, prompt, defaults, through, problem=problem)
        self.found.calls.append(call)

    def _braces_match(self) -> bool:
        """Whether TeX finds a partner for every brace of the document."""
        if self._matched is None:
            self._matched = group_end(f"{{{self.document.masked}}}", 0) == self.document.size + 2
        return self._matched

    def _through_macros(self) -> None:
        """Find the calls that the author's own commands lead to."""
        wrappers = _wrappers(self.found.meanings)
        if not wrappers:
            return
        masked, source = self.document.masked, self.document.source
        direct = self.found.calls
        ranges = [*self.found.definitions, *((call.start, call.end) for call in direct)]
        ranges.sort()
        behind, covered = 0, 0
        for match in _uses(wrappers).finditer(masked):
            while behind < len(ranges) and ranges[behind][0] <= match.start():
                covered = max(covered, ranges[behind][1])
                behind += 1
            if match.start() < covered:
                continue
            meaning = self.found.meanings.at(match.start())
            defaults = [values for begun, values in self.defaults if begun <= match.start()][-1]
            self._expanded(meaning, wrappers, source, match, defaults)
        direct.sort(key=lambda call: call.start)

    def _expanded(
        self,
        meaning: Meaning,
        wrappers: Collection[str],
        source: str,
        use: re.Match[str],
        defaults: Mapping[str, str],
    ) -> None:
        macro = meaning(use[1] or use[2])
        used = expand(macro, source, use.end()) if macro is not None else None
        meant = expand(macro, source, use.end(), comments=False) if macro is not None else None
        hidden = meant is not None and (used is None or meant[1] < used[1])
        expanded = used or meant
        if expanded is None or self._reads_a_file(use.start(), expanded[1]):
            return
        for call in _calls_in(expanded[0], wrappers, meaning, NESTING_LIMIT):
            read = call
            if hidden and not call.problem:
                read = call._replace(problem=percent("prompt"), doubtful=used is not None)
            self._add(use.start(), expanded[1], read, defaults, macro)

    def _conditions(self) -> None:
        calls = self.found.calls
        if calls:
            inside = conditions(
                self.document.masked, self.found.body[0], [call.start for call in calls]
            )
            self.found.calls = [
                call._replace(conditional=True) if doubtful else call
                for call, doubtful in zip(calls, inside, strict=True)
            ]

    def _reads_a_file(self, start: int, end: int) -> bool:
        """Whether an ``\\input`` stands in a call, which TeX does not follow there; tell it."""
        if len(list(self.document.spans_between(start, end))) < 2:
            return False
        text = "\\input does not work in \\pbfigure and \\pbsetup: for a prompt, use prompt-file="
        self._trouble(start, text)
        return True

    def _trouble(self, at: int, text: str, *, level: str = "warning") -> None:
        self.found.troubles.append(Diagnostic(self.document.place(at), text, level=level))


_GROUPS = re.compile(r"\\(?:(begin|end)\s*\{|.)|[{}]", re.DOTALL)


def _scope_end(masked: str, at: int) -> int | None:
    """Return where the group or environment around ``at`` ends, if it is in one."""
    depth = 0
    for match in _GROUPS.finditer(masked, at):
        if match[1] == "begin" or match[0] == "{":
            depth += 1
        elif match[1] == "end" or match[0] == "}":
            depth -= 1
            if depth < 0:
                return match.start()
        if match[1]:  # the brace that opened its name is closed behind it
            depth += 1
    return None


def _wrappers(macros: Iterable[Macro]) -> set[str]:
    """Return the commands that lead to a ``\\pbfigure``, directly or through another one."""
    found: dict[str, bool] = {}  # whether it is a command: an environment's name is no command's
    names = r"pbfigure"
    for _ in range(NESTING_LIMIT):
        leads = re.compile(rf"\\(?:{names})(?![a-zA-Z@])")
        more = {
            macro.name: not macro.environment
            for macro in macros
            if macro.name not in found and macro.name != "pbfigure" and leads.search(macro.body)
        }
        if not more:
            break
        found.update(more)
        names = "|".join(["pbfigure", *(name for name, command in found.items() if command)])
    return set(found)


def _uses(wrappers: Iterable[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in sorted(wrappers, key=len, reverse=True))
    return re.compile(rf"\\({names})(?![a-zA-Z@])|\\begin\s*\{{({names})\}}")


def _calls_in(text: str, wrappers: Collection[str], meaning: Meaning, depth: int) -> Iterable[Read]:
    """Yield each call that a piece of expanded source comes to."""
    names = "|".join(["pbfigure", *map(re.escape, sorted(wrappers))])
    at = 0
    while match := re.compile(rf"\\(?:begin\s*\{{)?({names})(?![a-zA-Z@])\}}?").search(text, at):
        at = match.end()
        if match[1] == "pbfigure":
            read = read_call(text, at)
            if not isinstance(read, str):
                yield read
                at = read.end
        elif depth and (macro := meaning(match[1])) and (inner := expand(macro, text, at)):
            yield from _calls_in(inner[0], wrappers, meaning, depth - 1)
            at = inner[1]
