"""The ledger: every order and every purchase of this machine, in a file that only grows.

An order's line is on the disk before its POST is sent, so that the file says what is open whatever
becomes of the journal. The line of its task is written by the process that learns the task's id,
and again tried by everybody who works on that task until it is there: the file itself says whether
a task has its line, so that a kill at any moment leaves exactly one. What a task really cost, where
that differs from what its order said, and that the service failed it, are lines of their own, so
that no line is ever changed.
"""

from __future__ import annotations

import datetime
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, BinaryIO

from pbfigure.store.files import UnsafeFile, sync_folder, temporary_beside

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
        self._tasks: dict[tuple[str, str], str] = {}
        """The keys of all tasks that have a line, also one that this release cannot read."""
        self._open: dict[tuple[str, str], dict[str, Any] | Purchase] = {}
        """By service and key: the order that may have no task yet, or the task that it has."""
        self._identity: str | None = None
        self._inode = self._read_to = 0

    # -- the file itself --------------------------------------------------------------------------

    def begin(self) -> None:
        """Make the file, if it is not there. Raises ``OSError``."""
        temporary = temporary_beside(self.path)
        try:
            with temporary.open("xb", buffering=0) as file:
                self._append(file, {"what": "ledger", "id": os.urandom(8).hex()})
            _put_if_missing(temporary, self.path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(self.path.parent)

    def renew(self, set_aside: Callable[[Path], bool]) -> bool:
        """Make a file anew that is missing or lacks its beginning, with the lines that it has."""
        try:
            with self._open_file(os.O_RDONLY) as file:
                lines = [line for line in file.read().splitlines(keepends=True) if b"{" in line]
        except OSError:
            lines = []
        if os.path.lexists(self.path) and not set_aside(self.path):
            return False
        self.begin()
        with self._appending() as file:
            os.write(file.fileno(), b"".join(lines))
            os.fsync(file.fileno())
        return True

    @property
    def identity(self) -> str | None:
        """The file's own id; None if it is missing or lacks its first line. Raises ``OSError``."""
        self._refresh()
        return self._identity

    @property
    def is_empty(self) -> bool:
        """Whether it knows of no order."""
        self._refresh()
        return not self._tasks and not self._open

    # -- orders -----------------------------------------------------------------------------------

    def intend(self, api: str, key: str, order: dict[str, Any]) -> None:
        """Write an order before it is sent. Raises ``OSError``."""
        with self._appending() as file:
            if self._identity is None:
                raise FileNotFoundError(f"{self.path} is missing, or its beginning is")
            self._append(file, {"what": "order", "api": api, "key": key, "order": order})

    def forget(self, api: str, key: str) -> None:
        """Write that nothing of a key is open any more: it may be ordered. Raises ``OSError``."""
        if self.open_order(api, key) is not None:
            with self._appending() as file:
                self._append(file, {"what": "closed", "api": api, "key": key})

    def open_order(self, api: str, key: str) -> dict[str, Any] | Purchase | None:
        """Return the last order of a key as it was written, or its task if that is known; None if
        there is none, if no task was made for it, or if its task failed. Raises ``OSError``.
        """
        self._refresh()
        return self._open.get((api, key))

    def open_orders(self, api: str) -> list[str]:
        """Return the keys of all orders without a task. Raises ``OSError``."""
        self._refresh()
        return sorted(
            key
            for (at, key), order in list(self._open.items())
            if at == api and not isinstance(order, Purchase)
        )

    def key_of(self, api: str, task_id: str) -> str | None:
        """Return the key that a task was ordered for, or None. Raises ``OSError``."""
        self._refresh()
        return self._tasks.get((api, task_id))

    def tasks_of(self, api: str, key: str) -> list[str]:
        """Return the tasks that were ordered for a key. Raises ``OSError``."""
        self._refresh()
        return [task for (at, task), of in list(self._tasks.items()) if (at, of) == (api, key)]

    # -- purchases --------------------------------------------------------------------------------

    def enter(self, purchase: Purchase) -> None:
        """Write a purchase, durably, unless its task has a line. Raises ``OSError``."""
        task, name = (purchase.api, purchase.task_id), (purchase.api, purchase.key)
        with self._thread:
            if task in self._tasks and not isinstance(self._open.get(name), dict):
                return
        with self._appending() as file:
            if task not in self._tasks:
                self._append(file, {"what": "purchase", **purchase.as_json()})
            elif isinstance(self._open.get(name), dict):  # its order was open, by mistake
                self._append(file, {"what": "closed", "api": purchase.api, "key": purchase.key})

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
        self._refresh()
        return list(self._known.values())

    def spent(self, project: str, api: str, since: datetime.datetime) -> float:
        """Return the credits that a project has ordered for at a service since a moment."""
        return sum(
            each.credits
            for each in self.purchases()
            if (each.buyer.project, each.api) == (project, api) and each.moment >= since
        )

    # -- lines ------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Read what was added since the last time."""
        with self._thread:
            try:
                status = self.path.lstat()
                if (status.st_ino, status.st_size) != (self._inode, self._read_to):
                    with self._open_file(os.O_RDONLY) as file:
                        self._take_in(file)
            except FileNotFoundError:
                self._start_over(0)

    @contextmanager
    def _appending(self) -> Iterator[BinaryIO]:
        """Have the file to ourselves, read to its end."""
        from filelock import FileLock, Timeout

        with self._thread:
            try:
                with (
                    FileLock(self._lock_file, timeout=LOCK_TIMEOUT),
                    self._open_file(os.O_RDWR | os.O_CREAT | os.O_APPEND) as file,
                ):
                    _end_last_line(file)
                    self._take_in(file)
                    yield file
            except Timeout:
                raise TimeoutError(f"another process holds {self._lock_file}") from None

    def _open_file(self, flags: int) -> BinaryIO:
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
            self._start_over(status.st_ino)
        file.seek(self._read_to)
        data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._read(line)

    def _start_over(self, inode: int) -> None:
        self._known, self._tasks, self._open = {}, {}, {}
        self._identity, self._read_to, self._inode = None, 0, inode

    def _read(self, line: bytes) -> None:
        """Take in one line; one that is not ours says nothing."""
        try:
            document = json.loads(line)
            what, version = document.pop("what"), document.pop("version")
            if what == "purchase":
                self._tasks.setdefault((document["api"], document["task_id"]), document["key"])
            if version != LEDGER_VERSION:
                return
            if what == "ledger":
                self._identity = self._identity or str(document["id"])
            elif what in ("order", "closed"):
                name = str(document["api"]), str(document["key"])
                self._open.pop(name, None)
                if what == "order":
                    self._open[name] = dict(document["order"])
            else:
                self._read_purchase(what, document)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return

    def _read_purchase(self, what: str, document: dict[str, Any]) -> None:
        task = document["api"], document["task_id"]
        if what == "purchase" and task not in self._known:
            self._known[task] = _purchase(document)
        elif what == "correction" and task in self._known:
            self._known[task] = _checked(replace(self._known[task], **document))
        else:
            return
        known = self._known[task]
        name, opened = (known.api, known.key), self._open.get((known.api, known.key))
        if what == "purchase" or (isinstance(opened, Purchase) and opened.task_id == known.task_id):
            self._open[name] = known
            if known.status == FAILED:
                del self._open[name]


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


def _put_if_missing(temporary: Path, path: Path) -> None:
    """Give a whole file its name, unless another process was first: that one has lines already."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            temporary.replace(path)


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
