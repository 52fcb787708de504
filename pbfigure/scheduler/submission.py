"""Orders one picture: the only place where ``POST /generate`` is called.

An attempt is one step that never waits: it orders, or returns what to wait for. So a lost answer,
the rate limit or another process's order block nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from filelock import Timeout

from pbfigure.api.errors import (
    ENDS_BATCH,
    PASSING,
    REFUSES_FIGURE,
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    LengthRequired,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import encoded
from pbfigure.scheduler.clock import ServerClock, StallTimer
from pbfigure.scheduler.errors import NotOrdered, base_gone, misanswered
from pbfigure.scheduler.jobs import Services
from pbfigure.scheduler.journal_entry import Entry, OrderFacts, OrderState
from pbfigure.scheduler.locks import process_of
from pbfigure.scheduler.lost_answer import SHORT_GRACE, LostAnswers
from pbfigure.scheduler.rate_limit import RATE_LIMITED
from pbfigure.scheduler.retry_wait import Later, Retries
from pbfigure.scheduler.team_claims import MadeElsewhere, Permit, TaskLeft, Team
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.record import Record

SURELY_NOT_MADE = (RateLimited, Unreachable, LengthRequired, PayloadTooLarge)
"""Errors after which no task was made, also if a proxy answered: it did not pass the order on."""
LOCK_RETRY_INTERVAL = 0.03
"""Seconds until the next attempt while another process orders."""
NAME_PROCESS_AFTER = 10.0
"""Seconds after which the message names that process."""
CHECK_INTERVAL = 1.0
"""Seconds between checks for the end of a short grace period, once nothing more is ordered."""
OUT_OF_REACH = "the service is out of reach"


@dataclass(frozen=True, slots=True)
class Settled:
    """The entry has a task, or its state is unknown."""

    entry: Entry
    is_paid: bool = False
    """Whether another machine of the team ordered it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The API refused this request; no task was made."""

    error: FigureError


@dataclass(frozen=True, slots=True)
class Stopped:
    """No further order makes sense."""

    error: FigureError


@dataclass(frozen=True, slots=True)
class OwnedElsewhere:
    """Another process owns the key now."""


Step = Later | Settled | Refused | Stopped | OwnedElsewhere | MadeElsewhere


class Submission:
    """Orders pictures of one API with one API key, one at a time on this machine."""

    def __init__(self, services: Services, server_clock: ServerClock, team: Team) -> None:
        self._made = services.made
        self._client = services.client
        self._journal = services.journal
        self._rate_limit = services.rate_limit
        self._clock = clock = services.clock
        self._stall_timeout = services.limits.task_timeout
        """Seconds to wait at most for one order of another process."""
        self._server_clock, self._team = server_clock, team
        self._orders, self._lists = Retries(clock), Retries(clock)
        self._lost_answers = LostAnswers(services, server_clock, self._lists, team)
        self._not_before = 0.0
        """When the next order may be sent, by the monotonic clock."""
        self._given_up: FigureError | None = None
        """Why no more orders are sent, or None."""
        self._unless_made: dict[str, FigureError] = {}
        """By key: the error that an order ends with if the list shows no task for it."""
        self._addresses: dict[str, str] = {}
        """By key of a revision: the current address of what it starts from, for one order."""
        self._lock_stall = StallTimer(clock)

    def only_settle(self, key: str) -> None:
        """Order nothing for a key, but find out what became of its last order."""
        self._unless_made[key] = NotOrdered(
            "an earlier order of it made no task, and the text around it changed since: the next"
            " build orders it"
        )

    def attempt(
        self,
        key: str,
        order: OrderFacts,
        payload: Callable[[], dict[str, Any]],
        base: Record | None,
    ) -> Step:
        """Take the next step towards a task for ``key``. ``payload`` is slow the first time;
        ``base`` is what a revision revises.
        """
        prepared = payload()
        try:
            with self._journal.ordering.acquire(timeout=0):
                self._lock_stall.reset()
                return self._attempt(key, order, prepared, base)
        except Timeout:
            self._rate_limit.queue()
            return self._wait_for_other_order()

    def _wait_for_other_order(self) -> Later | Stopped:
        """Wait for another process's order. After some time the message names the process; after
        the timeout give up, as it may be stopped.
        """
        waited = self._lock_stall.observe("held")
        if waited < NAME_PROCESS_AFTER:
            return Later(LOCK_RETRY_INTERVAL)
        alive = filter(self._journal.is_alive, self._journal.unanswered())
        latest = max(alive, key=lambda entry: entry.intent_at or 0, default=None)
        who = process_of(None if latest is None else latest.owner)
        if waited <= self._stall_timeout:
            return Later(LOCK_RETRY_INTERVAL, f"the answer to the order of {who}")
        return Stopped(
            NotOrdered(
                f"{who} has held {self._journal.ordering.lock_file} for {waited:.0f} s, which a"
                " process holds while it orders; this build waits no longer, and nothing more was"
                " ordered. End that process, or delete the file if no process holds it"
            )
        )

    def _attempt(
        self, key: str, order: OrderFacts, payload: dict[str, Any], base: Record | None
    ) -> Step:
        try:
            blocked = self._settle_lost_answers(order)
        except ApiError as error:
            return self._list_failed(error)
        entry = self._journal.entry(key)
        if (
            entry is None
            or entry.owner != self._journal.owner
            # made by a process that does not see this entry: the journal was replaced meanwhile
            or (entry.state == OrderState.FREE and self._made(key) is not None)
        ):
            return OwnedElsewhere()
        if entry.has_task:
            self._orders.succeeded()
            self._given_up = None
        if entry.state in (OrderState.SUBMITTED, OrderState.UNKNOWN):
            return Settled(entry)
        is_new = entry.state in (OrderState.FREE, OrderState.FAILED)
        if is_new and entry.key in self._unless_made:
            return Refused(self._unless_made[entry.key])
        if self._given_up is not None:
            return self._stop(self._given_up, blocked)
        return blocked or self._wait_to_order(entry, base) or self._claim(entry, order, payload)

    def _wait_to_order(self, entry: Entry, base: Record | None) -> Later | Stopped | Refused | None:
        """Return what to wait for before an order may be sent, or None."""
        if entry.state == OrderState.INTENT:
            self._journal.ledger.intend(entry)  # it has lost this order
            return Later(0.0)
        wait = self._not_before - self._clock.monotonic()
        if wait > 0:
            return Later(wait, OUT_OF_REACH)
        if not self._server_clock.was_answered or self._team.is_sandbox is None:
            return self._fetch_server_time()
        if base is not None and entry.key not in self._addresses:
            return self._find_address(entry.key, base)
        self._team.keep_pace()
        wait = self._rate_limit.take()
        return Later(wait, RATE_LIMITED) if wait else None

    def _settle_lost_answers(self, order: OrderFacts) -> Later | None:
        """Take the next step for every lost answer. Return the wait for this order if its task
        could be confused with theirs.
        """
        blocked = None
        for lost in self._journal.unanswered():
            wait = self._lost_answers.settle(lost)
            if wait is not None and (wait.for_all or lost.kind == order.kind):
                blocked = wait
        return blocked

    def _stop(self, error: FigureError, blocked: Later | None) -> Later | Stopped:
        """Stop ordering, unless a short grace period settles an open answer soon."""
        is_soon = blocked is None or blocked.seconds <= SHORT_GRACE
        if is_soon and any(
            lost.processed_at is not None and lost.owner == self._journal.owner
            for lost in self._journal.unanswered()
        ):
            return Later(CHECK_INTERVAL, OUT_OF_REACH)
        return Stopped(error)

    # -- one order ---------------------------------------------------------------------------------

    def _claim(self, entry: Entry, order: OrderFacts, payload: dict[str, Any]) -> Step:
        """Order it if no other machine of the team does; settle an order that one lost."""
        body = encoded(payload, self._addresses.get(entry.key))
        found = self._team.claim(entry.key)
        if isinstance(found, Permit) and found.lost is None:
            return self._post(entry, order, body, found)
        self._rate_limit.give_back()
        if isinstance(found, TaskLeft):
            entry = replace(entry, order=order)
            return Settled(self._journal.submit(entry, found.task_id), is_paid=True)
        if isinstance(found, Permit) and (lost := found.lost) is not None:
            account = self._rate_limit.account
            self._journal.intend(
                entry,
                order,
                lost.sent_from,
                account if lost.account == self._team.account else f"of the team: {lost.account}",
                order_id=found.id,
                latest_at=None if lost.at is None else lost.at + lost.lasts,
            )
            return Later(0.0)
        self._addresses.pop(entry.key, None)
        return MadeElsewhere()

    def _find_address(self, key: str, base: Record) -> Later | Stopped | Refused:
        """Ask the task of what is revised where its picture is now; the order then names that."""
        wait = self._rate_limit.take(poll=True)
        if wait:
            return Later(wait, RATE_LIMITED)
        try:
            with self._rate_limit.sending(poll=True):
                task = self._client.task(base.task_id)
        except (NotFound, BadRequest) as error:
            return Refused(base_gone(base, f"it does not have it ({error})"))
        except ApiError as error:
            return self._list_failed(error)
        self._lists.succeeded()
        if not task.image_urls:
            return Refused(base_gone(base, f"that task shows no picture ({task.status})"))
        self._addresses[key] = task.image_urls[0]
        return Later(0.0)

    def _post(self, entry: Entry, order: OrderFacts, body: bytes, permit: Permit) -> Step:
        self._addresses.pop(entry.key, None)
        date = self._server_clock.date()
        account = self._rate_limit.account
        try:
            entry = self._journal.intend(entry, order, date, account, order_id=permit.id)
        except StateUnavailable:
            self._team.ended(entry.key, permit.id)  # it is not sent: no other machine waits for it
            raise
        if permit.has_passed(self._clock):  # this process was stopped meanwhile
            self._withdraw(entry)
            return Later(0.0)
        try:
            with self._rate_limit.sending():
                task = self._client.generate(body)
        except ApiError as error:
            return self._without_task(entry, error)
        self._orders.succeeded()
        if self._journal.is_known(task.task_id):
            # as if there were no answer: the task list tells whether one was made for this order
            self._unless_made[entry.key] = misanswered(task.task_id)
            return Later(0.0)
        entry = replace(
            entry,
            cost_credits=task.cost_credits,
            created_at=task.created_at,
            draft=bool(self._client.is_sandbox),
        )
        return Settled(self._journal.submit(entry, task.task_id))

    def _without_task(self, entry: Entry, error: ApiError) -> Step:
        """Judge an order that was not answered with a task: it may still have made one.

        Only a documented answer counts as the API's refusal. A proxy may answer anything, also
        after it passed the order on; and a conflict may be with this very order, if it was taken:
        it is a refusal once the list shows no task.
        """
        refused = error.documented and isinstance(error, (*ENDS_BATCH, *REFUSES_FIGURE))
        if refused or isinstance(error, SURELY_NOT_MADE):
            self._withdraw(entry)
            if isinstance(error, REFUSES_FIGURE):
                return Refused(error)
            if isinstance(error, ENDS_BATCH):
                return Stopped(error)
        elif error.documented:  # the order is not under way any more
            self._server_clock.observe(error.server_time)
            self._lost_answers.note_processed(entry, error)
            if isinstance(error, Conflict):
                self._unless_made[entry.key] = error
                return Later(0.0)
        wait = self._wait_after(self._orders, error)
        self._given_up = self._orders.verdict(error, wait)
        self._not_before = self._clock.monotonic() + wait
        return Later(0.0, RATE_LIMITED if isinstance(error, RateLimited) else OUT_OF_REACH)

    def _withdraw(self, entry: Entry) -> None:
        self._journal.withdraw(entry)
        self._team.ended(entry.key, entry.order_id)

    # -- failures ----------------------------------------------------------------------------------

    def _list_failed(self, error: ApiError) -> Later | Stopped:
        if isinstance(error, (Unauthorized, Forbidden)):
            return Stopped(error)
        wait = self._wait_after(self._lists, error)
        verdict = self._lists.verdict(error, wait)
        return Later(wait, OUT_OF_REACH) if verdict is None else Stopped(verdict)

    def _wait_after(self, retries: Retries, error: ApiError) -> float:
        """Count a failure and return the seconds to wait."""
        wait = retries.failed(error)
        self._rate_limit.pause_after(error, wait)
        return wait

    def _fetch_server_time(self) -> Later | Stopped:
        """Fetch the server's time before the first order: grace periods are counted by it."""
        wait = self._rate_limit.take(poll=True)
        if wait:
            return Later(wait, RATE_LIMITED)
        try:
            with self._rate_limit.sending(poll=True):
                self._client.tasks(limit=1)
        except PASSING as error:
            return self._list_failed(error)
        except ApiError as error:
            return Stopped(error)
        self._lists.succeeded()
        return Later(0.0)
