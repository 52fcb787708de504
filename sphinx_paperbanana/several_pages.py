"""One directive that stands on several pages is one figure: which page's text and name it has."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pbfigure.figure.block import FigureBlock
from sphinx_paperbanana.figures import RegisteredFigure, mark_of

if TYPE_CHECKING:
    from sphinx_paperbanana.visibility import Readers

_IN_CONF_PY = ("<rst_prolog", "<rst_epilog", "<myst_substitutions")
"""How the sources are called that stand in conf.py."""
DOCSTRING = "docstring of "
"""Stands before the object whose docstring a source is; mostly behind the file and a colon."""


def source_of(mark: str, block: FigureBlock) -> object:
    """Return what is equal for the figures that one directive makes on several pages.

    That is one place in the sources with one request: of a file that is included, of a docstring,
    of conf.py. A plugin may call all that it generates by one name, which is no place.
    """
    file = block.place.file
    if not file or (file[0] == "<" and not file.startswith(_IN_CONF_PY)):
        return mark
    # napoleon adds lines to some copies of a docstring
    place = file if DOCSTRING in file else block.place
    return place, block.prompt, block.content, block.name, tuple(sorted(block.options.items()))


def defining_docstring(source: str) -> str:
    """Return a docstring's source as autodoc calls it in the class that defines the member: where a
    member has no name of its own, as a property, each class that inherits it has another one.
    """
    owner, _, member = source.partition(DOCSTRING)[2].rpartition(".")
    names, found = owner.split("."), None
    for number, name in enumerate(names, 1):  # nothing is imported for it
        module = sys.modules.get(".".join(names[:number]))
        found = getattr(found, "__dict__", {}).get(name) or module
    bases = found.__mro__ if isinstance(found, type) else ()
    documented = [base for base in bases if getattr(vars(base).get(member), "__doc__", None)]
    annotated = [base for base in bases if member in vars(base).get("__annotations__", ())]
    for base in (*documented, *reversed(annotated)):  # autodoc annotates what inherits, too
        file = getattr(sys.modules.get(base.__module__), "__file__", None)
        return f"{file}:{DOCSTRING}{base.__module__}.{base.__qualname__}.{member}"
    return source


def first_of_each_source(
    figures: Mapping[str, Sequence[RegisteredFigure]], readers: Readers
) -> dict[object, RegisteredFigure]:
    """Return, by source, the first figure in the order of documents that some reader sees.

    All documents of the project count, so that neither the builder nor what was read again
    decides.
    """
    places: dict[object, list[RegisteredFigure]] = {}
    for docname in sorted(figures):
        for number, written in enumerate(figures[docname]):
            source = source_of(mark_of(docname, number), written.block)
            places.setdefault(source, []).append(written)
    return {
        source: next((each for each in same if readers.see(each.conditions)), same[0])
        for source, same in places.items()
    }
