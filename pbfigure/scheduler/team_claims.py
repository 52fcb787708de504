"""The other machines of a team, as its store shows them: who orders a figure, and who goes on.

Every order needs a claim of its own, which one machine alone can have
(:mod:`pbfigure.store.claim_log`). A claim that stands is respected. One that expired says that an
order may have been sent whose answer nobody has: whoever comes next settles that as a lost answer
of its own, and orders only if no task was made. A store that cannot be asked counts as none, but
what it said before still counts.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from pbfigure.scheduler.clock import Clock, ServerClock
from pbfigure.scheduler.journal_entry import Entry
from pbfigure.scheduler.retry_wait import LONGEST_PAUSE
from pbfigure.store.claim_log import Claim, Claims, ClaimState, Log
from pbfigure.store.errors import StoreFailed
from pbfigure.store.race_trial import TrialMemory

if TYPE_CHECKING:
    from pbfigure.scheduler.jobs import Services

FRESH = 60.0
"""Seconds after a claim in which its order is sent, or not at all."""
OTHER_ACCOUNT = 3600.0
"""Seconds that another API key's claim stands longer: this one may not see its task."""
PACE_INTERVAL = 15.0
"""Seconds between two looks at what the service told other machines, while figures are ordered."""
LATEST_START = 10.0
"""Seconds after the end of a pause in which every machine goes on."""
NAMING = 30.0
"""Seconds in which a machine has told the team which task it ordered."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Permit:
    """This machine orders a figure."""

    id: str = ""
    lost: Claim | None = None
    """An expired claim: its order has to be settled first."""
    until: tuple[float, float] | None = None
    """When it is too late to send the order, by the monotonic clock and by the time of day."""

    def has_passed(self, clock: Clock) -> bool:
        """Whether it is too late to send the order."""
        return self.until is not None and (
            clock.monotonic() > self.until[0] or clock.time() > self.until[1]
        )


@dataclass(frozen=True, slots=True)
class MadeElsewhere:
    """Another machine makes the figure, or has made it."""


@dataclass(frozen=True, slots=True)
class TaskLeft:
    """Another machine ordered it, and did not bring its picture."""

    task_id: str


class Team:
    """The claims of one batch; without a store, every figure is this machine's."""

    def __init__(
        self, services: Services, server_clock: ServerClock, kinds: Mapping[str, object]
    ) -> None:
        """``kinds``: what the task list shows of the orders of this batch, by key."""
        self._clock, self._server_clock = services.clock, server_clock
        self._state = services.cache.state
        self._kinds = kinds
        self._shared = services.shared
        self._claims: Claims | None = None
        """None if there is no store, or it cannot be asked any more."""
        self.account = ""
        """The name of this machine's API key in the store."""
        if self._shared is not None:
            self._claims = Claims(self._shared)
            self.account = self._shared.signer.digest("account", services.rate_limit.account)
        self._client = services.client
        self._is_proved: bool | None = None
        self._logs: dict[str, Log] = {}
        self._seen: dict[str, float] = {}
        """When the last entry of a key was first seen, by the monotonic clock."""
        self._own: set[str] = set()
        self._settled: set[str] = set()
        """Claims of which this machine knows that nothing was made."""
        self._in_place: dict[str, str] = {}
        """By claim of this machine: the expired one in whose place it stands."""
        self._looked_for: set[str] = set()
        self._dropped = cache(services.journal.dropped)
        self._rate_limit = services.rate_limit
        self._rate_limit.on_pause = self._tell_pause
        self._paused_until = 0.0
        self._paced_at = -math.inf

    @property
    def is_sandbox(self) -> bool | None:
        """Whether the service is one whose pictures are not shared; None as long as unknown."""
        return False if self._shared is None else self._client.is_sandbox

    @property
    def is_used(self) -> bool:
        """Whether other machines are asked."""
        return self._used is not None

    @property
    def _used(self) -> Claims | None:
        """The claims, if other machines are asked."""
        is_ruled_out = self.is_sandbox is not False or self._is_proved is False
        return None if is_ruled_out else self._claims

    def _ask(self, ask: Callable[[Claims], _T]) -> _T | None:
        """Ask the store; return None if it cannot be asked, now and from now on."""
        if self._claims is not None:
            try:
                return ask(self._claims)
            except StoreFailed:
                self._claims = None
        return None

    # -- claiming ---------------------------------------------------------------------------------

    def claim(self, key: str) -> Permit | MadeElsewhere | TaskLeft:
        """Claim a figure before it is ordered. It may take some seconds."""
        self._prove()
        if self.is_used:
            found = self._ask(lambda claims: self._claim(claims, key))
            if found is not None:
                return found
        claim = self._last(key)
        if claim is None or claim.id in self._own:  # its own was not sent, or is settled
            return Permit()
        if self.stands(key):
            return MadeElsewhere()
        return self._in_place_of(claim, uuid.uuid4().hex)

    def _claim(self, claims: Claims, key: str) -> Permit | MadeElsewhere | TaskLeft:
        while not self.stands(key):
            before = self._logs.get(key, Log())
            last, date = self._last(key), self._server_clock.date()
            since, task_id = (date, "") if last is None else (last.sent_from, last.task_id)
            mine = Claim(
                state=ClaimState.ORDERED if task_id else ClaimState.CLAIMED,
                at=date,
                since=since,
                account=self.account,
                task_id=task_id,
            )
            self._own.add(mine.id)
            now = self._clock.monotonic(), self._clock.time()
            log = claims.append(key, before, mine)
            is_ours = log.last is not None and log.last.id == mine.id
            if is_ours or (not claims.writes and log.number == before.number):
                self._note(key, log)
                if last is None and self._is_there(claims, key):
                    self.ended(key, mine.id)
                    break
                found = self._in_place_of(last, mine.id)
                if isinstance(found, Permit):
                    return Permit(found.id, found.lost, (now[0] + FRESH, now[1] + FRESH))
                return found
            self._note(key, log)
        return MadeElsewhere()

    def _in_place_of(self, last: Claim | None, own_id: str) -> Permit | TaskLeft:
        if last is not None and last.task_id:
            return TaskLeft(last.task_id)
        if last is not None:
            self._in_place[own_id] = last.id
        return Permit(own_id, last)

    def _is_there(self, claims: Claims, key: str) -> bool:
        """Whether the picture came to the store since it was looked up; believed once."""
        if key in self._looked_for:
            return False
        self._looked_for.add(key)
        return claims.has_record(key)

    def _prove(self) -> None:
        """Find out, unless it is known, whether the store lets one machine alone claim a figure."""
        shared = self._shared
        if shared is None or not self.is_used or self._is_proved is not None or not shared.writes:
            return
        memory, now = TrialMemory(self._state, shared.address), self._clock.time()
        self._is_proved = memory.outcome(now)
        if self._is_proved is not None:
            return
        self._is_proved = self._ask(Claims.prove)
        if self._is_proved is not None and shared.writes:  # else nothing was tried
            memory.note(self._is_proved, now)
        if self._is_proved is False:
            shared.remarks.append(
                "cannot tell who of several machines is first: two that miss one figure at the"
                " same time both buy it"
            )

    # -- pace -------------------------------------------------------------------------------------

    def keep_pace(self) -> None:
        """Pause if another machine was told to; checked now and then. A random time is added, so
        that the machines do not go on at the same moment.
        """
        now, date = self._clock.monotonic(), self._server_clock.date()
        if not self.is_used or date is None or now < self._paced_at + PACE_INTERVAL:
            return
        self._paced_at = now
        until = self._ask(lambda claims: claims.pause(self.account))
        if until is not None and (left := until - date) > 0:
            spread = random.uniform(0, min(left, LATEST_START))  # noqa: S311
            self._rate_limit.pause(left + spread)

    def _tell_pause(self, seconds: float) -> None:
        claims, date = self._used, self._server_clock.date()
        if claims is not None and date is not None and date + seconds > self._paused_until + 1:
            self._paused_until = date + min(seconds, LONGEST_PAUSE)
            claims.note_pause(self.account, self._paused_until)

    # -- what stands ------------------------------------------------------------------------------

    def _last(self, key: str) -> Claim | None:
        """Return a key's last claim, unless nothing came of it."""
        log = self._logs.get(key)
        claim = None if log is None else log.last
        if claim is None or claim.state == ClaimState.ENDED or claim.id in self._settled:
            return None
        return None if self._is_dropped(key, claim) else claim

    def _is_dropped(self, key: str, claim: Claim) -> bool:
        """Whether this machine's author gave up what a claim is about; one that stands is another
        machine's all the same.
        """
        given_up = self._dropped(key)
        if given_up is None or claim.id == given_up.order_id:
            return given_up is not None
        if claim.task_id:
            is_it = claim.task_id == given_up.task_id
        else:  # an expired claim that was settled by an order of this machine
            ends, until = (claim.at or 0) + claim.lasts, given_up.latest_at
            is_it = until is not None and ends <= until
        return is_it and self._left(key, claim) <= 0

    def stands(self, key: str) -> bool:
        """Whether another machine makes a figure, as far as is known."""
        claim = self._last(key)
        return claim is not None and self._left(key, claim) > 0

    def ends(self, key: str) -> float:
        """Return when another machine's claim does not stand any more, by the monotonic clock."""
        claim = self._last(key)
        return self._clock.monotonic() + (0 if claim is None else max(0, self._left(key, claim)))

    def _left(self, key: str, claim: Claim) -> float:
        lasts = claim.lasts + (0 if claim.account == self.account else OTHER_ACCOUNT)
        return lasts - self._age(key, claim.at)

    def _age(self, key: str, since: float | None) -> float:
        """Return the seconds since a date, or at least since a key's last claim was seen."""
        age, date = self._clock.monotonic() - self._seen[key], self._server_clock.date()
        return age if since is None or date is None else max(age, date - since)

    def task_of(self, key: str) -> str:
        """Return the task that another machine ordered, or nothing."""
        claim = self._last(key)
        return "" if claim is None else claim.task_id

    def failure_of(self, key: str) -> str:
        """Return why the service made no picture for another machine, or nothing."""
        log = self._logs.get(key)
        return "" if log is None or log.last is None else log.last.error

    def _note(self, key: str, log: Log) -> bool:
        is_new = log != self._logs.get(key)
        if is_new:
            self._logs[key], self._seen[key] = log, self._clock.monotonic()
        return is_new

    def read_on(self, keys: Collection[str]) -> list[str]:
        """Read what other machines wrote about some keys; return those with news."""
        known = {key: self._logs.get(key, Log()) for key in keys}
        logs = self._ask(lambda claims: claims.read_on(known)) or {}
        return [key for key, log in logs.items() if self._note(key, log)]

    # -- what this machine does -------------------------------------------------------------------

    def ordered(self, key: str, task_id: str) -> None:
        """Tell the others which task a figure is."""
        claims, date = self._used, self._server_clock.date()
        if claims is None:
            return
        claims.note_task(task_id, key)
        claim = Claim(state=ClaimState.ORDERED, at=date, account=self.account, task_id=task_id)
        log = self._logs.get(key, Log())
        claims.note(key, log, claim, lambda last: last is None or last.task_id != task_id)

    def ended(self, key: str, claim_id: str, task_id: str = "", error: str = "") -> None:
        """Tell the others that nothing was made, or nothing came of the task."""
        self._settled |= {claim_id, self._in_place.get(claim_id, claim_id)}
        claims = self._used
        if claims is None:
            return

        def is_ours(last: Claim | None) -> bool:
            return last is not None and (
                last.id == claim_id or (bool(task_id) and last.task_id == task_id)
            )

        claim = Claim(state=ClaimState.ENDED, at=self._server_clock.date(), error=error[:500])
        claims.note(key, self._logs.get(key, Log()), claim, is_ours)

    # -- tasks of others --------------------------------------------------------------------------

    def owners(self, task_ids: Iterable[str]) -> dict[str, str] | None:
        """Return for which keys the team's machines had tasks made; None if that is unknown."""
        wanted = sorted(set(task_ids))
        if self._shared is None or self._is_proved is False or self.is_sandbox or not wanted:
            return {}
        return self._ask(lambda claims: claims.keys_of(wanted))

    def may_adopt(self, lost: Entry, task_id: str) -> bool:
        """Whether a task can be taken for a lost order: no other machine's open order of its kind
        is known, and none took it.
        """
        if not self.is_used:
            return True
        alike = [key for key, kind in self._kinds.items() if kind == lost.kind and key != lost.key]
        self.read_on(alike)
        if any(map(self._may_be_lost, alike)):
            return False
        return self._ask(lambda claims: claims.name_task(task_id, lost.key)) == lost.key

    def _may_be_lost(self, key: str) -> bool:
        claim = self._last(key)
        if claim is None or claim.state != ClaimState.CLAIMED or claim.id in self._own:
            return False
        return self._age(key, claim.sent_from) > NAMING
