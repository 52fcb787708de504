"""Taking the text around each figure while its page is read, as its author wrote it.

Taken as soon as a document is parsed, before translation (a German build would buy everything a
second time) and before substitutions (``|release|`` would, with every release). What translators
made of it is taken beside it, for figures that a language is to have of its own.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from docutils import nodes

from pbfigure.figure.options import takes_text
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.figure.unexpected import Unexpected
from sphinx_paperbanana.figures import PendingFigure, RegisteredFigure, mark_of
from sphinx_paperbanana.registry import is_within, registry_of
from sphinx_paperbanana.text.added_words import AddedWords
from sphinx_paperbanana.text.conditional import TakenText
from sphinx_paperbanana.text.inline import filled_in
from sphinx_paperbanana.text.labelled_sections import (
    auto_labelled_sections,
    labelled_sections,
    section_around,
    titles_by_label,
)
from sphinx_paperbanana.text.section_reader import SectionReader
from sphinx_paperbanana.text.translating import FigureWords, add_words
from sphinx_paperbanana.unexpected_errors import explained
from sphinx_paperbanana.visibility import conditions_around

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from pbfigure.figure.block import FigureBlock


class TextTaker:
    """Completes every figure of a document with its text, and registers it."""

    def __init__(self, document: nodes.document, env: BuildEnvironment) -> None:
        self.document = document
        self.env = env
        self._docname: str = env.current_document.docname
        self._sections: dict[int, SectionReader] = {}

    def take(self) -> None:
        """Register the document's figures, and the labelled sections that figures ask for."""
        registry = registry_of(self.env)
        docname = self._docname
        pending: list[tuple[nodes.image, nodes.Node, PendingFigure]] = []
        for image in registry.take_asked(self.document):
            asked = image.attributes.pop("paperbanana-pending")
            place = _place_of(image, self.document)
            if place is None:  # builders fetch any image that has an address, shown or not
                image.parent.remove(image)
                continue
            image["paperbanana"] = asked.mark = mark_of(docname, len(pending))
            if asked.fills_in:
                asked.block = self._filled_in(asked.block)
            pending.append((image, place, asked))
        registry.taken = [image for image, _, _ in pending]
        for image, place, asked in pending:  # each text leaves out what belongs to any figure
            registry.note(docname, self._registered(image, place, asked))
            if registry.is_for_translation:
                add_words(image, FigureWords.of(asked, image["paperbanana"]))
        registry.titles[docname] = titles_by_label(self.document, docname, self.env.config)
        if found := self._labelled(registry.wanted):
            registry.labels[docname] = found

    def take_translations(self) -> None:
        """Take translated prompts with the text around them, titles, and labelled sections."""
        registry, docname = registry_of(self.env), self._docname
        titles = titles_by_label(self.document, docname, self.env.config)
        registry.translated_titles[docname] = titles
        if found := self._labelled(registry.wanted):
            registry.translated_labels[docname] = found
        figures = registry.figures_of(docname)
        for node in self.document.findall(FigureWords):
            number = int(node["paperbanana"].rpartition("#")[2])
            translation = node.translation()
            if node["is_spoken"]:
                node["translated"] = translation is not None
            else:  # progress counts what every reader meets
                node.attributes.pop("translated", None)
            if translation is not None:
                if figures[number].text is not None:
                    text = self._text_at(registry.taken[number], node, node["context"])
                    translation = translation._replace(text=text)
                figures[number] = figures[number]._replace(translation=translation)

    def _filled_in(self, block: FigureBlock) -> FigureBlock:
        field = "prompt"
        try:
            block = block._replace(prompt=filled_in(block.prompt, self.document))
            if isinstance(block.content, WrittenText):
                field, written = "body", block.content.source
                block = block._replace(content=WrittenText(filled_in(written, self.document)))
        except ValueError as error:
            return block.with_problem(f"{field}: {error}")
        return block

    def _registered(
        self, image: nodes.image, place: nodes.Node, asked: PendingFigure
    ) -> RegisteredFigure:
        try:
            with explained():
                return self._completed(image, place, asked)
        except Unexpected as error:
            block = asked.block.with_problem(str(error))
            return RegisteredFigure(block, None, None, conditions_around(place), "", asked.alt)

    def _completed(
        self, image: nodes.image, place: nodes.Node, asked: PendingFigure
    ) -> RegisteredFigure:
        block = asked.block
        label, text = None, None
        kind, _, name = asked.context.partition(":")
        if block.content is None and takes_text(block.options):
            if kind == "label":
                label = nodes.fully_normalize_name(name.strip())
            elif kind in ("section", "document"):
                text = self._text_at(image, place, kind)
        return RegisteredFigure(
            block=block,
            text=text,
            label=label,
            conditions=conditions_around(place),
            anchor=_anchor(image, place, self.document),
            alt=asked.alt,
            translate=asked.translate,
        )

    @cached_property
    def _added(self) -> AddedWords:
        return AddedWords(self.env)

    def _read(self, section: nodes.Element) -> SectionReader:
        if id(section) not in self._sections:
            self._sections[id(section)] = SectionReader(section, self._added)
        return self._sections[id(section)]

    def _text_at(self, image: nodes.image, place: nodes.Node, context: str) -> TakenText:
        whole = context == "document"
        section = self._read(self.document if whole else section_around(place, self.document))
        return TakenText(section.text, section.positions.get(id(image), len(section.text)))

    def _labelled(self, wanted: set[str]) -> dict[str, TakenText]:
        """Return the text of the sections that figures ask for by their labels."""
        if not wanted:
            return {}
        return {
            label: TakenText(self._read(section).text, 0)
            for label, section in (
                *auto_labelled_sections(self.document, self._docname, self.env.config),
                *labelled_sections(self.document),
            )
            if label in wanted
        }


def _place_of(image: nodes.image, document: nodes.document) -> nodes.Node | None:
    """Return the node whose place in the text is the image's, or None if it is shown nowhere.

    A picture in a substitution is shown where that is used: here, the least hidden of its uses.
    """
    if not is_within(image, nodes.substitution_definition):
        return image
    definition: nodes.Element = image
    while not isinstance(definition, nodes.substitution_definition):
        definition = definition.parent
    names = {name.lower() for name in definition["names"]}
    uses = [
        use
        for use in document.findall(nodes.substitution_reference)
        if str(use.get("refname", "")).lower() in names
    ]
    return min(uses, key=lambda use: len(conditions_around(use)), default=None)


def _anchor(image: nodes.image, place: nodes.Node, document: nodes.document) -> str:
    """Return the id of an image's figure, giving it one that is its own in the whole project.

    A picture in a line of text is linked to by its section, for it may be shown more than once.
    """
    node: nodes.Element = image
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    if node is None:
        section = section_around(place, document)
        return str(section["ids"][0]) if section["ids"] else ""
    if not node["ids"]:
        docname, _, index = image["paperbanana"].rpartition("#")
        number = int(index) + 1
        while (anchor := nodes.make_id(f"paperbanana-{docname}-{number}")) in document.ids:
            number += 1
        node["ids"].append(anchor)
        document.set_id(node)
    return str(node["ids"][0])
