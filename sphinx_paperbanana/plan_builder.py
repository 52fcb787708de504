"""The builder ``paperbanana-plan``: it reads the documents and writes none.

It hands what it read on: to the author, as a plan of what a build would make and cost; or to the
command, which has the documents of one plan read each by Sphinx.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sphinx.builders import Builder
from sphinx.util import logging

from pbfigure.figure.notice import Notice, printable
from pbfigure.project.repository import short_path
from sphinx_paperbanana.builders import PLAN, buys_pictures
from sphinx_paperbanana.config import open_project
from sphinx_paperbanana.registry import registry_of

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from pbfigure.figure.block import FigureBlock
    from sphinx_paperbanana.figures import RegisteredFigure
    from sphinx_paperbanana.opened_document import Answer

logger = logging.getLogger(__name__)


def print_plan(app: Sphinx) -> None:
    """Print what a build would make. The build's status is 1 if a figure has no picture."""
    from pbfigure.documents.document import figures_of
    from pbfigure.documents.plan import make_plan
    from pbfigure.documents.plan_text import plan_lines
    from sphinx_paperbanana.opened_document import document_of

    document = document_of(answer_of(app), short_path(Path(app.srcdir)), os.environ)
    plan = make_plan([document], figures_of([document]))
    for line in plan_lines(plan):
        logger.info("%s", printable(line))
    if not plan.is_complete:
        app.statuscode = 1


def answer_of(app: Sphinx) -> Answer:
    """Return the figures that a builder shows, and the project that they are of."""
    from sphinx_paperbanana.figure_list import reading_order
    from sphinx_paperbanana.figures import docname_of
    from sphinx_paperbanana.opened_document import Answer
    from sphinx_paperbanana.visibility import builder_kind

    registry, project = registry_of(app.env), open_project(app)
    kind = builder_kind(app)
    buys = buys_pictures(kind, project.settings)
    shown = dict(registry.in_build(app)) if buys else {}
    why = f"nothing is bought for the builder {kind.name} (picture_builders)"
    order = {docname: number for number, docname in enumerate(reading_order(app.env))}
    marks_of: dict[int, list[str]] = {}
    for mark in sorted(shown, key=lambda mark: order.get(docname_of(mark), len(order))):
        marks_of.setdefault(id(shown[mark].block), []).append(mark)
    return Answer(
        project.root,
        project.settings,
        project.memo,
        project.keeps_figures,
        [_placed(app.env, {mark: shown[mark] for mark in marks}) for marks in marks_of.values()],
        registry.hidden(shown),
        () if buys else (Notice("builder", why, "info"),),
    )


def _placed(env: BuildEnvironment, shown: Mapping[str, RegisteredFigure]) -> FigureBlock:
    """Return a figure with its number, and the pages that show it."""
    from sphinx_paperbanana.figure_list import figure_number
    from sphinx_paperbanana.figures import docname_of

    numbers = [figure_number(env, docname_of(mark), each.anchor) for mark, each in shown.items()]
    block = next(iter(shown.values())).block
    pages = tuple(dict.fromkeys(map(docname_of, shown)))
    return block._replace(number=next(filter(None, numbers), ""), pages=pages)


class PlanBuilder(Builder):
    """Reads the documents as another builder does, and hands over; writes no page."""

    name = PLAN
    epilog = ""
    allow_parallel = True
    supported_image_types: ClassVar[list[str]] = []
    """None, so that no picture is made."""
    judged_as: ClassVar[str] = "html"
    """The builder whose output is planned."""
    receive: ClassVar[Callable[[Sphinx], None]] = staticmethod(print_plan)
    """Takes the application once all documents are read."""

    def __init__(self, app: Sphinx, env: BuildEnvironment) -> None:
        super().__init__(app, env)
        self._sphinx = app
        app.preload_builder(self.judged_as)

    def get_outdated_docs(self) -> Iterator[str]:
        """Return none: nothing is ever written."""
        return iter(())

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return nothing: there are no pages to lead to."""
        return ""

    def write_documents(self, docnames: Set[str]) -> None:
        """Write nothing."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write nothing."""

    def finish(self) -> None:
        """Hand over what was read."""
        type(self).receive(self._sphinx)
