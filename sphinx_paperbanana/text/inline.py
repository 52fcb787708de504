"""Reading a sentence: what of its nodes shows words, and what only points somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import UnionType
from typing import cast

from docutils import nodes
from docutils.utils import unescape
from sphinx import addnodes

from sphinx_paperbanana.prompt_and_body import OF_RELEASE, changing, holds_release
from sphinx_paperbanana.text.conditional import GAP, Piece, Reference, closed_up
from sphinx_paperbanana.text.node_rules import (
    BRACKETS,
    NUMBERING_DOMAINS,
    POINTERS,
    drawn_source,
    is_hidden,
    is_of_configuration,
    shown_in,
)

_IN_LINE = nodes.Inline | nodes.container
"""What may stand in a sentence and ends no line of it."""
_PLACEHOLDERS = re.compile(r"%s|\{(?:number|name)\}")
"""Where ``:numref:`` puts number and caption into its title."""


def inline(element: nodes.Element) -> list[Piece]:
    """Return what an element's children say."""
    if type(element).__name__ in BRACKETS:
        return _signed(element)
    return sentence(element.children)


def sentence(words: Iterable[nodes.Node]) -> list[Piece]:
    """Return what neighbouring nodes say; a field of an object may hold blocks among its words."""
    said: list[Piece] = []
    for node in words:
        its_words = _said_by(node)
        is_block = isinstance(node, nodes.Body) and not isinstance(node, _IN_LINE)
        if isinstance(node, nodes.Titular) and said:  # a title within a title
            said.append(" ")
        said += its_words
        if is_block and node.children and its_words:  # an icon has no children
            said.append("\n")
    return said


def plain(element: nodes.Element) -> str:
    """Return what an element says, without what its references show."""
    return "".join(piece if isinstance(piece, str) else GAP for piece in inline(element))


def filled_in(text: str, document: nodes.document) -> str:
    """Return a prompt or body with the words of the page's substitutions in place of their names.

    Raises :exc:`ValueError` for one that holds a version or a day.
    """

    def words(match: re.Match[str]) -> str:
        name = match[1]
        definition = _definition_of(name, document)
        if definition is not None:
            return closed_up(plain(definition))
        if name.lower() in OF_RELEASE or _defined(name, document) is not None:
            raise changing(match[0])
        return match[0]

    return re.sub(r"(?:\\\s)?(?<!\w)\|(?!\s)([^|]+)(?<!\s)\|(?!\w)(?:\\\s)?", words, text)


def _said_by(node: nodes.Node) -> list[Piece]:
    if isinstance(node, nodes.Text):
        return [unescape(node)]
    element = cast("nodes.Element", node)
    if isinstance(element, nodes.substitution_reference):
        return _substituted(element)
    if isinstance(element, POINTERS):
        return [GAP]
    if is_hidden(element):
        return ["\n"] if _is_line_break(element) else []
    for kind, said_by in _RULES:
        if isinstance(element, kind):
            return said_by(element)
    is_empty = not element.children and type(element).__name__ not in BRACKETS  # "go()" says more
    return [drawn_source(element) or GAP] if is_empty else inline(element)


def is_generated(image: nodes.Element) -> bool:
    """Return whether an image is a generated figure's, or a copy that a directive made of one."""
    return "paperbanana" in image or "paperbanana-pending" in image


def generated_in(block: nodes.Element) -> list[nodes.image]:
    """Return the images of generated figures in a block.

    What is shown below a generated figure describes the picture, not its subject: it is never a
    reason to make it anew.
    """
    return [image for image in block.findall(nodes.image) if is_generated(image)]


def _contained(container: nodes.Element) -> list[Piece]:
    shown = shown_in(container)
    if shown is container.children:
        return sentence(shown)
    return [plain(cast("nodes.Element", form)).strip() for form in shown] or [GAP]


def _framed(figure: nodes.Element) -> list[Piece]:
    return [GAP] if generated_in(figure) else inline(figure)


def _pictured(image: nodes.Element) -> list[Piece]:
    return [GAP if is_generated(image) else image.get("alt") or GAP]


def _worded(element: nodes.Element) -> list[Piece]:
    if "versionmodified" in element["classes"]:
        return []  # "Added in version", in the language of the build
    return inline(element)


def _linked(reference: nodes.Element) -> list[Piece]:
    if reference.get("id_link") and not reference.children:
        return _any(reference, str(reference["refuri"])[1:])  # of MyST
    return inline(reference) or [GAP]


def _explained(element: nodes.Element) -> list[Piece]:
    """Return an abbreviation with its explanation; that of a signature's sign is Sphinx's own."""
    explanation = element.get("explanation")
    if not explanation or isinstance(element.parent, addnodes.desc_sig_element):
        return inline(element)
    return [*inline(element), f" ({explanation})"]


def _is_line_break(element: nodes.Element) -> bool:
    """Return whether a node is what MyST makes of a line that ends in a backslash."""
    return isinstance(element, nodes.raw) and element.astext().startswith("<br")


def _signed(element: nodes.Element) -> list[Piece]:
    """Return what a signature, or a part of one, says with its brackets and commas."""
    opening, between, closing = BRACKETS[type(element).__name__]
    if element.get("is_multiline"):
        between = "\n"
    pieces: list[Piece] = [opening]
    is_first = True
    for child in element.children:
        is_parameter = isinstance(child, _PARAMETERS)
        comma = between if is_parameter and not is_first else ""
        is_first = is_first and not is_parameter
        if isinstance(child, addnodes.desc_optional):  # "now[, later]"
            pieces += ["[", comma, *_signed(child)[1:]]
        else:
            pieces += [comma, *_said_by(child)]
    return [*pieces, closing]


_PARAMETERS = (
    addnodes.desc_parameter,
    addnodes.desc_type_parameter,
    addnodes.desc_optional,
    addnodes.desc_signature_line,
)
"""The parts of a signature with commas or line breaks between them; others stand beside one."""


def _substituted(reference: nodes.Element, within: tuple[str, ...] = ()) -> list[Piece]:
    """Return the words of a substitution, or nothing if it holds a version or a day.

    A text that took these would be another with every release.
    """
    name = reference.astext()
    definition = _definition_of(name, cast("nodes.document", reference.document))
    if definition is None or name in within:
        return [GAP]
    said: list[Piece] = []
    for child in definition.children:
        if isinstance(child, nodes.substitution_reference):
            said += _substituted(child, (*within, name))
        else:
            said += _said_by(child)
    return said or [GAP]


def _defined(name: str, document: nodes.document) -> nodes.Element | None:
    definitions = document.substitution_defs
    known = document.substitution_names.get(nodes.fully_normalize_name(name), name)
    return definitions.get(name, definitions.get(known))


def _definition_of(name: str, document: nodes.document) -> nodes.Element | None:
    definition = _defined(name, document)
    if definition is None or (is_of_configuration(definition) and _is_versioned(definition)):
        return None
    made_by = re.search(r"\|\s+([a-z-]+)::", definition.rawsource)
    return definition if made_by and made_by[1] != "date" else None


def _is_versioned(definition: nodes.Element) -> bool:
    config = cast("nodes.document", definition.document).settings.env.config
    return holds_release(definition.astext(), config)


def _referred(reference: nodes.Element) -> list[Piece]:
    """Return what a reference shows: its own title, another's, an object's name, or a number."""
    kind, domain = reference.get("reftype", ""), reference.get("refdomain") or ""
    target = str(reference.get("reftarget", ""))
    if reference.get("refexplicit"):
        return _titled(reference)
    # titles are in an inventory, or those that a domain of a plugin gives
    is_elsewhere = kind in _TITLES and (reference.get("intersphinx") or domain not in ("std", ""))
    is_file = isinstance(reference, addnodes.download_reference)
    if is_elsewhere or is_file or domain in NUMBERING_DOMAINS:
        return [GAP]
    if domain == "std" and kind in _TITLES:
        return [_TITLES[kind](target, _document_of(reference))]
    if kind == "myst" and domain == "doc":
        return [Reference(reference.get("reftargetid") or "", target)]
    if kind in ("any", "myst"):
        return _any(reference, target)
    return _resolved(reference)


_TITLES: dict[str, Callable[[str, str], Piece]] = {
    "ref": lambda target, _: Reference(target),
    "doc": lambda target, docname: Reference("", _absolute(target, docname)),
    "numref": lambda *_: GAP,
}
"""What the roles for places show, by what they lead to and the document that they stand in."""


def _any(reference: nodes.Element, target: str) -> list[Piece]:
    """Return what stands for a place or an object, whichever it proves to be."""
    document = cast("nodes.document", reference.document)
    place = document.ids.get(document.nameids.get(target) or target)
    heading = place.next_node(nodes.title) if isinstance(place, nodes.section) else None
    name = reference.astext() or (heading.astext() if heading is not None else target)
    return [Reference(target, _document_of(reference), any=True, name=name)]


def _titled(reference: nodes.Element) -> list[Piece]:
    words = inline(reference)
    if reference.get("reftype") == "numref":
        return [_PLACEHOLDERS.sub(GAP, w) if isinstance(w, str) else w for w in words]
    return words


def _resolved(reference: nodes.Element) -> list[Piece]:
    """Return the name that a reference to an object shows once it is resolved."""
    names = [child for child in reference if isinstance(child, addnodes.pending_xref_condition)]
    shown = next((child for child in names if child.get("condition") == "resolved"), None)
    words = inline(shown if shown is not None else reference)
    project, colon, _ = str(reference.get("reftarget", "")).partition(":")
    config = cast("nodes.document", reference.document).settings.env.config
    if colon and words and project in getattr(config, "intersphinx_mapping", ()):
        words[0] = str(words[0]).removeprefix(f"{project}:")  # whose inventory has the object
    return words


def _document_of(reference: nodes.Element) -> str:
    docname = reference.get("refdoc")
    return str(docname or cast("nodes.document", reference.document).settings.env.docname)


def _absolute(target: str, docname: str) -> str:
    """Return the document that ``:doc:`` means from another one."""
    from sphinx.util import docname_join

    return target[1:] if target.startswith("/") else docname_join(docname, target)


_RULES: tuple[tuple[type[nodes.Element] | UnionType, Callable[[nodes.Element], list[Piece]]], ...]
_RULES = (
    (nodes.image, _pictured),
    (nodes.figure, _framed),
    (nodes.container, _contained),
    (addnodes.pending_xref | addnodes.download_reference, _referred),
    (nodes.reference, _linked),
    (nodes.abbreviation, _explained),
    (nodes.inline, _worded),
)
"""The nodes that say more or less than what is in them."""
