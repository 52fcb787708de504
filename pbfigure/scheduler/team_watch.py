"""Waits for the figures that other machines of the team make: takes those that came to the store,
and orders those that no machine makes any more.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from pbfigure.api.task import Task
from pbfigure.figure.key import Key
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.errors import task_failed
from pbfigure.scheduler.jobs import JobList, Made, Stage
from pbfigure.scheduler.order_queue import OrderQueue
from pbfigure.scheduler.team_claims import Team
from pbfigure.store.errors import StateUnavailable

INTERVAL = 5.0
"""Seconds between looks, at least."""
LOOKS_A_SECOND = 20
"""Figures that are looked for in a second, on average."""


class TeamWatch:
    """The figures of a batch that other machines make."""

    def __init__(self, jobs: JobList, team: Team, queue: OrderQueue) -> None:
        self._jobs, self._team, self._queue = jobs, team, queue
        self._look: Future[tuple[list[Made], list[str]]] | None = None
        self._look_at = 0.0

    def running(self) -> list[Future[Any]]:
        """Return the look that is under way."""
        return [] if self._look is None else [self._look]

    def next_moment(self) -> float | None:
        """Return when the next look is due; None while one runs or nothing is awaited."""
        return (
            None if self._look is not None or not self._jobs.at(Stage.WITH_TEAM) else self._look_at
        )

    def start(self) -> None:
        """Start the next look if it is due."""
        awaited = self._jobs.at(Stage.WITH_TEAM)
        if self._look is None and awaited and self._jobs.now() >= self._look_at:
            keys = {job.key: job.order.key for job in awaited if job.order is not None}
            self._look = self._jobs.pool.submit(self._take, keys)

    def finish(self) -> None:
        """Process a look that is done."""
        if self._look is None or not self._look.done():
            return
        look, self._look = self._look, None
        try:
            made, news = look.result()
        except (FigureError, OSError) as error:
            folder = self._jobs.services.cache.folder
            for job in self._jobs.at(Stage.WITH_TEAM):
                text = f"{folder} cannot be used ({error})"
                self._jobs.end(job, StateUnavailable(text))
            return
        for each in made:
            job = self._jobs.jobs[each.record.key]
            if job.stage == Stage.WITH_TEAM:
                self._jobs.end(job, each)
                self._jobs.services.journal.ledger.note_tasks([each.record])
                self._jobs.services.journal.close(job.key, each.record)
        self._process(news)
        awaited = self._jobs.at(Stage.WITH_TEAM)
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - so that machines do not ask together
        rest = max(INTERVAL, len(awaited) / LOOKS_A_SECOND) * spread
        ends = [self._team.ends(job.key) + spread for job in awaited]
        self._look_at = min([self._jobs.now() + rest, *ends])

    def _process(self, news: list[str]) -> None:
        for job in self._jobs.at(Stage.WITH_TEAM):
            if job.key in news:
                job.since = self._jobs.now()
                task_id, failure = self._team.task_of(job.key), self._team.failure_of(job.key)
                job.task = Task(task_id, "pending") if task_id else None
                if failure:
                    self._jobs.end(job, task_failed(failure))
                    continue
            if not self._team.stands(job.key) and job.order is not None:
                job.task = None
                self._queue.add(job, job.order)

    def _take(self, keys: Mapping[str, Key]) -> tuple[list[Made], list[str]]:
        """Take what came to the store, and read what was written about the rest."""
        shared, cache = self._jobs.services.shared, self._jobs.services.cache
        made: list[Made] = []
        if shared is not None and self._team.is_used:
            arrived = shared.fetch(keys.values(), cache.incoming())
            made = [Made(cache.keep(*each), of_team=True) for each in arrived]
        taken = {each.record.key for each in made}
        return made, self._team.read_on([key for key in keys if key not in taken])
