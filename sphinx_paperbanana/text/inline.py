"""Reading a sentence: what of its nodes shows words, and what only points somewhere."""

from __future__ import annotations

import re
from typing import cast

from docutils import nodes
from docutils.utils import unescape
from sphinx import addnodes

from sphinx_paperbanana.text.node_rules import (
    BRACKETS,
    NUMBERING_DOMAINS,
    POINTERS,
    drawn_source,
    is_hidden,
    is_of_configuration,
)
from sphinx_paperbanana.text.passages import GAP, Piece, Reference

_PLACEHOLDERS = re.compile(r"%s|\{(?:number|name)\}")
"""Where ``:numref:`` puts number and caption into its title."""


def inline(element: nodes.Element) -> list[Piece]:
    """Return what an element's children say."""
    return [piece for child in element.children for piece in _said_by(child)]


def plain(element: nodes.Element) -> str:
    """Return what an element says, without what its references show."""
    return "".join(piece if isinstance(piece, str) else GAP for piece in inline(element))


def _said_by(node: nodes.Node) -> list[Piece]:
    if isinstance(node, nodes.Text):
        return [unescape(node)]
    element = cast("nodes.Element", node)
    if isinstance(element, nodes.substitution_reference):
        return _substituted(element)
    if isinstance(element, POINTERS):
        return [GAP]
    if is_hidden(element):
        return []
    if isinstance(element, nodes.image):
        return [element.get("alt", "")]
    if isinstance(element, nodes.inline) and "versionmodified" in element["classes"]:
        return []  # "Added in version", in the language of the build
    if isinstance(element, addnodes.pending_xref | addnodes.download_reference):
        return _referred(element)
    if isinstance(element, nodes.reference) and element.get("id_link") and not element.children:
        return [Reference(str(element["refuri"])[1:], _document_of(element), any=True)]
    if isinstance(element, nodes.abbreviation) and element.get("explanation"):
        return [*inline(element), f" ({element['explanation']})"]
    if type(element).__name__ in BRACKETS:
        return _bracketed(element)
    return inline(element) if element.children else [drawn_source(element)]


def _bracketed(element: nodes.Element) -> list[Piece]:
    opening, between, closing = BRACKETS[type(element).__name__]
    pieces: list[Piece] = [opening]
    for number, child in enumerate(element.children):
        pieces += [between if number else "", *_said_by(child)]
    return [*pieces, closing]


def _substituted(reference: nodes.substitution_reference) -> list[Piece]:
    """Return the words of a substitution of this page, or the name of one of the project.

    The project's often hold a version, and what is made with ``date::`` holds the day: a text that
    took these would be another with every release.
    """
    name = reference.astext()
    document = reference.document
    definition = document.substitution_defs.get(name) if document is not None else None
    if definition is None and document is not None:
        normal = document.substitution_names.get(nodes.fully_normalize_name(name), "")
        definition = document.substitution_defs.get(normal)
    if definition is not None and not is_of_configuration(definition):
        kind = re.search(r"\|\s+([a-z-]+)::", definition.rawsource)
        if kind and kind[1] in ("replace", "unicode", "image"):
            return inline(definition)
    return [f"|{name}|"]


def _referred(reference: nodes.Element) -> list[Piece]:
    """Return what a reference shows: its own title, another's, an object's name, or a number."""
    kind, domain = reference.get("reftype", ""), reference.get("refdomain") or ""
    if reference.get("refexplicit"):
        words = inline(reference)
        if kind == "numref":
            return [_PLACEHOLDERS.sub("", w) if isinstance(w, str) else w for w in words] or [GAP]
        return words
    target = str(reference.get("reftarget", ""))
    if kind == "myst":
        if isinstance(reference, addnodes.download_reference):
            return [GAP]
        if domain == "doc":
            return [Reference(reference.get("reftargetid") or "", target)]
        return [Reference(target, _document_of(reference), any=True, name=target)]
    if isinstance(reference, addnodes.download_reference) or domain in NUMBERING_DOMAINS:
        return [GAP]
    if domain == "std" and kind == "ref":
        return [Reference(target)]
    if domain == "std" and kind == "doc":
        return [Reference("", _absolute(target, _document_of(reference)))]
    if domain == "std" and kind == "numref":
        return [GAP]
    if kind == "any":
        return [Reference(target, _document_of(reference), any=True, name=reference.astext())]
    return _resolved(reference)


def _resolved(reference: nodes.Element) -> list[Piece]:
    """Return the name that a reference to an object shows once it is resolved."""
    names = [child for child in reference if isinstance(child, addnodes.pending_xref_condition)]
    shown = next((child for child in names if child.get("condition") == "resolved"), None)
    return inline(shown if shown is not None else reference)


def _document_of(reference: nodes.Element) -> str:
    docname = reference.get("refdoc")
    return str(docname or cast("nodes.document", reference.document).settings.env.docname)


def _absolute(target: str, docname: str) -> str:
    """Return the document that ``:doc:`` means from another one."""
    from sphinx.util import docname_join

    return target[1:] if target.startswith("/") else docname_join(docname, target)
