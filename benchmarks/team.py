"""How fast a team's machines make figures together, under the team's limits, against the bound.

    python benchmarks/team.py --machines 100 --figures 10000

Each figure is wanted by two machines. The scheduler's own code runs in one thread for each machine,
one at a time, under one clock that moves when all wait; the service is the sandbox's, in this
process; the store is a folder. So what takes time is limits and tasks, and what machines wait for
each other. The bound: the i-th order cannot leave before minute ⌊i/limit⌋, and its task takes as
long as it takes.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "scheduler")]

from simulation import BEGAN, STORAGE, AtOnce, Unmarked, bound_of  # noqa: E402
from workbench import order  # noqa: E402

from pbfigure.api.client import Client  # noqa: E402
from pbfigure.api.credential import Credential  # noqa: E402
from pbfigure.api.download import Downloads  # noqa: E402
from pbfigure.api.transport import Transport  # noqa: E402
from pbfigure.sandbox import Service, Settings  # noqa: E402
from pbfigure.scheduler.batch import run_batch  # noqa: E402
from pbfigure.scheduler.jobs import Limits, Made, Order, Outcome, Services  # noqa: E402
from pbfigure.scheduler.journal import Journal  # noqa: E402
from pbfigure.scheduler.rate_limit import RateLimit  # noqa: E402
from pbfigure.store.cache_dir import CacheDir  # noqa: E402
from pbfigure.store.shared_cache import SharedCache  # noqa: E402
from pbfigure.store.verified_files import VerifiedFiles  # noqa: E402

FAST = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


class Turns:
    """One clock for all: whoever waits lets the one go on whose time comes next."""

    def __init__(self) -> None:
        self.now = BEGAN
        self._queue: list[tuple[float, int, threading.Event]] = []
        self._numbers = itertools.count()

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def line_up(self, seconds: float) -> threading.Event:
        turn = threading.Event()
        heapq.heappush(self._queue, (self.now + seconds, next(self._numbers), turn))
        return turn

    def next(self) -> bool:
        """Let the next one go on, if there is one."""
        if not self._queue:
            return False
        self.now, _, turn = heapq.heappop(self._queue)
        turn.set()
        return True


class MachineClock:
    """The clock of one machine: what it told the store is there before anybody goes on."""

    def __init__(self, turns: Turns, shared: SharedCache) -> None:
        self._turns, self._shared = turns, shared
        self.time, self.monotonic = turns.time, turns.monotonic

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        for told in (self._shared._uploads, self._shared._notes):
            wait(told)
            told.clear()
        if not any(future.done() for future in running):
            turn = self._turns.line_up(max(seconds, 1e-6))
            self._turns.next()
            turn.wait()


class Machine:
    """One machine of the team."""

    def __init__(  # noqa: PLR0917 - all that they share, and the share of each
        self, folder: Path, store: Path, turns: Turns, service: Service, key: str, share: int
    ) -> None:
        def adapter() -> Unmarked:
            return Unmarked(service)

        self.shared = SharedCache(store.as_uri(), secret="of the team", writes=True)
        cache, clock = CacheDir(folder, VerifiedFiles(None)), MachineClock(turns, self.shared)
        credential = Credential(key)
        transport = Transport("http://127.0.0.1:2/api/v1", credential, adapter=adapter)
        self.services = Services(
            cache=cache,
            client=Client(transport),
            downloads=Downloads(loopback=True, adapter=adapter),
            journal=Journal(cache.state, cache.locks, "simulated"),
            rate_limit=RateLimit(cache.state, clock, credential.fingerprint, share),
            clock=clock,
            limits=Limits(task_timeout=1_000_000),
            shared=self.shared,
            executor=AtOnce,
        )
        self._turns = turns
        self.outcomes: Counter[str] = Counter()

    def start(self, orders: list[Order]) -> threading.Thread:
        turn = self._turns.line_up(0)
        thread = threading.Thread(target=self._build, args=(orders, turn))
        thread.start()
        return thread

    def _build(self, orders: list[Order], turn: threading.Event) -> None:
        turn.wait()
        try:
            run_batch(orders, self.services, on_outcome=self._decided)
            wait([*self.shared._uploads, *self.shared._notes])
        finally:
            self._turns.next()

    def _decided(self, order: Order, outcome: Outcome) -> None:
        if not isinstance(outcome, Made):
            self.outcomes[str(outcome)[:60]] += 1
            return
        self.outcomes["from the team" if outcome.of_team else "made"] += 1
        if not outcome.of_team:
            record = outcome.record
            paths = [self.services.cache.path_of(picture) for picture in record.pictures]
            self.shared.upload(record, paths)


def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument("--figures", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=10)
    parser.add_argument("--limit", type=int, default=300, help="the team's, a minute")
    parser.add_argument("--share", type=int, help="requests_per_minute; the default: its part")
    given = parser.parse_args()
    share = given.share or max(1, min(60 * given.keys, given.limit) // given.machines)
    turns = Turns()
    keys = tuple(f"sk-team-{number}" for number in range(given.keys))
    settings = Settings(
        credits=10**9, latency=60.0, seed=1, keys=keys, team_limit=given.limit, ip_limit=10**9
    )
    service = Service(turns, settings, storage_url=STORAGE)
    wanted = [order(f"ship {number}", output_format="png") for number in range(given.figures)]
    with tempfile.TemporaryDirectory(dir=FAST) as folder:
        store = Path(folder) / "store"
        store.mkdir()
        machines = [
            Machine(Path(folder) / str(n), store, turns, service, keys[n % len(keys)], share)
            for n in range(given.machines)
        ]
        orders: list[list[Order]] = [[] for _ in machines]
        for number, each in enumerate(wanted):
            first, second = number, number * 7 + 1 + number // given.machines
            for machine_number in {first % given.machines, second % given.machines}:
                orders[machine_number].append(each)
        threads = [machine.start(theirs) for machine, theirs in zip(machines, orders, strict=True)]
        turns.next()
        for thread in threads:
            thread.join()
        for machine in machines:
            list(machine.shared.close())
            machine.services.cache.close()
    outcomes = sum((machine.outcomes for machine in machines), Counter())
    tasks = service.ledger()["tasks"]
    log = service.log.entries()
    paid = Counter(task["request"]["prompt"] for task in tasks)
    bound, taken = bound_of(tasks, given.limit), turns.now - BEGAN
    limited = sum(entry["status"] == 429 for entry in log)
    print("| machines | figures | share | bound, s | taken, s | ÷ bound | requests a figure | 429 |"
          " figures | tasks | paid twice |")  # fmt: skip
    print(
        f"| {given.machines} | {given.figures} | {share} | {bound:.0f} | {taken:.0f}"
        f" | {taken / bound:.2f} | {len(log) / len(paid):.2f} | {limited} | {len(paid)}"
        f" | {len(tasks)} | {sum(count > 1 for count in paid.values())} |"
    )
    print(dict(outcomes))


if __name__ == "__main__":
    main()
