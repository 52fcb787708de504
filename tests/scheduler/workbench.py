"""What a build works with against a sandbox, and orders for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fast_clock import FastClock

from pbfigure.api.client import Client
from pbfigure.api.credential import Credential
from pbfigure.api.download import Downloads
from pbfigure.api.transport import Transport
from pbfigure.figure.key import key_of
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import Request
from pbfigure.scheduler.batch import run_batch
from pbfigure.scheduler.jobs import Limits, Made, Order, Outcome, Report, Services
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import Entry
from pbfigure.scheduler.rate_limit import RateLimit
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.verified_files import VerifiedFiles

SPEED = 50.0
"""How much faster than ours the sandbox's and the scheduler's clocks run."""
ORIGIN = 1_790_000_000.0
"""When they all showed the right time, so that processes agree."""


def order(prompt: str, **fields: Any) -> Order:
    """A small standard picture; fields as the request's."""
    fields = {"type": "standard", "model": "nano-banana-2", "output_format": "jpg"} | fields
    request = Request(prompt=prompt, **fields)
    return Order(key_of(request), request)


@dataclass
class Bench:
    """What builds against one API on one machine share: the cache folder, and the key."""

    base_url: str
    key: str
    folder: Path
    speed: float = SPEED
    requests_per_minute: int = 60
    read_timeout: float = 20.0
    opened: list[CacheDir] = field(default_factory=list)

    def clock(self) -> FastClock:
        return FastClock(self.speed, ORIGIN)

    def cache(self) -> CacheDir:
        self.opened.append(CacheDir(self.folder, VerifiedFiles(None)))
        return self.opened[-1]

    def journal(self) -> Journal:
        cache = self.cache()
        return Journal(cache.state, cache.locks, self.base_url)

    def entry(self, wanted: Order) -> Entry | None:
        return self.journal().entry(wanted.key.digest)

    def services(
        self,
        *,
        executor: Callable[[], Executor] = lambda: ThreadPoolExecutor(6, "paperbanana"),
        accepts_record: Callable[..., bool] = lambda record: True,
        **limits: Any,
    ) -> Services:
        cache, clock = self.cache(), self.clock()
        credential = Credential(self.key)
        transport = Transport(self.base_url, credential, read_timeout=self.read_timeout)
        return Services(
            cache=cache,
            client=Client(transport),
            downloads=Downloads(loopback=True),
            journal=Journal(cache.state, cache.locks, self.base_url),
            rate_limit=RateLimit(
                cache.state, clock, credential.fingerprint, self.requests_per_minute
            ),
            clock=clock,
            limits=Limits(**limits),
            accepts_record=accepts_record,
            executor=executor,
        )

    def build(
        self, orders: Iterable[Order], *, report: Report | None = None, **options: Any
    ) -> dict[str, Outcome]:
        """Make the orders as a build does; return the outcomes by prompt."""
        outcomes: dict[str, Outcome] = {}
        wanted = list(orders)

        def decided(order: Order, outcome: Outcome) -> None:
            assert order.key.digest not in outcomes
            outcomes[order.key.digest] = outcome

        run_batch(wanted, self.services(**options), on_outcome=decided, report=report)
        return {each.request.prompt: outcomes[each.key.digest] for each in wanted}

    def made(self, *orders: Order, **options: Any) -> list[Made]:
        """Make the orders, all of which must succeed."""
        outcomes = self.build(orders, **options)
        assert all(isinstance(each, Made) for each in outcomes.values()), outcomes
        return [outcomes[each.request.prompt] for each in orders]  # type: ignore[misc]

    def refused(self, wanted: Order, **options: Any) -> Exception:
        """Make one order, which must fail; return the error."""
        outcome = self.build([wanted], **options)[wanted.request.prompt]
        assert isinstance(outcome, FigureError), outcome
        return outcome

    def close(self) -> None:
        for cache in self.opened:
            cache.close()
