"""Reading a section: its blocks in order, each as one paragraph that says what the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx import addnodes

from sphinx_paperbanana.text.inline import inline, plain
from sphinx_paperbanana.text.node_rules import drawn_source, is_hidden
from sphinx_paperbanana.text.passages import (
    Conditional,
    Paragraph,
    Piece,
    closed_up,
    decided,
)
from sphinx_paperbanana.visibility import Condition, condition_of, conditions_around

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx_paperbanana.text.added_words import AddedWords


class SectionReader:
    """Reads one section, or a whole document, with all that is below it."""

    def __init__(self, section: nodes.Element, added: AddedWords) -> None:
        self.paragraphs: list[Paragraph] = []
        self.positions: dict[int, int] = {}
        """How many paragraphs stand before each generated figure's image, by the image's id()."""
        self._added = added
        self._conditions = conditions_around(section)
        self._lead: tuple[str, bool] | None = None
        """A number, a term or a name that the next paragraph goes on from, and whether it stays
        where nothing does."""
        self._read(section.children)

    def _read(self, blocks: Iterable[nodes.Node]) -> None:
        for block in blocks:
            if isinstance(block, nodes.Element) and not is_hidden(block):
                self._read_block(block)

    def _read_block(self, block: nodes.Element) -> None:
        condition = condition_of(block)
        if condition is not None:
            self._read_conditional(block, condition)
        elif isinstance(block, nodes.image):
            self._read_image(block)
        elif isinstance(block, nodes.figure) and (own := _generated(block)):
            # what is shown below a generated figure describes the picture, not its subject
            self.positions.update(dict.fromkeys(map(id, own), len(self.paragraphs)))
        elif isinstance(block, nodes.row):
            self._read_row(block)
        elif isinstance(block, nodes.line_block):
            self._add(_lines(block))
        elif isinstance(block, nodes.bullet_list | nodes.enumerated_list):
            self._read_list(block)
        elif isinstance(block, _NAMED):
            self._read_named(block)
        elif isinstance(block, addnodes.versionmodified):
            self._read_after(f"{block['version']}: ", block.children, stays=True)
        elif type(block).__name__ == "SphinxTabsTablist":
            pass  # its titles stand before their panels, as where there are no tabs
        elif "sphinx-tabs" in block.get("classes", ()):
            self._read_tabs(block)
        elif isinstance(block, nodes.TextElement):
            self._read_text(block)
        elif block.children:
            self._read(block.children)
        else:
            self._add([drawn_source(block)])

    def _read_text(self, block: nodes.TextElement) -> None:
        if isinstance(block, nodes.title) and type(block.parent).__name__ == "todo_node":
            return  # "Todo", in the language of the build
        pieces = inline(block)
        texts = [piece for piece in pieces if isinstance(piece, str)]
        if len(texts) == len(pieces):
            pieces = [self._authors_own(block, "".join(texts))]
        self._add(pieces)

    def _authors_own(self, block: nodes.TextElement, text: str) -> str:
        if isinstance(block, nodes.rubric):
            return self._added.heading(block, text)
        return self._added.without_opening(block, text)

    def _read_conditional(self, block: nodes.Element, condition: Condition) -> None:
        around, self._conditions = self._conditions, (condition, *self._conditions)
        self._read(block.children)
        self._conditions = around

    def _read_image(self, image: nodes.image) -> None:
        if "paperbanana" in image:
            self.positions[id(image)] = len(self.paragraphs)
        elif image.get("alt"):
            self._add([image["alt"]])

    def _read_row(self, row: nodes.row) -> None:
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

    def _read_tabs(self, tabs: nodes.Element) -> None:
        """Read tabs as their author wrote them: each title before what it is the title of.

        sphinx-tabs puts all titles first in HTML, and each before its own elsewhere.
        """
        first = tabs.children[0] if tabs.children else None
        titles = list(first.children) if type(first).__name__ == "SphinxTabsTablist" else []
        for block in tabs.children:
            if type(block).__name__ == "SphinxTabsPanel" and titles:
                self._read([titles.pop(0)])
            self._read([block])

    def _read_after(self, lead: str, blocks: Iterable[nodes.Node], *, stays: bool) -> None:
        self._flush()
        self._lead = (lead, stays)
        self._read(blocks)
        self._flush()

    def _flush(self) -> None:
        """Let a name stand alone if what follows it is no paragraph."""
        lead, self._lead = self._lead, None
        if lead is not None and lead[1]:
            self._add([lead[0].strip()])

    def _add(self, pieces: Iterable[Piece]) -> None:
        said = tuple(piece for piece in pieces if piece)
        if all(isinstance(piece, str) and not closed_up(piece) for piece in said):
            return
        if self._lead is not None:
            said = (self._lead[0], *said)
            self._lead = None
        if self._conditions:
            said = (Conditional(self._conditions, said),)
        self.paragraphs.append(decided(said))


_NAMED = (nodes.definition_list_item, nodes.field, nodes.option_list_item)


def _generated(figure: nodes.figure) -> list[nodes.image]:
    return [image for image in figure.findall(nodes.image) if "paperbanana" in image]


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
    return "".join(
        f"{part.get('delimiter', ' ')}{part.astext()}"
        if isinstance(part, nodes.option_argument)
        else part.astext()
        for part in parts
    )


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
