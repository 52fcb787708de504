"""Which figures the reader of a build sees: only those are bought.

What a figure stands in is noted when its page is read; whether that is shown is decided in each
build, for tags, settings and the builder change without the page being read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder


class Condition(NamedTuple):
    """What something stands in that decides whether a build shows it."""

    kind: str
    """``only``, ``ifconfig``, ``todo`` or ``dropped``."""
    expression: str = ""


DROPPED = Condition("dropped")
"""The condition of what is not on its page when the page is read: it is never shown."""

Toctrees = Mapping[str, Iterable[tuple[tuple[Condition, ...], tuple[str, ...]]]]
"""By document, its tables of contents: what each stands in, and the documents that it includes."""

_DOCUMENT_LISTS = {
    "docx": ("docx_documents", 3),
    "latex": ("latex_documents", 5),
    "man": ("man_pages", None),
    "pdf": ("pdf_documents", None),
    "rinoh": ("rinoh_documents", None),
    "texinfo": ("texinfo_documents", 7),
}
"""By builder, the setting that lists its output files, and the position of ``toctree_only`` in an
entry."""


def conditions_of(node: nodes.Node) -> Iterator[Condition]:
    """Yield everything that a node stands in that a build may hide."""
    while node is not None:
        if isinstance(node, nodes.Element):
            if node.tagname in ("only", "ifconfig"):
                yield Condition(node.tagname, node["expr"])
            elif node.tagname == "todo_node":
                yield Condition("todo")
        node = node.parent


def holds(app: Sphinx, condition: Condition) -> bool:
    """Return whether this build shows what stands in a condition."""
    if condition.kind == "todo":
        return bool(getattr(app.config, "todo_include_todos", False))
    if condition.kind == "ifconfig":
        return _holds_by_config(app, condition.expression)
    if condition == DROPPED:
        return False
    try:
        return app.tags.eval_condition(condition.expression)
    except Exception:  # noqa: BLE001 - Sphinx itself warns of it, and shows what is within
        return True


def _holds_by_config(app: Sphinx, expression: str) -> bool:
    """Return what ``ifconfig`` itself does with an expression, tried on a document of our own."""
    from sphinx.ext.ifconfig import ifconfig, process_ifconfig_nodes

    document, shown = new_document(""), nodes.paragraph()
    document.reporter.report_level = document.reporter.SEVERE_LEVEL  # Sphinx tells where it stands
    document += ifconfig("", shown, expr=expression)
    process_ifconfig_nodes(app, document, "")
    return shown in document.children


def toctrees_of(
    document: nodes.document,
) -> tuple[tuple[tuple[Condition, ...], tuple[str, ...]], ...]:
    """Return the tables of contents of a document if a build may hide one of them, else nothing."""
    found = tuple(
        (tuple(conditions_of(toctree)), tuple(toctree["includefiles"]))
        for toctree in document.findall(addnodes.toctree)
    )
    return found if any(conditions for conditions, _ in found) else ()


def shown_documents(app: Sphinx, builder: Builder, toctrees: Toctrees) -> Set[str]:
    """Return the documents that a builder puts into its output.

    Most write a page for each. Those that write a book take what their list of documents names,
    and what the tables of contents lead to from there.
    """
    everything: Set[str] = builder.env.found_docs
    if isinstance(builder, SingleFileHTMLBuilder) or builder.name == "singleconfluence":
        return _reached(app, toctrees, [app.config.root_doc])
    if builder.name not in _DOCUMENT_LISTS:
        return everything
    setting, only_at = _DOCUMENT_LISTS[builder.name]
    shown = set(getattr(app.config, f"{setting.partition('_')[0]}_appendices", None) or ())
    for entry in getattr(app.config, setting, None) or ():
        try:
            start, only_toctree = _start_of(entry, only_at)
        except (LookupError, TypeError):
            return everything  # the builder itself tells what is wrong with its list
        reached = _reached(app, toctrees, [start])
        shown |= reached - {start} if only_toctree else reached
    return shown


def _start_of(entry: Any, only_at: int | None) -> tuple[str, bool]:  # noqa: ANN401
    """Return the first document of an output file, and whether only its toctrees are taken."""
    if isinstance(entry, Mapping):
        return str(entry["doc"]), bool(entry.get("toctree_only"))
    only_toctree = only_at is not None and len(entry) > only_at and entry[only_at] is True
    return str(entry[0]), only_toctree


def _reached(app: Sphinx, toctrees: Toctrees, waiting: list[str]) -> set[str]:
    reached: set[str] = set()
    while waiting:
        docname = waiting.pop()
        if docname not in reached:
            reached.add(docname)
            hidden: set[str] = set()
            shown: set[str] = set()
            for conditions, included in toctrees.get(docname, ()):
                (shown if all(holds(app, each) for each in conditions) else hidden).update(included)
            included_here = app.env.toctree_includes.get(docname, [])
            waiting += [each for each in included_here if each not in hidden - shown]
    return reached
