r"""Commands and environments that a document defines: read where they are defined.

They serve to find the calls that an author's own command leads to, and to read prose. What TeX
makes of them, scopes, conditions and all, only TeX knows.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import NamedTuple

from latex_hook.sources.masking import DEFINITIONS, Mark, Masked
from latex_hook.sources.tokens import Groups, skip_space

NO_VALUE = "-NoValue-"
_NAME = re.compile(
    r"\s*(?:\\csname\s*([^{}\\\s]{1,100})\s*\\endcsname|\{\s*\\([a-zA-Z@]+)\s*\}|\\([a-zA-Z@]+))"
)
_NAMES_STRING = ("csdef", "csgdef", "csedef", "csxdef", "cslet", "@namedef")
r"""Commands that define what ``\csname`` names."""
_DELIMITED = re.compile(r"\s*(?:#[1-9](?:(?!\s)[^#]*[^#\s])?)*\s*")
LONGEST = 50_000
"""Characters in which the end of a delimited argument is looked for."""
_STRING = re.compile(r"\s*\{\s*([^{}\\\s]{1,100})\s*\}")
_COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
_PARAMETERS = re.compile(r"([^{}]{0,200})(?=\{)")
_SPEC = re.compile(
    r"[+!]{0,3}(?:(?P<kind>[mosb])|(?:O|D(?P<between>\S\S))\s*\{(?P<default>[^{}]*)\}|d(?P<pair>\S\S))|\s+"
)


class Macro(NamedTuple):
    """A command or environment of the document's own."""

    name: str
    arguments: tuple[str | None, ...]
    """For each argument None if it must be given, or else its default."""
    body: str
    """What it is replaced by; of an environment, what its beginning is replaced by."""
    environment: bool = False
    star: bool = False
    hides: bool = False
    """Whether what stands in the environment is not set."""
    ends: tuple[str, ...] = ()
    r"""What ends each argument, as in ``\def\x#1\end``, or the two characters around an optional
    one; empty if its braces or brackets do."""


KERNEL = {
    name: Macro(name, (None,) * count, body)
    for name, count, body in (
        *(("@gobble", 1, ""), ("@gobbletwo", 2, ""), ("@firstofone", 1, "#1")),
        *(("@firstoftwo", 2, "#1"), ("@secondoftwo", 2, "#2")),
    )
}
"""What authors give names of their own, of LaTeX's kernel."""


class Definition(NamedTuple):
    """A definition in the text."""

    start: int
    end: int
    macro: Macro
    plain: bool
    """Whether the macro's arguments are known; if not it has none."""


def definitions_of(source: str, masked: Masked, groups: Groups) -> list[Definition]:
    """Return the definitions of a source in order, without those inside other definitions."""
    found: list[Definition] = []
    for mark in masked.marks:
        if mark.name in DEFINITIONS and not (found and mark.start < found[-1].end):
            definition = _read(mark, source, groups)
            if definition is not None:
                found.append(definition)
    return found


def _read(mark: Mark, source: str, groups: Groups) -> Definition | None:
    """Read one definition; return None for anything else."""
    text = groups.text
    at = mark.end + text.startswith("*", mark.end)
    environment = mark.name.endswith(("nvironment", "Environ"))
    named = (_STRING if environment or mark.name in _NAMES_STRING else _NAME).match(text, at)
    if named is None:
        return None
    name = named[named.lastindex or 0]
    if mark.name.endswith(("let", "CommandCopy")):
        target = _LET.match(text, named.end())
        keys_and_prompt = ("", None) if target and target[1] == "\\pbfigure" else ()
        macro = Macro(name, keys_and_prompt, target[1] if target else "")
        return Definition(mark.start, target.end(), macro, plain=False) if target else None
    read = _read_arguments(mark.name, source, groups, named.end())
    body = groups.argument(read.end)
    if body is None:
        return None
    end = body[1]
    said, closes = source[body[0] + 1 : end - 1], ""
    if environment and (last := groups.argument(end)):  # what stands at its end
        closes, end = source[end : last[1]], last[1]
    hides = environment and _hides(mark.name, text[named.end() : body[0]], said, closes)
    macro = Macro(name, read.values or (), said, environment, read.star, hides, read.ends)
    return Definition(mark.start, end, macro, plain=read.values is not None)


_BODY = re.compile(r"\+?b\s*\}\s*\Z")
_BOXED = re.compile(r"\\(?:setbox|begin\s*\{lrbox\})")
_SHOWS_BOX = re.compile(r"\\(?:use|copy|un[hv])?(?:box|copy)")


def _hides(command: str, arguments: str, begins: str, closes: str) -> bool:
    """Whether an environment takes its text as an argument, or a box, and does not use it."""
    if command.endswith("Environ"):
        return "\\BODY" not in begins
    if "Document" in command and _BODY.search(arguments):
        return re.search(r"#[1-9]", begins + closes) is None
    return bool(_BOXED.search(begins)) and not _SHOWS_BOX.search(closes)


class _Arguments(NamedTuple):
    """The arguments of a definition, as a :class:`Macro` has them."""

    values: tuple[str | None, ...] | None
    """None if they are not plain."""
    end: int
    """Where they end in the source."""
    star: bool = False
    ends: tuple[str, ...] = ()


def _read_arguments(command: str, source: str, groups: Groups, at: int) -> _Arguments:
    if command.endswith("def"):
        parameters = _PARAMETERS.match(groups.text, skip_space(groups.text, at))
        if parameters is None:
            return _Arguments(None, at)
        if _DELIMITED.fullmatch(parameters[1]) is None:
            return _Arguments(None, parameters.end())
        ends = tuple(map(str.strip, re.split("#[1-9]", parameters[1])[1:]))
        return _Arguments((None,) * parameters[1].count("#"), parameters.end(), ends=ends)
    if "Document" in command:
        spec = groups.argument(at)
        if spec is None:
            return _Arguments(None, at)
        return _read_spec(groups.text[spec[0] + 1 : spec[1] - 1], spec[1])
    return _Arguments(*_read_count(command, groups, source, at))


_LET = re.compile(r"\s*(?:=\s*)?\{?(\\[a-zA-Z@]+)\}?")


_NUMBERED = re.compile(r"([1-9])\s*=\s*((?:\{[^{}]*\}|[^,{}])*)")


def _read_count(
    command: str, groups: Groups, source: str, at: int
) -> tuple[tuple[str | None, ...], int]:
    count = _COUNT.match(groups.text, at)
    if count is None:
        return (), at
    arguments: list[str | None] = [None] * int(count[1])
    at = count.end()
    default = groups.argument(at, "[")
    if default and arguments:
        said, at = source[default[0] + 1 : default[1] - 1], default[1]
        if command.endswith("x"):  # of xargs, which numbers them
            for number, value in _NUMBERED.findall(said):
                arguments[int(number) - 1 : int(number)] = [value.strip("{}")]
        else:
            arguments[0] = said
    return tuple(arguments), at


def _read_spec(spec: str, end: int) -> _Arguments:
    """Read an xparse specification, which ends at ``end``."""
    arguments: list[str | None] = []
    ends: list[str] = []
    star, read = False, 0
    for match in _SPEC.finditer(spec):
        if match.start() != read:
            break
        read = match.end()
        if match["kind"] == "s":
            star = True
        elif match[0].strip() and match["kind"] != "b":
            given = NO_VALUE if match["default"] is None else match["default"]
            arguments.append(None if match["kind"] == "m" else given)
            ends.append(match["between"] or match["pair"] or "")
    if read < len(spec):
        return _Arguments(None, end, star)
    return _Arguments(tuple(arguments), end, star, tuple(ends))


_SINGLE = re.compile(r"\\(?!(?:begin|end|item|par)\b)(?:[a-zA-Z]+|.)|[^\s{}\[\]$&\\]", re.DOTALL)
r"""An argument without braces: ``\par`` and ``\item`` are hardly meant as one."""


def argument(groups: Groups, at: int) -> tuple[slice, int] | None:
    """Return the inside and the end of the argument at ``at``: a group, a command, a character."""
    if groups.text.startswith("{", at):
        end = groups.end(at)
        return (slice(at + 1, end - 1), end) if end else None
    match = _SINGLE.match(groups.text, at)
    return (slice(*match.span()), match.end()) if match else None


def arguments_of(macro: Macro, groups: Groups, at: int) -> tuple[list[slice | None], int, bool]:
    """Return the inside of each argument of a use whose name ends at ``at``, where the use ends,
    and whether it is whole. An argument that has its default is None.
    """
    given: list[slice | None] = []
    span: slice | None
    at += macro.star and groups.text.startswith("*", at)
    for default, last in zip_longest(macro.arguments, macro.ends):
        if last and default is None:
            begin, close = skip_space(groups.text, at), groups.text.find(last, at, at + LONGEST)
            if close < 0:
                return given, at, False
            span, at = slice(min(begin, close), close), close + len(last)
        elif default is None:
            found = argument(groups, skip_space(groups.text, at))
            if found is None:
                return given, at, False
            span, at = found
        else:
            option = _between(last, groups.text, at) if last else groups.argument(at, "[")
            span = slice(option[0] + 1, option[1] - 1) if option else None
            at = option[1] if option else at
        given.append(span)
    return given, at, True


def _between(pair: str, text: str, at: int) -> tuple[int, int] | None:
    begin = skip_space(text, at)
    if not text.startswith(pair[0], begin):
        return None
    close = text.find(pair[1], begin + 1, begin + LONGEST)
    return (begin, close + 1) if close > 0 else None


_LOOSE = re.compile(r"[*+!]|<[^<>\n]{0,100}>|\([^()\n]{0,100}\)|[_^](?=\{)")


def end_of_unknown(groups: Groups, at: int) -> int:
    """Return where a use ends of whose arguments nothing is known: behind all that are close by."""
    end = skip_space(groups.text, at)
    while True:
        match = _LOOSE.match(groups.text, end)
        behind = match.end() if match else groups.end(end)
        if behind is None:
            return at
        at = end = behind


def expand(macro: Macro, source: str, groups: Groups, at: int) -> tuple[str, int] | None:
    r"""Return what a use of ``macro``, its name ending at ``at``, stands for, and where it ends.

    ``groups`` are those of the masked source. None if an argument is not there.
    """
    given, end, whole = arguments_of(macro, groups, at)
    if not whole:
        return None
    pairs = zip(given, macro.arguments, strict=True)
    values = [source[one] if one else default or "" for one, default in pairs]
    if macro.star:
        values.insert(0, "*" if groups.text.startswith("*", at) else NO_VALUE)
    return _filled(macro.body, values), end


_COMMAND_LAST = re.compile(r"\\[a-zA-Z@]+[ \t]*\Z")


def _filled(body: str, values: list[str]) -> str:
    """Return a body with its arguments in place; no command gets letters or loses a space."""
    pieces: list[str] = []
    at = 0
    for match in re.finditer(r"#(#|[1-9])", body):
        pieces.append(body[at : match.start()])
        at = match.end()
        if match[1] == "#":
            pieces.append("#")
        elif int(match[1]) <= len(values):
            value = values[int(match[1]) - 1]
            glues = value[:1].isalpha() and _COMMAND_LAST.search(pieces[-1])
            loses = body[at : at + 1].isspace() and _COMMAND_LAST.search(value)
            pieces.append(f"{' ' * bool(glues)}{value}{'{}' * bool(loses)}")
    return "".join((*pieces, body[at:]))
