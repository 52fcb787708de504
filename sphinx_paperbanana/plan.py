"""The builder ``paperbanana-plan``: what a build would generate and cost. It spends nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, ClassVar

from sphinx.builders import Builder
from sphinx.util import logging

from pbfigure.figure.notice import printable
from sphinx_paperbanana.builders import PLAN
from sphinx_paperbanana.config import read_settings
from sphinx_paperbanana.domain import paperbanana_domain

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from pbfigure.project.resolved_figure import ResolvedFigure

logger = logging.getLogger(__name__)


class PlanBuilder(Builder):
    """Reads the documents, looks every figure up, and prints what is missing; writes no page."""

    name = PLAN
    epilog = ""
    allow_parallel = True
    supported_image_types: ClassVar[list[str]] = []
    """None, so that no picture is made."""

    def __init__(self, app: Sphinx, env: BuildEnvironment) -> None:
        super().__init__(app, env)
        self._sphinx = app
        app.tags.add("html")  # the figures of an HTML build; with -t latex, those of LaTeX too

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
        """Print the plan. The build's status is 1 if a figure is invalid, or over the budget."""
        from pbfigure.project.resolved_figure import State
        from sphinx_paperbanana.reporting import look_up, report

        figures = dict(paperbanana_domain(self.env).in_build(self._sphinx))
        all_resolved = look_up(self._sphinx, figures, make=False).figures
        bought: set[str] = set()
        total = 0
        for written, resolved in zip(figures.values(), all_resolved, strict=True):
            words, credits = _plan_of(resolved, bought)
            total += credits
            prompt = textwrap.shorten(printable(resolved.block.prompt), 60, placeholder=" …")
            logger.info("%s: %s: %s", resolved.block.place, words, prompt)
            if resolved.state == State.INVALID:
                self._sphinx.statuscode = 1
                for notice in resolved.notices:
                    report(self._sphinx, notice, written)
        logger.info(
            "%d figure%s, of which %d would be generated, for %d credits by the price list",
            len(all_resolved),
            "" if len(all_resolved) == 1 else "s",
            len(bought),
            total,
        )
        limit = read_settings(self._sphinx).max_credits
        if limit is not None and total > limit:
            logger.info("that is over max_credits (%g): nothing would be ordered", limit)
            self._sphinx.statuscode = 1


def _plan_of(resolved: ResolvedFigure, bought: set[str]) -> tuple[str, int]:
    """Return what a build would do about a figure, and for how many credits."""
    from pbfigure.figure.cost import estimate
    from pbfigure.project.resolved_figure import State

    if resolved.figure is None:
        return f"{resolved.state}: not a figure that can be made", 0
    if resolved.state == State.PENDING:
        return "pending: fetch, ordered and paid for before", 0
    if not resolved.is_miss:
        return f"{resolved.state}", 0
    if resolved.figure.pin is not None:
        return f"{resolved.state}: the pinned picture is not here", 0
    key = resolved.figure.key.digest
    if key in bought:
        return f"{resolved.state}: generate, together with another", 0
    bought.add(key)
    credits = estimate(resolved.figure.request)
    return f"{resolved.state}: generate, {credits} credits", credits
