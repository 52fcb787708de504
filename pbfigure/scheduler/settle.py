"""An author's decision about an order whose fate is unknown.

A task of the service is adopted as the order's own, or the order is given up: then the next build
that wants its picture orders it. A known task is given up only if that is asked for by name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from pbfigure.figure.limits import TASK_ID
from pbfigure.figure.notice import FigureError
from pbfigure.figure.options import PIN
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import Entry, OrderState
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.picture import SHA256


class CannotSettle(FigureError):
    """A decision that does not fit what is known of the order; ``str`` says why."""


def adopt(journal: Journal, cache: CacheDir, prefix: str, task_id: str) -> Entry:
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
