"""A sandbox to ask: inside the test under a clock that stands still, or as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asking import Api
from sandbox_process import SandboxProcess


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess(latency=0) as process:
        yield process
