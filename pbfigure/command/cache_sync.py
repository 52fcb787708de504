"""``pbfigure cache sync``: gives a team's store what it lacks, and takes what it has."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pbfigure.command.arguments import open_documents
from pbfigure.command.options import as_json, base_url, cache_dir, here, no_flags_with, sphinx_build
from pbfigure.command.output import print_json, print_line, say, showing
from pbfigure.documents.document import Document, SphinxBuild
from pbfigure.figure.wording import counted, counted_bytes
from pbfigure.project.project import Project
from pbfigure.project.settings import SettingError
from pbfigure.project.team_pictures import open_store

if TYPE_CHECKING:
    from pbfigure.upkeep.sync import Taken, Uploaded


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--direction",
    type=click.Choice(["up", "down", "both"]),
    default="both",
    show_default=True,
    help="up: only upload; down: only take.",
)
@sphinx_build
@cache_dir
@base_url
@as_json
def sync(
    paths: Sequence[str],
    direction: str,
    build: SphinxBuild,
    cache_dir: Path | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Upload what this machine bought and the team's store lacks; take what PATHs lack.

    Without a PATH, all that this machine bought is uploaded to PAPERBANANA_SHARED_CACHE; with
    PATHs, what it bought for them, and the pictures of their figures that are there are taken into
    the machine's cache. Drafts never leave. What was broken off goes on when it is run again.

    Exit status: 0 all well, 1 something is left, 2 wrong use or configuration.
    """
    no_flags_with(paths, cache_dir, base_url)
    documents = open_documents(paths, build)
    if direction == "down" and not documents:
        raise click.UsageError("name the PATHs whose figures are to be taken")
    project = documents[0].project if documents else here(cache_dir=cache_dir, base_url=base_url)
    addresses = {each.project.settings.shared_cache for each in documents}
    if len(addresses) > 1:
        raise click.UsageError("these PATHs have several shared_cache: name them one by one")
    done: dict[str, Any] = {"uploaded": None, "taken": None}
    left = 0
    identities = {each.project.identity for each in documents}
    if direction != "down":
        uploaded = _upload(project, identities)
        failure = uploaded.failure
        done["uploaded"] = {**asdict(uploaded), "failure": failure and str(failure)}
        left += uploaded.left
        if not as_json:
            _print_uploaded(uploaded)
            _print_drafts(project, identities)
    if direction != "up" and documents:
        taken = _take(documents)
        done["taken"] = asdict(taken)
        left += len(taken.notices)
        if not as_json:
            _print_taken(taken)
    if as_json:
        print_json(done)
    sys.exit(1 if left else 0)


def _upload(project: Project, identities: Collection[str]) -> Uploaded:
    store = open_store(project)
    if not project.writes_shared:
        raise SettingError(
            f"shared_write = {project.settings.shared_write} has this machine upload nothing:"
            " --direction down only takes"
        )
    from pbfigure.store.signed_objects import Signer
    from pbfigure.upkeep.sync import bought_here, upload

    purchases = bought_here(project, identities)
    with showing("uploading what the store lacks") as report:
        return upload(store, Signer(project.shared_secret), project.cache, purchases, report)


def _print_uploaded(uploaded: Uploaded) -> None:
    if uploaded.purchases or uploaded.records or uploaded.pictures:
        print_line(
            f"uploaded: {counted(uploaded.pictures, 'picture')},"
            f" {counted(uploaded.records, 'record')}, {counted(uploaded.purchases, 'purchase')}"
            f" ({counted_bytes(uploaded.bytes)})"
        )
    if uploaded.there or not uploaded.left:
        print_line(f"there already: {counted(uploaded.there, 'purchase')}")
    if uploaded.failure is not None:
        number = counted(uploaded.left, "purchase")
        say(f"the shared store {uploaded.failure}: {number} left; run it again to go on")


def _print_drafts(project: Project, identities: Collection[str]) -> None:
    """Report the drafts, which are never shared."""
    drafts = sum(each.draft for each in project.cache.ledger.purchases(identities))
    if drafts:
        print_line(f"not shared: {counted(drafts, 'draft')} of the sandbox; drafts never are")


def _take(documents: Sequence[Document]) -> Taken:
    from pbfigure.upkeep.sync import take

    open_store(documents[0].project)  # says what is wrong with its address
    with showing("taking what the store has") as report:
        return take(documents, report)


def _print_taken(taken: Taken) -> None:
    print_line(f"taken: {counted(taken.pictures, 'picture')} of {taken.missing} missing here")
    for text in taken.notices:
        say(text)
