r"""LaTeX source as a reader would read it: what is sent as a pipeline figure's text.

pylatexenc does it, where it can: on real sources it is slow on heavy definitions, recurses deeply
and meets constructs it does not know, so it works within a time limit and behind a net: a whole
section first, then paragraph by paragraph, and what it cannot do a plainer rule does. Nothing that
is paid for depends on the result; it is only what the service reads.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, TypeAlias

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec
from pylatexenc.latex2text import get_default_latex_context_db as default_texts
from pylatexenc.latexwalker import LatexWalker
from pylatexenc.latexwalker import get_default_latex_context_db as default_macros
from pylatexenc.macrospec import std_macro

from latex_hook.sources.definitions import Macro
from latex_hook.sources.tokens import group_end, option_end
from latex_hook.text.extract import (
    VERBATIM_CLOSE,
    VERBATIM_OPEN,
    Extract,
    expand,
    put_back,
)

Foreign: TypeAlias = Any
"""An object of pylatexenc's, which has no types."""
SECTION_SECONDS = 4.0
"""What a whole section may take; a megabyte takes about that."""
PARAGRAPH_SECONDS = 0.5


_CITATIONS = (
    *("cite", "citep", "citet", "citealp", "citealt", "citeauthor", "citeyear", "Citep", "Citet"),
    *("parencite", "textcite", "autocite", "footcite", "fullcite", "nocite", "supercite"),
)
_REFERENCES = (
    *("ref", "eqref", "autoref", "cref", "Cref", "pageref", "nameref", "vref", "subref"),
    "labelcref",
)
_NAMES = {"LaTeX": "LaTeX", "TeX": "TeX", "LaTeXe": "LaTeX2e", "XeTeX": "XeTeX", "LuaTeX": "LuaTeX"}
_VANISH = (
    *("label", "index", "glsadd", "vspace", "hspace", "includegraphics", "bibliography"),
    *("bibliographystyle", "centering", "phantomsection", "addcontentsline", "setcounter"),
    *("setlength", "pagestyle", "thispagestyle"),
)


class _OutOfTime(Exception):
    """pylatexenc takes too long."""


def readable_paragraphs(extract: Extract, macros: Mapping[str, Macro]) -> list[str]:
    """Return the paragraphs of a stretch of source as text.

    ``macros`` are the document's own commands.
    """
    verbatim = list(extract.verbatim)
    text = _set_addresses_aside(extract.text, verbatim)
    text = expand(text, macros)
    converted = _guarded(text, SECTION_SECONDS)
    if converted is None:
        pieces = re.split(r"\n[ \t]*\n\s*", text)
        deadline = time.monotonic() + 2 * SECTION_SECONDS
        converted = "\n\n".join(
            (_guarded(piece, PARAGRAPH_SECONDS) if time.monotonic() < deadline else None)
            or plainer(piece)
            for piece in pieces
        )
    converted = converted.replace("\xa0", " ")
    converted = put_back(converted, tuple(_without_markup(piece) for piece in verbatim))
    paragraphs = (
        re.sub(r"[ \t]*\n[ \t]*", "\n", piece).strip()
        for piece in re.split(r"\n[ \t]*\n\s*", converted)
    )
    return [re.sub(r"[ \t]{2,}", " ", piece) for piece in paragraphs if piece]


def _guarded(text: str, seconds: float) -> str | None:
    """Return what pylatexenc makes of ``text``; None if it fails or takes too long."""
    try:
        return _within(seconds, lambda: _converter()(text))
    except (Exception, RecursionError):  # noqa: BLE001 - whatever it stumbles over, we go on
        return None


def _within(seconds: float, work: Callable[[], str]) -> str:
    """Run pure Python ``work`` in this thread; raise :exc:`_OutOfTime` after ``seconds``.

    A profile function is asked at every call, works in any thread and needs no signal.
    """
    deadline = time.monotonic() + seconds

    def watch(_frame: FrameType, _event: str, _argument: object) -> None:
        if time.monotonic() > deadline:
            raise _OutOfTime

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        return work()
    finally:
        sys.setprofile(before)


def _converter() -> Callable[[str], str]:
    """Return pylatexenc's conversion, with what it does not know of papers added to it."""
    macros = default_macros()
    macros.add_context_category(
        "paperbanana",
        prepend=True,
        macros=[
            *(std_macro(name, "*[[{") for name in _CITATIONS),
            *(std_macro(name, "*{") for name in _REFERENCES),
            std_macro("caption", "*[{"),
            std_macro("captionof", "*{[{"),
            std_macro("SI", "[{[{"),
            std_macro("qty", "[{{"),
            std_macro("num", "[{"),
            std_macro("si", "[{"),
            std_macro("unit", "[{"),
            std_macro("textcolor", "[{{"),
            std_macro("label", "{"),
            std_macro("bibliography", "{"),
            std_macro("vspace", "*{"),
            std_macro("hspace", "*{"),
        ],
    )
    texts = default_texts()
    texts.add_context_category(
        "paperbanana",
        prepend=True,
        macros=[
            *(MacroTextSpec(name, simplify_repl=_bracketed) for name in _CITATIONS),
            *(MacroTextSpec(name, simplify_repl=_bracketed) for name in _REFERENCES),
            *(MacroTextSpec(name, simplify_repl="") for name in _VANISH),
            *(
                MacroTextSpec(name, simplify_repl=_heading)
                for name in ("part", "chapter", "section", "subsection", "subsubsection")
            ),
            MacroTextSpec("caption", simplify_repl=_around("\n\nFigure: {}\n\n")),
            MacroTextSpec("captionof", simplify_repl=_around("\n\nFigure: {}\n\n")),
            MacroTextSpec("footnote", simplify_repl=_around(" ({})")),
            MacroTextSpec("num", simplify_repl=_around("{}")),
            MacroTextSpec("si", simplify_repl=_around("{}")),
            MacroTextSpec("unit", simplify_repl=_around("{}")),
            MacroTextSpec("textcolor", simplify_repl=_around("{}")),
            MacroTextSpec("SI", simplify_repl=_quantity),
            MacroTextSpec("qty", simplify_repl=_quantity),
        ],
    )
    texts.set_unknown_macro_spec(MacroTextSpec("", simplify_repl=_all_arguments))
    reader = LatexNodes2Text(
        latex_context=texts, math_mode="verbatim", strict_latex_spaces="based-on-source"
    )

    def convert(text: str) -> str:
        walker = LatexWalker(text, latex_context=macros, tolerant_parsing=True)
        return str(reader.nodelist_to_text(walker.get_latex_nodes()[0]))

    return convert


def _arguments(node: Foreign, texts: Foreign) -> list[str]:
    """Return a macro's arguments as text, without those that are not there."""
    arguments = node.nodeargd.argnlist if node.nodeargd is not None else []
    return [
        str(texts.nodelist_to_text([argument])).strip()
        for argument in arguments or ()
        if argument is not None
    ]


def _all_arguments(node: Foreign, l2tobj: Foreign) -> str:
    """What a command says of which nothing is known: its arguments."""
    return _NAMES.get(node.macroname) or " ".join(_arguments(node, l2tobj))


def _last(node: Foreign, texts: Foreign) -> str:
    return next(reversed(_arguments(node, texts)), "")


def _bracketed(node: Foreign, l2tobj: Foreign) -> str:
    return f"[{_last(node, l2tobj)}]"


def _heading(node: Foreign, l2tobj: Foreign) -> str:
    return f"\n\n{_last(node, l2tobj)}\n\n"


def _quantity(node: Foreign, l2tobj: Foreign) -> str:
    return " ".join(_arguments(node, l2tobj)[-2:])


def _around(pattern: str) -> Callable[[Foreign, Foreign], str]:
    def text(node: Foreign, l2tobj: Foreign) -> str:
        return pattern.format(_last(node, l2tobj))

    return text


_ADDRESS = re.compile(r"\\(url|path|nolinkurl|href)\s*(?=\{)")


def _set_addresses_aside(text: str, verbatim: list[str]) -> str:
    """Return ``text`` without URLs, whose ``%`` and ``_`` mean something else elsewhere."""
    pieces: list[str] = []
    at = 0
    while match := _ADDRESS.search(text, at):
        end = group_end(text, match.end())
        if end is None:
            break
        pieces.append(text[at : match.start()])
        at = end
        if match[1] != "href":
            pieces.append(f"{VERBATIM_OPEN}{len(verbatim)}{VERBATIM_CLOSE}")
            verbatim.append(text[match.end() + 1 : end - 1])
    pieces.append(text[at:])
    return "".join(pieces)


_LISTING_OPTIONS = re.compile(r"\A\s*(?:\[[^\]]*\])?(?:\{[^{}\n]*\})?\n?")


def _without_markup(piece: str) -> str:
    """Return a verbatim piece without its delimiters."""
    if "\n" in piece:
        return "\n" + _LISTING_OPTIONS.sub("", piece, count=1).rstrip()
    if len(piece) > 1 and (piece[0] == piece[-1] or (piece[0], piece[-1]) == ("{", "}")):
        return piece[1:-1]
    return piece


_WORD = re.compile(r"\\([a-zA-Z@]+)\*?|\\(.)|[{}~]", re.DOTALL)
_EDGE = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}")


def plainer(text: str) -> str:
    """Return ``text`` without its commands: for what pylatexenc cannot do."""
    text = _EDGE.sub("", text)
    pieces: list[str] = []
    at = 0
    while match := _WORD.search(text, at):
        pieces.append(text[at : match.start()])
        at = match.end()
        word = match[1]
        if word is None:
            pieces.append(" " if match[0] in ("~", "\\\\") else (match[2] or ""))
            continue
        if text.startswith("[", at) and (end := option_end(text, at)):
            at = end
        if word in _CITATIONS or word in _REFERENCES:
            if text.startswith("{", at) and (end := group_end(text, at)):
                pieces.append(f"[{text[at + 1 : end - 1]}]")
                at = end
        elif word in _VANISH and text.startswith("{", at) and (end := group_end(text, at)):
            at = end
    pieces.append(text[at:])
    return "".join(pieces)
