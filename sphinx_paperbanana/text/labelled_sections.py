"""The sections of a page by their labels, and the titles that references to them show."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from docutils import nodes

from sphinx_paperbanana.text.conditional import closed_up
from sphinx_paperbanana.text.inline import generated_in, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.config import Config


_BETWEEN = (nodes.Invisible, nodes.system_message)
"""What may stand between a label and what it labels: entries of the index, notes of docutils."""


def section_around(node: nodes.Node, document: nodes.document) -> nodes.Element:
    """Return the innermost section that a node stands in, or else the whole document.

    A section has a title; what plugins make of exercises and proofs has none.
    """
    while node is not None and not (isinstance(node, nodes.section) and _has_title(node)):
        node = node.parent
    return node if isinstance(node, nodes.section) else document


def _has_title(section: nodes.section) -> bool:
    return bool(section.children) and isinstance(section[0], nodes.title)


def labelled_sections(document: nodes.document) -> Iterator[tuple[str, nodes.Element]]:
    """Yield every label of a document with the section it stands before, or stands in."""
    for labelled in document.findall(nodes.Element):
        is_target = isinstance(labelled, nodes.target)
        following: nodes.Node | None = labelled
        if is_target and not isinstance(labelled.parent, nodes.TextElement):
            # a label before a section is the last thing of the section before
            while isinstance(following, _BETWEEN):
                following = following.next_node(descend=False, ascend=True)
        names: list[str] = labelled.get("names", [])
        for name in names:
            if is_target or document.nametypes.get(name):  # the name of a title is no label
                is_section = isinstance(following, nodes.section)
                section = following if is_section else section_around(labelled, document)
                yield name, cast("nodes.Element", section)


def auto_labelled_sections(
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


def titles_by_label(document: nodes.document, docname: str, config: Config) -> dict[str, str]:
    """Return the titles of a page by label, and under no label the page's own.

    They are what ``:ref:`` shows, in the author's language: Sphinx keeps the translated ones. Only
    sections, one within another, are looked through, since every page is.
    """
    titles: dict[str, str] = {}
    _note_titles(document, [""], titles)
    for label, section in auto_labelled_sections(document, docname, config):
        titles.setdefault(label, _title_of(section))
    return titles


def _note_titles(parent: nodes.Element, labels: list[str], titles: dict[str, str]) -> list[str]:
    """Note the titles of the sections in ``parent``; return the labels of what comes after it."""
    for child in parent.children:
        if isinstance(child, nodes.target):
            labels += child.get("names", ())
        elif isinstance(child, nodes.section):
            title = _title_of(child)
            titles.update(dict.fromkeys(labels, title))
            labels = _note_titles(child, [], titles)
        elif isinstance(child, _TITLED):
            titles.update(dict.fromkeys([*filter(None, labels), *child["names"]], _title_of(child)))
            labels = [label for label in labels if label == ""]
        elif not isinstance(child, _BETWEEN):
            labels = [label for label in labels if label == ""]  # the page's title comes later
    return labels


_TITLED = nodes.figure | nodes.table | nodes.rubric | nodes.container
"""What else ``:ref:`` knows the title of; of containers, those of code with a caption."""


def _title_of(node: nodes.Element) -> str:
    """Return the title of a section or a table, or the caption of code or a figure not ours."""
    if isinstance(node, nodes.rubric):
        return closed_up(plain(node))
    if isinstance(node, nodes.figure) and generated_in(node):
        return ""
    for child in node.children:
        if isinstance(child, nodes.title | nodes.caption):
            return closed_up(plain(child))
    return ""
