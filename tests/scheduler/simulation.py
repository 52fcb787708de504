"""A build and the whole sandbox in one process, under a clock that stands still but for waits.

Every exchange takes no time; what a build waits for is the service's limits and its tasks. So the
times are exact, and the same on every machine.
"""

from __future__ import annotations

import heapq
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse
from workbench import order

from pbfigure.api.client import Client
from pbfigure.api.credential import Credential
from pbfigure.api.download import Downloads
from pbfigure.api.transport import Transport
from pbfigure.sandbox import SANDBOX_KEY, Call, Service, Settings
from pbfigure.scheduler.batch import run_batch
from pbfigure.scheduler.jobs import Limits, Made, Order, Outcome, Report, Services
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.rate_limit import RateLimit
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.verified_files import VerifiedFiles

BEGAN = 1_790_000_000.25
STORAGE = "http://127.0.0.1:1"


class StandingClock:
    """A clock that moves when somebody waits, and at no other time; what others do meanwhile, they
    do when it passes their moment.
    """

    def __init__(self) -> None:
        self.now = BEGAN
        self.others: list[tuple[float, int, Iterator[float]]] = []

    def start(self, other: Iterator[float]) -> None:
        """Have another client act from now on: it yields the seconds until it acts again."""
        heapq.heappush(self.others, (self.now, id(other), other))

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        if not any(future.done() for future in running):
            until = self.now + max(seconds, 1e-6)
            while self.others and self.others[0][0] <= until:
                self.now, number, other = heapq.heappop(self.others)
                seconds = next(other, math.inf)
                if seconds < math.inf:
                    heapq.heappush(self.others, (self.now + seconds, number, other))
            self.now = until


class AtOnce(Executor):
    """Runs what it is given there and then."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as any executor
            future.set_exception(error)
        return future


class ToService(BaseAdapter):
    """Hands requests to a service in this process; pictures are one and the same small PNG."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service
        self._build = HTTPAdapter()

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, **_: object
    ) -> requests.Response:
        if str(request.url).startswith(STORAGE):
            return self._response(request, 200, {}, PICTURE)
        body = request.body or b""
        assert isinstance(body, bytes)
        call = Call(request.method or "", request.path_url, dict(request.headers), body)
        answer = self._service.handle(call)
        if answer.dropped:
            raise requests.ConnectionError("closed without an answer")
        return self._response(request, answer.status, answer.headers, answer.body)

    def _response(
        self,
        request: requests.PreparedRequest,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
    ) -> requests.Response:
        raw = HTTPResponse(io.BytesIO(body), dict(headers), status, preload_content=False)
        return self._build.build_response(request, raw)

    def close(self) -> None:
        self._build.close()


class Unmarked(ToService):
    """The service as the real one: its pictures are no drafts."""

    def _response(
        self,
        request: requests.PreparedRequest,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
    ) -> requests.Response:
        kept = {name: value for name, value in headers.items() if "Sandbox" not in name}
        return super()._response(request, status, kept, body)


def _picture() -> bytes:
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (4, 4)).save(target, "PNG")
    return target.getvalue()


PICTURE = _picture()


@dataclass(frozen=True)
class Measured:
    """What one build of so many figures took."""

    figures: int
    seconds: float
    bound: float
    """No client could be faster: the i-th order leaves in its minute; its task takes so long."""
    requests: int
    limited: int
    """Answers of status 429."""

    @property
    def over_bound(self) -> float:
        return self.seconds / self.bound

    @property
    def late(self) -> float:
        """Seconds after the bound."""
        return self.seconds - self.bound

    @property
    def requests_per_figure(self) -> float:
        return self.requests / self.figures


def bound_of(tasks: list[dict[str, Any]], per_minute: int = 60) -> float:
    """The physical bound, from a ledger's tasks."""
    tasks = sorted(tasks, key=lambda task: task["number"])
    return max(
        60 * math.floor(number / per_minute) + task["finished_at"] - task["created_at"]
        for number, task in enumerate(tasks)
    )


class Simulation:
    """One machine and one service under a standing clock, and builds of that machine."""

    def __init__(
        self, folder: Path, *, adapter: type[ToService] = ToService, **settings: Any
    ) -> None:
        self.adapter = adapter
        self.clock = StandingClock()
        settings = {"credits": 10_000_000, "latency": 60.0} | settings
        self.service = Service(self.clock, Settings(**settings), storage_url=STORAGE)
        self.cache = CacheDir(folder, VerifiedFiles(None))
        self.credential = Credential(SANDBOX_KEY)
        self.requests_per_minute = 60

    def fault(self, endpoint: str, fault: str, **order: Any) -> None:
        """Order a fault of the service, as over its control port."""
        self.service.faults.place({"endpoint": endpoint, "fault": fault, **order})

    def services(self, **limits: Any) -> Services:
        def adapter() -> BaseAdapter:
            return self.adapter(self.service)

        state, clock, credential = self.cache.state, self.clock, self.credential
        return Services(
            cache=self.cache,
            client=Client(Transport("http://127.0.0.1:2/api/v1", credential, adapter=adapter)),
            downloads=Downloads(loopback=True, adapter=adapter),
            journal=Journal(state, self.cache.locks, "simulated"),
            rate_limit=RateLimit(state, clock, credential.fingerprint, self.requests_per_minute),
            clock=clock,
            limits=Limits(**limits),
            executor=AtOnce,
        )

    def build(
        self, *orders: Order, report: Report | None = None, **limits: Any
    ) -> dict[str, Outcome]:
        """Make the orders as a build does; return the outcomes by prompt."""
        outcomes: dict[str, Outcome] = {}

        def decided(order: Order, outcome: Outcome) -> None:
            assert order.request.prompt not in outcomes
            outcomes[order.request.prompt] = outcome

        run_batch(orders, self.services(**limits), on_outcome=decided, report=report)
        self.cache.close()
        return outcomes

    def made(self, *orders: Order, **limits: Any) -> dict[str, Made]:
        """Make the orders, all of which must succeed."""
        outcomes = self.build(*orders, **limits)
        made = {prompt: each for prompt, each in outcomes.items() if isinstance(each, Made)}
        assert made == outcomes
        return made

    def times(self, endpoint: str, prompt: str | None = None) -> list[float]:
        """Return when an endpoint was asked, in seconds since the beginning."""
        return [
            entry["time"] - BEGAN
            for entry in self.service.log.entries()
            if entry["endpoint"] == endpoint
            and (prompt is None or (entry["body"] or {}).get("prompt") == prompt)
        ]

    def tasks(self) -> list[dict[str, Any]]:
        """Return the ledger's tasks."""
        tasks: list[dict[str, Any]] = self.service.ledger()["tasks"]
        return tasks


def simulate(
    figures: int, folder: Path, *, seed: int = 0, latency: float = 60.0, known: int = 0
) -> Measured:
    """Make so many figures under a standing clock, at the documented limits, after ``known`` others
    of earlier builds, one each. The pictures are no drafts.
    """
    simulation = Simulation(folder, adapter=Unmarked, latency=latency, seed=seed)
    for number in range(known):
        simulation.made(order(f"boat {number}", output_format="png"))
    simulation.clock.now += 3600
    return measure(simulation, [order(f"ship {n}", output_format="png") for n in range(figures)])


def measure(simulation: Simulation, wanted: list[Order], *, but: str = "") -> Measured:
    """Make figures in one build, and measure it. ``but``: the endpoint that only others ask."""
    log, tasks = simulation.service.log.entries(), simulation.tasks()
    began, sent, known = simulation.clock.now, len(log), {task["task_id"] for task in tasks}
    simulation.made(*wanted, task_timeout=1_000_000)
    seconds = simulation.clock.now - began
    log = [each for each in simulation.service.log.entries()[sent:] if each["endpoint"] != but]
    ours = [
        task
        for task in simulation.tasks()
        if task["owner"] == "client" and task["task_id"] not in known
    ]
    limited = sum(entry["status"] == 429 for entry in log)
    return Measured(len(wanted), seconds, bound_of(ours), len(log), limited)
