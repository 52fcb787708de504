"""``pbfigure prune``: removes files of figures that no figure uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from pbfigure.command.arguments import open_documents
from pbfigure.command.options import as_json, sphinx_build
from pbfigure.command.output import NOTHING_REMOVED, is_agreed, print_json, print_line
from pbfigure.command.status import print_files
from pbfigure.command.terminal_table import print_wrapped
from pbfigure.documents.document import SphinxBuild, figures_of
from pbfigure.figure.wording import counted, counted_bytes, counted_costs
from pbfigure.project.repository import short_path
from pbfigure.upkeep.figures_dir_files import StoredFiles
from pbfigure.upkeep.prune_figures_dir import Pruning, pruning_of, remove, rename
from pbfigure.upkeep.unused_files import usage_of


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@sphinx_build
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--keep",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Leave the newest N unused pictures of each figure.",
)
@click.option(
    "--rename", "renames", is_flag=True, help="Give the files of moved figures their new names."
)
@click.option(
    "--only-copies",
    is_flag=True,
    help="Remove also what this machine's cache does not have: it would have to be bought again.",
)
@as_json
def prune(
    paths: Sequence[str],
    dry_run: bool,
    yes: bool,
    keep: int,
    renames: bool,
    only_copies: bool,
    as_json: bool,
    build: SphinxBuild,
) -> None:
    """Show the files of figures that no figure uses, and remove them once you agree.

    PATH is a Sphinx source folder or a main .tex file. Name all documents that share a folder: what
    may be of one that is not named stays. So does a picture that this machine's cache does not
    have, unless --only-copies is given. The cache keeps what is removed here.
    """
    documents = open_documents(paths, build)
    found = [
        pruning_of(folder, keep=keep, rename=renames, only_copies=only_copies)
        for folder in usage_of(documents, figures_of(documents))
    ]
    if not as_json:
        _show(found)
    done = False
    left: list[StoredFiles] = []
    if not dry_run and any(not each.is_empty for each in found):
        done = yes or is_agreed("Go on?", NOTHING_REMOVED)
        if done:
            left = _prune(found, only_copies=only_copies)
    if as_json:
        print_json({"done": done, "files": _as_json(found, left)})
    elif done:
        removed = sum(len(each.remove) for each in found) - len(left)
        renamed = sum(len(each.rename) for each in found)
        and_renamed = f", {renamed} renamed" if renamed else ""
        print_line(f"{counted(removed, 'picture')} removed{and_renamed}")


def _show(found: Sequence[Pruning]) -> None:
    for each in found:
        folder = short_path(each.folder.folder)
        credits = counted_costs((kept.credits, kept.is_draft) for kept in each.remove)
        if each.remove:
            size = counted_bytes(sum(kept.size for kept in each.remove))
            print_line(f"{folder}: {counted(len(each.remove), 'picture')} to remove, {size}")
            print_files(each.remove)
            only = [kept for kept in each.remove if kept.is_only_copy]
            if only:
                again = counted_costs((kept.credits, kept.is_draft) for kept in only)
                have = "has" if len(only) == 1 else "have"
                print_line(f"{len(only)} {have} no other copy: buying again costs {again}")
            else:
                print_line(f"kept in the machine's cache: nothing is bought again ({credits})")
        for kept in each.rename:
            name = kept.shown_by[0].resolved.full_name
            print_wrapped(f"{folder}: to rename: {kept.name}, for {name}")
        if each.spare:
            number = counted(len(each.spare), "unused picture")
            copies = "the only copy" if len(each.spare) == 1 else "the only copies"
            print_line(f"{folder}: {number} left: {copies}")
            print_files(each.spare)
        if each.is_empty and not each.spare:
            print_line(f"{folder}: nothing to remove")


def _prune(found: Sequence[Pruning], *, only_copies: bool) -> list[StoredFiles]:
    left: list[StoredFiles] = []
    for each in found:
        rename(each)
        left += remove(each, only_copies=only_copies)
        if each.rename:
            for document in each.folder.documents:  # TeX knows files by their names
                document.tell_build()
    for kept in left:
        print_line(f"{kept.name} stays: the cache's copy is damaged", err=True)
    return left


def _as_json(found: Sequence[Pruning], left: Sequence[StoredFiles]) -> list[dict[str, Any]]:
    listed = []
    for each in found:
        for action, files in (
            ("remove", each.remove), ("rename", each.rename), ("spare", each.spare),
        ):  # fmt: skip
            for kept in files:
                what = "spare" if any(kept is one for one in left) else action
                listed.append({**kept.as_json(), "action": what})
    return listed
