"""``paperbanana-list``: a table of every generated figure, as publishers ask for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx.errors import NoUri
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from sphinx_paperbanana.domain import PaperbananaDomain, alt_of, docname_of, paperbanana_domain

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

COLUMNS = (("Where", 20), ("Prompt", 44), ("Model", 16), ("Made on", 11), ("Credits", 9))
"""Heading and share of the width, in percent."""
UNKNOWN = "–"


class figure_list(nodes.General, nodes.Element):
    """Where the table goes, once every figure is known."""


class Row(NamedTuple):
    """One figure of the table."""

    docname: str
    anchor: str
    title: str
    """Of its page."""
    prompt: str
    model: str
    date: str
    credits: str


def rows(domain: PaperbananaDomain) -> Iterator[Row]:
    """Yield a row for every figure that this build shows, in reading order."""
    env = domain.env
    order = {docname: number for number, docname in enumerate(_reading_order(env))}
    for mark in sorted(domain.shown, key=lambda mark: order.get(docname_of(mark), len(order))):
        shown, docname = domain.shown[mark], docname_of(mark)
        written = domain.figures[docname][int(mark.rpartition("#")[2])]
        options, facts = written.block.options, shown.facts
        title = env.titles.get(docname)
        yield Row(
            docname=docname,
            anchor=written.anchor,
            title=title.astext() if title is not None else docname,
            prompt=(facts.prompt if facts else alt_of(written)) or UNKNOWN,
            model=facts.model if facts else options.get("model") or options.get("type", "pipeline"),
            date=facts.date if facts else UNKNOWN,
            credits=f"{facts.credits:g}" if facts else UNKNOWN,
        )


def _reading_order(env: BuildEnvironment) -> list[str]:
    """Return the documents as the tables of contents lead through them, then all others."""
    order: dict[str, None] = {}
    waiting = [env.config.root_doc]
    while waiting:
        docname = waiting.pop()
        if docname not in order:
            order[docname] = None
            waiting += reversed(env.toctree_includes.get(docname, []))
    return list(order)


class FigureListDirective(SphinxDirective):
    """The place of the table."""

    def run(self) -> list[nodes.Node]:
        """Leave a node to be filled in when all documents are read."""
        paperbanana_domain(self.env).lists.add(self.env.current_document.docname)
        node = figure_list()
        self.set_source_info(node)
        return [node]


class FillLists(SphinxPostTransform):
    """Put the table where it goes."""

    default_priority = 8
    """Before references are resolved (10) and ``only`` is (50): nothing of it is theirs."""

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Replace every place of a table by the table."""
        domain = paperbanana_domain(self.env)
        if not domain.lists:
            return
        for place in list(self.document.findall(figure_list)):
            table = self._table(domain)
            table.source, table.line = place.source, place.line
            place.replace_self(table)

    def _table(self, domain: PaperbananaDomain) -> nodes.Element:
        of = list(rows(domain))
        if not of:
            return nodes.paragraph("", "There are no generated figures.")
        group = nodes.tgroup("", cols=len(COLUMNS))
        group += [nodes.colspec("", colwidth=width) for _, width in COLUMNS]
        group += nodes.thead("", _row(*(nodes.Text(heading) for heading, _ in COLUMNS)))
        group += nodes.tbody("", *(self._body_row(row, domain) for row in of))
        classes = ["paperbanana-list", "colwidths-given", "longtable"]
        return nodes.table("", group, classes=classes)

    def _body_row(self, row: Row, domain: PaperbananaDomain) -> nodes.row:
        words = (row.prompt, row.model, row.date, row.credits)
        return _row(self._reference(row, domain), *map(nodes.Text, words))

    def _number(self, row: Row) -> str:
        """Return what numbers the figure, should it be numbered."""
        number = self.env.toc_fignumbers.get(row.docname, {}).get("figure", {}).get(row.anchor)
        if not number or not self.config.numfig:
            return ""
        return ", " + str(self.config.numfig_format["figure"]) % ".".join(map(str, number))

    def _reference(self, row: Row, domain: PaperbananaDomain) -> nodes.Node:
        text = nodes.Text(row.title + self._number(row))
        if domain.builder is None:
            return text
        here = self.env.current_document.docname
        try:
            return make_refnode(domain.builder, here, row.docname, row.anchor, text)
        except NoUri:  # a builder without links
            return text


def _row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))
