"""A bench for each test of the scheduler."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from workbench import SPEED, Bench


@pytest.fixture
def sandbox(start_sandbox: Callable[..., SandboxProcess]) -> SandboxProcess:
    """A sandbox whose tasks take a second of its clock."""
    return start_sandbox(speed=SPEED, latency=1)


@pytest.fixture
def bench(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Bench]:
    """A machine that builds against the sandbox."""
    bench = Bench(sandbox.base_url, sandbox.key, tmp_path / "cache")
    yield bench
    bench.close()
