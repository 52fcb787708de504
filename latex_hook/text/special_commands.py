r"""Commands with a rule of their own: items, captions, quotation marks, choices.

Each takes the reader, its name, the offset behind the name and that where the reading ends, and
returns where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from latex_hook.sources.definitions import NO_VALUE
from latex_hook.text import formulas
from latex_hook.text.author_macros import OF_AUTHORS
from latex_hook.text.characters import ENGLISH_QUOTES, QUOTES
from latex_hook.text.environments import FLOATS, LISTS, Kind
from latex_hook.text.glossary_commands import GLOSSARY_COMMANDS
from latex_hook.text.private_use import BREAK, FIGURE_OPEN, HIDDEN, INDENT, PARAGRAPH
from latex_hook.text.siunitx import QUANTITY_COMMANDS, RAISED
from latex_hook.text.skipped_commands import SKIPPED
from latex_hook.text.unknown_commands import OVERLAY, may_hide

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

Special: TypeAlias = Callable[["Reader", str, int, int], int]
_XSPACE_STOPS = frozenset(".,'/?;:!~-)]\u2019\u201d\ue009")
_CHARACTER = re.compile(r"\s*(?:\"([0-9A-F]+)|'([0-7]+)|([0-9]+)|`\\?(.))")
_CONDITION = re.compile(r"(?:[A-Z]+|x)?[iI]f")
"""Of TeX, LaTeX, etoolbox, xstring, datatool and many others: the branches are arguments."""
_NAMED = re.compile(r"\s*([a-zA-Z@]+)\s*\\endcsname")
_KINDS = ("Boolean", "Value", "NoValue")
_DECIDED = re.compile(f"If({'|'.join(_KINDS)})(TF|T|F)")
_REFERENCE = re.compile(r"[cC]ite|[rR]ef\Z")
_CAPTION = re.compile(r"[cC]aption(?:above|below)?\Z")
NOTE = re.compile(rf"[iI]ndex|[lL]abel\Z|(?<!c)[aA]non(?:ymi[sz]e)?\Z|{OF_AUTHORS}")
"""Parts of names of commands and environments whose contents no reader of the text sees."""
_SETTING = re.compile(
    r"""@ | [a-zA-Z]+_ | (?:re)?(?:new|set|declare|provide|define|restyle|addto)(?!\w*preamble)[a-z]
    | (?:title(?:format|spacing|class|contents)|floatname|captions|extras|pgf|pdf|csv|DTL)
    | (?:direct|late)?lua | (?:open|close|read)(?:in\Z|out\Z|[a-z]*file)
    | (?:[lcrio][oe]?|[oe])(?:head|foot)\Z | (?-i:[a-z]*(?:setup|style|toolsset))\Z
    | [a-z]*(?:bookmark | tocentry | contentsline | titleline)
    | labelformat\Z | [a-z]*placement\Z | KOMA | auto?mark
    | [a-z]*(?:section|chapter)mark\Z | mark(?:left|double)\Z""",
    re.VERBOSE | re.IGNORECASE,
)
"""What sets something up, or is code: names of packages' commands, of LaTeX's insides, of expl3."""
_COMMAND_NEXT = re.compile(r"\\[a-zA-Z@_:]+")
_ORDINALS = {
    **{"ier": "er", "iers": "ers", "iere": "re", "ieres": "res", "ieme": "e", "iemes": "es"},
}
r"""The ends of numbers in babel's French: ``1\ier``."""
_NO_GAP = re.compile(r"\{\s*(?:-|\\z@|0(?:\.0*)?\s*[a-z])")
_NUMBER = re.compile(r"[-+−]?\d+")
_COMMAND = re.compile(r"\s*\\[a-zA-Z@]+(?=\s*[\\{])")
_ADDRESS_ESCAPE = re.compile(r"\\([%#&_~{}\\$])")


def _item(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("O", at, end)
    label = reader.said(kept[0]) if kept else ""
    around = [number for number, each in enumerate(reader.around) if each.kind in LISTS]
    reader.out.append(BREAK + INDENT * (len(around) - 1))
    if not around:
        return at
    current = reader.around[around[-1]]
    reader.around[around[-1]] = current._replace(items=current.items + (not label))
    if current.kind is Kind.TERMS:
        reader.out.append(f"{label.rstrip(':')}: " if label else "")
    elif label:
        reader.out.append(f"{label} ")
    else:
        reader.out.append("- " if current.kind is Kind.ITEMS else f"{current.items + 1}. ")
    return at


def _question(reader: Reader, word: str, at: int, end: int) -> int:
    _, at = reader.arguments("o", at, end)  # its points
    return _item(reader, word, at, end)


def _part(reader: Reader, word: str, at: int, end: int) -> int:
    """Read a part of the document, or one of a question."""
    is_item = any(each.name in ("parts", "subparts") for each in reader.around)
    return _question(reader, word, at, end) if is_item else reader.known(word, at, end)


def _gap(reader: Reader, word: str, at: int, end: int) -> int:
    """Read space between words; a negative one, or none, joins what is around it."""
    begin = reader.skip_space(at + reader.text.startswith("*", at), end)
    reader.out.append("" if _NO_GAP.match(reader.text, begin, end) else " ")
    return reader.arguments("*m", at, end)[1]


def _caption(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("*ooM", at, end)
    floats = (FLOATS.get(name.rstrip("*")) for name, *_ in reversed(reader.around))
    label = next(filter(None, floats), "Figure")
    if said := reader.said(kept[0]):
        reader.out += (PARAGRAPH, f"{label}: {said}", PARAGRAPH)
    return at


def _part_of_float(reader: Reader, word: str, at: int, end: int) -> int:
    r"""``\subfloat[caption]{…}``; of two options the second is the caption."""
    kept, at = reader.arguments("OOM", at, end)
    caption = reader.said(kept[1] or kept[0])
    reader.out += (PARAGRAPH, f"Figure: {caption}" if caption else "", PARAGRAPH)
    reader.out += (reader.said(kept[2]), PARAGRAPH)
    return at


def _caption_of(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("*MoM", at, end)
    label = reader.said(kept[0]).capitalize() or "Figure"
    if said := reader.said(kept[1]):
        reader.out += (PARAGRAPH, f"{label}: {said}", PARAGRAPH)
    return at


def _enquote(reader: Reader, word: str, at: int, end: int) -> int:
    outer = 2 * (reader.quotes % 2)
    reader.quotes += 1
    kept, at = reader.arguments("*oM", at, end)
    said = reader.said(kept[0])
    reader.quotes -= 1
    marks = QUOTES.get(reader.agreed.language, ENGLISH_QUOTES)
    reader.out.append(f"{marks[outer]}{said}{marks[outer + 1]}")
    return at


def _address(reader: Reader, word: str, at: int, end: int) -> int:
    span, behind = reader.argument(at, end)
    if span is not None:
        reader.out.append(_ADDRESS_ESCAPE.sub(r"\1", reader.text[span]))
    return behind


def _in_mathematics(reader: Reader, word: str, at: int, end: int) -> int:
    span, behind = reader.argument(at, end)
    if span is not None:
        reader.out.append(formulas.inline(formulas.read(reader, span.start, span.stop)))
    return behind


def _xspace(reader: Reader, word: str, at: int, end: int) -> int:
    text = reader.text
    ahead = reader.skip_space(at, len(text))
    while text.startswith(("{", "}"), ahead):
        ahead += 1
    following = text[ahead : ahead + 1]
    if following and following not in _XSPACE_STOPS and not text.startswith("\\foot", ahead):
        reader.out.append(" ")
    return reader.skip_space(at, end)


def _one_dot(reader: Reader, word: str, at: int, end: int) -> int:
    r"""``\onedot`` of many conferences' styles: a dot, if none follows."""
    following = reader.skip_space(at, end)
    if reader.text.startswith(".", following):
        return following
    reader.out.append(".")
    return _xspace(reader, word, at, end)


def _ordinal(reader: Reader, word: str, at: int, end: int) -> int:
    reader.out.append(_ORDINALS[word])
    return _xspace(reader, word, at, end)


def _closing_guillemet(reader: Reader, word: str, at: int, end: int) -> int:
    reader.out.append(" »")
    return _xspace(reader, word, at, end)


def _raised(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("M", at, end)
    said = reader.said(kept[0])
    reader.out.append(said.translate(RAISED) if _NUMBER.fullmatch(said) else said)
    return at


def _cell(reader: Reader, word: str, at: int, end: int) -> int:
    """Read a cell of several lines as one."""
    kept, at = reader.arguments("*oM", at, end)
    reader.out.append(reader.said(kept[0]).replace(BREAK, " "))
    return at


def _choice(reader: Reader, word: str, at: int, end: int) -> int:
    """Read those of a condition's arguments in which a figure stands that TeX asked for."""
    while (name := _COMMAND.match(reader.text, at, end)) is not None:
        at = name.end()  # the command that is asked about
    while reader.text.startswith(("{", "["), reader.skip_space(at, end)):
        begin = reader.skip_space(at, end)
        close = reader.groups.end(begin) or end
        if close >= end and not reader.text.startswith("}", close - 1):
            break
        if FIGURE_OPEN in reader.text[begin:close]:
            reader.out.append(reader.inline(slice(begin + 1, close - 1)))
        at = close
    return at


def _decided(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Read the branch of ``\\IfValueTF`` and its like: what the author gave a command is known."""
    kind, branches = _DECIDED.fullmatch(word).groups()  # type: ignore[union-attr]
    kept, behind = reader.arguments("M" * (1 + len(branches)), at, end)
    given = reader.said(kept[0])
    if kind == "Boolean" and given not in ("*", NO_VALUE):
        return _choice(reader, word, at, end)
    is_true = given == "*" if kind == "Boolean" else (given == NO_VALUE) == (kind == "NoValue")
    chosen = branches.find("T" if is_true else "F") + 1
    reader.out.append(reader.inline(kept[chosen]) if chosen else "")
    return behind


def _only(reader: Reader, word: str, at: int, end: int) -> int:
    """Read what beamer shows on some slides: that of no slide, or of a mode, is a choice."""
    at += word == "mode" and reader.text.startswith("*", at)
    overlay = OVERLAY.match(reader.text, at, end)
    if overlay and may_hide(overlay[0]):
        return _choice(reader, word, overlay.end(), end)
    kept, at = reader.arguments("oG", at, end)
    reader.out.append(reader.inline(kept[0]) if kept[0] else " ")
    return at


def of_unknown(word: str, following: str) -> Special | None:
    """Return what an unknown command's name tells: a choice, a setting, a reference, a note …"""
    if _CONDITION.match(word):
        return _choice
    if _SETTING.match(word):
        return _setting
    if following not in ("[", "{", "*"):
        return None
    if _REFERENCE.search(word):
        return _reference
    if _CAPTION.search(word):
        return _caption
    return _note if NOTE.search(word) else None


def _reference(reader: Reader, word: str, at: int, end: int) -> int:
    reader.out.append(HIDDEN)
    return reader.arguments("*oom", at, end)[1]


def _title(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Read the title that ``\nameref`` shows, where a heading has that label."""
    kept, at = reader.arguments("*M", at, end)
    label = reader.text[kept[0]].strip() if kept[0] else ""
    title = reader.agreed.titles.get(label)
    reader.out.append(reader.aside(title) if title else HIDDEN)
    return at


def _setting(reader: Reader, word: str, at: int, end: int) -> int:
    if match := _COMMAND_NEXT.match(reader.text, at, end):
        at = match.end()
    return reader.unknown_arguments(at, end)[1]


def _note(reader: Reader, word: str, at: int, end: int) -> int:
    return reader.arguments("*om", at, end)[1]


def _character(reader: Reader, word: str, at: int, end: int) -> int:
    match = _CHARACTER.match(reader.text, at, end)
    if match is None:
        return at
    if match[4]:
        reader.out.append(match[4])
    else:
        digits, base = (match[1], 16) if match[1] else (match[2] or match[3], 8 if match[2] else 10)
        number = int(digits[:7], base)
        reader.out.append(chr(number) if 32 <= number < 0xD800 else "")
    return match.end()


def _named(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Read the command that ``\csname`` names."""
    match = _NAMED.match(reader.text, at, end)
    return reader.command(match[1], match.end(), end) if match else at


SPECIAL: dict[str, Special] = {
    "item": _item,
    **dict.fromkeys(("ex", "choice", "CorrectChoice", "task"), _item),
    **dict.fromkeys(("question", "subpart"), _question),
    "part": _part,
    "hspace": _gap,
    "caption": _caption,
    **dict.fromkeys(("subfloat", "subfigure", "subtable"), _part_of_float),
    "captionof": _caption_of,
    "enquote": _enquote,
    "textquote": _enquote,
    "blockquote": _enquote,
    **dict.fromkeys(("nameref", "titleref"), _title),
    "url": _address,
    "path": _address,
    "nolinkurl": _address,
    "ensuremath": _in_mathematics,
    "xspace": _xspace,
    "onedot": _one_dot,
    "fg": _closing_guillemet,
    **dict.fromkeys(_ORDINALS, _ordinal),
    "textsuperscript": _raised,
    **dict.fromkeys(("makecell", "thead", "rothead", "shortstack"), _cell),
    **dict.fromkeys(("nottoggle", "notbool", "notblank", "opt", "tagged", "untagged"), _choice),
    **dict.fromkeys(("showto", "hidefrom", "InputIfFileExists"), _choice),
    **{f"If{kind}{branches}": _decided for kind in _KINDS for branches in ("TF", "T", "F")},
    **dict.fromkeys(("only", "mode", "uncover", "visible", "action", "onslide", "frame"), _only),
    "char": _character,
    "csname": _named,
    **QUANTITY_COMMANDS,
    **GLOSSARY_COMMANDS,
    **SKIPPED,
}
