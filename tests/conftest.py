"""What all tests share: a clean environment, and the API as the sandbox plays it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess


def pytest_configure() -> None:
    """Have Ctrl-C reach what tests start: where they run in the background, it would be ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, setting, proxy or cache of whoever runs the tests reaches them."""
    for name in list(os.environ):
        if name.startswith("PAPERBANANA_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(tmp_path / "machine-cache"))


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., SandboxProcess]]:
    """Start sandboxes with options of the test's own; they end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(SandboxProcess(**options))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Any]) -> SandboxProcess:
    """A sandbox whose clock runs twenty times as fast as ours."""
    started: SandboxProcess = start_sandbox(speed=20)
    return started


@pytest.fixture
def use_sandbox(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> SandboxProcess:
    """The sandbox, as the API that this environment's builds talk to."""
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    return sandbox
