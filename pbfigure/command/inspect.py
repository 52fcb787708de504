"""``pbfigure inspect``: where a picture came from, and what a figure has."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pbfigure.command.arguments import documents_of, is_image, one_figure
from pbfigure.command.options import as_json, cache_dir, here, sphinx_build
from pbfigure.command.output import print_json, print_line
from pbfigure.command.terminal_table import Column, print_columns, print_wrapped
from pbfigure.documents.document import Document, DocumentFigure, SphinxBuild
from pbfigure.documents.origins import PIXELS, Origin, Origins, folders_above
from pbfigure.project.project import Project
from pbfigure.project.repository import short_path
from pbfigure.provenance.c2pa_manifest import MarkedFile
from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles

_PICTURES = (
    Column("picture"),
    Column("key"),
    Column("date", rank=5),
    Column("credits", right=True),
    Column("variant", rank=4, right=True),
    Column("revision", rank=4, right=True),
    Column("note"),
    Column("prompt", rank=3, cut=True),
)


@click.command()
@click.argument("arguments", metavar="[PATH]... IMAGE|FIGURE", nargs=-1, required=True)
@cache_dir
@sphinx_build
@as_json
def inspect(
    arguments: tuple[str, ...],
    cache_dir: Path | None,
    build: SphinxBuild,
    as_json: bool,
) -> None:
    """Say where a picture came from: prompt, request, model, date, credits, task, key, and buyer.

    IMAGE is a file: of a store, of a build's output, or one that pdfimages took out of a PDF. It
    is found by its bytes, or else by its pixels. FIGURE is a name as 'plan' shows it: then all
    pictures are listed that were ever bought for it.

    Exit status: 0 it is known, 1 it is not, 2 wrong use.
    """
    *paths, last = arguments
    if is_image(last):
        documents = documents_of(paths, build) if paths else []
        known = _inspect_image(documents, Path(last), here(cache_dir=cache_dir), as_json)
    else:
        known = _inspect_figure(one_figure(arguments, build), as_json)
    sys.exit(0 if known else 1)


def _inspect_image(
    documents: Sequence[Document], image: Path, project: Project, as_json: bool
) -> bool:
    folders = [d.project.figures.folder for d in documents if d.project.figures is not None]
    folders += [project.figures.folder] if project.figures is not None else []
    memo = VerifiedFiles(None)
    own = [FiguresDir(folder, memo) for folder in dict.fromkeys([*folders, *folders_above(image)])]
    origins = Origins(own, project.cache)
    try:
        found, match = origins.of_image(image)
        marked = MarkedFile.of(image)
    except (OSError, BadPicture) as error:
        raise click.ClickException(f"{image}: {error}") from None
    if as_json:
        document = {"image": str(image), "match": match if found else None, **marked.as_json()}
        print_json({**document, "pictures": [each.as_json() for each in found]})
    elif not found:
        print_line(
            f"{image} is unknown: no picture of {project.cache_folder} or of the project has these"
            " bytes or looks like it"
        )
        _print_mark(marked)
    else:
        if match == PIXELS:
            print_line(f"{image} has the pixels, not the bytes, of a picture that was bought")
        _print_mark(marked)
        for number, origin in enumerate(found):
            if number:
                print_line()
            _print_origin(origin)
    return bool(found)


def _inspect_figure(found: DocumentFigure, as_json: bool) -> bool:
    resolved, project = found.resolved, found.document.project
    pictures = Origins.of_project(project).of_resolved(project, resolved)
    shown = None if resolved.record is None else resolved.record.picture.sha256
    if as_json:
        state = {"state": resolved.state, "pinned": resolved.pinned, "shown": shown}
        figure = {"figure": found.resolved.full_name, **state}
        print_json({**figure, "pictures": [each.as_json() for each in pictures]})
        return bool(pictures)
    words = [resolved.state, *(["pinned"] if resolved.pinned else [])]
    why = f": {resolved.why}" if resolved.why else ""
    print_wrapped(f"{found.resolved.full_name} ({resolved.block.place}): {', '.join(words)}{why}")
    first = next((each for each in pictures if each.picture.sha256 == shown), None)
    if first is not None:
        with contextlib.suppress(OSError, BadPicture, IndexError):
            _print_mark(MarkedFile.of(first.files[0]))
        _print_origin(first)
    if pictures:
        print_line()
        print_line(f"all its pictures ({len(pictures)}):")
        print_columns(_PICTURES, [_row(each, shown) for each in pictures])
    return bool(pictures)


def _row(origin: Origin, shown: str | None) -> dict[str, str]:
    record = origin.record
    notes = [("shown", origin.picture.sha256 == shown), ("draft", record.draft)]
    return {
        "picture": origin.picture.sha256[:12],
        "key": record.key[:12],
        "date": record.created_at[:10],
        "credits": f"{record.cost_credits:g}",
        "variant": str(record.request.variant),
        "note": " ".join(word for word, holds in notes if holds),
        "revision": str(len(record.request.revise) or ""),
        "prompt": record.request.words,
    }


def _print_origin(origin: Origin) -> None:
    record, picture, purchase = origin.record, origin.picture, origin.purchase
    request = record.request
    words = {**request.option_words(), "variant": str(request.variant)}
    options = [f"{name} {word}" for name, word in words.items() if name not in ("type", "model")]
    marks = [("draft of the sandbox", record.draft), ("adopted", record.adopted)]
    lines = {
        "prompt": " ".join(request.prompt.split()),
        "style": request.style,
        "revised": "; ".join(request.revise),
        "base": request.base,
        "request": f"{request.type}, {request.scene}, model {record.model}",
        "options": ", ".join(options),
        "text": _text_of(record),
        "made": record.created_at,
        "credits": f"{record.cost_credits:g}",
        "marks": ", ".join(word for word, holds in marks if holds),
        "picture": picture.sha256,
        "format": f"{picture.format}, {picture.width} × {picture.height}, {picture.size:,} bytes",
        "key": record.key,
        "task": record.task_id,
        "figure": ", ".join(origin.figures),
        "bought": "not on this machine" if purchase is None else purchase.summary(),
    }
    for name, text in lines.items():
        if text:
            print_wrapped(f"{name + ':':9} {text}", " " * 10)
    for path in origin.files:
        print_line(f"{'file:':9} {short_path(path)}")


def _print_mark(marked: MarkedFile) -> None:
    print_wrapped(f"{'mark:':9} {marked.words()}", " " * 10)


def _text_of(record: Record) -> str:
    if record.content_digest is None:
        return ""
    return f"drawn from {'the text around it' if record.content_automatic else 'text of its own'}"
