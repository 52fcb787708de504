"""A project on this machine: its settings, its two stores, its key, and a way to the service."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pbfigure.api.credential import BadCredential, Credential
from pbfigure.figure.notice import FigureError
from pbfigure.project.environment import api_key, environment_layer, is_ci, shared_secret
from pbfigure.project.repository import FIGURES_DIRS, user_of
from pbfigure.project.settings import Layer, Settings, gather
from pbfigure.project.settings_file import toml_layer
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles

if TYPE_CHECKING:  # a warm build gets by without them
    from pbfigure.api.client import Client
    from pbfigure.figure.figure import Figure
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.jobs import Services
    from pbfigure.scheduler.journal import Journal
    from pbfigure.scheduler.journal_entry import Entry
    from pbfigure.store.cache_dir import CacheDir
    from pbfigure.store.purchase import Buyer


NO_HOME = Path(os.devnull) / "no-home-folder"
"""Stands for the machine's cache of a user who has no home folder."""


def open_project(
    folder: Path, given: Mapping[str, Any] | None = None, environ: Mapping[str, str] = os.environ
) -> Project:
    """Return the project of a folder, with the settings that are ``given`` (named as on the
    command line), of the environment and of ``paperbanana.toml``. Raises :exc:`SettingError`.
    """
    of_command = Layer(given or {}, "--{}", folder, spell=lambda name: name.replace("_", "-"))
    layers = (of_command, environment_layer(environ, folder), toml_layer(folder))
    figures = [folder / name for name in FIGURES_DIRS]
    figures_dir = next((path for path in figures if path.is_dir()), figures[0])
    return Project(folder, gather(layers, figures_dir=figures_dir), environ)


@dataclass
class Project:
    """One project's build. Close it before any fork, and when done."""

    root: Path
    """The folder of conf.py or of the main .tex file: the project's name on this machine."""
    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    memo: Path | None = None
    """The file that remembers which pictures were checked; None: nothing is remembered."""
    read_only: bool = False
    """Whether neither the machine's cache nor the project's folder is written to."""
    keeps_figures: bool = True
    """Whether new pictures are kept in the project's folder; not if that is another checkout's."""
    build: str = ""
    """What builds: the builder's name, ``latex``, or a verb of the command; for the ledger."""

    @cached_property
    def verified(self) -> VerifiedFiles:
        """The memo of checked pictures."""
        return VerifiedFiles(self.memo)

    @cached_property
    def figures(self) -> FiguresDir | None:
        """The project's own figures, unless that is off."""
        folder = self.settings.figures_dir
        return None if folder is None else FiguresDir(folder, self.verified)

    @cached_property
    def cache(self) -> CacheDir:
        """The machine's cache, opened at its first use."""
        from pbfigure.store.cache_dir import CacheDir

        return CacheDir(self.cache_folder, self.verified, read_only=self.read_only)

    @cached_property
    def cache_folder(self) -> Path:
        """Where the machine's cache is."""
        if self.settings.cache_dir is not None:
            return self.settings.cache_dir
        import platformdirs

        try:
            return platformdirs.user_cache_path("paperbanana", appauthor=False)
        except RuntimeError:  # what is committed is shown; nothing can be made
            return NO_HOME

    @cached_property
    def identity(self) -> str:
        """Tells projects apart in the machine's cache."""
        return hashlib.sha256(str(self.root.absolute()).encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def credential(self) -> Credential:
        """The team key. Raises :exc:`BadCredential` if none is set, or if it has another form."""
        return api_key(self.environ)

    @cached_property
    def has_credential(self) -> bool:
        """Whether there is a team key."""
        try:
            return bool(self.credential)
        except BadCredential:
            return False

    @property
    def api(self) -> str:
        """Host and port of the service, as the ledger names it."""
        return urlsplit(self.settings.base_url).netloc

    @property
    def shared_secret(self) -> str:
        """The secret that signs objects in the team's store; empty if there is none."""
        return shared_secret(self.environ)

    @property
    def writes_shared(self) -> bool:
        """Whether what is bought here may go to the team's store."""
        writes = {"all": True, "ci": is_ci(self.environ), "none": False}
        return writes[self.settings.shared_write]

    @property
    def is_local(self) -> bool:
        """Whether the API is on this very machine: the sandbox."""
        return urlsplit(self.settings.base_url).scheme == "http"

    @property
    def service_name(self) -> str:
        """The service, as messages name it: its host, and that it is the sandbox."""
        return f"the sandbox at {self.api}" if self.is_local else self.api

    def accepts_record(self, record: Record) -> bool:
        """Whether a picture counts: a draft does not if a key of the real service is set."""
        return not record.draft or self.is_local or not self.has_credential

    def buyer(self, figure: Figure) -> Buyer:
        """Return what the ledger says of who orders a figure."""
        from pbfigure.store.purchase import Buyer

        folder = self.settings.figures_dir
        return Buyer(
            project=self.identity,
            folder=str(self.root.absolute()),
            figures_dir=str(folder.absolute()) if folder is not None else "",
            document=figure.block.document,
            figure=figure.name,
            build=self.build,
            who=self.user,
        )

    @cached_property
    def user(self) -> str:
        """git's user name here; empty if there is none."""
        return user_of(self.root)

    def spent_today(self) -> float:
        """Return the credits that ``max_credits_per_day`` counts."""
        from pbfigure.scheduler.budget import spent_today

        try:
            return spent_today(self.cache.ledger, self.identity, self.api)
        except FigureError:
            return 0.0  # a ledger that cannot be read stops no build

    def left_today(self) -> float | None:
        """Return the credits that ``max_credits_per_day`` leaves; None: there is no such limit."""
        limit = self.settings.max_credits_per_day
        return None if limit is None else max(0.0, limit - self.spent_today())

    def writing(self, build: str, **settings: Any) -> Project:  # noqa: ANN401
        """Return the project with write access, which its user asks for, and with some settings."""
        changed = self.settings.replace(mode="generate", **settings)
        return replace(self, settings=changed, read_only=False, build=build)

    @cached_property
    def journal(self) -> Journal:
        """The journal of orders at the service. Raises StateUnavailable for the cache."""
        from pbfigure.scheduler.journal import Journal

        return Journal(self.cache.state, self.cache.locks, self.settings.base_url)

    @cached_property
    def open_orders(self) -> Mapping[str, Entry]:
        """The orders of this machine whose pictures did not come yet, by key."""
        try:
            entries = self.journal.entries()
        except FigureError:  # a build that needs the journal reports that
            return {}
        return {each.key: each for each in entries if each.has_task or each.is_unsettled}

    def is_ordered(self, key: str) -> bool:
        """Whether this machine paid for a picture already, and can fetch it."""
        try:
            entry = self.journal.entry(key)
        except FigureError:  # a build that needs the journal reports that
            return False
        return entry is not None and entry.has_task

    def client(self, read_timeout: float | None = None) -> Client:
        """Return a client under the team key. Raises :exc:`BadCredential`."""
        from pbfigure.api.client import Client
        from pbfigure.api.transport import READ_TIMEOUT, Transport

        base_url, timeout = self.settings.base_url, read_timeout or READ_TIMEOUT
        return Client(Transport(base_url, self.credential, read_timeout=timeout))

    def services(self, clock: Clock | None = None) -> Services:
        """Return all that making pictures takes.

        Raises :exc:`BadCredential`, and :exc:`StateUnavailable` for the cache.
        """
        from pbfigure.api.download import Downloads
        from pbfigure.scheduler.clock import SystemClock
        from pbfigure.scheduler.jobs import Limits, Services
        from pbfigure.scheduler.rate_limit import RateLimit

        settings, client = self.settings, self.client()
        clock = clock or SystemClock()
        state, per_minute = self.cache.state, settings.requests_per_minute
        return Services(
            cache=self.cache,
            client=client,
            downloads=Downloads(loopback=self.is_local),
            is_local=self.is_local,
            journal=self.journal,
            rate_limit=RateLimit(state, clock, self.credential.fingerprint, per_minute),
            clock=clock,
            limits=Limits(
                task_timeout=settings.task_timeout,
                build_timeout=settings.build_timeout,
                max_credits=settings.max_credits,
                max_credits_per_day=settings.max_credits_per_day,
                retry_failed_after=settings.retry_failed_after,
            ),
            accepts_record=self.accepts_record,
            spent_today=self.spent_today,
        )

    def close(self) -> None:
        """Save the memo, close the cache, and forget what was read of the project's folder."""
        self.verified.save()
        opened = vars(self)
        for name in ("figures", "journal", "open_orders"):
            opened.pop(name, None)
        if "cache" in opened:
            opened.pop("cache").close()
