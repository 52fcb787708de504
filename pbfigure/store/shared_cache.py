"""A team's store on object storage: what one machine bought, the others take from here.

What keeps two machines from buying one figure at the same time: :mod:`pbfigure.store.claim_log`.
Whatever the store does, a build goes on: its time is bounded, and after a few failures it is not
asked again. Nothing from it counts before it was checked. FORMAT.md has its layout.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent import futures
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pbfigure.figure.key import Key
from pbfigure.figure.notice import Level
from pbfigure.figure.wording import counted
from pbfigure.store.errors import BadPicture, BadRecord, StoreFailed
from pbfigure.store.files import discard
from pbfigure.store.object_store import ObjectStore
from pbfigure.store.picture import examine, glance
from pbfigure.store.record import Record
from pbfigure.store.signed_objects import (
    SHARED_RECORD_LIMIT,
    Signer,
    picture_name,
    read_shared,
    record_name,
    write_shared,
)
from pbfigure.store.team_ledger import TeamPurchase, write_purchase

if TYPE_CHECKING:
    from concurrent.futures import Future

LOOK_UP_SECONDS = 10.0
"""Seconds that all look-ups may take together, beside the time for what arrives."""
SLOWEST = 100_000
"""Bytes a second: a store that sends as fast as this is waited for."""
UPLOAD_SECONDS = 5.0
"""Seconds that the end of a build waits for uploads."""
FAILURES_LIMIT = 3
"""After so many failed requests, the store is asked no more in this build."""
LOOK_UPS, UPLOADS = 64, 4
"""Requests at the same time."""

_T = TypeVar("_T")


class Arrived(NamedTuple):
    """A record from the store and the files of its pictures, all checked."""

    record: Record
    paths: list[Path]


class SharedCache:
    """The shared store during one build."""

    def __init__(self, address: str, *, secret: str, writes: bool) -> None:
        """``secret`` signs records, and refuses those that it did not sign; empty: there is none.

        Raises :exc:`StoreFailed`.
        """
        self.address = address
        self.objects = ObjectStore(address)
        self.signer = Signer(secret)
        self.writes = writes
        self._uploads: list[Future[None]] = []
        self.refused: list[str] = []
        """Why what it has for a key cannot be used."""
        self._failures: list[StoreFailed] = []
        """The failures of look-ups."""
        self._upload_failures: list[StoreFailed] = []
        self._in_a_row = 0
        """Requests that failed since one succeeded."""
        self._given_up: StoreFailed | None = None
        self._notes: list[Future[Any]] = []
        self.remarks: list[str] = []
        """More messages for the user, shown at the end."""
        self._until = 0.0
        self._looking_up = asyncio.Semaphore(LOOK_UPS)
        self._uploading = asyncio.Semaphore(UPLOADS)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="paperbanana-shared", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Start something in the store's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def note(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start to write something to the store; only :meth:`close` waits for it, a little."""
        self._notes.append(self.run(work))

    def give_up(self, failure: StoreFailed) -> None:
        """Ask the store no more in this build."""
        self._failures.append(failure)
        self._given_up = failure

    def check_in_use(self, *, patient: bool = False) -> None:
        """Raise :exc:`StoreFailed` if the store is not asked any more: it was given up, or too many
        requests failed in a row, which does not count if ``patient``.
        """
        if self._given_up is not None:
            raise self._given_up
        if self._in_a_row >= FAILURES_LIMIT and not patient:
            raise (self._failures + self._upload_failures)[0]

    def answered(self) -> None:
        """Note that the store answered."""
        self._in_a_row = 0

    def _failed(self, failures: list[StoreFailed], failure: StoreFailed) -> None:
        failures.append(failure)
        self._in_a_row += 1

    # -- taking -------------------------------------------------------------------------------

    def fetch(self, keys: Iterable[Key], folder: Path) -> Iterator[Arrived]:
        """Yield what the store has of some keys, as it arrives; the files in ``folder`` are the
        caller's.

        All keys are looked up at the same time, by their names.
        """
        arrived: SimpleQueue[Arrived | None] = SimpleQueue()
        looking = self.run(self._fetch_all(keys, folder, arrived.put))
        looking.add_done_callback(lambda _: arrived.put(None))
        while (each := arrived.get()) is not None:
            yield each
        looking.result()

    async def _fetch_all(
        self, keys: Iterable[Key], folder: Path, on_arrival: Callable[[Arrived], None]
    ) -> None:
        self._until = time.monotonic() + LOOK_UP_SECONDS
        pending = {asyncio.ensure_future(self._fetch(key, folder)) for key in keys}
        while pending and (left := self._until - time.monotonic()) > 0:
            done, pending = await asyncio.wait(
                pending, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                if (found := task.result()) is not None:
                    on_arrival(found)
        if pending:
            late = StoreFailed(f"is too slow (no answer for {counted(len(pending), 'figure')})")
            self.give_up(late)
            await _cancel(pending)

    async def _fetch(self, key: Key, folder: Path) -> Arrived | None:
        paths: list[Path] = []
        name = record_name(key.digest)
        try:
            chunks = [chunk async for chunk in self._get(name, SHARED_RECORD_LIMIT)]
            record = self._read(key, b"".join(chunks))
            for picture in record.pictures:
                paths.append(folder / f"{uuid.uuid4().hex}.part")
                with paths[-1].open("xb") as file:
                    async for chunk in self._get(picture_name(picture), picture.size):
                        file.write(chunk)
            self._until += await asyncio.to_thread(self._check, record, paths)
            arrived, paths = Arrived(record, paths), []
            return arrived
        except FileNotFoundError:
            if paths:
                self.refused.append(f"{name}: its picture is missing")
        except (BadRecord, BadPicture) as error:
            self.refused.append(f"{name}: {error}")
        except StoreFailed as error:
            self._failed(self._failures, error)
        finally:
            discard(paths)
        return None

    async def _get(self, name: str, limit: int) -> AsyncIterator[bytes]:
        async with self._looking_up:
            self.check_in_use()
            async for chunk in self.objects.read(name, limit=limit):
                self._until += len(chunk) / SLOWEST
                yield chunk
            self.answered()

    def _read(self, key: Key, data: bytes) -> Record:
        record = read_shared(data, key.digest, self.signer)
        if (record.request_digest, record.content_digest) != (key.request, key.content):
            raise BadRecord("it is the record of another key")
        return record

    def _check(self, record: Record, paths: Sequence[Path]) -> float:
        """Check pictures while others arrive; return the seconds that it took.

        Who signed the record decoded them, and the digest says that they are the same bytes.
        """
        begun = time.monotonic()
        for picture, path in zip(record.pictures, paths, strict=True):
            if (glance if self.signer.is_used else examine)(path) != picture:
                raise BadPicture("a picture is not the one that its record names")
        return time.monotonic() - begun

    # -- giving -------------------------------------------------------------------------------

    def upload(
        self, record: Record, paths: Sequence[Path], purchase: TeamPurchase | None = None
    ) -> None:
        """Start to upload a record, its pictures, and the purchase that it comes of, if that is
        known; drafts of the sandbox stay here.
        """
        if self.writes and not record.draft:
            self._uploads.append(self.run(self._upload(record, paths, purchase)))

    async def _upload(
        self, record: Record, paths: Sequence[Path], purchase: TeamPurchase | None
    ) -> None:
        async with self._uploading:
            try:
                self.check_in_use()
                for picture, path in zip(record.pictures, paths, strict=True):
                    await self.objects.create(picture_name(picture), path.read_bytes())
                text = write_shared(record, self.signer)
                await self.objects.create(record_name(record.key), text)
                if purchase is not None:
                    line = write_purchase(purchase, self.signer)
                    await self.objects.create(purchase.name, line)
            except OSError as error:
                failure = StoreFailed(f"was given nothing ({error.strerror})")
                self._upload_failures.append(failure)
            except StoreFailed as error:
                self._failed(self._upload_failures, error)
            else:
                self.answered()

    def close(self) -> Iterator[tuple[Level, str]]:
        """Wait a little for uploads and close the store; yield messages for the user."""
        futures.wait([*self._uploads, *self._notes], timeout=UPLOAD_SECONDS)
        late = sum(not upload.done() for upload in self._uploads)
        with contextlib.suppress(TimeoutError):
            self.run(_cancel(asyncio.all_tasks(self._loop))).result(1)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(1)
        if not self._thread.is_alive():
            self._loop.close()
        left = f"{counted(late + len(self._upload_failures), 'picture')} not uploaded"
        if self.refused:
            number = counted(len(self.refused), "figure")
            yield "warning", f"has what is refused: {self.refused[0]} ({number}, made anew)"
        if self._failures:
            has_answered = self._given_up is None and not self._in_a_row
            number = counted(len(self._failures), "request")
            result = f"{number} failed" if has_answered else "the build goes on without it"
            yield "warning", f"{self._failures[0]}; {result}"
        elif self._upload_failures and all(each.is_refusal for each in self._upload_failures):
            yield "info", f"lets this machine only read: {left} (shared_write = none expects that)"
        elif self._upload_failures:
            yield (
                "warning",
                f"{self._upload_failures[0]}: {left}; 'pbfigure cache sync' does it later",
            )
        elif late:
            yield "warning", f"is too slow: {left}; 'pbfigure cache sync' does it later"
        yield from (("info", remark) for remark in self.remarks)


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
