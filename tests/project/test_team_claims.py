"""A team's machines that miss the same figures at the same time: each is paid for once, over real
sockets and in real processes, also if machines are killed and the store misbehaves.

The machines' clocks are fast, and sockets and processors are not. An order that reaches the service
five minutes of a machine's clock after it was sent (its claim expired, and others looked for its
task and found none) is paid for twice, as the documentation says. So where several machines live,
they run at TEAM_SPEED: no process and no socket stands still for 150 real seconds. Where the others
are dead, or there are none, SPEED does no harm.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import namespaces
import pytest
import team_machine
from program_forks import forked
from sandbox_process import SandboxProcess
from shared_stores import RealService, Store
from wait_for import wait_for

from pbfigure.figure.request_summary import RequestSummary
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.settings import Layer, gather
from pbfigure.scheduler.journal_entry import OrderFacts
from pbfigure.scheduler.lost_answer import MARGIN
from pbfigure.scheduler.team_claims import NAMING
from pbfigure.store.claim_log import LEASE
from pbfigure.store.signed_objects import Signer

TEAM_SPEED, SPEED = 2.0, 20.0
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


@pytest.fixture
def start_service(
    start_sandbox: Callable[..., SandboxProcess], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., SandboxProcess]]:
    """Start a sandbox, and have the machines take it for the service."""
    started: list[RealService] = []

    def start(**settings: float) -> SandboxProcess:
        sandbox = start_sandbox(credits=1_000_000, **settings)
        started.append(RealService(sandbox))
        for name, value in started[-1].env.items():
            monkeypatch.setenv(name, value)
        return sandbox

    yield start
    for service in started:
        service.stop()


@pytest.fixture
def team_sandbox(start_service: Callable[..., SandboxProcess]) -> SandboxProcess:
    """A sandbox whose clock is that of machines which live at the same time."""
    return start_service(speed=TEAM_SPEED, latency=6)


def prompts(count: int) -> list[str]:
    return [f"figure{number}" for number in range(count)]


def paid(sandbox: SandboxProcess) -> Counter[str]:
    """How many tasks were made for each prompt."""
    return Counter(task["request"]["prompt"] for task in sandbox.tasks())


@pytest.mark.parametrize(
    ("store", "machines", "figures"),
    [
        ("s3", 8, 12),
        ("file", 3, 6),
        ("gs", 2, 2),
        pytest.param("s3", 8, 200, marks=soak),
        pytest.param("seaweedfs", 8, 200, marks=soak),
    ],
    indirect=["store"],
)
def test_machines_that_miss_the_same_figures_at_once_pay_for_each_once(
    store: Store, team_sandbox: SandboxProcess, tmp_path: Path, machines: int, figures: int
) -> None:
    wanted = prompts(figures)
    builds = [
        team_machine.start(tmp_path / str(number), TEAM_SPEED, wanted) for number in range(machines)
    ]
    results = [team_machine.result(build) for build in builds]
    assert paid(team_sandbox) == Counter(wanted), [each["notices"] for each in results]
    for each in results:
        assert each["states"] == ["present"] * figures, each["whys"]
        assert each["tasks"] == results[0]["tasks"], "all show the same pictures"
    assert sum(each["credits"] for each in results) == 6 * figures


@soak
@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_machines_in_network_namespaces_of_their_own_pay_for_each_once(
    store: Store, team_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    assert namespaces.are_allowed(), "this test needs network namespaces: run it as root"
    wanted = prompts(200)
    assert store.server is not None
    urls = (os.environ["PAPERBANANA_BASE_URL"], team_sandbox.storage_url, store.server.url)
    known = namespaces.open_doors({urlsplit(url).port or 0 for url in urls})
    builds = [
        team_machine.start(
            tmp_path / str(number), TEAM_SPEED, wanted, inside=namespaces.INSIDE, **known
        )
        for number in range(8)
    ]
    results = [team_machine.result(build) for build in builds]
    assert paid(team_sandbox) == Counter(wanted), [each["notices"] for each in results]
    for each in results:
        assert each["states"] == ["present"] * 200, each["whys"]


class TestKilledMachines:
    @pytest.fixture
    def sandbox(self, start_sandbox: Callable[..., SandboxProcess]) -> SandboxProcess:
        return start_sandbox(speed=2 * SPEED, latency=30, credits=1_000_000)

    @pytest.mark.parametrize(
        "at", ["claimed", "sent", "ordered", pytest.param("stored", marks=soak)]
    )
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

    @pytest.mark.parametrize("at", ["from the start", "while it waits"])
    def test_a_claim_that_this_machine_cannot_replace_is_settled_once(
        self, store: Store, sandbox: SandboxProcess, tmp_path: Path, at: str
    ) -> None:
        first = team_machine.start(tmp_path / "a", 2 * SPEED, prompts(1), DIES="claimed")
        first.communicate()
        if at == "from the start":
            reads = {"PAPERBANANA_SHARED_WRITE": "none"}
            second = team_machine.start(tmp_path / "b", 2 * SPEED, prompts(1), **reads)
        else:
            server = store.server
            assert server is not None
            second = team_machine.start(tmp_path / "b", 2 * SPEED, prompts(1))
            wait_for(lambda: sum(path.endswith(".2") for _, path in server.requests) > 1)
            server.status["*"] = 500
        assert team_machine.result(second)["states"] == ["present"]
        assert paid(sandbox) == Counter(prompts(1))

    def test_a_task_that_was_taken_over_and_given_up_is_not_taken_over_again(
        self, store: Store, sandbox: SandboxProcess, tmp_path: Path
    ) -> None:
        sandbox.order(endpoint="generate", calls=[1], fault="never")
        first = team_machine.start(tmp_path / "a", 2 * SPEED, prompts(1))
        wait_for(lambda: any(b'"ordered"' in data for data in store.objects().values()))
        first.kill()
        first.communicate()

        def build() -> list[str]:
            hurry = {"PAPERBANANA_TASK_TIMEOUT": str(LEASE + 60)}
            second = team_machine.start(tmp_path / "b", 2 * SPEED, prompts(1), **hurry)
            states: list[str] = team_machine.result(second)["states"]
            return states

        assert build() == ["pending"]
        settle(tmp_path / "b", claimed_key(store), "--drop")
        assert build() == ["present"]
        assert paid(sandbox) == Counter(prompts(1) * 2), "its author gave up what the first cost"

    def test_what_an_author_settles_where_nothing_can_be_written_stays_settled(
        self, store: Store, sandbox: SandboxProcess, tmp_path: Path
    ) -> None:
        sandbox.order(endpoint="generate", fault="foreign", task={"model": "nano-banana-2"})
        first = team_machine.start(tmp_path / "a", 2 * SPEED, prompts(1), DIES="sent")
        first.communicate()
        sandbox.clear_faults()

        def build() -> list[str]:
            reads = {"PAPERBANANA_SHARED_WRITE": "none"}
            second = team_machine.start(tmp_path / "b", 2 * SPEED, prompts(1), **reads)
            states: list[str] = team_machine.result(second)["states"]
            return states

        assert build() == ["unknown"]
        settle(tmp_path / "b", claimed_key(store), "--retry")
        assert build() == ["present"]

    @soak
    @pytest.mark.parametrize("store", ["s3", "seaweedfs"], indirect=True)
    @pytest.mark.parametrize("seed", range(3))
    def test_machines_that_are_killed_at_random_pay_for_nothing_twice(
        self,
        store: Store,
        team_sandbox: SandboxProcess,
        tmp_path: Path,
        seed: int,
    ) -> None:
        chance, wanted = random.Random(seed), prompts(40)

        def start(number: int) -> team_machine.subprocess.Popen[str]:
            return team_machine.start(tmp_path / str(number), TEAM_SPEED, wanted)

        builds = {number: start(number) for number in range(8)}
        until = time.monotonic() + 240
        while time.monotonic() < until:
            time.sleep(chance.uniform(0.5, 3))
            number = chance.randrange(8)
            if builds[number].poll() is None:
                builds[number].kill()
            builds[number].communicate()
            builds[number] = start(number)
        results = [team_machine.result(build) for build in builds.values()]
        assert set(paid(team_sandbox).values()) == {1}
        for each in results:
            assert {*each["states"]} <= {"present", "unknown"}, each["whys"]
        asked = sum(each["states"].count("unknown") for each in results)
        print("asked about", asked, "of", 8 * len(wanted))


class TestBadStores:
    """Whatever the store does, every document is complete, and shows its own pictures."""

    @pytest.mark.parametrize(
        ("fault", "at"),
        [
            ("500", "after the first figure"),
            ("409", "from the start"),
            ("wrong bytes", "from the start"),
            ("gone", "after the first figure"),
            *(
                pytest.param(fault, at, marks=soak)
                for fault in ("500", "403", "409", "it is slow", "wrong bytes", "gone")
                for at in ("from the start", "after the first figure")
            ),
        ],
    )
    def test_a_document_is_complete_with_its_own_pictures(
        self, store: Store, sandbox: SandboxProcess, tmp_path: Path, fault: str, at: str
    ) -> None:
        wanted, server = prompts(3), store.server
        assert server is not None
        if at == "from the start":
            self.spoil(store, fault)
        build = team_machine.start(tmp_path / "a", SPEED, wanted, IMPATIENT="1")
        if at != "from the start":
            while not sandbox.log("generate"):
                time.sleep(0.02)
            self.spoil(store, fault)
        result = team_machine.result(build)
        assert result["states"] == ["present"] * 3, result["whys"]
        made = {task["task_id"]: task["request"]["prompt"] for task in sandbox.tasks()}
        assert [made[task] for task in result["tasks"]] == wanted
        assert paid(sandbox) == Counter(wanted)

    def spoil(self, store: Store, fault: str) -> None:
        server = store.server
        assert server is not None
        if fault.isdigit():
            server.status["*"] = int(fault)
        elif fault == "it is slow":
            server.delay = 1.0
        elif fault == "wrong bytes":
            server.spoil = lambda path, body: b"{}" if "claims" in path else b"\x00" * len(body)
        else:
            store.stop()
            store.server = None


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_machine_that_was_stopped_after_its_claim_orders_nothing_once_another_did(
    store: Store, start_service: Callable[..., SandboxProcess], tmp_path: Path
) -> None:
    sandbox = start_service(speed=2 * SPEED)
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=400)
    stops = {"DIES": "claimed", "SIGNAL": str(int(signal.SIGSTOP))}
    sleeper = team_machine.start(tmp_path / "a", 2 * SPEED, prompts(1), is_fork=False, **stops)
    try:
        status = Path(f"/proc/{sleeper.pid}/stat")
        wait_for(lambda: status.read_text().rpartition(")")[2].split()[0] == "T")
        second = team_machine.start(tmp_path / "b", 2 * SPEED, prompts(1))
        wait_for(lambda: sandbox.log("generate"))
        sleeper.send_signal(signal.SIGCONT)
        built = [team_machine.result(each) for each in (sleeper, second)]
    finally:
        sleeper.kill()
    assert paid(sandbox) == Counter(prompts(1))
    assert [each["states"] for each in built] == [["present"]] * 2, built
    assert built[0]["tasks"] == built[1]["tasks"]


class TestLostAnswers:
    """A machine whose order got no usable answer, and another that died after an order of the same
    kind: the only task that the list shows may be either's.
    """

    @pytest.fixture
    def sandbox(self, start_sandbox: Callable[..., SandboxProcess]) -> SandboxProcess:
        return start_sandbox(speed=2 * SPEED, latency=30, credits=1_000_000)

    @pytest.fixture
    def task_of_another(
        self, sandbox: SandboxProcess, tmp_path: Path
    ) -> Iterator[Callable[[Sequence[str], Callable[[], None]], dict[str, Any]]]:
        """Build on a machine whose first order is lost on its way, and while that is under way, on
        one that dies once its own order is made.
        """
        services = [RealService(sandbox), RealService(sandbox)]
        is_sent, is_made = threading.Event(), threading.Event()
        deliver = services[0]._server._app

        def lose(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            if environ["REQUEST_METHOD"] != "POST" or is_made.is_set():
                return deliver(environ, start)
            is_sent.set()
            is_made.wait()
            start("502 Fault", [("Content-Length", "0")])
            return [b""]

        services[0]._server._app = lose

        def build(wanted: Sequence[str], meanwhile: Callable[[], None]) -> dict[str, Any]:
            first = team_machine.start(tmp_path / "a", 2 * SPEED, wanted, **services[0].env)
            assert is_sent.wait(240)
            other = team_machine.start(
                tmp_path / "b", 2 * SPEED, ["figure1"], DIES="sent", **services[1].env
            )
            other.communicate()
            assert other.returncode == -signal.SIGKILL
            meanwhile()
            is_made.set()
            return team_machine.result(first)

        yield build
        is_made.set()
        for service in services:
            service.stop()

    @pytest.mark.parametrize("store", ["s3"], indirect=True)
    def test_a_task_is_not_adopted_that_may_be_another_machines(
        self, store: Store, sandbox: SandboxProcess, task_of_another: Callable[..., dict[str, Any]]
    ) -> None:
        built = task_of_another(["figure0", "figure1"], lambda: None)
        assert paid(sandbox) == Counter(["figure1"])
        assert built["states"] == ["unknown", "unknown"], built

    @pytest.mark.parametrize("store", ["s3"], indirect=True)
    def test_a_task_is_not_adopted_if_the_store_cannot_say_whose_it_is(
        self, store: Store, sandbox: SandboxProcess, task_of_another: Callable[..., dict[str, Any]]
    ) -> None:
        def fail() -> None:
            assert store.server is not None
            store.server.status["*"] = 500

        built = task_of_another(["figure0"], fail)
        assert paid(sandbox) == Counter(["figure1"]), "nor is anything ordered again"
        assert built["states"] == ["unknown"], built


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_machine_does_not_wait_for_its_own_claim(
    store: Store, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    assert store.server is not None
    store.server.status["HEAD"] = 403
    built = team_machine.result(team_machine.start(tmp_path / "a", SPEED, prompts(1)))
    assert built["states"] == ["present"], built["whys"]
    assert paid(sandbox) == Counter(prompts(1))


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_race_that_a_repeated_request_left_without_a_winner_proves_nothing(
    store: Store, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    assert store.server is not None
    store.server.loses = "claims/race-"
    first = team_machine.start(tmp_path / "a", SPEED, prompts(1))
    wait_for(lambda: len(sandbox.log("generate")) == 1)
    second = team_machine.start(tmp_path / "b", SPEED, prompts(1))
    for each in (first, second):
        built = team_machine.result(each)
        assert built["states"] == ["present"], built["whys"]
        assert not any("cannot tell who" in text for text in built["notices"])
    assert store.server.loses == ""
    assert paid(sandbox) == Counter(prompts(1))


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_what_the_service_failed_for_one_machine_is_not_bought_by_those_that_waited_for_it(
    store: Store, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.order(endpoint="generate", calls=[1], fault="failed", error="no such pump")
    sandbox.order(endpoint="generate", calls=[1], fault="slow", seconds=60)
    first = team_machine.start(tmp_path / "a", SPEED, prompts(1))
    wait_for(lambda: any(b'"ordered"' in data for data in store.objects().values()))
    second = team_machine.start(tmp_path / "b", SPEED, prompts(1))
    for each in (first, second):
        built = team_machine.result(each)
        assert built["states"] == ["failed"], built["whys"]
        assert "no such pump" in built["whys"][0]
    assert paid(sandbox) == Counter(prompts(1))


@pytest.mark.parametrize("store", ["s3"], indirect=True)
@pytest.mark.parametrize("decision", ["--retry", "--drop"])
def test_an_order_that_was_given_up_here_leaves_another_machines_claim_standing(
    store: Store, team_sandbox: SandboxProcess, tmp_path: Path, decision: str
) -> None:
    sandbox = team_sandbox
    second = team_machine.start(tmp_path / "b", TEAM_SPEED, prompts(1))
    wait_for(lambda: any(b'"ordered"' in data for data in store.objects().values()))
    key = claimed_key(store)
    task_id = sandbox.tasks()[0]["task_id"] if decision == "--drop" else ""
    left_open(tmp_path / "a", key, task_id)
    settle(tmp_path / "a", key, decision)
    first = team_machine.start(tmp_path / "a", TEAM_SPEED, prompts(1))
    for each in (first, second):
        built = team_machine.result(each)
        assert built["states"] == ["present"], built["whys"]
    assert paid(sandbox) == Counter(prompts(1))


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_claim_stands_though_its_writer_had_slept_and_did_not_know_the_time(
    store: Store, start_service: Callable[..., SandboxProcess], tmp_path: Path
) -> None:
    sandbox = start_service(speed=1)
    first = team_machine.start(tmp_path / "a", 1, prompts(1), DIES="claimed")
    first.communicate()
    (name,) = (name for name in store.objects() if name.endswith(".1"))
    end = name.removesuffix("1") + "2"
    signer = Signer("of the team")

    def written(name: str, **fields: object) -> bytes:
        return signer.signed(name, json.dumps({**claim, **fields}).encode() + b"\n")

    claim = json.loads(store.objects()[name].splitlines()[0])
    store.put(name, written(name, at=claim["at"] - 1000, since=claim["since"] - 1000))
    assert store.server is not None
    store.server.requests.clear()
    second = team_machine.start(tmp_path / "b", 1, prompts(1))
    server = store.server
    wait_for(lambda: sum(path.endswith(end) for _, path in server.requests) > 1)
    assert sandbox.log("generate") == []
    assert end not in store.objects(), "nobody goes on in its place"
    store.put(end, written(end, state="ended"))
    assert team_machine.result(second)["states"] == ["present"]
    assert paid(sandbox) == Counter(prompts(1))


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_an_order_that_the_service_failed_is_repeated_at_once_where_no_task_could_be_its(
    store: Store, start_service: Callable[..., SandboxProcess], tmp_path: Path
) -> None:
    sandbox = start_service(speed=1)
    sandbox.order(endpoint="generate", calls=[1], fault="status", status=500)
    built = team_machine.result(team_machine.start(tmp_path / "a", 1, prompts(1)))
    assert built["states"] == ["present"], built["whys"]
    first, second = (each["time"] for each in sandbox.log("generate"))
    assert second - first < NAMING + MARGIN, "there is nothing that other machines could name"


@pytest.mark.parametrize("store", ["s3"], indirect=True)
@pytest.mark.parametrize("decision", ["--adopt", "--retry", "--drop"])
def test_what_one_author_settles_by_command_is_settled_for_the_team(
    store: Store, sandbox: SandboxProcess, tmp_path: Path, decision: str
) -> None:
    sandbox.order(endpoint="generate", fault="status", status=500, after=True)
    sandbox.order(endpoint="generate", fault="foreign", task={"model": "nano-banana-2"})

    def build(machine: str) -> list[str]:
        states: list[str] = team_machine.result(
            team_machine.start(tmp_path / machine, SPEED, prompts(1))
        )["states"]
        return states

    assert build("a") == ["unknown"]
    sandbox.clear_faults()
    (task_id,) = (each["task_id"] for each in sandbox.tasks())
    if decision == "--adopt":
        assert build("b") == ["unknown"], "another machine cannot tell either, and orders nothing"
    answer = [decision, task_id] if decision == "--adopt" else [decision]
    settle(tmp_path / "a", claimed_key(store), *answer)
    assert build("a") == ["present"]
    assert build("b") == ["present"]
    orders = 1 if decision == "--adopt" else 2  # its author says that it was never ordered
    assert len(sandbox.tasks()) == orders, "the decision is one machine's, and all show its picture"


@pytest.mark.parametrize("store", ["s3"], indirect=True)
@pytest.mark.parametrize("ahead", [-20, 20])
def test_a_task_is_found_whose_date_is_by_another_clock(
    store: Store, sandbox: SandboxProcess, service: RealService, tmp_path: Path, ahead: int
) -> None:
    service.tasks_ahead = ahead
    sandbox.order(endpoint="generate", fault="status", status=500, after=True)
    built = team_machine.result(team_machine.start(tmp_path / "a", SPEED, prompts(1)))
    assert built["states"] == ["present"], built["whys"]
    assert paid(sandbox) == Counter(prompts(1))


def claimed_key(store: Store) -> str:
    """The only key that was claimed."""
    (key,) = {name.split("/")[-1].split(".")[0] for name in store.objects() if ".1" in name}
    return key


def settle(machine: Path, key: str, *answer: str) -> None:
    """Have a machine's author say what became of an order."""
    command = [forked("pbfigure"), "settle", key, *answer, "--cache-dir", str(machine / "cache")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def left_open(folder: Path, key: str, task_id: str) -> None:
    """Have a machine's journal say that an order of long ago lost its answer, or is a task."""
    folder.mkdir()
    known = {**os.environ, "PAPERBANANA_CACHE_DIR": str(folder / "cache")}
    layers = [environment_layer(known, folder), Layer({}, "{}", folder)]
    project = Project(folder, gather(layers, figures_dir=folder / "figures"), known)
    facts = OrderFacts(
        request_digest="0" * 64,
        content_digest=None,
        content_automatic=False,
        request=RequestSummary("standard", "text-to-image", "", None, {}),
    )
    with project.journal as journal:
        entry = journal.intend(journal.take([key])[key], facts, time.time() - 1000, "")
        if task_id:
            journal.submit(entry, task_id)
        else:
            journal.give_up(entry, (), time.time() - 900)
        journal.release([key])
    project.close()


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_build_that_may_not_write_waits_for_what_another_machine_claimed(
    store: Store, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    wanted = prompts(2)
    writer = team_machine.start(tmp_path / "a", SPEED, wanted)
    while len(sandbox.log("generate")) < 2:
        time.sleep(0.02)
    reader = team_machine.start(tmp_path / "b", SPEED, wanted, PAPERBANANA_SHARED_WRITE="none")
    assert team_machine.result(writer)["states"] == ["present"] * 2
    read = team_machine.result(reader)
    assert read["states"] == ["present"] * 2, read["whys"]
    assert read["credits"] == 0
    assert paid(sandbox) == Counter(wanted)


def test_a_pause_that_one_machine_is_asked_for_is_kept_by_the_others(
    store: Store, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sandbox.order(endpoint="generate", calls=[2], fault="status", status=429, retry_after=200)
    first = team_machine.start(tmp_path / "a", SPEED, prompts(3))
    while len(sandbox.log("generate")) < 2:
        time.sleep(0.02)
    while not any(name.startswith("v1/pace/") for name in store.objects()):
        time.sleep(0.02)
    second = team_machine.start(tmp_path / "b", SPEED, ["another", "one more"])
    team_machine.result(first)
    team_machine.result(second)
    refused = sandbox.log("generate")[1]["time"]
    later = [each["time"] for each in sandbox.log("generate")[2:]]
    assert len(later) == 4
    assert min(later) >= refused + 200
