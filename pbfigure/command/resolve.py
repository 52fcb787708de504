"""``pbfigure resolve --jsonl``: the door for other front ends, such as a filter of Pandoc's.

They send the figures of their documents and get what to show for each, as Sphinx and LaTeX do.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pbfigure.checking import check_new
from pbfigure.command.figure_requests import FigureRequest, read_requests
from pbfigure.command.options import closed_at_end
from pbfigure.command.output import announce, print_notice, say
from pbfigure.figure.alt_text import alt_text
from pbfigure.figure.notice import Notice, json_text
from pbfigure.figure.states import State
from pbfigure.project.progress_display import progress_display
from pbfigure.project.project import Project, open_project
from pbfigure.project.resolution import resolve as resolve_figures
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure
from pbfigure.provenance.label import label_of
from pbfigure.provenance.published_copies import labelled_copy
from pbfigure.store.picture import MIME_TYPES


@click.command()
@click.option("--jsonl", is_flag=True, help="Read and write JSON, one object a line; required.")
@click.option(
    "--project",
    "folder",
    metavar="FOLDER",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's folder, in which its figures and paperbanana.toml are; else this one.",
)
@click.option(
    "--publish",
    "copies",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write what is to be published there: copies that say that AI made them (label).",
)
def resolve(jsonl: bool, folder: Path, copies: Path | None) -> None:
    """Say what to show for each figure that another program asks for; make what is missing.

    One request a line comes in on standard input. One answer a line goes out on standard output, in
    the same order, once all figures are there; docs/reference/resolve.schema.json describes both.
    Standard error has the progress and all messages in words. Settings come from the environment
    (PAPERBANANA_MODE and the like) and paperbanana.toml.

    Exit status: 0 all there, 1 some figure is missing, 2 some line is no request, or a setting is
    wrong; 130 interrupted (nothing that was paid for is lost).
    """
    if not jsonl:
        raise click.UsageError("add --jsonl: requests are read, and answers written, as JSON lines")
    project = open_project(folder.absolute())
    project = closed_at_end(replace(project, build="resolve", memo=_memo(project)))
    requests = list(read_requests(sys.stdin.buffer))
    blocks = [each.block for each in requests if each.block is not None]
    with progress_display(project.service_name, say) as display:
        resolution = resolve_figures(project, blocks, report=display.progress, announce=announce)
    if resolution.made:
        check_new(project, resolution.figures)
    resolved = iter(resolution.figures)
    for each in requests:
        figure = None if each.block is None else next(resolved)
        answer = {**_answer(each, figure, project, copies), "must_fail": resolution.must_fail}
        click.echo(json_text(answer).encode())
    _report(requests, resolution)
    sys.exit(_status(requests, resolution))


def _memo(project: Project) -> Path | None:
    """Return where it is remembered which pictures were checked; None: nowhere."""
    folder = project.cache_folder / "resolve"
    return None if folder.is_symlink() else folder / f"{project.identity}.seen"


def _answer(
    request: FigureRequest, resolved: ResolvedFigure | None, project: Project, copies: Path | None
) -> dict[str, Any]:
    """Return one line of the answer."""
    head = {"version": 1, "request": request.number}
    if resolved is None:
        problem = Notice("request", request.problem, "error")
        return {**head, "state": State.INVALID.value, "messages": [_message(problem)]}
    record = resolved.record
    picture = None if record is None else record.picture
    drawn = None if record is None else record.request.prompt
    alt = alt_text(resolved.block.prompt, own=request.alt, drawn=drawn)
    messages = _messages(resolved)
    try:
        path = _published(resolved, project, copies, alt)
    except OSError as error:
        path = resolved.path
        why = f"no labelled copy of it can be written ({error.strerror or error})"
        messages.append(Notice("publish", why))
    root = project.root
    return {
        **head,
        "name": resolved.short_name,
        **resolved.as_json(),
        "picture": None if path is None else str(path),
        "relative": path.relative_to(root).as_posix()
        if path and path.is_relative_to(root)
        else None,
        "sha256": picture and picture.sha256,
        "media_type": picture and MIME_TYPES[picture.format],
        "width": picture and picture.width,
        "height": picture and picture.height,
        "alt": alt,
        "credits": resolved.credits,
        "cost_credits": None if record is None else record.cost_credits,
        "messages": [_message(each) for each in messages],
    }


def _published(
    resolved: ResolvedFigure, project: Project, copies: Path | None, alt: str
) -> Path | None:
    path, record = resolved.path, resolved.record
    if path is None or record is None or copies is None or not project.settings.label:
        return path
    return labelled_copy(path, record.picture, label_of(record, alt), copies.absolute())


def _messages(resolved: ResolvedFigure) -> list[Notice]:
    """Return the messages about a figure; one always says why it has no picture of its own."""
    notices = list(resolved.notices)
    if resolved.is_miss and not notices:
        notices.append(Notice(resolved.subtype or resolved.state.value, resolved.why))
    return notices


def _message(notice: Notice) -> dict[str, str]:
    return {"type": notice.subtype, **notice.as_json()}


def _report(requests: list[FigureRequest], resolution: Resolution) -> None:
    """Say in words, to people, what came of it."""
    for request in requests:
        if request.block is None:
            say(request.problem)
    for figure in resolution.figures:
        for notice in figure.notices:
            print_notice(figure, notice)
    for notice in resolution.notices:
        say(notice.text)
    if resolution.made:
        say(resolution.summary())


def _status(requests: list[FigureRequest], resolution: Resolution) -> int:
    if any(each.block is None for each in requests):
        return 2
    return 0 if resolution.is_complete and not resolution.must_fail else 1
