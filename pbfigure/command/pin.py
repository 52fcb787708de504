"""``pbfigure pin`` and ``unpin``: which picture a figure shows, whatever else changes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from pbfigure.command.columns import print_wrapped
from pbfigure.command.common import as_json, print_json, print_line, short_path
from pbfigure.command.documents import sphinx_build
from pbfigure.command.figures import one_figure, valid, writing
from pbfigure.figure.notice import Notice
from pbfigure.project.document import DocumentFigure, SphinxBuild
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.store.choices import Choices
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import StoredPicture

_DIGITS = re.compile(r"[0-9a-f]{8,64}")


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE DIGITS", nargs=-1, required=True)
@sphinx_build
@as_json
def pin(arguments: tuple[str, ...], build: SphinxBuild, as_json: bool) -> None:
    """Have FIGURE show the picture that DIGITS name, whatever else changes.

    DIGITS are 8 or more digits of a picture's sha256 or of its key, as lists and file names show
    them. The choice is a small file beside the figure's pictures, to be committed with them; a pin
    in the source outranks it. Without PATH, the figure is looked for in the current folder.
    """
    if len(arguments) < 2:
        raise click.UsageError("name a FIGURE and the DIGITS of a picture")
    *where, digits = arguments
    digits = digits.lower()
    if not _DIGITS.fullmatch(digits):
        raise click.UsageError(f"{digits!r} is not 8 to 64 hex digits of a picture or a key")
    found = one_figure(where, build)
    figure, project = valid(found), writing(found.document.project, "pin")
    if project.figures is None:
        raise click.ClickException("figures_dir is off: write the pin into the source")
    try:
        picture = _picture(project, digits)
        store = PictureStore(project)
        shown = store.pinned(figure, picture.record.picture.sha256) or picture
        _check_kept(project.figures, found, shown, store.notices)
        path = Choices(project.figures.folder).put(
            figure.slug, figure.name, figure.key.request, picture.record.picture.sha256
        )
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror or error}") from None
    finally:
        project.close()
    _publish(found)
    outranked = figure.pin if found.resolved.choice is None else None
    if as_json:
        chosen = {"figure": found.resolved.full_name, "picture": picture.record.picture.sha256}
        print_json({"version": 1, "choice": {**chosen, "path": str(path), "outranked": outranked}})
        return
    print_wrapped(
        f"{found.name} is pinned to {picture.record.picture.sha256[:12]}: commit {short_path(path)}"
        f" and {short_path(shown.path)}"
    )
    if outranked is not None:
        print_line(f"its source has a pin of its own, {outranked}, which outranks this", err=True)


@click.command()
@click.argument("arguments", metavar="[PATH]... FIGURE", nargs=-1, required=True)
@sphinx_build
@as_json
def unpin(arguments: tuple[str, ...], build: SphinxBuild, as_json: bool) -> None:
    """Have FIGURE show the picture of its own prompt again. No picture is removed."""
    found = one_figure(arguments, build)
    figure, choice = valid(found), found.resolved.choice
    if choice is None:
        if figure.pin is not None:
            raise click.ClickException(f"{found.name} is pinned in its source: remove it there")
        raise click.ClickException(f"{found.name} is not pinned")
    try:
        Choices(choice.path.parent).remove(choice)
    except OSError as error:
        raise click.ClickException(f"{choice.path}: {error.strerror or error}") from None
    _publish(found)
    if as_json:
        print_json(
            {"version": 1, "choice": {"figure": found.resolved.full_name, "path": str(choice.path)}}
        )
    else:
        print_wrapped(f"{found.name} is not pinned any more: {short_path(choice.path)} is removed")


def _picture(project: Project, digits: str) -> StoredPicture:
    """Return the one picture that digits name, from either store."""
    files, cache = project.figures, project.cache
    kept = [] if files is None else files.all()
    found: dict[str, StoredPicture] = {}
    for record, paths in (
        *((each.record, [path for path, _ in files.files(each)]) for each in kept if files),
        *((each, [cache.path_of(p) for p in each.pictures]) for each in cache.records()),
    ):
        for picture, path in zip(record.pictures, paths, strict=True):
            by_key = record.key.startswith(digits) and picture == record.picture
            if by_key or picture.sha256.startswith(digits):
                showing = StoredPicture(record.showing(picture), path)
                found.setdefault(picture.sha256, showing)
    if not found:
        raise click.ClickException(
            f"no picture here has a sha256 or a key that begins with {digits}"
        )
    if len(found) > 1:
        several = ", ".join(sorted(found))
        raise click.ClickException(f"{digits} names {len(found)} pictures: {several}; add digits")
    return next(iter(found.values()))


def _check_kept(
    files: FiguresDir, found: DocumentFigure, shown: StoredPicture, notices: Sequence[Notice]
) -> None:
    """Make sure that the picture is whole in the project's own folder, for every clone."""
    if shown.path.parent == files.folder and shown.path.is_file():
        return
    if shown.path.is_file():
        why = "; ".join(notice.text for notice in notices)
        why = why or f"{files.folder} is not of this checkout, and is not written to"
    else:
        why = f"{shown.path} is missing or damaged; 'pbfigure cache verify' says more"
    raise click.ClickException(f"{found.name} is not pinned: {why}")


def _publish(found: DocumentFigure) -> None:
    """Let a running build know."""
    found.document.publish(found.document.look_up())
    found.document.project.close()
