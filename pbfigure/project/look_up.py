"""Looking a figure up: its own picture, the one to keep, or the versions that have to be made.

A revision is drawn from the picture of the version before, which the service has: so that
version's task is needed, never its file. If that version is not here either, it is made first.
"""

from __future__ import annotations

from pbfigure.figure.figure import Figure
from pbfigure.figure.key import Key
from pbfigure.figure.states import State
from pbfigure.project.committed_pictures import LostPicture
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import MissingVersion, ResolvedFigure
from pbfigure.store.record import StoredPicture


def look_up(
    resolved: ResolvedFigure, figure: Figure, project: Project, pictures: PictureStore
) -> None:
    """Show a figure's picture if it is here; else note what was lost, and what has to be made."""
    found = pictures.exact(figure)
    if isinstance(found, StoredPicture):
        resolved.show(State.PRESENT, found)
        return
    if isinstance(found, LostPicture):
        resolved.lost, resolved.why = found, f"its picture was bought before, but {found.why}"
    if keeps_picture(figure, project):
        kept = pictures.last(figure, same_request=True)
        if isinstance(kept, StoredPicture):
            resolved.show(State.KEPT, kept)
            return
        if isinstance(kept, LostPicture) and resolved.lost is None:
            resolved.lost = kept
            resolved.why = f"only the text around it changed, but {kept.why}"
    _find_versions(resolved, figure, project, pictures)


def _find_versions(
    resolved: ResolvedFigure, figure: Figure, project: Project, pictures: PictureStore
) -> None:
    """Note what has to be made for a figure that has no picture of its own, and from what."""

    def missing(version: Figure, *, is_bought: bool) -> MissingVersion:
        version = _as_ordered(version, project)
        return MissingVersion(version, is_bought or project.is_ordered(version.key.digest))

    keeps = keeps_picture(figure, project)
    versions = [missing(figure, is_bought=resolved.lost is not None)]
    resolved.figure = versions[0].figure
    while (base := versions[0].figure.base) is not None:
        found = pictures.version(base, keeps=keeps)
        if found is not None and found.record is not None:
            resolved.base = found.record
            break
        if versions[0].is_paid:
            break
        versions.insert(0, missing(base, is_bought=found is not None))
        if found is not None and not found.in_cache:
            resolved.lost, resolved.why = found, f"what it revises was bought, but {found.why}"
            break
    resolved.missing_versions = tuple(versions)


def _as_ordered(figure: Figure, project: Project) -> Figure:
    """Return a figure with the key of its own last open order, if only the text around it changed
    since: that picture is the one to keep.
    """
    content, orders = figure.request.content, project.open_orders
    if content is None or not content.automatic or not keeps_picture(figure, project):
        return figure
    if figure.key.digest in orders:
        return figure
    orderer = project.identity, figure.name, figure.key.request, True
    earlier = [
        (entry.intent_at or 0.0, Key(entry.key, order.request_digest, order.content_digest))
        for entry in orders.values()
        if (order := entry.order) is not None
        and (
            *(order.buyer.project, order.buyer.figure, order.request_digest),
            order.content_automatic,
        )
        == orderer
    ]
    return figure._replace(key=max(earlier)[1]) if earlier else figure


def keeps_picture(figure: Figure, project: Project) -> bool:
    """Whether a figure keeps its picture if only the text around it changed."""
    return (figure.on_text_change or project.settings.on_text_change) == "keep"
