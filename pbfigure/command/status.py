"""``pbfigure status``: every figure and every file of figures, what they are and whether used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from pbfigure.command.arguments import chosen, open_documents, split_arguments
from pbfigure.command.options import arguments, as_json, sphinx_build
from pbfigure.command.output import print_json, print_line
from pbfigure.command.terminal_table import Column, print_columns, print_wrapped
from pbfigure.documents.document import Document, SphinxBuild, figures_of
from pbfigure.documents.plan import Plan, Step, make_plan
from pbfigure.figure.wording import counted, counted_bytes, counted_costs, listed
from pbfigure.project.repository import COMMITTED, git_folder, short_path
from pbfigure.upkeep.figures_dir_files import StoredFiles, Use
from pbfigure.upkeep.unused_files import FolderUse, usage_of

_FIGURES = (
    Column("figure"),
    Column("state"),
    Column("credits", right=True),
    Column("picture", rank=4),
    Column("git", rank=3),
    Column("place", rank=2),
    Column("prompt", rank=1, cut=True),
)
_FILES = (Column("file"), Column("credits", right=True), Column("why"), Column("copies", rank=1))


@click.command()
@arguments
@sphinx_build
@as_json
def status(arguments: Sequence[str], build: SphinxBuild, as_json: bool) -> None:
    """Show the state of every figure, and which files of figures are used.

    PATH is a Sphinx source folder or a main .tex file. FIGURE is a name as the list shows it.
    Nothing is asked of the service.

    Exit status: 0 every figure has its picture, 1 some do not, 2 wrong use.
    """
    paths, names = split_arguments(arguments)
    documents = open_documents(paths, build)
    figures = figures_of(documents)
    plan = make_plan(documents, chosen(figures, names))
    folders = [] if names else usage_of(documents, figures)
    if as_json:
        print_json(_as_json(plan, folders))
    else:
        _print(plan, folders)
    sys.exit(0 if plan.is_complete else 1)


def _git(step: Step) -> str:
    """Return what git knows of a figure's picture; nothing of one that only the cache has."""
    path, files = step.resolved.path, step.project.figures
    if path is None or files is None or step.in_cache_only:
        return ""
    return git_folder(files.folder).state(path)


def _as_json(plan: Plan, folders: Sequence[FolderUse]) -> dict[str, Any]:
    figures = [
        {
            **step.as_json(),
            "cost_credits": step.resolved.record and step.resolved.record.cost_credits,
            "why": step.resolved.why,
            "git": _git(step) or None,
        }
        for step in plan.steps
    ]
    files = [
        {**each.as_json(), "folder": str(folder.folder), "git": _git_of(each) or None}
        for folder in folders
        for each in folder.kept
    ]
    return {"complete": plan.is_complete, "figures": figures, "files": files}


def _git_of(kept: StoredFiles) -> str:
    """Return what git knows of a picture's files: of one that is not committed, if there is one."""
    states = [git_folder(path.parent).state(path) for path in kept.paths]
    return next((state for state in states if state != COMMITTED), COMMITTED)


def _print(plan: Plan, folders: Sequence[FolderUse]) -> None:
    for document in plan.documents:
        steps = plan.of(document)
        print_line(f"{document.path}: {counted(len(steps), 'figure')}")
        if steps:
            print_columns(_FIGURES, [_row(step) for step in steps])
            _print_whys(steps)
            _print_approvals(document, steps)
        for notice in document.notices:
            print_wrapped(f"{document.path}: {notice.text}")
        print_line()
    for folder in folders:
        _print_folder(folder)


def _print_whys(steps: Sequence[Step]) -> None:
    """Print why figures have no picture of their own: what several have in common, once."""
    by_why: dict[str, list[str]] = {}
    for step in steps:
        if step.resolved.why:
            by_why.setdefault(step.resolved.why, []).append(step.figure.name)
    for why, names in by_why.items():
        print_wrapped(f"{listed(names)}: {why}")


def _print_approvals(document: Document, steps: Sequence[Step]) -> None:
    """Print how many pictures are approved, where anybody approves any."""
    shown = [step.resolved for step in steps if step.resolved.record is not None]
    approved = sum(each.approved for each in shown)
    if approved or document.project.settings.require_approval:
        print_line(f"{approved} of {counted(len(shown), 'picture')} approved")


def _row(step: Step) -> dict[str, str]:
    resolved = step.resolved
    record, block = resolved.record, resolved.block
    marks = [word for word in ("draft", "pinned", "approved") if getattr(resolved, word)]
    return {
        "figure": step.figure.name,
        "state": ", ".join((step.state, *marks)),
        "credits": "" if record is None else f"{record.cost_credits:g}",
        "picture": "" if record is None else record.picture.sha256[:12],
        "git": "cache only" if step.in_cache_only else _git(step),
        "place": f"{block.place} on {listed(block.pages)}"
        if len(block.pages) > 1
        else str(block.place),
        "prompt": block.prompt,
    }


def _print_folder(folder: FolderUse) -> None:
    used, unused, other = (folder.of(use) for use in Use)
    pictures = sum(not each.is_decision for each in used)
    parts = [f"{counted(pictures, 'picture')} used", f"{len(unused)} unused"]
    if unused:
        credits = counted_costs((each.credits, each.is_draft) for each in unused)
        parts[-1] += f" ({credits}, {counted_bytes(sum(each.size for each in unused))})"
    if other:
        parts.append(f"{len(other)} not judged")
    print_line(f"{short_path(folder.folder)}: {', '.join(parts)}")
    print_files([*unused, *other])
    open_ones = [each for each in used if _git_of(each) not in ("", COMMITTED)]
    if open_ones:
        files = counted(sum(len(each.paths) for each in open_ones), "file")
        print_line(f"not committed: {files} in use; git add {short_path(folder.folder)}")
    if not all(each.is_only_copy for each in unused):
        names = " ".join(str(document.path) for document in folder.documents)
        print_line(f"'pbfigure prune {names}' removes what is unused")
    print_line()


def print_files(kept: Sequence[StoredFiles]) -> None:
    """Print files that are not used, and why."""
    rows = [
        {
            "file": each.name,
            "credits": f"{each.credits:g}" if each.record is not None else "",
            "why": each.why + ("; the only copy" if each.is_only_copy else ""),
        }
        for each in kept
    ]
    if rows:
        print_columns(_FILES, rows)
