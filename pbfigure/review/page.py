"""The review page: one file that opens without a network.

Whatever it shows may be anyone's: every value is escaped, and the browser runs only the one script
and the one style that are in it, known by their digests.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from pbfigure import __version__
from pbfigure.documents.document import Document, figures_of
from pbfigure.documents.origins import Origins
from pbfigure.documents.plan import Plan, make_plan
from pbfigure.figure.notice import printable
from pbfigure.figure.states import State
from pbfigure.figure.wording import counted_credits
from pbfigure.review.folder import ReviewFolder
from pbfigure.review.reviewed_figure import ReviewedFigure, Section, reviewed

if TYPE_CHECKING:
    from jinja2 import Environment

MANY = 20
"""Pictures whose smaller copies are made without a word."""


@dataclass(frozen=True)
class Review:
    """What the page shows."""

    plan: Plan
    figures: Sequence[ReviewedFigure]

    @cached_property
    def sections(self) -> dict[Section, list[ReviewedFigure]]:
        """The figures of each section, in reading order; those without any are left out."""
        found: dict[Section, list[ReviewedFigure]] = {section: [] for section in Section}
        for figure in self.figures:
            found[figure.section].append(figure)
        return {section: figures for section, figures in found.items() if figures}

    @property
    def states(self) -> dict[State, int]:
        """How many figures are in each state, if that tells them apart."""
        counts = Counter(figure.step.state for figure in self.figures)
        return {state: counts[state] for state in State if counts[state]} if len(counts) > 1 else {}

    @property
    def to_buy(self) -> str:
        """What all that is missing costs."""
        return counted_credits(self.plan.credits, sandbox=self.plan.is_local)

    @property
    def paid(self) -> float:
        """What the pictures cost that the figures show, each counted once."""
        shown = [figure.shown for figure in self.figures if figure.shown is not None]
        costs = {
            each.record.key: each.record.cost_credits for each in shown if not each.record.draft
        }
        return sum(costs.values())

    @property
    def title(self) -> str:
        """What it is a review of."""
        return ", ".join(str(document.path) for document in self.plan.documents)


def make_review(
    documents: Sequence[Document],
    folder: ReviewFolder,
    verb_options: Sequence[str] = (),
    announce: Callable[[str], None] = lambda said: None,
) -> Review:
    """Look at all figures of some documents, and put their pictures into the page's folder.

    ``announce`` is told what takes a while.
    """
    plan = make_plan(documents, figures_of(documents))
    known = {id(each): Origins.of_project(each.project) for each in documents}
    found = [
        known[id(figure.document)].of_resolved(figure.document.project, figure.resolved)
        for figure in (step.figure for step in plan.steps)
    ]
    if (new := folder.lacks(origin for each in found for origin in each)) > MANY:
        announce(f"{new} pictures are made smaller, once: 0.1 to 0.5 s each")
    figures = [
        reviewed(step, origins, step.project.cache, folder, verb_options)
        for step, origins in zip(plan.steps, found, strict=True)
    ]
    for document in documents:
        document.project.close()
    folder.tidy(version.picture.sha256 for figure in figures for version in figure.versions)
    folder.save()
    return Review(plan, figures)


def page_of(review: Review, *, live: bool = False) -> str:
    """Return the page as HTML; ``live``: its buttons do what they say, where a server is."""
    style, script = _file("review.css"), _file("review.js")
    policy = [
        "default-src 'none'",
        "img-src 'self' file: data:",
        f"style-src 'sha256-{_digest(style)}'",
        f"script-src 'sha256-{_digest(script)}'",
        *(["connect-src 'self'"] if live else []),
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return _environment().get_template("page.html").render(
        review=review,
        live=live,
        style=style,
        script=script,
        policy="; ".join(policy),
        version=__version__,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("pbfigure.review"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _visible(value: object) -> object:
    """Return a value as it may stand on a page: text without what controls its direction."""
    if type(value) is str:
        return "\n".join(map(printable, value.split("\n")))
    return value


@cache
def _file(name: str) -> str:
    return (files("pbfigure.review") / "templates" / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
