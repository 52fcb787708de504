"""The API as a client sees it, and a server that answers with whatever bytes a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sandbox_process import SandboxProcess
from wire import KEY, Wire

from pbfigure.api.client import Client
from pbfigure.api.credential import Credential
from pbfigure.api.transport import Transport


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Start servers that send the bytes they are given, and remember what they were sent."""
    with ExitStack() as stack:
        yield lambda *answers, **options: stack.enter_context(Wire(*answers, **options))


@pytest.fixture
def client_of() -> Iterator[Callable[..., Client]]:
    """Make clients; they are closed with the test."""
    with ExitStack() as stack:

        def client_of(base_url: str, key: str = KEY, **options: Any) -> Client:
            client = Client(Transport(base_url, Credential(key), **options))
            stack.callback(client.close)
            return client

        yield client_of


@pytest.fixture
def client(sandbox: SandboxProcess, client_of: Callable[..., Client]) -> Client:
    """A client of the sandbox."""
    return client_of(sandbox.base_url, sandbox.key)
