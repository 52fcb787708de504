"""Which words stand for a picture to those who do not see it, and how they are translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx.transforms import SphinxTransform

from sphinx_paperbanana.domain import paperbanana_domain
from sphinx_paperbanana.failures import going_on

if TYPE_CHECKING:
    from docutils import nodes

    from pbfigure.project.resolved_figure import ResolvedFigure
    from sphinx_paperbanana.domain import RegisteredFigure


def set_alt(image: nodes.image, automatic: str) -> None:
    """Give an image without ``:alt:`` its alternative text; an empty one marks a decoration."""
    image.attributes.setdefault("alt", automatic)


def require_alt(written: RegisteredFigure, resolved: ResolvedFigure) -> None:
    """Warn of a figure whose author gave no ``:alt:``, which ``paperbanana_require_alt`` asks."""
    if written.alt is None:
        why = "it has no alternative text of its own: write :alt:, or an empty one for a decoration"
        resolved.warn("alt", why)


class TranslateAlt(SphinxTransform):
    """Have a generated figure's alternative text translated, and nothing else of its image."""

    default_priority = 21
    """After messages are translated (20), before translations are counted (25)."""

    @going_on
    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Take the image's address from the messages; count its translated text as translated."""
        domain = paperbanana_domain(self.env)
        written = domain.figures.get(self.env.current_document.docname, [])
        for image, figure in zip(domain.taken, written, strict=False):
            image.attributes.pop("translatable", None)
            if not figure.alt:
                image.attributes.pop("translated", None)
            elif image.get("translated") is False and image["alt"] != figure.alt:
                image["translated"] = True
