"""What each kind of node is to a reader: by docutils, Sphinx, its extensions and their plugins.

A kind that is not named here is read through: its own words, and all that is in it.
"""

from __future__ import annotations

import re
from typing import cast

from docutils import nodes
from sphinx import addnodes

HIDDEN = (
    # what no output shows
    nodes.Invisible,
    nodes.raw,
    nodes.system_message,
    nodes.decoration,
    nodes.generated,
    addnodes.highlightlang,
    addnodes.tabular_col_spec,
    # what an output shows of the document as a whole, or of other places
    nodes.docinfo,
    nodes.meta,
    addnodes.index,
    addnodes.toctree,
    # what stands apart from the text that points to it, and where depends on the builder
    nodes.footnote,
    nodes.citation,
)
"""What says nothing to a reader of the text, or does so apart from it."""

HIDDEN_NAMES = frozenset({"todolist", "autosummary_toc", "viewcode_anchor"})
"""The same of extensions, which are not imported for it."""

WORDED_TITLES = frozenset({"exercise_title", "solution_title"})
"""Titles of extensions that begin with a word in the language of the build, before the author's."""

POINTERS = (
    nodes.footnote_reference,
    nodes.citation_reference,
    addnodes.number_reference,
    nodes.problematic,
)
"""What shows a number, a key or a mistake where it stands in a sentence."""

NUMBERING_DOMAINS = frozenset({"math", "cite", "citation"})
"""Domains whose references show a number or a key, unless they have a title of their own."""

BRACKETS: dict[str, tuple[str, str, str]] = {
    "desc_signature": ("", "", ""),
    "desc_parameterlist": ("(", ", ", ")"),
    "desc_type_parameter_list": ("[", ", ", "]"),
    "desc_optional": ("[", ", ", "]"),
    "desc_returns": (" -> ", "", ""),
}
"""What stands around and between the parts of a signature, as every writer sets it."""

HIDDEN_CLASSES = frozenset(
    {
        "hidden",  # of the theme of Read the Docs
        "sd-hide-link-text",  # what a card leads to
        # what sphinx-gallery puts around an example: links, and how long it took
        "sphx-glr-download-link-note",
        "sphx-glr-footer",
        "sphx-glr-signature",
        "sphx-glr-timing",
    }
)
"""Classes of what themes hide, and of what plugins put beside the author's text."""

SOURCE_ATTRIBUTES = ("code", "uml", "tikz")
"""Where nodes keep the source of a picture: graphviz, mermaid and blockdiag; plantuml; tikz."""

_CONF_SOURCE = re.compile(r"<rst_(prolog|epilog)\w*>")
"""Sphinx's names for ``rst_prolog`` and ``rst_epilog``; how they end is the version's.

More follows the name where a directive above the epilog, as the last autosummary of a page, made
the node.
"""


def is_hidden(node: nodes.Node) -> bool:
    """Return whether a reader of the page's text sees nothing of a node."""
    if isinstance(node, nodes.Text):
        return False
    name = type(node).__name__
    if name == "autosummary_table":  # a comment by its class alone
        return False
    if isinstance(node, nodes.target) and node.children:  # a place in a sentence, and its words
        return False
    if isinstance(node, nodes.raw) and node.get("format") == "text":
        return not _is_also_in_html(node)
    return (
        isinstance(node, HIDDEN)
        or name in HIDDEN_NAMES
        or _is_on_every_page(node)
        or (isinstance(node, nodes.Element) and _is_added(node))
    )


def is_of_configuration(node: nodes.Node) -> bool:
    """Return whether a node stands in conf.py, for every page alike."""
    return _CONF_SOURCE.fullmatch(str(node.source)) is not None


def _is_on_every_page(node: nodes.Node) -> bool:
    """Return whether a node is of ``rst_prolog`` or ``rst_epilog``.

    What a directive inserts into a page, as those of IPython and of matplotlib do, often has the
    source of the page's first line, which is the prolog's; but it stands in a section.
    """
    found = _CONF_SOURCE.fullmatch(str(node.source))
    return found is not None and (found[1] == "epilog" or isinstance(node.parent, nodes.document))


def drawn_source(node: nodes.Element) -> str:
    """Return the source of a picture that is drawn from code, or else nothing."""
    if type(node).__name__ == "inheritance_diagram":
        return str(node.get("content", ""))
    found = (node.get(name) for name in SOURCE_ATTRIBUTES)
    return next((source for source in found if isinstance(source, str)), "")


def shown_in(container: nodes.Element) -> list[nodes.Node]:
    """Return what is shown of a container: of a notebook's output, the form that says most.

    It is there once for each kind of builder. "<Figure size …>" is not shown.
    """
    children = cast("list[nodes.Element]", container.children)
    if container.get("nb_element") != "mime_bundle":
        return container.children
    forms = {str(form["mime_type"]): form for form in children}
    for kind in _OUTPUTS:
        for name, form in forms.items():
            if name.startswith(kind):
                is_name = kind == "text/plain" and re.fullmatch(r"\s*<.*>\s*", form.astext())
                return [] if is_name and len(forms) > 1 else [form]
    return []


_OUTPUTS = ("image/", "application/", "text/markdown", "text/latex", "text/plain")


def hide(classes: list[str]) -> bool:
    """Return whether classes keep a node from the text."""
    # as Bootstrap, which the theme of PyData has, and sphinx-design name where it is shown
    screens = [name for name in classes if name.startswith(("d-", "sd-d-"))]
    is_nowhere = screens in (["d-none"], ["sd-d-none"])
    return is_nowhere or not HIDDEN_CLASSES.isdisjoint(classes)


def _is_added(node: nodes.Element) -> bool:
    """Return whether Sphinx, docutils or a plugin put a node there, beside the author's text."""
    classes: list[str] = node.get("classes", [])
    if isinstance(node, nodes.topic):  # the titles of the sections once more
        return "contents" in classes
    if hide(classes):
        return True
    if isinstance(node, nodes.literal_block) and "prompt" in classes:  # of nbsphinx
        return re.fullmatch(r"\[[\d ]*\]:", node.astext()) is not None
    if type(node).__name__ == "CellInputNode":  # of jupyter-execute
        return bool(node.parent.get("hide_code"))
    if isinstance(node, nodes.paragraph):
        return _is_only_files(node)
    return isinstance(node, nodes.field_list) and _is_docinfo(node)


def _is_also_in_html(raw: nodes.raw) -> bool:
    """Return whether text is what nbsphinx shows of a cell's output, which HTML sets in colours."""
    is_own = isinstance(raw.parent, nodes.section | nodes.document)  # an author's, for one builder
    others = () if is_own else raw.parent.children
    return any(isinstance(other, nodes.raw) and other["format"] == "html" for other in others)


def _is_only_files(paragraph: nodes.paragraph) -> bool:
    """Return whether a paragraph is a row of files to download, as below a plot."""
    files = [child for child in paragraph if isinstance(child, addnodes.download_reference)]
    others = (child.astext() for child in paragraph if child not in files)
    return bool(files) and not any(re.search(r"\w", text) for text in others)


def _is_docinfo(fields: nodes.field_list) -> bool:
    """Return whether a list of fields is the page's metadata: what stands before all else."""
    document = fields.parent
    if not isinstance(document, nodes.document):
        return False
    before = document.children[: document.index(fields)]
    return all(
        isinstance(node, nodes.PreBibliographic) or is_of_configuration(node) for node in before
    )
