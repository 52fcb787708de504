r"""Macros that a document defines: read where they are defined, expanded where they are used.

Authors wrap ``\pbfigure`` in commands of their own. What such a command's call comes to is foretold
here for the plain cases (``\newcommand``, ``\def`` with undelimited arguments, the simple argument
types of ``\NewDocumentCommand``); for the others TeX itself says it, in the request file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from latex_hook.sources.tokens import group_end, option_end

NO_VALUE = "-NoValue-"
GROWTH_LIMIT = 4
"""How many times its size a text may become when the document's own macros are expanded."""
_SKIP = re.compile(r"(?:\s+|%[^\n]*(?:\n|\Z))*")
_NAME = re.compile(r"\{?\s*(\\[a-zA-Z@]+)\s*\}?")
_COUNT = re.compile(r"\[\s*([0-9])\s*\]")
_PARAMETERS = re.compile(r"((?:#[1-9])*)\{")
_SPEC = re.compile(r"\+?(?:(?P<kind>[mos])|O\s*\{(?P<default>[^{}]*)\})|\s+")


class Macro(NamedTuple):
    """A command or environment of the document's own."""

    name: str
    arguments: tuple[str | None, ...]
    """For each argument None if it must be given, or else its default."""
    body: str
    """What it stands for; of an environment, what its beginning does."""
    environment: bool = False
    star: bool = False


Meaning: TypeAlias = Callable[[str], Macro | None]
"""What a name stands for at some place of the document, if that can be told."""


class Definition(NamedTuple):
    """A definition in the text: where it ends, and the macro if it is one of the plain kind."""

    end: int
    name: str
    macro: Macro | None


class _Defined(NamedTuple):
    at: int
    macro: Macro | None
    own: bool
    renews: bool


class Meanings:
    """All that a document's commands stand for, each from where it says so: TeX goes by the last
    definition before a use. That groups end is not seen.
    """

    def __init__(self) -> None:
        self._known: dict[str, list[_Defined]] = {}

    def define(self, command: str, at: int, definition: Definition, *, own: bool) -> None:
        r"""Note that ``command`` (``newcommand``, …) defines something at ``at``, in reading order.

        ``own`` says that the definition says nothing but what the document's own files say.
        """
        known = self._known.setdefault(definition.name, [])
        if known and command.lower().startswith("provide"):
            return
        renews = command.lower().startswith("renew")
        known.append(_Defined(at, definition.macro, own, renews))

    def at(self, place: int, *, own: bool = False) -> Meaning:
        """Return what names stand for at a place; with ``own``, only what may be sent.

        Before its first definition a name stands for that, unless it says that there was another.
        """

        def meaning(name: str) -> Macro | None:
            known = self._known.get(name)
            if known is None:
                return None
            before = bisect_right(known, place, key=lambda defined: defined.at)
            if not before and known[0].renews:
                return None
            defined = known[max(0, before - 1)]
            return defined.macro if defined.own or not own else None

        return meaning

    def changes(self, start: int, end: int) -> list[int]:
        """Return where between two places a name comes to stand for something else."""
        later = (each.at for known in self._known.values() for each in known[1:])
        first = (known[0].at for known in self._known.values() if known[0].renews)
        return sorted(at for at in (*later, *first) if start <= at < end)

    def __iter__(self) -> Iterator[Macro]:
        """Every macro, also those that are replaced."""
        for known in self._known.values():
            yield from (defined.macro for defined in known if defined.macro is not None)


def skip_space(text: str, at: int) -> int:
    """Return the offset of what TeX reads next: behind white space and comments."""
    match = _SKIP.match(text, at)
    return match.end() if match else at


def read_definition(command: str, source: str, at: int) -> Definition | None:
    r"""Read the definition whose command (``newcommand``, …) ends at ``at``; None if it is none."""
    at = skip_space(source, at + source.startswith("*", at))
    if command in ("def", "gdef", "edef", "xdef"):
        return _read_def(source, at)
    environment = command.endswith("nvironment")
    if environment:
        end = group_end(source, at) if source.startswith("{", at) else None
        if end is None:
            return None
        name, at = source[at + 1 : end - 1].strip(), end
    else:
        named = _NAME.match(source, at)
        if named is None:
            return None
        name, at = named[1][1:], named.end()
    document = "Document" in command
    arguments, star, at = _read_spec(source, at) if document else _read_count(source, at)
    at = skip_space(source, at)
    end = group_end(source, at) if source.startswith("{", at) else None
    if end is None:
        return None
    body = source[at + 1 : end - 1]
    if environment:  # what stands at its end
        last = skip_space(source, end)
        end = (group_end(source, last) if source.startswith("{", last) else None) or end
    macro = None if arguments is None else Macro(name, arguments, body, environment, star)
    return Definition(end, name, macro)


def _read_def(source: str, at: int) -> Definition | None:
    named = re.compile(r"\\[a-zA-Z@]+").match(source, at)
    if named is None:
        return None
    brace = source.find("{", named.end())
    end = group_end(source, brace) if brace >= 0 else None
    if end is None:
        return None
    plain = _PARAMETERS.match(source, skip_space(source, named.end()))
    if plain is None:
        return Definition(end, named[0][1:], None)
    arguments = (None,) * (len(plain[1]) // 2)
    macro = Macro(named[0][1:], arguments, source[brace + 1 : end - 1])
    return Definition(end, macro.name, macro)


def _read_count(source: str, at: int) -> tuple[tuple[str | None, ...] | None, bool, int]:
    count = _COUNT.match(source, skip_space(source, at))
    if count is None:
        return (), False, at
    arguments: list[str | None] = [None] * int(count[1])
    at = count.end()
    option = skip_space(source, at)
    if source.startswith("[", option) and (end := option_end(source, option)) and arguments:
        arguments[0] = source[option + 1 : end - 1]
        at = end
    return tuple(arguments), False, at


def _read_spec(source: str, at: int) -> tuple[tuple[str | None, ...] | None, bool, int]:
    at = skip_space(source, at)
    end = group_end(source, at) if source.startswith("{", at) else None
    if end is None:
        return None, False, at
    spec = source[at + 1 : end - 1]
    arguments: list[str | None] = []
    star, read = False, 0
    for match in _SPEC.finditer(spec):
        if match.start() != read:
            return None, False, end  # an argument type that we do not foretell
        read = match.end()
        if match["kind"] == "s":
            if arguments:
                return None, False, end
            star = True
        elif match["kind"] or match["default"] is not None:
            default = NO_VALUE if match["kind"] == "o" else match["default"]
            arguments.append(None if match["kind"] == "m" else default)
    return (tuple(arguments) if read == len(spec) else None), star, end


_ONLY_TEX_KNOWS = re.compile(r"\\(?:If|if|expandafter|csname|the[a-z]|arabic)[a-zA-Z@]*")


def expand(macro: Macro, source: str, at: int, *, comments: bool = True) -> tuple[str, int] | None:
    r"""Return what a use of ``macro``, its name ending at ``at``, stands for, and where it ends.

    None where only TeX knows. Without ``comments``, a ``%`` hides no brace.
    """
    if _ONLY_TEX_KNOWS.search(macro.body):
        return None
    if macro.star:
        starred = skip_space(source, at)
        if source.startswith("*", starred):
            return None
    values: list[str] = []
    for default in macro.arguments:
        begin = skip_space(source, at)
        if default is not None:
            if source.startswith("[", begin):
                end = option_end(source, begin, comments=comments)
                if end is None:
                    return None
                values.append(source[begin + 1 : end - 1])
                at = end
            else:
                values.append(default)
            continue
        if not source.startswith("{", begin):
            return None
        end = group_end(source, begin, comments=comments)
        if end is None:
            return None
        values.append(source[begin + 1 : end - 1])
        at = end
    return _fill(macro.body, values), at


def _fill(body: str, values: list[str]) -> str:
    def filled(match: re.Match[str]) -> str:
        if match[0] == "##":
            return "#"
        number = int(match[0][1]) - 1
        if number >= len(values):
            return match[0]
        # the space behind an argument is the body's own, and no command's in the argument
        ends = _COMMAND_LAST.search(values[number]) and body[match.end() :][:1].isspace()
        return values[number] + "{}" * bool(ends)

    return re.sub(r"##|#[1-9]", filled, body)


_COMMAND_LAST = re.compile(r"\\[a-zA-Z@]+[ \t]*\Z")


def expand_own(text: str, meaning: Meaning) -> str:
    """Return ``text`` with the document's own simple commands replaced by what they stand for."""
    limit = GROWTH_LIMIT * len(text) + 10_000
    for _ in range(4):  # commands within commands
        pieces: list[str] = []
        at = 0
        for match in _USE.finditer(text):
            macro = meaning(match[1]) if match.start() >= at else None
            if macro is None or not _is_simple(macro):
                continue
            expanded = expand(macro, text, match.end(), comments=False)
            if expanded is not None:
                pieces += (text[at : match.start()], "{", expanded[0], "}")
                at = expanded[1]
        if not pieces:
            break
        text = "".join((*pieces, text[at:]))
        if len(text) > limit:
            break
    return text


_USE = re.compile(r"\\([a-zA-Z]+)[ \t]*")


def _is_simple(macro: Macro) -> bool:
    return not macro.environment and "@" not in macro.body and "\\def" not in macro.body
