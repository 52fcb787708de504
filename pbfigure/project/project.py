"""A project on this machine: its settings, its two stores, its key, and a way to the service."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pbfigure.api.credential import BadCredential, Credential
from pbfigure.project.settings import API_KEY, Settings
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import Record
from pbfigure.store.seen import Seen

if TYPE_CHECKING:  # a warm build gets by without them
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.floor import Workshop
    from pbfigure.scheduler.journal import Journal
    from pbfigure.store.cache_dir import CacheDir


@dataclass
class Project:
    """One project's build. Close it before any fork, and when done."""

    root: Path
    """The folder of conf.py or of the main .tex file: the project's name on this machine."""
    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    memo: Path | None = None
    """Where to remember which files were checked; None: nowhere."""
    read_only: bool = False
    """Whether neither the machine's cache nor the project's folder is written to."""
    _opened: list[CacheDir] = field(default_factory=list)

    @cached_property
    def seen(self) -> Seen:
        """The memo of checked files."""
        return Seen(self.memo)

    @cached_property
    def figures(self) -> FiguresDir | None:
        """The project's own figures, where that is not off."""
        folder = self.settings.figures_dir
        return None if folder is None else FiguresDir(folder, self.seen)

    @property
    def cache(self) -> CacheDir:
        """The machine's cache, opened at its first use."""
        if not self._opened:
            from pbfigure.store.cache_dir import CacheDir

            self._opened.append(CacheDir(self.cache_folder, self.seen, read_only=self.read_only))
        return self._opened[0]

    @cached_property
    def cache_folder(self) -> Path:
        """Where the machine's cache is."""
        if self.settings.cache_dir is not None:
            return self.settings.cache_dir
        import platformdirs

        return platformdirs.user_cache_path("paperbanana", appauthor=False)

    @cached_property
    def identity(self) -> str:
        """Tells projects apart in the machine's cache."""
        return hashlib.sha256(str(self.root.absolute()).encode("utf-8", "replace")).hexdigest()[:16]

    @cached_property
    def credential(self) -> Credential | None:
        """The team key, or None where none is set or the one set cannot be one."""
        try:
            return self._credential()
        except BadCredential:
            return None

    @property
    def credential_problem(self) -> str | None:
        """What is wrong with the key that is set, or None."""
        try:
            self._credential()
        except BadCredential as error:
            return str(error)
        return None

    def _credential(self) -> Credential | None:
        key = self.environ.get(API_KEY, "").strip()
        return Credential(key) if key else None

    @property
    def is_local(self) -> bool:
        """Whether the API is on this very machine: the sandbox."""
        return urlsplit(self.settings.base_url).scheme == "http"

    def accepts_record(self, record: Record) -> bool:
        """Whether a picture counts: a draft does not where a key of the real service is set."""
        return not record.draft or self.is_local or self.credential is None

    @property
    def journal(self) -> Journal:
        """What was ordered of the service. Raises StateUnavailable for the cache."""
        from pbfigure.scheduler.journal import Journal

        return Journal(self.cache.state, self.cache.locks, self.settings.base_url)

    def workshop(self, clock: Clock | None = None) -> Workshop:
        """Return all that making pictures takes. Raises StateUnavailable for the cache."""
        from pbfigure.api.client import Client
        from pbfigure.api.download import Downloads
        from pbfigure.api.transport import Transport
        from pbfigure.scheduler.clock import SystemClock
        from pbfigure.scheduler.floor import Limits, Workshop
        from pbfigure.scheduler.pace import Pace

        settings = self.settings
        credential = self._credential()
        assert credential is not None  # noqa: S101 - callers look before they make
        clock = clock or SystemClock()
        state = self.cache.state
        return Workshop(
            cache=self.cache,
            client=Client(Transport(settings.base_url, credential)),
            downloads=Downloads(loopback=self.is_local),
            journal=self.journal,
            pace=Pace(state, clock, credential.fingerprint, settings.requests_per_minute),
            clock=clock,
            limits=Limits(
                task_timeout=settings.task_timeout,
                build_timeout=settings.build_timeout,
                max_credits=settings.max_credits,
                retry_failed_after=settings.retry_failed_after,
            ),
            good=self.accepts_record,
        )

    def close(self) -> None:
        """Keep the memo, and let go of the cache."""
        self.seen.save()
        for cache in self._opened:
            cache.close()
        self._opened.clear()
