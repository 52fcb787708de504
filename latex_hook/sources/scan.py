r"""The places of a document's sources: calls of ``\pbfigure``, headings, labels, marked text.

Nothing here says what TeX makes of them: whether a call is set, and what its words come to, is in
the request file. A place that is wrong or missing costs no figure its picture.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from latex_hook.sources.definitions import Definition, Macro, arguments_of, end_of_unknown, expand
from latex_hook.sources.document import Diagnostic, Document
from latex_hook.sources.headings import HEADINGS, Heading, own_headings
from latex_hook.sources.masking import DEFINITIONS
from latex_hook.sources.pbfigure_call import Call, read_call
from latex_hook.sources.unescaped_percent import HIDDEN_WORDS, SLIP, hides_a_brace, hides_words


class Use(NamedTuple):
    """A use of a command or environment of the author's own that leads to a ``\\pbfigure``."""

    start: int
    end: int
    """Behind its arguments, as far as they can be told."""
    macro: Macro
    problem: str = ""
    """What is wrong with its source, as of a :class:`Call`."""


@dataclass(slots=True)
class Scan:
    """Everything that was found, by offset in the document, in ascending order."""

    document: Document
    calls: list[Call] = field(default_factory=list)
    """The calls of ``\\pbfigure`` in so many words, outside definitions."""
    uses: list[Use] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    contexts: list[tuple[int, int, int]] = field(default_factory=list)
    """Start of the mark, start and end of the text of every ``pbcontext``."""
    abstracts: list[tuple[int, int]] = field(default_factory=list)
    body: tuple[int, int] = (0, 0)
    definitions: list[tuple[int, int]] = field(default_factory=list)
    """Start and end of every definition."""
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def macros(self) -> Mapping[str, Macro]:
        """The document's own commands and environments by name, the last definition of each."""
        known = self.document.definitions.items()
        return {
            name: definition.macro
            for name, definition in known
            if definition.plain or definition.macro.body[1:] in HEADINGS
        }

    def titles(self) -> dict[str, str]:
        """Return the titles of headings by the labels that stand directly behind them."""
        found = {}
        starts = [heading.start for heading in self.headings]
        for label, at in self.labels.items() if starts else ():
            number = bisect_right(starts, at) - 1
            heading = self.headings[max(0, number)]
            if number >= 0 and _BEHIND.fullmatch(self.document.masked, heading.end, at):
                found[label] = heading.title
        return found


def scan(document: Document) -> Scan:
    """Find what stands in the sources."""
    return _Scanner(document).run()


_BEHIND = re.compile(r"(?:\s+|\\(?:z?label|phantomsection))*")
_TITLE = re.compile(r"\*?\s*(?:\[[^\]]{0,500}\]\s*){0,2}")
_LABEL = re.compile(r"\s*(?:\[[^\]]{0,100}\]\s*)?\{([^{}]{1,200})\}")
_LABEL_OPTION = re.compile(
    r"\\(?:begin\{[A-Za-z]{1,30}\*?\}|lstinputlisting)\s*"
    r"\[[^\]\[]{0,300}?\blabel\s*=\s*\{?([^{},\]\n]{1,200})"
)
_COMMAND = re.compile(
    r"\\(?:begin\s*\{([^{}\\\n]{1,100})\}|(?:csuse|@nameuse)\s*\{([^{}\\\n]{1,100})\}"
    r"|csname\s*([^{}\\\s]{1,100})\s*\\endcsname|([a-zA-Z@]+))"
)


class _Scanner:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.source, self.masked = document.source, document.masked
        self.groups = document.groups
        self.found = Scan(document, diagnostics=list(document.diagnostics))
        self.open: dict[str, tuple[int, int]] = {}
        self.begins: list[int] = []
        self.ends: list[int] = []

    def run(self) -> Scan:
        found, document = self.found, self.document
        read: dict[str, Callable[[str, int, int], None]] = {
            **dict.fromkeys(HEADINGS, self._heading),
            **dict.fromkeys(("label", "zlabel"), self._label),
            "pbfigure": self._call,
            **dict.fromkeys(("begin document", "end document"), self._document),
        }
        skip = 0
        for at, mark in document.marks():
            if at < skip:
                continue
            if mark.name in DEFINITIONS:
                if definition := document.definition_at(at):
                    skip = at + definition.end - definition.start
                    found.definitions.append((at, skip))
            elif (reads := read.get(mark.name)) or mark.name.startswith(("begin ", "end ")):
                (reads or self._edge)(mark.name, at, at + mark.end - mark.start)
        size = document.pieces[0] if document.pieces else document.size
        found.body = (next(iter(self.begins), 0), next(iter(self.ends), size))
        for match in _LABEL_OPTION.finditer(self.source):
            found.labels.setdefault(match[1].strip(), match.start())
        for environment, (at, _) in self.open.items():
            if environment.startswith("pbcontext"):
                self._diagnose(at, f"\\begin{{{environment}}} has no \\end{{{environment}}}")
        self._uses()
        found.headings.sort()
        return found

    def _document(self, name: str, at: int, end: int) -> None:
        if name.startswith("begin"):
            self.begins.append(end)
        else:
            self.ends.append(at)

    def _label(self, _name: str, _at: int, end: int) -> None:
        if match := _LABEL.match(self.masked, end):
            self.found.labels.setdefault(match[1].strip(), end)

    def _heading(self, command: str, at: int, end: int, level: int | None = None) -> None:
        match = _TITLE.match(self.masked, end)
        title = self.groups.argument(match.end() if match else end)
        if title:  # without, it is no heading, as a part of an exam's question
            words = self.source[title[0] + 1 : title[1] - 1]
            level = HEADINGS[command] if level is None else level
            self.found.headings.append(Heading(at, level, title[1], command, words))

    def _edge(self, name: str, at: int, end: int) -> None:
        edge, _, environment = name.partition(" ")
        if edge == "begin":
            self.open[environment] = (at, end)
        elif begun := self.open.pop(environment, None):
            if environment == "abstract":
                self.found.abstracts.append((begun[1], at))
            else:
                self.found.contexts.append((begun[0], begun[1], at))

    def _call(self, _name: str, at: int, end: int) -> None:
        call = read_call(self.source, self.groups, at, end)
        if problem := self._slip(at, call.end, whole=call.prompt is not None):
            call = call._replace(problem=problem)
        elif hides_words(call.prompt or ""):
            call = call._replace(problem=HIDDEN_WORDS)
            self._diagnose(at, HIDDEN_WORDS, level="error")
        elif len(list(self.document.spans_between(at, call.end))) > 1:
            call = call._replace(problem=_READS, prompt=None)  # its words are not the file's
            self._diagnose(at, _READS)
        self.found.calls.append(call)

    def _slip(self, start: int, end: int, *, whole: bool) -> str:
        """Return what is wrong if a ``%`` hides the end of a call from TeX; tell it."""
        if not whole:
            newline = self.source.find("\n", end, end + SLIP_LENGTH)
            end = newline if newline >= 0 else end + SLIP_LENGTH
        if not hides_a_brace(self.source, start, end) or self.groups.balanced:
            return ""
        self._diagnose(start, SLIP, level="error")
        return SLIP

    def _uses(self) -> None:
        """Find the uses of the author's own commands that lead to a call, or are a heading's."""
        definitions = self.document.definitions
        leading = leading_macros(definitions.values())
        headings = own_headings(self.masked, definitions)
        labels = {
            name: definition.macro
            for name, definition in definitions.items()
            if definition.plain and _SETS_LABEL.search(definition.macro.body)
        }
        starts = [start for start, _ in self.found.definitions]
        for match in _COMMAND.finditer(self.masked) if leading or headings or labels else ():
            name = match[match.lastindex or 0]
            if not (name in leading or name in headings or name in labels):
                continue
            before = bisect_right(starts, match.start()) - 1
            if before >= 0 and match.start() < self.found.definitions[before][1]:
                continue
            if name in labels and (
                made := expand(labels[name], self.source, self.groups, match.end())
            ):
                for label in _SETS_LABEL.findall(made[0]):
                    self.found.labels.setdefault(label.strip(), match.start())
            if name in headings:
                self._heading(name, *match.span(), level=headings[name])
            elif name in leading and (macro := leading[name]).environment == bool(match[1]):
                _, end, whole = arguments_of(macro, self.groups, match.end())
                if not (definitions[name].plain or macro.arguments):
                    end = end_of_unknown(self.groups, end)
                problem = self._slip(match.start(), end, whole=whole)
                self.found.uses.append(Use(match.start(), end, macro, problem))

    def _diagnose(self, at: int, text: str, *, level: str = "warning") -> None:
        self.found.diagnostics.append(Diagnostic(self.document.place(at), text, level))


_SETS_LABEL = re.compile(r"\\z?label\s*(?:\[[^\]]{0,100}\]\s*)?\{([^{}]{1,200})\}")
SLIP_LENGTH = 500
"""Characters in which the end of a call is looked for that TeX does not find."""
_READS = "\\input does not work in \\pbfigure: for a prompt, use prompt-file="


def leading_macros(definitions: Iterable[Definition]) -> dict[str, Macro]:
    """Return the commands and environments that lead to a call, directly or through others."""
    macros: dict[str, Macro] = {}
    used_by: dict[str, list[Macro]] = {}
    for definition in definitions:
        for command in set(_COMMAND.findall(definition.macro.body)):
            used_by.setdefault("".join(command), []).append(definition.macro)
    open_ = ["pbfigure"]
    while open_:
        for macro in used_by.get(open_.pop(), ()):
            if macro.name not in macros and macro.name != "pbfigure":
                macros[macro.name] = macro
                open_.append(macro.name)
    return macros
