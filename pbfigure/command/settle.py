"""``pbfigure settle``: orders whose fate nobody could tell, and what their owner says of them.

A task of the service is adopted as the order's own, or the order is given up: then the next build
that wants its picture orders it. A known task is given up only if that is asked for by name.
"""

from __future__ import annotations

import contextlib
import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from pbfigure.command.options import as_json, base_url, cache_dir, here
from pbfigure.command.output import print_json, print_line
from pbfigure.command.terminal_table import Column, print_columns
from pbfigure.figure.input_limits import TASK_ID
from pbfigure.figure.notice import FigureError
from pbfigure.figure.options import PIN
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import Entry, OrderState
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
    what lost its answer. KEY is the beginning of a key in that list, 8 digits or more, or a whole
    key that a build named with its task. Look at the candidates with
    'pbfigure tasks' or on the service's own pages; a wrong adoption shows the wrong picture, a
    wrong retry pays twice.
    """
    if sum((adopt is not None, retry, drop)) > 1 or (key is None and (adopt or retry or drop)):
        raise click.UsageError("name one KEY and one of --adopt TASK, --retry, --drop")
    project = here(cache_dir=cache_dir, base_url=base_url)
    journal = project.journal
    if key is None or not (adopt or retry or drop):
        open_ones = [entry for entry in journal.entries() if entry.state != OrderState.FREE]
        entries = [e for e in open_ones if key is None or e.key.startswith(key)]
        if key is not None and not entries:
            raise click.UsageError(f"no order is open whose key begins with {key!r}")
        if entries or as_json:
            _list(entries, as_json)
        else:
            print_line(f"nothing is open at {project.api}, as far as {project.cache_folder} knows")
        sys.exit(1 if any(entry.state == OrderState.UNKNOWN for entry in entries) else 0)
    with journal:
        if journal.damage_notice:
            print_line(journal.damage_notice, err=True)
        try:
            _decide(journal, project.cache, key, adopt, drop=drop)
        except CannotSettle as error:
            raise click.UsageError(str(error)) from None


def _decide(
    journal: Journal, cache: CacheDir, prefix: str, task_id: str | None, *, drop: bool
) -> None:
    if task_id is not None:
        entry = adopt_task(journal, cache, prefix, task_id)
        print_line(f"{entry.key[:12]} is task {task_id}; the next build fetches it")
        return
    entry = give_up(journal, cache, prefix, known_task=drop)
    print_line(f"{entry.key[:12]} is forgotten; the next build that wants it orders it")
    if entry.has_task:
        print_line(f"what task {entry.task_id} cost is given up")


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
            "prompt": "" if entry.request is None else entry.request.words,
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
        "request": {} if entry.request is None else entry.request.as_json(),
    }


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ")


class CannotSettle(FigureError):
    """A decision that does not fit what is known of the order; ``str`` says why."""


def adopt_task(journal: Journal, cache: CacheDir, prefix: str, task_id: str) -> Entry:
    """Take a task for the order of a key that begins with ``prefix``. Raises
    :exc:`CannotSettle`.
    """
    with _taken(journal, prefix) as entry:
        is_adopted = entry.has_task and entry.task_id == task_id
        if entry.state == OrderState.INTENT or (entry.has_task and not is_adopted):
            raise _taken_care_of(entry)
        if entry.state == OrderState.FREE and cache.find(entry.key) is not None:
            raise CannotSettle("nothing of it is open")
        if not TASK_ID.fullmatch(task_id):
            raise CannotSettle(f"{task_id!r} cannot be a task's id")
        other = journal.ledger.key_of(task_id)
        if other not in (None, entry.key):
            raise CannotSettle(f"task {task_id} is the picture of another key, {str(other)[:12]}")
        return entry if is_adopted else journal.submit(replace(entry, adopted=True), task_id)


def give_up(journal: Journal, cache: CacheDir, prefix: str, *, known_task: bool) -> Entry:
    """Forget the order of a key that begins with ``prefix``; with ``known_task``, also if its task
    is known, and what that cost is given up. Return the order. Raises :exc:`CannotSettle`.
    """
    with _taken(journal, prefix) as entry:
        if entry.has_task and not known_task:
            raise CannotSettle(
                f"it was ordered, as task {entry.task_id}: the next build fetches it; --drop gives"
                " it up, and what it cost"
            )
        if entry.state == OrderState.INTENT:
            raise _taken_care_of(entry)
        if entry.state == OrderState.FREE:
            raise CannotSettle("nothing of it is open")
        journal.drop(entry)
        if entry.has_task and cache.find(entry.key) is None:
            # a picture bought before and lost: its record would have it fetched for ever
            cache.set_aside(cache.record_path(entry.key))
        return entry


@contextlib.contextmanager
def _taken(journal: Journal, prefix: str) -> Iterator[Entry]:
    """Give the block the one order of which a key begins so; release it afterwards."""
    if not PIN.fullmatch(prefix):  # an empty variable of a script names no order
        raise CannotSettle(f"{prefix!r} is not 8 to 64 hex digits of a key")
    keys = [entry.key for entry in journal.entries() if entry.key.startswith(prefix)]
    if SHA256.fullmatch(prefix):
        keys = [prefix]  # of a task that only a lost journal knew
    if len(keys) != 1:
        raise CannotSettle(f"{len(keys)} keys begin with {prefix!r}; name exactly one")
    taken = journal.take(keys)
    if not taken:
        raise CannotSettle("a running build works on it; wait for that to end")
    try:
        yield taken[keys[0]]
    finally:
        journal.release(keys)


def _taken_care_of(entry: Entry) -> CannotSettle:
    return CannotSettle(f"it is {entry.state}: the next build takes care of it")
