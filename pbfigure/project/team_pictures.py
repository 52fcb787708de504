"""A team's store in a project: a build fetches its pictures, and gives it new ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.figure.key import Key
from pbfigure.figure.notice import Level, Notice
from pbfigure.figure.wording import counted
from pbfigure.project.project import Project
from pbfigure.project.repository import project_label
from pbfigure.project.settings import SettingError
from pbfigure.store.errors import StateUnavailable, StoreFailed
from pbfigure.store.record import Record, StoredPicture

if TYPE_CHECKING:
    from pbfigure.scheduler.jobs import Made
    from pbfigure.store.object_store import ObjectStore
    from pbfigure.store.shared_cache import SharedCache
    from pbfigure.store.team_ledger import TeamPurchase

KEPT_AT_ONCE = 8
"""Pictures of the team's store that are written at the same time."""


class TeamPictures:
    """The pictures of the team's store, if the project has one."""

    def __init__(self, project: Project, report: Callable[[Notice], None]) -> None:
        self._project = project
        self._notice = report
        self._of_team = 0

    @cached_property
    def store(self) -> SharedCache | None:
        """The team's store, if there is one, and it can be used."""
        address = self._project.settings.shared_cache
        if address is None:
            return None
        secret, writes = self._project.shared_secret, self._project.writes_shared
        try:
            with _opening(address):
                from pbfigure.store.shared_cache import SharedCache

                return SharedCache(address, secret=secret, writes=writes)
        except SettingError as error:
            self._say(f"{error}; the build goes on without it")
        return None

    def fetch(self, keys: Collection[Key]) -> dict[str, StoredPicture]:
        """Return what the team's store has of some keys, by key; it is in the cache then.

        Raises :exc:`StateUnavailable` for the cache.
        """
        from concurrent.futures import ThreadPoolExecutor

        store, cache = self.store, self._project.cache
        if store is None:
            return {}

        try:
            with ThreadPoolExecutor(KEPT_AT_ONCE) as pool:  # mostly, it waits for the disk
                kept = pool.map(lambda each: cache.keep(*each), store.fetch(keys, cache.incoming()))
                found = {stored.record.key: stored for stored in kept}
        except OSError as error:
            raise StateUnavailable(f"{cache.folder} cannot be written ({error})") from None
        if found:
            number = counted(len(found), "picture")
            self._say(f"{number} taken from the shared store, for free", "info")
        return found

    def share(self, made: Made) -> None:
        """Start to give the team's store what was bought just now."""
        if made.of_team:
            self._of_team += 1
        elif self.store is not None:
            record = made.record
            paths = [self._project.cache.path_of(picture) for picture in record.pictures]
            self.store.upload(record, paths, self._purchase(record))

    def _purchase(self, record: Record) -> TeamPurchase | None:
        """Return what the team's ledger says of a record; None if this machine's does not know."""
        from pbfigure.store.team_ledger import for_team

        ledger = self._project.journal.ledger
        try:
            bought, machine = ledger.purchase(self._project.api, record.task_id), ledger.identity
        except StateUnavailable:
            return None
        if bought is None or machine is None:
            return None
        return for_team(bought, project_label(Path(bought.buyer.folder)), machine[:8], record)

    def close(self) -> None:
        """Close the team's store, and report its problems once."""
        if self._of_team:
            number = counted(self._of_team, "picture")
            text = f"{number} made by other machines of the team, for free here"
            self._say(text, "info")
        store = self.__dict__.pop("store", None)
        for level, text in store.close() if store is not None else ():
            self._say(f"the shared store {self._project.settings.shared_cache} {text}", level)

    def _say(self, text: str, level: Level = "warning") -> None:
        self._notice(Notice("shared", text, level))


def open_store(project: Project) -> ObjectStore:
    """Return the team's store of a project, for a verb that is about it.

    Raises :exc:`SettingError`.
    """
    address = project.settings.shared_cache
    if address is None:
        raise SettingError(
            "no shared_cache is set: set PAPERBANANA_SHARED_CACHE, or name a Sphinx PATH whose"
            " conf.py sets it"
        )
    with _opening(address):
        from pbfigure.store.object_store import ObjectStore

        return ObjectStore(address)


@contextmanager
def _opening(address: str) -> Iterator[None]:
    """Raise :exc:`SettingError` if a team's store cannot be used here."""
    try:
        yield
    except ImportError:
        raise SettingError(
            "shared_cache takes obstore, which is not installed: pip install"
            " 'sphinx-paperbanana[shared]'"
        ) from None
    except StoreFailed as error:
        raise SettingError(f"the shared store {address} {error}") from None
