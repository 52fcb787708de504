"""``paperbanana-list``: a table of every generated picture, as publishers ask for one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx.errors import NoUri
from sphinx.util.nodes import make_refnode

from pbfigure.disclosure.venues import venue
from pbfigure.figure.alt_text import alt_text
from pbfigure.store.files import name_from
from sphinx_paperbanana.figures import docname_of
from sphinx_paperbanana.html_image_attributes import load_late
from sphinx_paperbanana.localized_words import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.environment import BuildEnvironment

    from sphinx_paperbanana.registry import FigureRegistry

UNKNOWN = "–"
THUMBNAIL = "120px"
CLASS = "paperbanana-list"
STYLE = """
TABLE p {white-space: normal}
TABLE img {min-width: 4em}
TABLE td:nth-last-child(2) p {white-space: nowrap}
@media (max-width: 600px) {
TABLE, TABLE tbody, TABLE tr, TABLE td {display: block; width: auto}
TABLE colgroup {display: none}
TABLE thead {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)}
TABLE tr {padding: .5em 0}
TABLE tr > td {border: 0; padding: .1em .5em}
TABLE td::before {font-weight: bold}
TABLE td p {display: inline}
"""
"""Some themes never break a line in a table, which pushes most columns off the page; others break
the date. On a phone, each cell is a line that begins with its column's heading."""


class figure_list(nodes.General, nodes.Element):
    """Where the table goes, once every figure is known."""


class Place(NamedTuple):
    """Where a picture is shown."""

    docname: str
    anchor: str
    words: str
    """The title of its page, and the figure's number if it has one."""


class Row(NamedTuple):
    """One picture of the table."""

    places: tuple[Place, ...]
    prompt: str
    model: str
    date: str
    """Empty if the picture is not bought yet."""
    credits: float
    path: str
    """Its image file; empty if this builder shows none."""


def rows(registry: FigureRegistry) -> list[Row]:
    """Return a row for every picture that this build shows, in reading order."""
    env = registry.env
    order = {docname: number for number, docname in enumerate(reading_order(env))}
    found: dict[str, Row] = {}
    for mark in sorted(registry.shown, key=lambda mark: order.get(docname_of(mark), len(order))):
        shown, docname = registry.shown[mark], docname_of(mark)
        written = registry.figures_of(docname)[int(mark.rpartition("#")[2])]
        facts = shown.facts
        title, number = env.titles.get(docname), figure_number(env, docname, written.anchor)
        words = docname if title is None else title.astext()
        place = Place(docname, written.anchor, f"{words}, {number}" if number else words)
        identity = facts.identity if facts else mark
        if identity in found:
            row = found[identity]
            found[identity] = row._replace(places=(*row.places, place))
            continue
        found[identity] = Row(
            places=(place,),
            prompt=facts.prompt if facts else alt_text(written.block.prompt),
            model=facts.model if facts else "",
            date=facts.date if facts else "",
            credits=facts.credits if facts else 0.0,
            path=os.fspath(shown.path or ""),
        )
    return list(found.values())


def figure_number(env: BuildEnvironment, docname: str, anchor: str) -> str:
    """Return a figure's number as the document says it; empty if it is not numbered."""
    number = env.toc_fignumbers.get(docname, {}).get("figure", {}).get(anchor)
    if not number or not env.config.numfig:
        return ""
    return str(env.config.numfig_format["figure"]) % ".".join(map(str, number))


def reading_order(env: BuildEnvironment) -> list[str]:
    """Return the documents as the tables of contents lead through them, then all others."""
    order: dict[str, None] = {}
    waiting = [env.config.root_doc]
    while waiting:
        docname = waiting.pop()
        if docname not in order:
            order[docname] = None
            waiting += reversed(env.toctree_includes.get(docname, []))
    return list(order)


def place_of_list(options: Mapping[str, str]) -> list[nodes.Node]:
    """Return what stands in the place of the table while documents are read."""
    place = figure_list(thumbnails="thumbnails" in options)
    if "style" not in options:
        return [place]
    return [nodes.paragraph("", venue(options["style"]).list), place]


def style_lists(context: dict[str, Any]) -> None:
    """Add the style that keeps the table within its column, on pages with it only."""
    if f'class="{CLASS} ' in context.get("body", ""):
        headings = [heading for heading, _width in reversed(_columns(thumbnails=True))]
        begins = "".join(
            f'TABLE td:nth-last-child({number})::before {{content: "{heading}: "}}\n'
            for number, heading in enumerate(headings, 1)
        )
        style = f"{STYLE}{begins}}}".replace("TABLE", f"table.{CLASS}")
        context["metatags"] = f"{context.get('metatags', '')}<style>{style}</style>"


def fill_lists(document: nodes.document, registry: FigureRegistry) -> None:
    """Replace every place of a table by the table."""
    for place in list(document.findall(figure_list)):
        table, *more = _Table(registry, thumbnails=place["thumbnails"]).build()
        table.source, table.line = place.source, place.line
        place.replace_self([table, *more])


def _columns(*, thumbnails: bool) -> list[tuple[str, int]]:
    """Return each column's heading and share of the width in percent."""
    columns = [(_("Where"), 17), (_("Prompt"), 40), (_("Model"), 15)]
    columns += [(_("Made on"), 16), (_("Credits"), 12)]
    return [(_("Picture"), 16), *columns] if thumbnails else columns


class _Table:
    def __init__(self, registry: FigureRegistry, *, thumbnails: bool) -> None:
        self._registry = registry
        self._env = registry.env
        self._builder = builder = registry.builder
        self._thumbnails = thumbnails and builder.format == "html"
        is_pdflatex = self._env.config.latex_engine == "pdflatex"
        self._for_pdflatex = builder.format == "latex" and is_pdflatex

    def build(self) -> list[nodes.Element]:
        found = rows(self._registry)
        if not found:
            return [nodes.paragraph("", _("There are no generated figures."))]
        columns = _columns(thumbnails=self._thumbnails)
        group = nodes.tgroup("", cols=len(columns))
        group += [nodes.colspec("", colwidth=width) for _heading, width in columns]
        headings = (nodes.entry("", nodes.paragraph("", heading)) for heading, _width in columns)
        group += nodes.thead("", nodes.row("", *headings))
        group += nodes.tbody("", *map(self._row, found))
        classes = [CLASS, "colwidths-given", "longtable"]
        made = [row for row in found if row.date]
        total = _("Pictures: %(pictures)s. Credits: %(credits)s.") % {
            "pictures": len(made),
            "credits": f"{sum(row.credits for row in made):g}",
        }
        return [nodes.table("", group, classes=classes), nodes.paragraph("", total)]

    def _row(self, row: Row) -> nodes.row:
        credits = f"{row.credits:g}" if row.date else UNKNOWN
        cells = [
            [nodes.paragraph("", "", self._reference(place)) for place in row.places],
            [nodes.paragraph("", "", *self._text(row.prompt or UNKNOWN))],
            *([nodes.paragraph("", text or UNKNOWN)] for text in (row.model, row.date, credits)),
        ]
        if self._thumbnails:
            cells.insert(0, [nodes.paragraph("", "", self._thumbnail(row))])
        return nodes.row("", *(nodes.entry("", *cell) for cell in cells))

    def _text(self, text: str) -> list[nodes.Node]:
        if not self._for_pdflatex or text.isascii():
            return [nodes.Text(text)]
        from sphinx_paperbanana.pdflatex_characters import typeset

        return typeset(text)

    def _thumbnail(self, row: Row) -> nodes.Node:
        if not row.path:
            return nodes.Text(UNKNOWN)
        place = row.places[0]
        uri = name_from(row.path, self._env.srcdir)
        # the prompt stands beside it
        image = nodes.image("", uri=uri, candidates={"*": uri}, alt="", width=THUMBNAIL)
        image["classes"].append("no-scaled-link")  # whose name would be empty
        load_late(image, self._builder)
        name = self._env.images.add_file(place.docname, uri)
        size = next(
            (s.size for s in self._registry.shown.values() if os.fspath(s.path or "") == row.path),
            None,
        )
        if size is not None:
            self._registry.sizes[name] = size
        return image

    def _reference(self, place: Place) -> nodes.Node:
        text = nodes.Text(place.words)
        here = self._env.current_document.docname
        try:
            return make_refnode(self._builder, here, place.docname, place.anchor, text)
        except NoUri:  # a builder without links
            return text
