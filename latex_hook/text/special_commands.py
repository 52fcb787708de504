r"""Commands with a rule of their own: items, captions, quotation marks, terms, quantities.

Each takes the reader, its name, the offset behind the name and that where the reading ends, and
returns where to go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from latex_hook.text import formulas, quantities
from latex_hook.text.characters import ENGLISH_QUOTES, QUOTES
from latex_hook.text.conventions import Term
from latex_hook.text.environments import ENVIRONMENTS, FLOATS, LISTS, Kind
from latex_hook.text.marks import BREAK, FIGURE_OPEN, HIDDEN, INDENT, PARAGRAPH
from latex_hook.text.markup import skip_space
from latex_hook.text.prose_rule import OVERLAY
from latex_hook.text.quantities import QUANTITIES

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

Special: TypeAlias = Callable[["Reader", str, int, int], int]
_XSPACE_STOPS = frozenset(".,'/?;:!~-)]\u2019\u201d\ue009")
_CHARACTER = re.compile(r"\s*(?:\"([0-9A-F]+)|'([0-7]+)|([0-9]+)|`\\?(.))")
_LATER_HEAD = re.compile(r"\\end(?:head|foot|lastfoot|firsthead)(?![a-zA-Z])")
_ADVANCE = re.compile(
    r"\s*\\[a-zA-Z@]+\d*\s*(?:by\s*)?(?:[-+]?\d[\d.]*\s*(?:[a-z]{2}\b)?|\\[a-zA-Z@]+)"
)
_IN_FORMULA = re.compile(
    rf"\\(?:(?P<word>{'|'.join(QUANTITIES)})(?![a-zA-Z])|begin\{{(?P<name>\w+)\}})"
)
_CONDITION = re.compile(r"(?:[A-Z]+|x)?[iI]f")
"""Of TeX, LaTeX, etoolbox, xstring, datatool and many others: the branches are arguments."""
_NAMED = re.compile(r"\s*([a-zA-Z@]+)\s*\\endcsname")
_REFERENCE = re.compile(r"cite|Cite|[a-z]ref\Z|Ref\Z")
_NOTE = re.compile(r"[iI]ndex|[lL]abel\Z|[tT]odo|TODO|[fF]ixme")
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


def _caption(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("*oM", at, end)
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


def _skip_heads(reader: Reader, word: str, at: int, end: int) -> int:
    """Skip the heads and feet that a long table has on its later pages."""
    last = reader.text.find("\\end{", at, end)
    for match in _LATER_HEAD.finditer(reader.text, at, last if last >= 0 else end):
        at = match.end()
    return at


def _advance(reader: Reader, word: str, at: int, end: int) -> int:
    match = _ADVANCE.match(reader.text, at, end)
    return match.end() if match else at


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
    span = reader.argument(at, end)
    if span is None:
        return at
    reader.out.append(_ADDRESS_ESCAPE.sub(r"\1", reader.text[span.start : span.stop]))
    return reader.behind(span)


def _in_mathematics(reader: Reader, word: str, at: int, end: int) -> int:
    span = reader.argument(at, end)
    if span is None:
        return at
    reader.out.append(formulas.inline(in_formula(reader, span.start, span.stop)))
    return reader.behind(span)


def _xspace(reader: Reader, word: str, at: int, end: int) -> int:
    text = reader.text
    ahead = skip_space(text, at, len(text))
    while text.startswith(("{", "}"), ahead):
        ahead += 1
    following = text[ahead : ahead + 1]
    if following and following not in _XSPACE_STOPS and not text.startswith("\\foot", ahead):
        reader.out.append(" ")
    return skip_space(text, at, end)


def _one_dot(reader: Reader, word: str, at: int, end: int) -> int:
    r"""``\onedot`` of many conferences' styles: a dot, if none follows."""
    following = skip_space(reader.text, at, end)
    if reader.text.startswith(".", following):
        return following
    reader.out.append(".")
    return _xspace(reader, word, at, end)


def _closing_guillemet(reader: Reader, word: str, at: int, end: int) -> int:
    reader.out.append(" »")
    return _xspace(reader, word, at, end)


def _raised(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("M", at, end)
    said = reader.said(kept[0])
    reader.out.append(said.translate(quantities.RAISED) if _NUMBER.fullmatch(said) else said)
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
    while reader.text.startswith(("{", "["), skip_space(reader.text, at, end)):
        begin = skip_space(reader.text, at, end)
        close = reader.groups.end(begin) or end
        if close >= end and not reader.text.startswith("}", close - 1):
            break
        if FIGURE_OPEN in reader.text[begin:close]:
            reader.out.append(reader.said(slice(begin + 1, close - 1)))
        at = close
    return at


def _only(reader: Reader, word: str, at: int, end: int) -> int:
    """Read what beamer shows in some of its modes: that of other modes is a choice."""
    overlay = OVERLAY.match(reader.text, at, end)
    if overlay and (word == "mode" or re.search(r"article|handout|trans|second", overlay[0])):
        return _choice(reader, word, overlay.end(), end)
    kept, at = reader.arguments("oG", at, end)
    reader.out.append(reader.said(kept[0]))
    return at


def of_unknown(word: str, following: str) -> Special | None:
    """Return what the name of an unknown command tells: a choice, a reference, an index."""
    if _CONDITION.match(word):
        return _choice
    if following not in ("[", "{"):
        return None
    if _REFERENCE.search(word):
        return _reference
    return _note if _NOTE.search(word) else None


def _reference(reader: Reader, word: str, at: int, end: int) -> int:
    reader.out.append(HIDDEN)
    return reader.arguments("*oom", at, end)[1]


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


def _skip_definition(reader: Reader, word: str, at: int, end: int) -> int:
    brace = reader.text.find("{", at, min(end, at + 200))
    return reader.groups.end(brace) or at


def _skip_let(reader: Reader, word: str, at: int, end: int) -> int:
    match = re.compile(r"\s*\\(?:[a-zA-Z@]+|.)\s*=?\s*(?:\\(?:[a-zA-Z@]+|.)|.)").match(
        reader.text, at, end
    )
    return match.end() if match else at


def _skip_loop(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip ``\foreach \n in {…} {…}``: its words are those of a variable."""
    match = re.compile(r"[^{}]{0,200}\bin\s*(?=\{)").match(reader.text, at, end)
    return reader.arguments("mm", match.end(), end)[1] if match else at


def _skip_path(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip ``\tikz … ;`` outside a picture."""
    _, at = reader.arguments("o", at, end)
    if reader.text.startswith("{", skip_space(reader.text, at, end)):
        return reader.arguments("m", at, end)[1]
    close = reader.text.find(";", at, min(end, at + 2000))
    reader.out.append(HIDDEN)
    return close + 1 if close >= 0 else at


def _skip_input(reader: Reader, word: str, at: int, end: int) -> int:
    if match := re.compile(r"[ ]+[^\s{}\\]+").match(reader.text, at, end):
        return match.end()
    return reader.arguments("*om", at, end)[1]


def quantity(reader: Reader, word: str, at: int, end: int) -> tuple[str, int] | None:
    """Return what a quantity says, and where it ends; None if it is another package's command."""
    kinds = QUANTITIES[word]
    given = "o" + "".join("o" if kind == "o" else "M" for kind in kinds)
    kept, behind = reader.arguments(given, at, end)
    if any(span is None for span in kept) or not reader.text.startswith("}", behind - 1):
        return None
    values = [reader.text[span.start : span.stop] for span in kept if span is not None]
    said = quantities.quantity(kinds.replace("o", ""), values, reader.agreed.units)
    option = reader.text[at:behind].partition("]")[0].lstrip(" [")
    if word == "unit" and option[:1].isdigit():  # the package units
        said = f"{quantities.number(option)} {said}"
    return said, behind


def in_formula(reader: Reader, start: int, end: int) -> str:
    """Return a formula's source without drawings, its quantities as they are read."""
    pieces: list[str] = []
    at = start
    for match in _IN_FORMULA.finditer(reader.text, start, end):
        begin = match.start()
        if begin < at:
            continue
        said, behind = "", reader.environments.get(begin, end)
        if match["name"] is None:
            said, behind = quantity(reader, match["word"], match.end(), end) or ("", end)
        elif match["name"] not in ENVIRONMENTS or (
            ENVIRONMENTS[match["name"]].kind is not Kind.HIDDEN
        ):
            continue
        if behind < end or said:
            pieces += (reader.text[at:begin], said)
            at = behind
    return "".join((*pieces, reader.text[at:end]))


def _quantity(reader: Reader, word: str, at: int, end: int) -> int:
    read = quantity(reader, word, at, end)
    if read is None:
        return skip_space(reader.text, at, end)
    reader.out.append(read[0])
    return read[1]


def _term(reader: Reader, word: str, at: int, end: int) -> int:
    kept, at = reader.arguments("*oM" + "m" * (word == "glsdisp"), at, end)
    span = kept[0]
    if span is None:
        return at
    key = reader.text[span.start : span.stop].strip()
    form = _GLOSSARY[word]
    if form == "shown":
        text = reader.argument(at, end)
        reader.out.append(reader.said(text))
        return reader.behind(text) if text else at
    term = reader.agreed.terms.get(key) or Term(key, key)
    said = (term.long or term.short) if "long" in form else term.short
    if "plural" in form:
        said = term.plural or f"{said}s"
    said = reader.aside(said)
    if (close := reader.groups.end(at)) and reader.text.startswith("[", at):
        said += reader.said(slice(at + 1, close - 1))  # an ending
        at = close
    if "full" in form and term.long and term.long != term.short:
        said = f"{reader.aside(term.long)} ({said})"
    reader.out.append(said[:1].upper() + said[1:] if word[:1].isupper() else said)
    return at


_GLOSSARY = {
    **dict.fromkeys(("gls", "Gls", "GLS", "ac", "Ac", "acs", "Acs", "glsentryshort"), "short"),
    **dict.fromkeys(("acrshort", "Acrshort", "glsentrytext", "glsentryname", "glsname"), "short"),
    **dict.fromkeys(("glstext", "glssymbol", "glsxtrshort", "iac", "Iac", "glsfirst"), "short"),
    **dict.fromkeys(("glspl", "Glspl", "acp", "Acp", "acsp", "acrshortpl"), "short plural"),
    **dict.fromkeys(("acl", "Acl", "acrlong", "Acrlong", "glsentrylong", "glsxtrlong"), "long"),
    **dict.fromkeys(("aclp", "acrlongpl", "glsdesc"), "long plural"),
    **dict.fromkeys(("acf", "Acf", "acrfull", "Acrfull", "glsxtrfull"), "full"),
    **dict.fromkeys(("glslink", "glsdisp"), "shown"),
}
SPECIAL: dict[str, Special] = {
    "item": _item,
    **dict.fromkeys(("ex", "choice", "CorrectChoice", "subpart"), _item),
    "question": _question,
    "caption": _caption,
    "tablecaption": _caption,
    **dict.fromkeys(("subfloat", "subfigure", "subtable"), _part_of_float),
    **dict.fromkeys(("endfirsthead", "endhead", "endfoot", "endlastfoot"), _skip_heads),
    **dict.fromkeys(("advance", "multiply", "divide"), _advance),
    "subcaption": _caption,
    "captionof": _caption_of,
    "enquote": _enquote,
    "textquote": _enquote,
    "blockquote": _enquote,
    "url": _address,
    "path": _address,
    "nolinkurl": _address,
    "ensuremath": _in_mathematics,
    "xspace": _xspace,
    "onedot": _one_dot,
    "fg": _closing_guillemet,
    "textsuperscript": _raised,
    **dict.fromkeys(("makecell", "thead", "rothead", "shortstack"), _cell),
    **dict.fromkeys(("nottoggle", "notbool", "notblank", "opt", "tagged", "untagged"), _choice),
    **dict.fromkeys(("only", "mode"), _only),
    "char": _character,
    "csname": _named,
    "let": _skip_let,
    "foreach": _skip_loop,
    "tikz": _skip_path,
    "input": _skip_input,
    **dict.fromkeys(QUANTITIES, _quantity),
    **dict.fromkeys(_GLOSSARY, _term),
    **dict.fromkeys(("def", "gdef", "edef", "xdef"), _skip_definition),
}
