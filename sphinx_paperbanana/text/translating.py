"""The words of a figure that translators may translate beside its caption, alt and legend.

The prompt is what readers hear where a figure has no alternative text of its own; with
``translate``, a figure in another language is drawn from its translated prompt, body and section.
Sphinx translates nodes alone, so these words ride on a node that no writer shows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from sphinx import addnodes

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.surrounding_text import WrittenText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx_paperbanana.figures import PendingFigure
    from sphinx_paperbanana.registry import FigureRegistry
    from sphinx_paperbanana.text.conditional import TakenText


class Translation(NamedTuple):
    """What a figure says in the language of a translated build."""

    prompt: str
    body: tuple[str, ...]
    """What its author wrote for it to be drawn from: paragraphs, none if that is not translated."""
    text: TakenText | None = None
    """The translated text around it, as :attr:`RegisteredFigure.text`."""

    def of(self, block: FigureBlock, language: str) -> FigureBlock:
        """Return a figure in that language: a figure of its own."""
        content = WrittenText("\n\n".join(self.body)) if self.body else block.content
        return block._replace(prompt=self.prompt, content=content, language=language)


class FigureWords(addnodes.translatable, nodes.raw):
    """The words of one figure. Writers skip raw output of a format that they do not have."""

    @classmethod
    def of(cls, asked: PendingFigure, mark: str) -> FigureWords:
        """Return the node for a figure."""
        block = asked.block
        body = block.content.source if isinstance(block.content, WrittenText) else ""
        node = cls("", "", format="", paperbanana=mark, prompt=block.prompt, translations={})
        node["body"] = [text for text in re.split(r"\n[ \t]*\n\s*", body) if text.strip()]
        node["context"], node["translate"] = asked.context, asked.translate
        node["is_spoken"] = asked.alt is None
        node.source, node.line = block.place
        return node

    def preserve_original_messages(self) -> None:
        """Do nothing: they are kept as they are."""

    def apply_translated_message(self, original_message: str, translated_message: str) -> None:
        """Take in the translation of one message."""
        self["translations"][original_message] = translated_message

    def extract_original_messages(self) -> Sequence[str]:
        """Return the prompt, and the paragraphs of the body."""
        return [self["prompt"], *self["body"]]

    def translation(self) -> Translation | None:
        """Return the figure in the language of the build; None where its prompt stays as it is."""
        known: dict[str, str] = self["translations"]
        if self["prompt"] not in known:
            return None
        is_translated = any(text in known for text in self["body"])
        body = tuple(known.get(text, text) for text in self["body"]) if is_translated else ()
        return Translation(known[self["prompt"]], body)


def add_words(place: nodes.Node, words: FigureWords) -> None:
    """Put the words of a figure behind the block that it stands in."""
    words.source = place.source or words.source
    inside = (nodes.TextElement, nodes.figure, nodes.substitution_definition)
    while isinstance(place.parent, inside):
        place = place.parent
    if place.parent is not None and words["prompt"]:
        place.parent.insert(place.parent.index(place) + 1, words)


def remove_words(document: nodes.document, registry: FigureRegistry) -> None:
    """Remove the words that are not to be translated, and all of them where none is."""
    is_gettext = registry.builder.name == "gettext"
    for node in list(document.findall(FigureWords)):
        wanted = registry.translates if node["translate"] is None else node["translate"]
        if not is_gettext or not (wanted or node["is_spoken"]):
            node.parent.remove(node)
        elif not wanted:
            node["body"] = []
