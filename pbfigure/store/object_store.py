"""Objects in a bucket, a folder or behind a web server, by name: read, created, replaced, deleted.

The library's errors become :exc:`StoreFailed`, without their words: these may have an address with
a token in it. This module imports obstore, which is an extra of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    InvalidPathError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import HTTPStore, from_url

from pbfigure.store.errors import OverLimit, StoreFailed

if TYPE_CHECKING:  # the library has these for type checkers alone
    from obstore.store import ClientConfig, RetryConfig

_CLIENT: ClientConfig = {
    "connect_timeout": "5s",
    "read_timeout": "30s",
    "timeout": "1h",  # callers have their own limits, which grow with what arrives
    "allow_http": True,  # the engine's environment may name a server of the team's own network
}
_RETRIES: RetryConfig = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=5),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=1),
        "base": 2,
    },
}
SETTLE_SECONDS = 0.1
atexit.register(time.sleep, SETTLE_SECONDS)
# A thread of the library that still reports a result while Python ends aborts the whole process
# (1 in 40 on a busy machine): it has this long to come to rest.
_STATUS = re.compile(r"status code: (\d{3})")
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist")


class ObjectStore:
    """The objects at an address."""

    def __init__(self, address: str) -> None:
        """Connect to nothing yet. Raises :exc:`StoreFailed`."""
        parts = urlsplit(address)
        self.has_conditions = parts.scheme not in ("http", "https")
        """Whether the store itself checks in :meth:`create` that no such object exists."""
        if parts.scheme == "file" and not Path(url2pathname(parts.path)).is_dir():
            # it is not made: the disk that it is on may not be mounted
            raise StoreFailed("cannot be opened, because there is no such folder")
        with _as_failures():
            if parts.scheme == "file":
                self._store = from_url(address)
            else:
                self._store = from_url(address, client_options=_CLIENT, retry_config=_RETRIES)

    async def read(self, name: str, *, limit: int) -> AsyncIterator[bytes]:
        """Yield an object's bytes.

        Raises ``FileNotFoundError`` if there is no such object, :exc:`OverLimit`, and
        :exc:`StoreFailed`.
        """
        with _as_failures():
            answer = await obstore.get_async(self._store, name)
            size = answer.meta["size"]
            if size <= limit:
                size = 0
                async for chunk in answer.stream(min_chunk_size=1 << 18):
                    size += len(chunk)
                    if size > limit:
                        break
                    yield bytes(chunk)
        if size > limit:
            raise OverLimit(f"{name} has more than {limit:,} bytes")

    async def read_dated(self, name: str, *, limit: int) -> tuple[bytes, float]:
        """Return a small object's bytes, and when the store has it written; raises as
        :meth:`read`.
        """
        with _as_failures():
            answer = await obstore.get_async(self._store, name)
            if answer.meta["size"] <= limit:
                data = bytes(await answer.bytes_async())
                return data, answer.meta["last_modified"].timestamp()
        raise OverLimit(f"{name} has more than {limit:,} bytes")

    async def exists(self, name: str) -> bool:
        """Whether there is an object of this name. Raises :exc:`StoreFailed`."""
        with _as_failures():
            try:
                await obstore.head_async(self._store, name)
            except FileNotFoundError as error:
                if _failure(error) is not None:
                    raise
                return False
        return True

    async def names(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        """Yield the names of all objects in a folder that come after one; the order is the store's.

        Raises :exc:`StoreFailed`, also for a web server, which lists nothing.
        """
        if isinstance(self._store, HTTPStore):
            raise StoreFailed("is a plain web server, which lists nothing")
        with _as_failures():
            async for found in obstore.list(self._store, folder, offset=after or None):
                for each in found:
                    yield each["path"]

    async def create(self, name: str, data: bytes) -> bool:
        """Write an object, unless there is one of this name; return whether it was written.

        False is not certain: a store answers so as well while others write, and after a request
        that was repeated. Raises :exc:`StoreFailed`.
        """
        with _as_failures():
            try:
                await obstore.put_async(self._store, name, data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                return False
            except NotImplementedError:  # plain HTTP knows no such put
                if await self.exists(name):
                    return False
                await obstore.put_async(self._store, name, data, use_multipart=False)
        return True

    async def replace(self, name: str, data: bytes) -> None:
        """Write an object, whether there is one of this name or not. Raises :exc:`StoreFailed`."""
        with _as_failures():
            await obstore.put_async(self._store, name, data, use_multipart=False)

    async def delete(self, name: str) -> None:
        """Delete an object. Raises ``FileNotFoundError`` (not in every store), and
        :exc:`StoreFailed`.
        """
        with _as_failures():
            await obstore.delete_async(self._store, name)


@contextlib.contextmanager
def _as_failures() -> Iterator[None]:
    try:
        yield
        return
    except BaseException as error:
        # a panic of the library is no Exception of Python's
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        failure = _failure(error)
        if failure is None:
            raise
    raise failure


def _failure(error: BaseException) -> StoreFailed | None:
    """Return what an error of obstore says; None for an object that is not there."""
    text = str(error)
    if isinstance(error, InvalidPathError):  # empty parts, control characters
        return StoreFailed("lists an object whose name cannot be used")
    if _NO_BUCKET.search(text):
        return StoreFailed("has no such bucket")
    if isinstance(error, FileNotFoundError):
        return None
    status = _STATUS.search(text)
    is_refusal = status is not None and status[1] in ("401", "403")
    if is_refusal or isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
        return StoreFailed("refuses this machine's credentials", is_refusal=True)
    kind = type(error).__name__
    return StoreFailed(f"answered with {status[1]}" if status else f"cannot be used ({kind})")
