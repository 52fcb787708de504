"""A team's machines that miss the same figures at the same time: each is paid for once, over real
sockets and in real processes, also if machines are killed and the store misbehaves.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import team_machine
from sandbox_process import SandboxProcess
from shared_stores import RealService, Store

SPEED = 20.0
soak = pytest.mark.soak


@pytest.fixture(autouse=True)
def _machine(store: Store, service: RealService, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in service.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PAPERBANANA_SHARED_CACHE", store.address)
    monkeypatch.setenv("PAPERBANANA_SHARED_SECRET", "of the team")
    monkeypatch.setenv("PAPERBANANA_MAX_CREDITS", "100000")
    monkeypatch.setenv("PAPERBANANA_REQUESTS_PER_MINUTE", "60")


@pytest.fixture
def sandbox(start_sandbox: Callable[..., SandboxProcess]) -> SandboxProcess:
    return start_sandbox(speed=SPEED, latency=30, credits=1_000_000)


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


class TestKilledMachines:
    @pytest.fixture
    def sandbox(self, start_sandbox: Callable[..., SandboxProcess]) -> SandboxProcess:
        return start_sandbox(speed=2 * SPEED, latency=30, credits=1_000_000)

    @pytest.mark.parametrize("at", ["claimed", "sent", "ordered", "stored"])
    def test_another_machine_goes_on_in_the_place_of_one_that_is_gone_for_ever(
        self, store: Store, sandbox: SandboxProcess, tmp_path: Path, at: str
    ) -> None:
        wanted = prompts(3)
        first = team_machine.start(tmp_path / "a", 2 * SPEED, wanted, DIES=at)
        assert first.wait(60) == -signal.SIGKILL
        for stream in (first.stdout, first.stderr):
            assert stream is not None
            stream.close()
        second = team_machine.result(team_machine.start(tmp_path / "b", 2 * SPEED, wanted))
        assert second["states"] == ["present"] * 3, second["whys"]
        assert paid(sandbox) == Counter(wanted)
        third = team_machine.result(team_machine.start(tmp_path / "a", 2 * SPEED, wanted))
        assert third["states"] == ["present"] * 3, third["whys"]
        assert paid(sandbox) == Counter(wanted), "the machine comes back"
        assert third["tasks"] == second["tasks"]

    @soak
    @pytest.mark.parametrize("store", ["s3", "seaweedfs"], indirect=True)
    @pytest.mark.parametrize("seed", range(3))
    def test_machines_that_are_killed_at_random_pay_for_nothing_twice(
        self,
        store: Store,
        start_sandbox: Callable[..., SandboxProcess],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        seed: int,
    ) -> None:
        speed, chance = 10.0, random.Random(seed)
        sandbox = start_sandbox(speed=speed, latency=30, credits=1_000_000)
        service = RealService(sandbox)
        for name, value in service.env.items():
            monkeypatch.setenv(name, value)
        wanted = prompts(40)

        def start(number: int) -> team_machine.subprocess.Popen[str]:
            return team_machine.start(tmp_path / str(number), speed, wanted)

        builds = {number: start(number) for number in range(8)}
        until = time.monotonic() + 60
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.5, 3))
            number = chance.randrange(8)
            if builds[number].poll() is None:
                builds[number].kill()
            builds[number].communicate()
            builds[number] = start(number)
        results = [team_machine.result(build) for build in builds.values()]
        service.stop()
        assert set(paid(sandbox).values()) == {1}
        for each in results:
            assert {*each["states"]} <= {"present", "unknown"}, each["whys"]
        asked = sum(each["states"].count("unknown") for each in results)
        print("asked about", asked, "of", 8 * len(wanted))
