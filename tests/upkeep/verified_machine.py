"""A machine's cache and a project's folder to verify, and ways to damage them."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stock import digest, image_bytes, picture_at, record_of

from pbfigure.figure.request_summary import RequestSummary
from pbfigure.project.project import Project
from pbfigure.project.settings import BASE_URL, Layer, gather
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import Entry, OrderFacts, api_digits
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles
from pbfigure.upkeep.verify import verify
from pbfigure.upkeep.verify_findings import Finding, Verification

API = api_digits(BASE_URL)
FACTS = OrderFacts(
    request_digest=digest("request"),
    content_digest=None,
    content_automatic=False,
    request=RequestSummary("pipeline", "text-to-image", "A pump", None, {}),
)
ORDER = (Entry(key=digest("order"), order=FACTS)).as_document()["order"]


class Machine:
    """A machine's cache with three pictures, one of them also a project's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = CacheDir(folder / "cache", VerifiedFiles(None))
        self.figures = FiguresDir(folder / "figures", VerifiedFiles(None))
        self.journal = Journal(self.cache.state, self.cache.locks, BASE_URL)
        self.records = {name: self.buy(name, seed) for seed, name in enumerate("abc")}
        self.accept("a")
        self.cache.close()

    def buy(self, name: str, *seeds: int) -> Record:
        """Buy a picture as the scheduler does: an order, its task, the picture, the order's end."""
        arrived = [self.cache.incoming() / f"{digest(seed)[:32]}.part" for seed in seeds]
        pairs = zip(arrived, seeds, strict=True)
        record = record_of(name, *[picture_at(path, seed=seed) for path, seed in pairs])
        self.journal.submit(Entry(key=record.key, order=FACTS), record.task_id)
        self.cache.keep(record, arrived)
        for path in arrived:
            path.unlink(missing_ok=True)
        self.journal.close(record.key)
        return record

    def accept(self, name: str) -> None:
        record = self.records[name].for_figure(name)
        self.figures.keep(name, record, [self.picture(name)])

    def picture(self, name: str) -> Path:
        return self.cache.path_of(self.records[name].picture)

    def record(self, name: str) -> Path:
        return self.cache.record_path(self.records[name].key)

    def own(self, name: str, ending: str) -> Path:
        return self.figures.folder / f"{name}-{digest(name)[:12]}{ending}"

    @property
    def state(self) -> Path:
        return self.cache.root / "state" / "cache.db"

    def verify(self, *, repair: bool = False) -> Verification:
        self.cache.close()
        given = {"cache_dir": str(self.cache.folder), "figures_dir": str(self.figures.folder)}
        settings = gather([Layer(given, "{}", self.folder)], figures_dir=self.folder)
        return verify(Project(self.folder, settings, {}), repair=repair)

    def only(self) -> Finding:
        """The one thing that a verification finds; it writes nothing."""
        before = self.everything()
        (finding,) = self.verify().findings
        assert self.everything() == before
        return finding

    def everything(self) -> dict[Path, bytes | None]:
        files = [path for path in self.folder.rglob("*") if not path.name.startswith("cache.db-")]
        return {path: path.read_bytes() if path.is_file() else None for path in files}

    def quarantined(self) -> list[bytes]:
        folder = self.cache.root / "quarantine"
        return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    def sql(self, query: str, *values: object) -> None:
        connection = sqlite3.connect(self.state)
        with connection:
            connection.execute(query, values)
        connection.close()


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def age(path: Path) -> None:
    long_ago = time.time() - 7200
    os.utime(path, (long_ago, long_ago))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "cut short": lambda path: overwrite(path, path.read_bytes()[:-9]),
    "another picture": lambda path: overwrite(path, image_bytes(seed=7)),
    "no picture": lambda path: overwrite(path, b"<html>"),
}


def knows_its_tasks(machine: Machine) -> bool:
    """Whether no task of its records can be mistaken for that of a lost answer."""
    return all(machine.journal.is_known(f"task-{name}") for name in "abc")


def put(machine: Machine, row: dict[str, Any]) -> None:
    columns = {"raw": 1, "mode": 1, "store_time": 0.0, "access_time": 0.0, "size": 0, **row}
    marks = ", ".join("?" * len(columns))
    machine.sql(
        f"INSERT OR REPLACE INTO Cache ({', '.join(columns)}) VALUES ({marks})",
        *columns.values(),
    )
