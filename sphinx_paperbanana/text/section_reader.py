"""Reading a section: its blocks in order, each as one paragraph that says what the page shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from types import UnionType
from typing import TYPE_CHECKING, NamedTuple, cast

from docutils import nodes
from sphinx import addnodes

from sphinx_paperbanana.text.conditional import (
    Conditional,
    Paragraph,
    Piece,
    closed_up,
    decided,
)
from sphinx_paperbanana.text.inline import generated_in, inline, is_generated, plain, sentence
from sphinx_paperbanana.text.node_rules import (
    WORDED_TITLES,
    drawn_source,
    hide,
    is_hidden,
    shown_in,
)
from sphinx_paperbanana.visibility import TODOS, Condition, condition_of, conditions_around

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx_paperbanana.text.added_words import AddedWords


_FOLDER = re.compile(r"^(--- |\+\+\+ ).*[/\\]", re.MULTILINE)
"""Where a file stands on this machine, in the first lines of what tells two files apart."""
_OF_DOCTEST = re.compile(r"^\s*<BLANKLINE>|[ \t]*#\s*doctest:.+$", re.MULTILINE)
"""What a session says to doctest alone; Sphinx trims it in the same way, but later."""


_WORDS = nodes.Text | nodes.Inline
"""The parts of a sentence."""


class _Lead(NamedTuple):
    """A number, a term or a name that the next paragraph goes on from."""

    words: str
    stays: bool
    """Whether it is said where nothing goes on from it."""
    conditions: tuple[Condition, ...]


class SectionReader:
    """Reads one section, or a whole document, with all that is below it."""

    def __init__(self, section: nodes.Element, added: AddedWords) -> None:
        self.paragraphs: list[Paragraph] = []
        self.positions: dict[int, int] = {}
        """How many paragraphs stand before each generated figure's image, by the image's id()."""
        self._added = added
        self._conditions = conditions_around(section)
        self._lead: _Lead | None = None
        self._read(section.children)
        self.text = tuple(self.paragraphs)

    def _read(self, blocks: Iterable[nodes.Node]) -> None:
        hides_next = False  # ``rst-class`` gives its classes to the next block, later
        for _, group in groupby(blocks, lambda node: isinstance(node, _WORDS)):
            neighbours = list(group)
            if any(isinstance(node, nodes.Text) for node in neighbours):  # in no paragraph
                self._add(sentence(neighbours))
                continue
            for block in neighbours:
                if isinstance(block, nodes.pending):
                    hides_next = hides_next or hide(block.details.get("class", []))
                elif isinstance(block, nodes.Element) and not is_hidden(block):
                    if not hides_next:
                        self._read_block(block)
                    hides_next = False

    def _read_block(self, block: nodes.Element) -> None:
        if condition := condition_of(block):
            around, self._conditions = self._conditions, (condition, *self._conditions)
            self._read(block.children)
            self._conditions = around
            return
        for kind, read in _RULES:
            # one kind of table is a comment by its class alone
            if isinstance(block, kind) and not isinstance(block, nodes.comment):
                read(self, block)
                return
        if block.children:
            self._read(block.children)
        else:
            self._add([block.get("alt") or ""])
            self._add([drawn_source(block)])

    def _read_text(self, block: nodes.Element) -> None:
        if isinstance(block, nodes.title) and type(block.parent).__name__ in TODOS:
            return  # "Todo", in the language of the build
        if block.children and not any(isinstance(child, _WORDS) for child in block.children):
            self._read(block.children)  # it is a paragraph by its name alone
            return
        is_worded = type(block).__name__ in WORDED_TITLES
        pieces = sentence(block.children[1:]) if is_worded else inline(block)
        texts = [piece for piece in pieces if isinstance(piece, str)]
        if len(texts) == len(pieces):
            pieces = [self._authors_own(block, "".join(texts))]
        self._add(pieces)

    def _authors_own(self, block: nodes.Element, text: str) -> str:
        if isinstance(block, nodes.rubric | nodes.title):
            return self._added.heading(block, text)
        if block.get("language") == "udiff" and block.get("source"):  # of literalinclude's files
            return _FOLDER.sub(r"\1", text, count=2)
        if text.startswith(">>>"):
            return _OF_DOCTEST.sub("", text)
        return self._added.without_opening(block, text)

    def _read_image(self, image: nodes.Element) -> None:
        if is_generated(image):
            self.positions[id(image)] = len(self.paragraphs)
        elif image.get("alt"):
            self._add([image["alt"]])

    def _read_figure(self, figure: nodes.Element) -> None:
        if own := generated_in(figure):
            self.positions.update(dict.fromkeys(map(id, own), len(self.paragraphs)))
        else:
            self._read(figure.children)

    def _read_lines(self, block: nodes.Element) -> None:
        self._add(_lines(block))

    def _read_change(self, change: nodes.Element) -> None:
        version = f"{change['version']}: "
        self._read_after(version, change.children, stays=bool(plain(change)))

    def _read_row(self, row: nodes.Element) -> None:
        """Read the cells of a row as one paragraph."""
        whole, around, lead = self.paragraphs, self._conditions, self._lead
        pieces: list[Piece] = []
        for number, cell in enumerate(row.children):
            self.paragraphs, self._conditions, self._lead = [], (), None
            self._read(cast("nodes.Element", cell).children)
            pieces.append(" | " if number else "")
            for place, paragraph in enumerate(self.paragraphs):
                parts = (paragraph,) if isinstance(paragraph, str) else paragraph
                pieces += [" " if place else "", *parts]
        self.paragraphs, self._conditions, self._lead = whole, around, lead
        for image in generated_in(row):
            self.positions[id(image)] = len(whole)
        if any(not isinstance(piece, str) or piece.strip(" |") for piece in pieces):
            self._add(pieces)

    def _read_list(self, block: nodes.Element) -> None:
        items = [child for child in block.children if isinstance(child, nodes.list_item)]
        for number, item in enumerate(items, start=int(block.get("start", 1))):
            self._read_after(_marker(block, number), item.children, stays=False)

    def _read_named(self, block: nodes.Element) -> None:
        """Read what stands behind a name: a term's definition, a field, an option."""
        name: list[str] = []
        body: list[nodes.Node] = []
        for child in cast("list[nodes.Element]", block.children):
            if isinstance(child, nodes.classifier):
                name[-1] += f" ({closed_up(plain(child))})"
            elif isinstance(child, nodes.term | nodes.field_name):
                name.append(closed_up(plain(child)))
            elif isinstance(child, nodes.option_group):
                name += [_option(option) for option in child.children]
            else:
                body += child.children
        text = ", ".join(part for part in name if part)
        if isinstance(block, nodes.field):
            text = self._added.field_name(block, text)
        self._read_after(f"{text}: ", body, stays=True)

    def _read_container(self, block: nodes.Element) -> None:
        """Read what is in a container, and of tabs each title before what it is the title of.

        sphinx-tabs puts all titles first in HTML, and each before its own elsewhere.
        """
        titles: list[nodes.Node] = []
        for child in shown_in(block):
            if type(child).__name__ == "SphinxTabsTablist":
                titles = list(cast("nodes.Element", child).children)
                continue
            if titles and type(child).__name__ == "SphinxTabsPanel":
                self._read([titles.pop(0)])
            self._read([child])

    def _read_after(self, words: str, blocks: Iterable[nodes.Node], *, stays: bool) -> None:
        if self._lead is not None and self._lead.stays:  # its first block has a lead of its own
            self._add([self._lead.words.strip()], led=True)
        self._lead = _Lead(words, stays, self._conditions)
        self._read(blocks)
        if self._lead is not None and self._lead.stays:  # a name and nothing more
            self._add([self._lead.words.rstrip(": ")], led=True)
        self._lead = None

    def _add(self, pieces: Iterable[Piece], *, led: bool = False) -> None:
        said = tuple(piece for piece in pieces if piece)
        if all(isinstance(piece, str) and not closed_up(piece) for piece in said):
            return
        if self._lead is not None and not led:
            said = (self._lead.words, *said)
        # for readers who do not see this paragraph, the next one goes on from it
        if self._lead is not None and self._lead.conditions == self._conditions:
            self._lead = None
        if self._conditions:
            said = (Conditional(self._conditions, said),)
        self.paragraphs.append(decided(said))


def _lines(block: nodes.Element) -> list[Piece]:
    """Return the lines of a block that keeps them."""
    pieces: list[Piece] = []
    for child in block.children:
        if isinstance(child, nodes.line_block):
            pieces += _lines(child)
        elif isinstance(child, nodes.line):
            pieces += [*inline(child), "\n"]
    return pieces


def _option(option: nodes.Node) -> str:
    """Return an option as the list shows it, with its arguments."""
    parts = cast("list[nodes.Element]", cast("nodes.Element", option).children)
    return "".join(part.astext() for part in parts)


def _marker(block: nodes.Element, number: int) -> str:
    """Return what stands before an item of a list."""
    kind = block.get("enumtype")
    if kind is None:
        return "- "
    shown = str(number)
    if kind.endswith("alpha") and number <= 26:
        shown = chr(ord("a") + number - 1)
    elif kind.endswith("roman"):
        shown = _roman(number)
    if kind.startswith("upper"):
        shown = shown.upper()
    return f"{block.get('prefix', '')}{shown}{block.get('suffix', '.')} "


def _roman(number: int) -> str:
    """Return a number as docutils writes it in a list, in small letters."""
    shown = ""
    for value, letters in _ROMAN:
        shown += letters * (number // value)
        number %= value
    return shown


_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


_RULES: tuple[
    tuple[type[nodes.Element] | UnionType, Callable[[SectionReader, nodes.Element], None]], ...
]
_RULES = (
    (nodes.image, SectionReader._read_image),
    (nodes.figure, SectionReader._read_figure),
    (nodes.row, SectionReader._read_row),
    (nodes.line_block, SectionReader._read_lines),
    (nodes.bullet_list | nodes.enumerated_list, SectionReader._read_list),
    (
        nodes.definition_list_item | nodes.field | nodes.option_list_item,
        SectionReader._read_named,
    ),
    (addnodes.versionmodified, SectionReader._read_change),
    (nodes.container, SectionReader._read_container),
    (nodes.TextElement, SectionReader._read_text),
)
"""How blocks are read; of any other, what is in it."""
