"""Who of a team orders a figure: a log for each key in the team's store, that machines append to.

An entry is an object of its own, ``v1/claims/KEY.NUMBER``, created only if there is none of that
name. So of several machines that read the same end of a log, one appends, and the others read what
it wrote. This needs a store that keeps its word under a race, which :meth:`Claims.prove` finds out.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pbfigure.figure import json_fields as take
from pbfigure.store.errors import OverLimit, StoreFailed
from pbfigure.store.picture import SHA256
from pbfigure.store.race_trial import has_one_winner
from pbfigure.store.signed_objects import BadSignature, record_name

if TYPE_CHECKING:  # it imports the library of an extra
    from pbfigure.store.shared_cache import SharedCache

LEASE = 300.0
"""Seconds that an entry stands: longer than an order and the search for its lost answer take."""
ANSWER_SECONDS = 10.0
"""Seconds that one request may take, with :data:`REQUESTS` of them at the same time."""
PATIENCE = 300.0
"""Seconds that a build waits in all for answers that take more than a second."""
PAUSES = (0.5, 2.0)
"""Seconds until a request that failed is made again."""
REQUESTS = 64
ENTRY_LIMIT = 4_000
"""Bytes."""
_T = TypeVar("_T")


class ClaimState(StrEnum):
    """What an entry of a key's log says."""

    CLAIMED = "claimed"
    """Its writer is about to order."""
    ORDERED = "ordered"
    """There is a task, which its writer fetches."""
    ENDED = "ended"
    """Nothing was made, or the task failed; the key is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One entry of a key's log."""

    state: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    at: float | None = None
    """When it was written, by the Date of the service's answers; None if these have none. As it is
    read, by the store's date where that is later: its writer may have slept since an answer."""
    lasts: float = LEASE
    """Seconds until another machine may go on in its writer's place."""
    since: float | None = None
    """When the first order that it accounts for may have been sent; None: :attr:`at`."""
    account: str = ""
    """Stands for the API key that its writer orders with."""
    task_id: str = ""
    error: str = ""
    """Why the service made no picture."""

    @property
    def sent_from(self) -> float | None:
        """When the first order that it accounts for may have been sent; None if that is unknown."""
        return self.at if self.since is None else self.since


class Log(NamedTuple):
    """A key's log as far as it was read."""

    number: int = 0
    """The number of the last entry, readable or not."""
    last: Claim | None = None


class Claims:
    """The claims in a shared store. Methods wait, and raise :exc:`StoreFailed`; that ends the use
    of the store in this build.
    """

    def __init__(self, shared: SharedCache) -> None:
        self._shared = shared
        self._objects, self._signer = shared.objects, shared.signer
        self._patience = PATIENCE
        self._free = asyncio.Semaphore(REQUESTS)

    @property
    def writes(self) -> bool:
        """Whether this machine writes to the store."""
        return self._shared.writes

    def prove(self) -> bool:
        """Whether the store lets one of several machines create an object, and no other."""
        return self._objects.has_conditions and self._ask(self._prove)

    async def _prove(self) -> bool:
        try:
            return await has_one_winner(self._objects, self._read)
        except StoreFailed as error:
            self._note_refusal(error)
            return True  # it only reads what others wrote

    def has_record(self, key: str) -> bool:
        """Whether somebody brought the picture."""
        return self._ask(lambda: self._objects.exists(record_name(key)))

    def append(self, key: str, log: Log, claim: Claim) -> Log:
        """Append an entry, unless another one was; return the log as it is then.

        A machine that may not write reads on instead.
        """
        return self._ask(lambda: self._append(key, log, claim))

    async def _append(self, key: str, log: Log, claim: Claim) -> Log:
        number = log.number + 1
        if self.writes:
            text = json.dumps(asdict(claim), sort_keys=True).encode() + b"\n"
            data = self._signer.signed(_name(key, number), text)
            try:
                if await self._objects.create(_name(key, number), data):
                    return Log(number, claim)
            except StoreFailed as error:
                self._note_refusal(error)
        read = await self._read_on(key, log)
        if self.writes and read.number == log.number:
            raise StoreFailed("answers that there is an object where there is none")
        return read

    def _note_refusal(self, error: StoreFailed) -> None:
        """Only read from now on, if this machine may not write; else raise the error again."""
        if not error.is_refusal:
            raise error
        self._shared.writes = False
        self._shared.remarks.append(
            "lets this machine only read: what it buys is neither claimed nor uploaded"
            " (shared_write = none expects that)"
        )

    def note(self, key: str, log: Log, claim: Claim, after: Callable[[Claim | None], bool]) -> None:
        """Append an entry in the background, as long as ``after`` accepts the last entry."""

        async def append() -> None:
            end = await self._read_on(key, log)
            while after(end.last) and (end.last is None or end.last.id != claim.id):
                end = await self._append(key, end, claim)

        self._in_background(append)

    def read_on(self, logs: Mapping[str, Log]) -> dict[str, Log]:
        """Read what was appended to some keys' logs."""

        async def read() -> dict[str, Log]:
            found = await asyncio.gather(*(self._read_on(*each) for each in logs.items()))
            return dict(zip(logs, found, strict=True))

        return self._ask(read, len(logs))

    async def _read_on(self, key: str, log: Log) -> Log:
        while True:
            name = _name(key, log.number + 1)
            try:
                async with self._free:
                    data, written = await self._objects.read_dated(name, limit=ENTRY_LIMIT)
            except FileNotFoundError:
                return log
            except OverLimit as error:
                claim: Claim | str = str(error)
            else:
                claim = self._parsed(name, data)
            if isinstance(claim, str):
                self._shared.refused.append(f"{name}: {claim}")
            elif claim.at is not None:
                claim = replace(claim, at=max(claim.at, written))
            log = Log(log.number + 1, log.last if isinstance(claim, str) else claim)

    def _parsed(self, name: str, data: bytes) -> Claim | str:
        """Return an entry, or why the data is not one."""
        try:
            return _claim(self._signer.text(name, data))
        except BadSignature as error:
            return str(error)
        except take.BadField as error:
            return f"it is no claim ({error})"

    # -- tasks ------------------------------------------------------------------------------------

    def name_task(self, task_id: str, key: str) -> str:
        """Write down for which key a task was made; return the key that is written there."""
        return self._ask(lambda: self._name_task(task_id, key))

    def note_task(self, task_id: str, key: str) -> None:
        """Write that down in the background."""
        self._in_background(lambda: self._name_task(task_id, key))

    async def _name_task(self, task_id: str, key: str) -> str:
        name, text = _task(task_id), key.encode() + b"\n"
        if not self.writes or await self._objects.create(name, self._signer.signed(name, text)):
            return key
        return await self._key_of(task_id) or key

    def keys_of(self, task_ids: Collection[str]) -> dict[str, str]:
        """Return for which keys tasks were made, for those that the team knows."""

        async def read() -> dict[str, str]:
            found = await asyncio.gather(*map(self._key_of, task_ids))
            return {task: key for task, key in zip(task_ids, found, strict=True) if key}

        return self._ask(read, len(task_ids))

    async def _key_of(self, task_id: str) -> str | None:
        name = _task(task_id)
        try:
            key = self._signer.text(name, await self._read(name)).decode("ascii").strip()
        except (FileNotFoundError, OverLimit, ValueError):
            return None
        return key if SHA256.fullmatch(key) else None

    # -- pace -------------------------------------------------------------------------------------

    def note_pause(self, account: str, until: float) -> None:
        """Tell in the background until when the service wants no requests with an API key."""
        name = f"v1/pace/{account}"
        data = self._signer.signed(name, f"{until:.0f}\n".encode())
        self._in_background(lambda: self._objects.replace(name, data))

    def pause(self, account: str) -> float:
        """Return until when that is; 0 if no machine wrote it down."""
        return self._ask(lambda: self._pause(f"v1/pace/{account}"))

    async def _pause(self, name: str) -> float:
        try:
            text = self._signer.text(name, await self._read(name))
        except (FileNotFoundError, OverLimit, BadSignature):
            return 0.0
        return float(text) if re.fullmatch(rb"[0-9]{1,11}\n", text) else 0.0

    # -- requests ---------------------------------------------------------------------------------

    async def _read(self, name: str) -> bytes:
        async with self._free:
            return b"".join([chunk async for chunk in self._objects.read(name, limit=ENTRY_LIMIT)])

    def _in_background(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Write to the store in the background, if possible: others find out by themselves."""

        async def attempt() -> None:
            with suppress(StoreFailed, FileNotFoundError):
                await work()

        if self.writes:
            self._shared.note(attempt())

    def _ask(self, work: Callable[[], Coroutine[Any, Any, _T]], requests: int = 1) -> _T:
        """Ask the store; after a failure the answer is unknown, so that it is asked again.

        It is asked also after look-ups failed: giving the store up may mean paying twice.
        """
        self._shared.check_in_use(patient=True)
        limit = ANSWER_SECONDS * (1 + requests / REQUESTS)
        for pause in (*PAUSES, None):
            began = time.monotonic()
            try:
                answer = self._shared.run(asyncio.wait_for(work(), limit)).result()
                self._patience -= max(0.0, time.monotonic() - began - limit / ANSWER_SECONDS)
                if self._patience < 0:
                    self._shared.give_up(StoreFailed("is too slow"))
                self._shared.answered()
                return answer
            except TimeoutError:
                failure = StoreFailed("is too slow")
            except StoreFailed as error:
                failure = error
            if pause is None or failure.is_refusal:
                break
            time.sleep(pause)
        self._shared.give_up(failure)
        raise failure


def _name(key: str, number: int) -> str:
    return f"v1/claims/{key}.{number}"


def _task(task_id: str) -> str:
    return f"v1/tasks/{hashlib.sha256(task_id.encode()).hexdigest()}"


def _claim(data: bytes) -> Claim:
    """Return the entry that a text is. Raises :exc:`BadField`."""
    claim = Claim(**take.read_object(data, _CLAIM, limit=ENTRY_LIMIT))
    if claim.state == ClaimState.ORDERED and not claim.task_id:
        raise take.BadField("it names no task")
    return claim


_CLAIM: take.Form = {
    "state": take.one_of(ClaimState),
    "id": take.text,
    "at": take.optional(take.number(0, 1e11)),
    "lasts": take.number(0, 3600),
    "since": take.optional(take.number(0, 1e11)),
    "account": take.text,
    "task_id": lambda value: value if value == "" else take.task_id(value),
    "error": take.text,
}
