"""The text around a figure, as its author wrote it: what the pipeline draws from.

Taken as soon as a document is parsed, before translation (a German build would buy everything a
second time) and before substitutions (``|release|`` would, with every release).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from docutils.utils import unescape
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from pbfigure.figure.content import AutomaticText
from sphinx_paperbanana.domain import Condition, PendingFigure, RegisteredFigure, paperbanana_domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.config import Config

    from sphinx_paperbanana.domain import PaperbananaDomain

_SILENT = (
    nodes.comment,
    nodes.substitution_definition,
    nodes.system_message,
    nodes.raw,
    nodes.target,
    nodes.pending,
    nodes.meta,
    nodes.footnote,
    nodes.citation,
    addnodes.toctree,
    addnodes.index,
)
"""What says nothing to a reader, or not yet."""


class TakeText(SphinxTransform):
    """Complete every figure of a document with its text, and register it."""

    default_priority = 5
    """Before PreserveTranslatableMessages (10), Locale (20) and the substitutions (210): from
    there on the text is no longer the author's.
    """

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Register the document's figures, and the labelled sections that figures ask for."""
        domain = paperbanana_domain(self.env)
        docname = self.env.current_document.docname
        texts: dict[int, tuple[tuple[str, ...], dict[int, int]]] = {}
        for image in domain.take_asked(self.document):
            written = _complete(image, image["paperbanana"], self.document, texts)
            image["paperbanana"] = domain.note(docname, written)
        self._keep_labels(domain, docname)

    def _keep_labels(self, domain: PaperbananaDomain, docname: str) -> None:
        wanted = domain.wanted
        if not wanted:
            return
        found = {
            label: AutomaticText(paragraphs(section), 0)
            for label, section in (
                *_titled_sections(self.document, docname, self.env.config),
                *labelled_sections(self.document),
            )
            if label in wanted
        }
        if found:
            domain.labels[docname] = found


def _complete(
    image: nodes.image,
    asked: PendingFigure,
    document: nodes.document,
    texts: dict[int, tuple[tuple[str, ...], dict[int, int]]],
) -> RegisteredFigure:
    block = asked.block
    label = None
    kind, _, name = asked.context.partition(":")
    if block.content is None and block.options.get("type", "").strip() != "standard":
        if kind == "label":
            label = nodes.fully_normalize_name(name.strip())
        elif kind in ("section", "document"):
            around = document if kind == "document" else _section_of(image, document)
            if id(around) not in texts:
                texts[id(around)] = _text_with_positions(around)
            text, positions = texts[id(around)]
            content = AutomaticText(text, positions.get(id(image), len(text)))
            block = block._replace(content=content)
    return RegisteredFigure(
        block=block,
        label=label,
        conditions=tuple(_conditions(image)),
        anchor=_anchor(image, document),
    )


def _anchor(image: nodes.image, document: nodes.document) -> str:
    """Return the id of an image's figure, giving it one that is its own in the whole project."""
    node: nodes.Element = image
    while not isinstance(node, nodes.figure):
        node = node.parent
    if not node["ids"]:
        docname = document.settings.env.current_document.docname
        number = 1
        while (anchor := nodes.make_id(f"paperbanana-{docname}-{number}")) in document.ids:
            number += 1
        node["ids"].append(anchor)
        document.set_id(node)
    return str(node["ids"][0])


def _section_of(node: nodes.Node, document: nodes.document) -> nodes.Element:
    while node is not None and not isinstance(node, nodes.section):
        node = node.parent
    return node if isinstance(node, nodes.section) else document


def _conditions(node: nodes.Node) -> Iterator[Condition]:
    while node is not None:
        if isinstance(node, nodes.Element) and node.tagname in ("only", "ifconfig"):
            yield Condition(node.tagname, node["expr"])
        node = node.parent


def labelled_sections(document: nodes.document) -> Iterator[tuple[str, nodes.Element]]:
    """Yield every label of a document with the section it stands before, or stands in."""
    for target in document.findall(nodes.target):
        if not target.get("names"):
            continue
        following: nodes.Node | None = target
        if not isinstance(target.parent, nodes.TextElement):
            # a label before a section is the last thing of the section before
            while isinstance(following, (nodes.target, nodes.comment, addnodes.index)):
                following = following.next_node(descend=False, ascend=True)
        is_section = isinstance(following, nodes.section)
        section = following if is_section else _section_of(target, document)
        for name in target["names"]:
            yield name, cast("nodes.Element", section)


def _titled_sections(
    document: nodes.document, docname: str, config: Config
) -> Iterator[tuple[str, nodes.Element]]:
    """Yield every section by the label, if any, that ``sphinx.ext.autosectionlabel`` gives it."""
    with_document = getattr(config, "autosectionlabel_prefix_document", None)
    if with_document is None:
        return
    for section in document.findall(nodes.section):
        title = cast("nodes.title", section[0])
        name = f"{docname}:{title.rawsource}" if with_document else title.rawsource
        yield nodes.fully_normalize_name(name), section


def paragraphs(section: nodes.Element) -> tuple[str, ...]:
    """Return the text of a section and its subsections, paragraph by paragraph."""
    return _text_with_positions(section)[0]


def _text_with_positions(section: nodes.Element) -> tuple[tuple[str, ...], dict[int, int]]:
    """Return a section's paragraphs, and how many stand before each of its generated figures."""
    text: list[str] = []
    positions: dict[int, int] = {}
    _walk(section, text, positions, "")
    return tuple(text), positions


def _walk(node: nodes.Element, text: list[str], positions: dict[int, int], prefix: str) -> None:
    for child in node.children:
        if isinstance(child, nodes.TextElement):
            if isinstance(child, _SILENT):
                continue
            if words := _inline(child).strip():
                text.append(prefix + words)
                prefix = ""
        elif isinstance(child, nodes.image):
            if "paperbanana" in child:
                positions[id(child)] = len(text)
            elif child.get("alt"):
                text.append(child["alt"])
        elif isinstance(child, nodes.Element) and not isinstance(child, _SILENT):
            if isinstance(child, nodes.figure) and (own := _generated(child)):
                # what is shown below a generated figure describes the picture, not its subject
                positions.update(dict.fromkeys(map(id, own), len(text)))
            elif isinstance(child, nodes.row):
                cells = [
                    " ".join(paragraphs(cast("nodes.Element", cell))) for cell in child.children
                ]
                text.append(" | ".join(cells))
            else:
                _walk(child, text, positions, "- " if isinstance(child, nodes.list_item) else "")


def _generated(figure: nodes.figure) -> list[nodes.image]:
    return [image for image in figure.findall(nodes.image) if "paperbanana" in image]


def _inline(element: nodes.Element) -> str:
    """Return an element's text, with substitutions by their name."""
    words = []
    for child in element.children:
        if isinstance(child, nodes.Text):
            words.append(unescape(child))
        elif isinstance(child, nodes.substitution_reference):
            words.append(f"|{child.astext()}|")
        elif isinstance(child, nodes.image):
            words.append(child.get("alt", ""))
        elif isinstance(child, nodes.Element) and not isinstance(child, _SILENT):
            words.append(_inline(child))
    return "".join(words)
