r"""Twenty-three shapes of TeX source that a reader could take long for, each as long as one asks.

Each is a whole document with figures in it; how its text is read is measured by
``test_hostile_sources`` and ``benchmarks/growth.py``.
"""

from __future__ import annotations

import contextlib
import string
from collections.abc import Callable
from pathlib import Path

from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import files_of
from latex_hook.sources.scan import scan
from latex_hook.tex.request_file import Requests, TexHeading, TexRequest
from latex_hook.tex_figures import collect
from pbfigure.figure.figure import compose
from pbfigure.figure.notice import FigureError

Shape = Callable[[int], str]
"""Returns a source of about so many characters."""

FIGURE = "\\pbfigure{A pump}\n"


def _over(unit: str, before: str = "", behind: str = "") -> Shape:
    return lambda length: before + unit * (length // len(unit)) + behind


def _nested(opening: str, closing: str) -> Shape:
    unit = len(opening) + len(closing)
    return lambda length: opening * (length // unit) + "x" + closing * (length // unit)


def _named(unit: str) -> Shape:
    """Return the unit over and over, with a new name of letters for each ``@``."""

    def source(length: int) -> str:
        letters = string.ascii_letters
        names = (
            "".join(letters[number // len(letters) ** place % len(letters)] for place in range(4))
            for number in range(length // (len(unit) + 3 * unit.count("@")))
        )
        return "".join(unit.replace("@", name) for name in names)

    return source


SHAPES: dict[str, Shape] = {
    "open braces": _over("{a "),
    "open brackets": _over("\\item[a "),
    "open labels": _over("\\label{a "),
    "open environments": _over("\\begin{center} a "),
    "open verbs": _over("\\verb|a "),
    "open comments": _over("% a\n\\begin{comment} a\n"),
    "open arguments": _over("\\footnote{\\emph{a "),
    "open formulas": _over("a $x \\(y \\[z "),
    "formulas in formulas": _over("\\("),
    "nested braces": _nested("{", "}"),
    "nested commands": _nested("\\emph{", "}"),
    "nested terms": _nested("\\gls{", "}"),
    "nested environments": _nested("\\begin{itemize}\\item ", "\\end{itemize}"),
    "pbcontext and figure": _over(
        "\\begin{pbcontext}A pump.\\end{pbcontext}\n\\pbfigure{A pump}\n\n"
    ),
    "figures in one section": _over("A pump.\n\n\\pbfigure{A pump}\n\n"),
    "figures with sections": _over("\\section{Pump} Words.\n\\pbfigure{A pump}\n"),
    "headings": _named("\\section{@}\\label{@} Words.\n"),
    "deeper headings": _over("\\section{a}\\subsection{b}\\subsubsection{c} d\n"),
    "macros that define macros": _named("\\newcommand{\\@}{\\newcommand{\\x@}{a}}\\@ \\x@ "),
    "specifications of arguments": _over("+", "\\NewDocumentCommand\\x{", "}{\\pbfigure{A pump}}"),
    "macros in macros": _named("\\newcommand{\\@}[1]{\\emph{#1}}\\@{a} "),
    "inputs of itself": _over("\\input{main} a\n"),
    "one long line": _over("words "),
}


def read_all(folder: Path, source: str) -> int:
    """Read a document as the hook does, with the texts of its figures; return their characters."""
    text = f"\\begin{{document}}\n{FIGURE}{source}\n\n{FIGURE}\\end{{document}}\n"
    (folder / "main.tex").write_text(text)
    lines = [n for n, line in enumerate(text.split("\n"), 1) if "\\pbfigure" in line]
    titles = [
        (line.count("\\section"), n, line.partition("{")[2].partition("}")[0])
        for n, line in enumerate(text.split("\n"), 1)
        if line.startswith("\\section")
    ]
    headings = tuple(TexHeading(1, "section", title, line, "") for _, line, title in titles)
    asked = tuple(TexRequest("", {}, "A pump", "A pump", line, "") for line in lines)
    requests = Requests(asked, headings, complete=True)
    found = scan(read_document(folder / "main.tex", folder, {}, files_of(requests)))
    blocks = [figure.block for figure in collect(found, requests, folder, "main")]
    for block in blocks:
        with contextlib.suppress(FigureError):
            compose(block)
    contents = [block.content for block in blocks]
    return sum(len(content.text()) for content in contents[:5] if content is not None)
