"""``pbfigure settle``: orders whose fate nobody could tell, and what their owner says of them."""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace
from pathlib import Path

import click

from pbfigure.command.columns import Column, print_columns
from pbfigure.command.options import as_json, base_url, cache_dir, here
from pbfigure.command.output import print_json, print_line
from pbfigure.figure.limits import TASK_ID
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import FREE, INTENT, SUBMITTED, UNKNOWN, Entry
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.picture import SHA256

_COLUMNS = (
    Column("key"),
    Column("state"),
    Column("ordered", rank=2),
    Column("task"),
    Column("prompt", rank=1, cut=True),
)


@click.command()
@click.argument("key", required=False)
@click.option("--adopt", metavar="TASK", help="Take this task of the service as KEY's own.")
@click.option("--retry", is_flag=True, help="KEY was never ordered: let the next build order it.")
@click.option(
    "--drop",
    is_flag=True,
    help="Forget KEY, and what its task cost if it has one: it is ordered anew when wanted.",
)
@cache_dir
@base_url
@as_json
def settle(
    key: str | None,
    adopt: str | None,
    retry: bool,
    drop: bool,
    cache_dir: Path | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """List, adopt, drop or retry orders whose fate is unknown.

    Without KEY, lists everything the journal has open: what is at the service, what failed, and
    what lost its answer. KEY is the beginning of a key in that list, or a whole key that a build
    named with its task. Look at the candidates with
    'pbfigure tasks' or on the service's own pages; a wrong adoption shows the wrong picture, a
    wrong retry pays twice.
    """
    if sum((adopt is not None, retry, drop)) > 1 or (key is None and (adopt or retry or drop)):
        raise click.UsageError("name one KEY and one of --adopt TASK, --retry, --drop")
    project = here(cache_dir=cache_dir, base_url=base_url)
    journal = project.journal
    if key is None or not (adopt or retry or drop):
        open_ones = [entry for entry in journal.entries() if entry.state != FREE]
        entries = [e for e in open_ones if key is None or e.key.startswith(key)]
        if key is not None and not entries:
            raise click.UsageError(f"no order is open whose key begins with {key!r}")
        if entries or as_json:
            _list(entries, as_json)
        else:
            print_line(f"nothing is open at {project.api}, as far as {project.cache_folder} knows")
        sys.exit(1 if any(entry.state == UNKNOWN for entry in entries) else 0)
    with journal:
        if journal.damage_notice:
            print_line(journal.damage_notice, err=True)
        _decide(_claimed(journal, key), journal, project.cache, adopt, retry=retry)


def _list(entries: list[Entry], as_json: bool) -> None:
    if as_json:
        print_json({"orders": [_as_json(entry) for entry in entries]})
        return
    rows = [
        {
            "key": entry.key[:12],
            "state": entry.state,
            "ordered": _moment(entry.intent_at),
            "task": entry.task_id or ", ".join(entry.candidates),
            "prompt": entry.words,
        }
        for entry in entries
    ]
    print_columns(_COLUMNS, rows)


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "key": entry.key,
        "state": entry.state,
        "ordered_at": _moment(entry.intent_at),
        "task_id": entry.task_id,
        "candidates": list(entry.candidates),
        "error": entry.error,
        "request": entry.request,
    }


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _claimed(journal: Journal, prefix: str) -> Entry:
    matching = [entry.key for entry in journal.entries() if entry.key.startswith(prefix)]
    if SHA256.fullmatch(prefix):
        matching = [prefix]  # of a task that a journal knew which is gone
    if len(matching) != 1:
        raise click.UsageError(f"{len(matching)} keys begin with {prefix!r}; name exactly one")
    taken = journal.claim(matching)
    if not taken:
        raise click.UsageError("a running build works on it; wait for that to end")
    return next(iter(taken.values()))


def _decide(
    entry: Entry, journal: Journal, cache: CacheDir, adopt: str | None, *, retry: bool
) -> None:
    try:
        if entry.state == SUBMITTED and retry:
            raise click.UsageError(
                f"it was ordered, as task {entry.task_id}: the next build fetches it; --drop gives"
                " it up, and what it cost"
            )
        is_adopted = entry.state == SUBMITTED and entry.task_id == adopt
        if entry.state == INTENT or (entry.state == SUBMITTED and adopt and not is_adopted):
            raise click.UsageError(f"it is {entry.state}: the next build takes care of it")
        if entry.state == FREE and (adopt is None or cache.find(entry.key) is not None):
            raise click.UsageError("nothing of it is open")
        if adopt is not None:
            _check_task(entry, journal, adopt)
            if not is_adopted:
                journal.submit(replace(entry, adopted=True), adopt)
            print_line(f"{entry.key[:12]} is task {adopt}; the next build fetches it")
            return
        journal.drop(entry)
        print_line(f"{entry.key[:12]} is forgotten; the next build that wants it orders it")
        if entry.state == SUBMITTED:
            if cache.find(entry.key) is None:
                # a picture bought before and lost: its record would have it fetched for ever
                cache.set_aside(cache.record_path(entry.key))
            print_line(f"what task {entry.task_id} cost is given up")
    finally:
        journal.release([entry.key])


def _check_task(entry: Entry, journal: Journal, task_id: str) -> None:
    if not TASK_ID.fullmatch(task_id):
        raise click.UsageError(f"{task_id!r} cannot be a task's id")
    taken = journal.key_of(task_id)
    if taken not in (None, entry.key):
        raise click.UsageError(f"task {task_id} is the picture of another key, {str(taken)[:12]}")
