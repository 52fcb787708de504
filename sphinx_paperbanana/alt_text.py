"""Chooses a picture's alternative text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbfigure.project.resolved_figure import ResolvedFigure
    from sphinx_paperbanana.domain import RegisteredFigure


def require_alt(written: RegisteredFigure, resolved: ResolvedFigure) -> None:
    """Warn of a figure whose author gave no ``:alt:``, which ``paperbanana_require_alt`` asks."""
    if written.alt is None:
        why = "it has no alternative text of its own: write :alt:, or an empty one for a decoration"
        resolved.warn("alt", why)
