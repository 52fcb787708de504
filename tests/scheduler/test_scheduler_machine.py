"""Builds under any sequence of power cuts and lost answers, over journal and both tiers.

A cut ends a build at any of its durable steps or orders, with that step done or not; nothing after
it happens. In the end, undisturbed builds must have every picture, the right one, in both tiers,
and the service's ledger must show each figure paid for once.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from requests.adapters import BaseAdapter
from simulation import STORAGE, AtOnce, StandingClock, ToService

from pbfigure.api.client import Client
from pbfigure.api.credential import Credential
from pbfigure.api.download import Downloads
from pbfigure.api.transport import Transport
from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.project.settings import gather
from pbfigure.sandbox import SANDBOX_KEY, Service, Settings
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.jobs import Limits, Services
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.rate_limit import RateLimit
from pbfigure.store import files
from pbfigure.store.database import Database

BASE_URL = "http://127.0.0.1:2/api/v1"
STANDARD = {"type": "standard", "model": "nano-banana-2"}
PRO = {"type": "standard", "model": "nano-banana-pro"}
FIGURES: dict[str, dict[str, str]] = {
    "ship": {},
    "boat": {},
    "raft": STANDARD,
    "tug": STANDARD,
    "yawl": PRO,
}
"""Of three kinds, as the task list tells them apart."""
MISHAPS: dict[str, dict[str, object]] = {
    "its answer is lost": {"fault": "drop_after"},
    "it is lost": {"fault": "drop_before"},
    "it arrives late": {"fault": "late", "seconds": 60},
    "the API fails it": {"fault": "status", "status": 503},
    "the API makes it and fails": {"fault": "status", "status": 500, "after": True},
    "a proxy answers": {"fault": "status", "status": 502, "after": True, "body": "<html>"},
}
Mishaps = dict[int, str]
"""What happens to which of a build's orders."""

wanted = st.lists(st.sampled_from(sorted(FIGURES)), min_size=1, max_size=4, unique=True)
mishaps = st.dictionaries(st.integers(0, 4), st.sampled_from(sorted(MISHAPS)), max_size=3)
moments = st.none() | st.tuples(st.integers(0, 60), st.booleans())


class PowerCut(BaseException):
    """Nothing after this happens, not even what cleans up."""


class Supply:
    """Counts durable steps, and fails at one of them and ever after."""

    def __init__(self, moment: tuple[int, bool] | None) -> None:
        self._left, self._done = moment or (None, False)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Do a step, unless the cut comes before it; it may also come right after."""
        if self._left is None:
            yield
            return
        self._left -= 1
        if self._left < 0 and not (self._left == -1 and self._done):
            raise PowerCut
        yield
        if self._left < 0:
            raise PowerCut


class Wire(ToService):
    """The way to the service: an order is a step like any other, and may meet with a mishap."""

    def __init__(self, service: Service, supply: Supply, mishaps: Mishaps) -> None:
        super().__init__(service)
        self._faults, self._supply, self._mishaps = service.faults, supply, mishaps
        self._orders = 0

    def send(self, request: requests.PreparedRequest, **extra: object) -> requests.Response:
        if request.method != "POST":
            return super().send(request, **extra)
        mishap = self._mishaps.get(self._orders)
        self._orders += 1
        self._faults.clear()
        if mishap is not None:
            self._faults.place({"endpoint": "generate", **MISHAPS[mishap]})
        with self._supply.step():
            return super().send(request, **extra)


class SimulatedProject(Project):
    """A project whose service is in this process, under a clock that stands."""

    service: Service
    wire: Wire
    standing_clock: StandingClock

    def services(self, clock: Clock | None = None) -> Services:
        credential = Credential(SANDBOX_KEY)

        def adapter() -> BaseAdapter:
            return self.wire

        state, clock = self.cache.state, self.standing_clock
        return Services(
            cache=self.cache,
            client=Client(Transport(BASE_URL, credential, adapter=adapter)),
            downloads=Downloads(loopback=True, adapter=adapter),
            journal=Journal(state, self.cache.locks, BASE_URL),
            rate_limit=RateLimit(state, clock, credential.fingerprint, 60),
            clock=clock,
            limits=Limits(task_timeout=100_000),
            executor=AtOnce,
        )


@contextmanager
def failing(supply: Supply) -> Iterator[None]:
    """Have every durable step go through ``supply``: commits, and files put in their place."""
    commit, publish = Database.transaction, files.publish
    depth = 0

    @contextmanager
    def transaction(self: Database) -> Iterator[None]:
        nonlocal depth
        if depth:
            with commit(self):
                yield
            return
        depth += 1
        try:
            with supply.step(), commit(self):
                yield
        finally:
            depth -= 1

    def put_in_place(temporary: Path, final: Path, *, mode: int = 0o644) -> None:
        with supply.step():
            publish(temporary, final, mode=mode)

    Database.transaction, files.publish = transaction, put_in_place  # type: ignore[method-assign]
    try:
        yield
    finally:
        Database.transaction, files.publish = commit, publish  # type: ignore[method-assign]


class Builds(RuleBasedStateMachine):
    """One machine, one service, and builds that are cut off."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="builds-"))
        self.clock = StandingClock()
        self.service = Service(self.clock, Settings(credits=10**6, latency=5), storage_url=STORAGE)
        self.asked: set[str] = set()

    @rule(figures=wanted, moment=moments, mishaps=mishaps)
    def build_with_mishaps(
        self, figures: list[str], moment: tuple[int, bool] | None, mishaps: Mishaps
    ) -> None:
        self.build(figures, moment, mishaps)

    def build(
        self, figures: list[str], moment: tuple[int, bool] | None, mishaps: Mishaps
    ) -> list[ResolvedFigure] | None:
        self.asked.update(figures)
        supply = Supply(moment)
        environ = {
            "PAPERBANANA_API_KEY": SANDBOX_KEY,
            "PAPERBANANA_BASE_URL": BASE_URL,
            "PAPERBANANA_CACHE_DIR": str(self.folder / "cache"),
        }
        gathered = gather(
            [environment_layer(environ, self.folder)], figures_dir=self.folder / "figures"
        )
        project = SimulatedProject(self.folder, gathered, environ)
        project.service, project.standing_clock = self.service, self.clock
        project.wire = Wire(self.service, supply, mishaps)
        blocks = [
            FigureBlock(
                "index",
                Place("index.rst", 1),
                name,
                None if FIGURES[name] else WrittenText("Text."),
                FIGURES[name],
                name=name,
            )
            for name in figures
        ]
        try:
            with failing(supply):
                return list(resolve(project, blocks, clock=self.clock).figures)
        except PowerCut:
            return None
        finally:
            project.close()

    @rule(tier=st.sampled_from(["figures", "cache/v1/pictures"]))
    def lose_one_tier_s_pictures(self, tier: str) -> None:
        undisturbed = self.build(sorted(self.asked), None, {}) if self.asked else None
        if undisturbed and all(figure.path for figure in undisturbed):
            shutil.rmtree(self.folder / tier, ignore_errors=True)

    def teardown(self) -> None:
        try:
            if hasattr(self, "asked") and self.asked:
                self.everything_is_there_and_was_paid_once()
        finally:
            if hasattr(self, "folder"):
                shutil.rmtree(self.folder)

    def everything_is_there_and_was_paid_once(self) -> None:
        for _ in range(4):
            resolved = self.build(sorted(self.asked), None, {})
        assert resolved is not None
        tasks = {task["task_id"]: task for task in self.service.ledger()["tasks"]}
        prompts = [task["request"]["prompt"] for task in tasks.values()]
        assert sorted(prompts) == sorted(self.asked), "paid twice, or for nothing"
        for figure in resolved:
            assert figure.path is not None, figure.why
            assert figure.path.is_file()
            assert figure.record is not None
            task = tasks[figure.record.task_id]
            assert task["request"]["prompt"] == figure.block.prompt, "another's picture"


TestBuilds = Builds.TestCase
TestBuilds.settings = settings(max_examples=60, stateful_step_count=6, deadline=None)
