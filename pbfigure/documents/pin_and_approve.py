"""What an author decides about a figure: which picture it shows, and that a picture is right.

The command and the review page decide through these functions. Each decision is written beside the
figure's pictures, and a running build is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pbfigure.documents.document import DocumentFigure
from pbfigure.documents.origins import Origins
from pbfigure.figure.figure import Figure
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.pins_and_approvals import APPROVER_LIMIT, Approvals, Pins
from pbfigure.store.record import StoredPicture


class Undecided(FigureError):
    """A decision that cannot be taken; nothing was changed."""

    subtype = "choice"


class Decided(NamedTuple):
    """A decision that was taken."""

    path: Path
    """The file of the decision."""
    shown: StoredPicture
    """The picture, in the project's own folder."""


def valid(found: DocumentFigure) -> Figure:
    """Return the figure as it is asked for. Raises :exc:`Undecided` if it is invalid."""
    if found.resolved.figure is None:
        raise Undecided(f"{found.name} cannot be made: {found.resolved.why}")
    return found.resolved.figure


def pin(found: DocumentFigure, digits: str) -> Decided:
    """Pin a figure to the picture that ``digits`` name. Raises :exc:`Undecided`."""
    figure, project = valid(found), found.document.project.writing("pin")
    with _deciding(found, project):
        if (files := project.figures) is None:
            raise Undecided("figures_dir is off: write the pin into the source")
        shown = _taken(found, project, files, _picture(project, digits), "pinned")
        path = Pins(files.folder).write(
            figure.slug, figure.name, figure.key.request, shown.record.picture.sha256
        )
    return Decided(path, shown)


def unpin(found: DocumentFigure) -> Path:
    """Remove a figure's pin. Raises :exc:`Undecided`."""
    figure, kept = valid(found), found.resolved.pin
    if kept is None:
        if figure.pin is not None:
            raise Undecided(f"{found.name} is pinned in its source: remove it there")
        raise Undecided(f"{found.name} is not pinned")
    with _deciding(found, found.document.project):
        Pins(kept.path.parent).remove(kept)
    return kept.path


def approve(found: DocumentFigure, digits: str, by: str) -> Decided:
    """Approve the picture that a figure shows. ``digits`` of its sha256 prove that it was seen.
    Raises :exc:`Undecided`.
    """
    by = " ".join(by.split())
    if not by:
        raise Undecided(
            "who approves? git has no user.name here: add --by NAME. It is written beside the"
            " picture"
        )
    if len(by) > APPROVER_LIMIT:
        raise Undecided(f"by: {len(by)} characters; it takes 1 to {APPROVER_LIMIT}")
    figure, project = valid(found), found.document.project.writing("approve")
    resolved = found.resolved
    if resolved.record is None or resolved.path is None:
        raise Undecided(f"{found.name} shows no picture that could be approved")
    picture = resolved.record.picture.sha256
    if not picture.startswith(digits):
        raise Undecided(
            f"{found.name} does not show the picture {digits} but {picture[:12]}: look at that one"
        )
    with _deciding(found, project):
        if (files := project.figures) is None:
            raise Undecided("figures_dir is off: there is no folder for approvals")
        stored = StoredPicture(resolved.record, resolved.path)
        shown = _taken(found, project, files, stored, "approved")
        path = Approvals(files.folder).approve(figure.slug, figure.name, picture, by)
    return Decided(path, shown)


def withdraw(found: DocumentFigure) -> Path:
    """Take back an approval. Raises :exc:`Undecided`."""
    approval = found.resolved.approval
    if approval is None:
        raise Undecided(f"nobody approved a picture of {found.name}")
    with _deciding(found, found.document.project):
        Approvals(approval.path.parent).remove(approval)
    return approval.path


@contextmanager
def _deciding(found: DocumentFigure, project: Project) -> Iterator[None]:
    """Report what cannot be written; tell a running build of the decision."""
    try:
        yield
    except OSError as error:
        raise Undecided(f"{error.filename}: {error.strerror or error}") from None
    finally:
        project.close()
    found.document.tell_build()
    found.document.project.close()


def _picture(project: Project, digits: str) -> StoredPicture:
    """Return the one picture that digits name, from either store."""
    found: dict[str, StoredPicture] = {}
    for record, picture, path in Origins.of_project(project).all:
        by_key = record.key.startswith(digits) and picture == record.picture
        if by_key or picture.sha256.startswith(digits):
            found.setdefault(picture.sha256, StoredPicture(record.showing(picture), path))
    if not found:
        raise Undecided(f"no picture here has a sha256 or a key that begins with {digits}")
    if len(found) > 1:
        several = ", ".join(sorted(found))
        raise Undecided(f"{digits} names {len(found)} pictures: {several}; add digits")
    return next(iter(found.values()))


def _taken(
    found: DocumentFigure, project: Project, files: FiguresDir, picture: StoredPicture, decided: str
) -> StoredPicture:
    """Return a picture as the figure's own, whole in the project's folder, for every clone.

    Raises :exc:`Undecided`.
    """
    store = PictureStore(project)
    shown = store.pinned(valid(found), picture.record.picture.sha256) or picture
    if why := _not_kept(files, shown, store.notices):
        raise Undecided(f"{found.name} is not {decided}: {why}")
    return shown


def _not_kept(files: FiguresDir, shown: StoredPicture, notices: Sequence[Notice]) -> str:
    if not shown.path.is_file():
        return f"{shown.path} is missing or damaged; 'pbfigure cache verify' says more"
    if shown.path.parent == files.folder:
        return ""
    why = "; ".join(notice.text for notice in notices)
    return why or f"{files.folder} is not of this checkout, and is not written to"
