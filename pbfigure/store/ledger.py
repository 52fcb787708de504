"""The ledger: every purchase of this machine, one line each, in a file that only grows.

A line is written by the process that learns a task's id, and again tried by everybody who works on
that task until it is there: the file itself says whether a task has its line, so that a kill at any
moment leaves exactly one. What a task really cost, where that differs from what its order said, and
that the service failed it, are lines of their own, so that no line is ever changed.
"""

from __future__ import annotations

import datetime
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, BinaryIO

from pbfigure.store.files import UnsafeFile, sync_folder

LEDGER_VERSION = 1
LOCK_TIMEOUT = 10.0
"""Seconds for which another process's line is waited for: it may be stopped."""
PROMPT_LENGTH = 200
"""Characters of a prompt that a line keeps; the record has all of it."""
ORDERED, FAILED = "ordered", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """For which figure something is ordered, and by which build."""

    project: str = ""
    """The project's identity on this machine."""
    folder: str = ""
    """The project's folder."""
    figures_dir: str = ""
    """Where its pictures are kept; empty: nowhere."""
    document: str = ""
    figure: str = ""
    """The figure's name."""
    build: str = ""
    """The builder's name, ``latex``, or the verb of the command."""
    who: str = ""
    """git's user name, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One task that was ordered: what for, by whom, for how much."""

    at: str
    """When it was ordered: UTC, ISO 8601."""
    api: str
    """Host and port of the service."""
    task_id: str
    key: str
    credits: float
    """What the task said it cost; what the price list says, as long as it said nothing; 0 if it
    failed."""
    status: str = ORDERED
    draft: bool = False
    adopted: bool = False
    buyer: Buyer = field(default_factory=Buyer)
    request: dict[str, Any] = field(default_factory=dict)
    """In short: type, model, resolution, variant and the prompt's beginning."""

    @property
    def moment(self) -> datetime.datetime:
        """When it was ordered, in this machine's time zone."""
        return datetime.datetime.fromisoformat(self.at).astimezone()

    def summary(self) -> str:
        """When, by whom, by which build, for which project: one line."""
        by = f" by {self.buyer.who}" if self.buyer.who else ""
        build = f", build {self.buyer.build}" if self.buyer.build else ""
        return f"{self.moment:%Y-%m-%d %H:%M}{by}{build}, for {self.buyer.folder or self.api}"

    def as_json(self) -> dict[str, Any]:
        """The purchase as a line of the ledger has it, and as programs read it."""
        document = asdict(self)
        buyer = document.pop("buyer")
        return {**document, **buyer}


class Ledger:
    """The ledger of one machine's cache."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the cache's own, in which ``locks/`` is."""
        self.path = folder / "ledger.jsonl"
        self._lock_file = folder / "locks" / "ledger.lock"
        self._thread = threading.Lock()
        self._known: dict[tuple[str, str], Purchase] = {}
        self._tasks: set[tuple[str, str]] = set()
        """That have a line, also one that this release cannot read."""
        self._inode = self._read_to = 0

    def enter(self, purchase: Purchase) -> None:
        """Write a purchase, durably, unless its task has a line. Raises ``OSError``."""
        with self._thread:
            if (purchase.api, purchase.task_id) in self._tasks:
                return
        with self._appending() as file:
            if (purchase.api, purchase.task_id) not in self._tasks:
                self._append(file, {"what": "purchase", **purchase.as_json()})

    def correct(self, api: str, task_id: str, **facts: Any) -> None:  # noqa: ANN401
        """Write down ``credits``, ``status`` or ``draft`` of a task, where the ledger has another
        value. Raises ``OSError``.
        """
        with self._appending() as file:
            known = self._known.get((api, task_id))
            if known is not None and replace(known, **facts) != known:
                what = {"what": "correction", "api": api, "task_id": task_id}
                self._append(file, {**what, **facts})

    def purchases(self) -> list[Purchase]:
        """Return all purchases, in the order of their lines, with what was corrected since.

        Raises ``OSError`` if there is a ledger that cannot be read.
        """
        with self._thread:
            try:
                with self._open(os.O_RDONLY) as file:
                    self._take_in(file)
            except FileNotFoundError:
                return []
            return list(self._known.values())

    def spent(self, project: str, api: str, since: datetime.datetime) -> float:
        """Return the credits that a project has ordered for at a service since a moment."""
        return sum(
            each.credits
            for each in self.purchases()
            if (each.buyer.project, each.api) == (project, api) and each.moment >= since
        )

    # -- the file ---------------------------------------------------------------------------------

    @contextmanager
    def _appending(self) -> Iterator[BinaryIO]:
        """Have the file to ourselves, read to its end."""
        from filelock import FileLock, Timeout

        with self._thread:
            try:
                with FileLock(self._lock_file, timeout=LOCK_TIMEOUT):
                    is_new = not self.path.exists()
                    with self._open(os.O_RDWR | os.O_CREAT | os.O_APPEND) as file:
                        if is_new:
                            sync_folder(self.path.parent)
                        _end_last_line(file)
                        self._take_in(file)
                        yield file
            except Timeout:
                raise TimeoutError(f"another process holds {self._lock_file}") from None

    def _open(self, flags: int) -> BinaryIO:
        if self.path.is_symlink():
            raise UnsafeFile(f"{self.path} is a symbolic link, and not followed")
        descriptor = os.open(self.path, flags | getattr(os, "O_NOFOLLOW", 0), 0o644)
        return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "r+b", buffering=0)

    def _append(self, file: BinaryIO, line: dict[str, Any]) -> None:
        text = json.dumps({"version": LEDGER_VERSION, **line}, ensure_ascii=True)
        os.write(file.fileno(), text.encode() + b"\n")
        os.fsync(file.fileno())

    def _take_in(self, file: BinaryIO) -> None:
        """Read what was added since the last time; all, if it is another file."""
        status = os.fstat(file.fileno())
        if status.st_ino != self._inode or status.st_size < self._read_to:
            self._known, self._tasks, self._read_to, self._inode = {}, set(), 0, status.st_ino
        file.seek(self._read_to)
        data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._read(line)

    def _read(self, line: bytes) -> None:
        """Take in one line; one that is not ours says nothing."""
        try:
            document = json.loads(line)
            what, version = document.pop("what"), document.pop("version")
            task = document["api"], document["task_id"]
            if what == "purchase":
                self._tasks.add(task)
            if version != LEDGER_VERSION:
                return
            if what == "purchase":
                self._known.setdefault(task, _purchase(document))
            elif what == "correction" and task in self._known:
                self._known[task] = _checked(replace(self._known[task], **document))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return


def _purchase(document: dict[str, Any]) -> Purchase:
    names = {each.name for each in fields(Buyer)}
    buyer = {name: document.pop(name) for name in names & document.keys()}
    return _checked(Purchase(**document, buyer=Buyer(**buyer)))


def _checked(purchase: Purchase) -> Purchase:
    """Return a purchase whose fields are what they should be. Raises ``TypeError``."""
    words = (*asdict(purchase.buyer).values(), purchase.at, purchase.key, purchase.status)
    numbers = isinstance(purchase.credits, (int, float))
    if not all(isinstance(word, str) for word in words) or not numbers:
        raise TypeError("not a purchase")
    if not isinstance(purchase.request, dict):
        raise TypeError("not a request")
    purchase.moment  # noqa: B018 - raises ValueError
    return purchase


def _end_last_line(file: BinaryIO) -> None:
    """End a line that a killed process or a lost power supply left unfinished: a whole one stays,
    and what is left of one is cut off. Its purchase is still in the journal.
    """
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(size - 1)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    data = file.read()
    begin = data.rfind(b"\n") + 1
    try:
        json.loads(data[begin:])
    except ValueError:
        file.truncate(begin)
    else:
        os.write(file.fileno(), b"\n")
