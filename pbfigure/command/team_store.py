"""What verbs about a team's store share: how it is opened, and how far they are."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pbfigure.command.output import say
from pbfigure.project.progress_display import CHANGED_SECONDS, is_live
from pbfigure.project.project import Project
from pbfigure.project.settings import SettingError

if TYPE_CHECKING:
    from pbfigure.store.object_store import ObjectStore

Report = Callable[[int, int], None]
"""Takes how many are done, of how many."""


def open_store(project: Project) -> ObjectStore:
    """Return the team's store of a project. Raises :exc:`SettingError`."""
    address = project.settings.shared_cache
    if address is None:
        raise SettingError(
            "no shared_cache is set: set PAPERBANANA_SHARED_CACHE, or name a Sphinx PATH whose"
            " conf.py sets it"
        )
    try:
        from pbfigure.store.object_store import ObjectStore
        from pbfigure.store.store_failed import StoreFailed
    except ImportError:
        raise SettingError(
            "a shared_cache takes obstore: pip install 'sphinx-paperbanana[shared]'"
        ) from None
    try:
        return ObjectStore(address)
    except StoreFailed as error:
        raise SettingError(f"the shared store {address} {error}") from None


@contextlib.contextmanager
def showing(what: str) -> Iterator[Report]:
    """Show on standard error how far something is: a bar on a terminal, or else a line at times."""
    if is_live(sys.stderr):
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)
        return
    told = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > CHANGED_SECONDS:
            told = time.monotonic()
            say(f"{what}: {done:,} of {total:,}")

    yield report
