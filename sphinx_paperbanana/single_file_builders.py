"""Which documents a builder puts into its output: a figure on any other is not bought.

Most builders write a page for each document. Those that write a book (singlehtml, latex, man, …)
take what their list of documents names, and what the tables of contents lead to from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING, Any

from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

from sphinx_paperbanana.visibility import (
    Condition,
    builder_kind,
    conditions_around,
    viewer_of_build,
)

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

Toctrees = Mapping[str, Iterable[tuple[tuple[Condition, ...], tuple[str, ...]]]]
"""By document, its tables of contents: what each stands in, and the documents that it includes."""

_DOCUMENT_LISTS = {
    "docx": ("docx_documents", 3),
    "latex": ("latex_documents", 5),
    "man": ("man_pages", None),
    "pdf": ("pdf_documents", None),
    "rinoh": ("rinoh_documents", 4),
    "texinfo": ("texinfo_documents", 7),
}
"""By builder, the setting that lists its output files, and the position of ``toctree_only`` in an
entry."""


def toctrees_of(
    document: nodes.document,
) -> tuple[tuple[tuple[Condition, ...], tuple[str, ...]], ...]:
    """Return the tables of contents of a document if a build may hide one of them, else nothing."""
    found = tuple(
        (conditions_around(toctree), tuple(toctree["includefiles"]))
        for toctree in document.findall(addnodes.toctree)
    )
    return found if any(conditions for conditions, _ in found) else ()


def shown_documents(app: Sphinx, toctrees: Toctrees) -> Set[str]:
    """Return the documents that this build's output consists of."""
    builder = builder_kind(app)
    everything: Set[str] = app.env.found_docs
    if issubclass(builder, SingleFileHTMLBuilder) or builder.name == "singleconfluence":
        return _reached(app, toctrees, app.config.root_doc)
    if builder.name not in _DOCUMENT_LISTS:
        return everything
    setting, only_at = _DOCUMENT_LISTS[builder.name]
    if builder.name == "rinoh" and not app.config.rinoh_documents:
        setting, only_at = _DOCUMENT_LISTS["latex"]  # as rinoh itself does
    shown = set(getattr(app.config, f"{setting.partition('_')[0]}_appendices", None) or ())
    try:
        starts = [_start_of(entry, only_at) for entry in getattr(app.config, setting, None) or ()]
    except (LookupError, TypeError):
        return frozenset()  # the builder itself ends there, and says why
    for start, only_toctree in starts:
        reached = _reached(app, toctrees, start)
        shown |= reached - {start} if only_toctree else reached
    return shown


def _start_of(entry: Any, only_at: int | None) -> tuple[str, bool]:  # noqa: ANN401
    """Return the first document of an output file, and whether only its toctrees are taken."""
    if isinstance(entry, Mapping):
        return str(entry["doc"]), bool(entry.get("toctree_only"))
    only_toctree = only_at is not None and len(entry) > only_at and entry[only_at] is True
    return str(entry[0]), only_toctree


def _reached(app: Sphinx, toctrees: Toctrees, start: str) -> set[str]:
    this_build = viewer_of_build(app)
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        docname = waiting.pop()
        if docname not in reached:
            reached.add(docname)
            hidden: set[str] = set()
            shown: set[str] = set()
            for conditions, included in toctrees.get(docname, ()):
                (shown if this_build.sees(conditions) else hidden).update(included)
            included_here = app.env.toctree_includes.get(docname, [])
            waiting += [each for each in included_here if each not in hidden - shown]
    return reached
