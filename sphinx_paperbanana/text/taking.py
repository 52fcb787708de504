"""Taking the text around each figure while its page is read, as its author wrote it.

Taken as soon as a document is parsed, before translation (a German build would buy everything a
second time) and before substitutions (``|release|`` would, with every release).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from sphinx_paperbanana.domain import PendingFigure, RegisteredFigure, paperbanana_domain
from sphinx_paperbanana.text.added_words import AddedWords
from sphinx_paperbanana.text.passages import TakenText
from sphinx_paperbanana.text.reading import SectionReader
from sphinx_paperbanana.text.titles import (
    auto_labelled_sections,
    labelled_sections,
    section_around,
    titles_by_label,
)
from sphinx_paperbanana.visibility import conditions_around

if TYPE_CHECKING:
    from sphinx_paperbanana.domain import PaperbananaDomain


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
        self._sections: dict[int, SectionReader] = {}
        for image in domain.take_asked(self.document):
            image["paperbanana"] = domain.note(docname, self._completed(image))
        domain.titles[docname] = titles_by_label(self.document, docname, self.env.config)
        self._keep_labels(domain, docname)

    def _completed(self, image: nodes.image) -> RegisteredFigure:
        asked: PendingFigure = image["paperbanana"]
        block = asked.block
        label, text = None, None
        kind, _, name = asked.context.partition(":")
        if block.content is None and block.options.get("type", "").strip() != "standard":
            if kind == "label":
                label = nodes.fully_normalize_name(name.strip())
            elif kind in ("section", "document"):
                whole = kind == "document"
                around = self.document if whole else section_around(image, self.document)
                section = self._read(around)
                position = section.positions.get(id(image), len(section.text))
                text = TakenText(section.text, position)
        return RegisteredFigure(
            block=block,
            text=text,
            label=label,
            conditions=conditions_around(image),
            anchor=_anchor(image, self.document),
        )

    @cached_property
    def _added(self) -> AddedWords:
        return AddedWords(self.env)

    def _read(self, section: nodes.Element) -> SectionReader:
        if id(section) not in self._sections:
            self._sections[id(section)] = SectionReader(section, self._added)
        return self._sections[id(section)]

    def _keep_labels(self, domain: PaperbananaDomain, docname: str) -> None:
        wanted = domain.wanted
        if not wanted:
            return
        found = {
            label: TakenText(self._read(section).text, 0)
            for label, section in (
                *auto_labelled_sections(self.document, docname, self.env.config),
                *labelled_sections(self.document),
            )
            if label in wanted
        }
        if found:
            domain.labels[docname] = found


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
