"""A team's machines that miss the same figures at the same time: each is paid for once, over real
sockets and in real processes, also if machines are killed and the store misbehaves.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import team_machine
from sandbox_process import SandboxProcess
from shared_stores import RealService, Store, open_store

SPEED = 20.0
soak = pytest.mark.soak


@pytest.fixture
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    opened = open_store(getattr(request, "param", "s3"), tmp_path)
    for name, value in opened.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PAPERBANANA_SHARED_CACHE", opened.address)
    monkeypatch.setenv("PAPERBANANA_SHARED_SECRET", "of the team")
    monkeypatch.setenv("PAPERBANANA_MAX_CREDITS", "100000")
    monkeypatch.setenv("PAPERBANANA_REQUESTS_PER_MINUTE", "60")
    yield opened
    opened.stop()


@pytest.fixture
def sandbox(start_sandbox: Callable[..., SandboxProcess]) -> SandboxProcess:
    return start_sandbox(speed=SPEED, latency=30, credits=1_000_000)


@pytest.fixture(autouse=True)
def service(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealService]:
    started = RealService(sandbox)
    for name, value in started.env.items():
        monkeypatch.setenv(name, value)
    yield started
    started.stop()


def prompts(count: int) -> list[str]:
    return [f"figure{number}" for number in range(count)]


def paid(sandbox: SandboxProcess) -> Counter[str]:
    """How many tasks were made for each prompt."""
    return Counter(task["request"]["prompt"] for task in sandbox.tasks())


@pytest.mark.parametrize(
    ("store", "machines", "figures"),
    [
        ("s3", 8, 12),
        pytest.param("file", 3, 6),
        pytest.param("s3", 8, 200, marks=soak),
        pytest.param("seaweedfs", 8, 200, marks=soak),
    ],
    indirect=["store"],
)
def test_machines_that_miss_the_same_figures_at_once_pay_for_each_once(
    store: Store, sandbox: SandboxProcess, tmp_path: Path, machines: int, figures: int
) -> None:
    wanted = prompts(figures)
    builds = [
        team_machine.start(tmp_path / str(number), SPEED, wanted) for number in range(machines)
    ]
    results = [team_machine.result(build) for build in builds]
    assert paid(sandbox) == Counter(wanted)
    for each in results:
        assert each["states"] == ["present"] * figures, each["whys"]
        assert each["tasks"] == results[0]["tasks"], "all show the same pictures"
    assert sum(each["credits"] for each in results) == 6 * figures
