"""Settles lost answers: finds out whether a POST without a usable answer made a task.

The task list has no prompts, so a task is recognised by its kind, by its time, and because no other
process ordered that kind meanwhile. The cost is no criterion: the reference contradicts itself
there. The whole list is read at the first check and again after the grace period; an incomplete
list proves nothing. If the API itself answered the order with an error, the order is not under way
any more: a short grace period and one scan after it suffice.

Where a team shares a store, its machines write there which task is whose. Another machine's task is
not a candidate, nor is a task made after the grace period, as far as the two clocks agree. So if
there is a candidate, the decision waits longer: until other machines have named all the tasks that
they had made by then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import dataclass, field, replace

from pbfigure.api.errors import ApiError, Conflict
from pbfigure.api.task import Task, TaskStatus
from pbfigure.api.transport import READ_TIMEOUT
from pbfigure.scheduler.clock import ServerClock
from pbfigure.scheduler.jobs import Services
from pbfigure.scheduler.journal_entry import Entry, OrderState
from pbfigure.scheduler.rate_limit import RATE_LIMITED
from pbfigure.scheduler.retry_wait import Later, Retries
from pbfigure.scheduler.team_claims import NAMING, Team

GRACE = READ_TIMEOUT + 15.0
"""Grace period in seconds of the server's clock: a late task may appear so long after the first
check."""
SHORT_GRACE = 5.0
"""Grace period in seconds after an error that the API itself answered."""
MARGIN = 60.0
"""Seconds by which the dates of tasks may differ from those of answers: two clocks."""
PAGES = 50
"""Most pages of the task list that one scan reads: 5,000 tasks."""
SCANS = 3
"""Scans of a list that changes or is garbled meanwhile, before the state is unknown."""
RESCAN_INTERVAL = 5.0
"""Seconds until an incomplete list is read again, or another account's order is checked again."""


@dataclass(slots=True)
class TaskListScan:
    """One scan of the task list, page by page; the rate limit may interrupt it."""

    lost: Entry
    """The entry that it is for, as it was: another process may settle and reorder that entry."""
    number: int = 1
    """Number of the scan; an incomplete one is repeated."""
    not_before: float = 0.0
    """Earliest start, by the monotonic clock."""
    began: float = 0.0
    """The server's time at its first page."""
    page: int = 1
    """The next page to read."""
    tasks: dict[str, Task] = field(default_factory=dict)
    expected: int | None = None
    """Number of tasks that the first page announced."""
    is_sound: bool = True
    """Whether every entry was readable and the number of tasks stayed the same."""
    is_at_end: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether the scan saw every task."""
        return (
            self.is_at_end
            and self.is_sound
            and self.expected is not None
            and len(self.tasks) >= self.expected
        )


class LostAnswers:
    """Settles lost answers; the caller holds ``journal.ordering``."""

    def __init__(
        self, services: Services, server_clock: ServerClock, retries: Retries, team: Team
    ) -> None:
        self._team = team
        self._client = services.client
        self._journal = services.journal
        self._rate_limit = services.rate_limit
        self._clock = services.clock
        self._server_clock = server_clock
        self._retries = retries
        self._scans: dict[str, TaskListScan] = {}
        """Unfinished scans, and scans to repeat, by key."""
        self._grace_ends: dict[str, float] = {}
        """Ends of the grace periods that began in this process, by key, by the monotonic clock: a
        wrong date of an answer must not shorten one."""

    def note_processed(self, lost: Entry, error: ApiError) -> None:
        """Record that the API itself just answered an order with an error."""
        self._grace_ends[lost.key] = self._clock.monotonic() + SHORT_GRACE
        is_conflict = isinstance(error, Conflict)
        self._journal.note_processed(lost, self._server_clock.time(), is_conflict=is_conflict)

    def settle(self, lost: Entry) -> Later | None:
        """Take the next step; return how long to wait, or None once it is settled.

        Raises :exc:`ApiError`.
        """
        if lost.account not in ("", self._rate_limit.account):
            return self._of_another_account(lost)
        left = _grace_left(lost, self._server_clock.time())
        if left is not None and left > 0 and self._server_clock.was_answered:
            return _in_grace(left)
        left = self._own_grace_left(lost)
        if left > 0:
            return _in_grace(left)
        scan = self._scan(lost)
        return scan if isinstance(scan, Later) else self._conclude(lost, scan)

    def _conclude(self, lost: Entry, scan: TaskListScan) -> Later | None:
        """Draw the conclusion from one scan."""
        left = _grace_left(lost, scan.began)
        if left is not None and left > 0:
            return _in_grace(left)
        if not scan.is_whole and scan.number < SCANS and scan.is_at_end:
            return self._look_again(lost, scan.number + 1, RESCAN_INTERVAL)
        self._journal.complete_ledger()  # else a task of this machine looks like nobody's
        tasks = self._early(lost, scan.tasks.values())
        near = unclaimed_tasks(lost, tasks, self._journal.is_known)
        owners = self._team.owners({*near, *lost.candidates})
        if owners is None and near:
            self._give_up(lost, {*lost.candidates, *near})
            return None
        owners = owners or {}
        for task in near.values():
            if owners.get(task.task_id) == lost.key and task.status not in (
                TaskStatus.FAILED,
                TaskStatus.CANCELED,
            ):
                self._submit(lost, task)
                return None
        near = {task_id: task for task_id, task in near.items() if task_id not in owners}
        wait = self._wait_for_candidates(lost, scan, near, left)
        if wait is not None:
            return wait
        if scan.is_whole:
            self._decide(lost, tasks, owners)
        else:
            self._give_up(lost, {*lost.candidates, *near})
        return None

    def _wait_for_candidates(
        self, lost: Entry, scan: TaskListScan, near: Collection[str], left: float | None
    ) -> Later | None:
        """Return the wait until all candidates have appeared, and other machines have named theirs;
        None if that is over.
        """
        if left is None:
            self._grace_ends[lost.key] = self._clock.monotonic() + GRACE
            self._journal.note_first_check(lost, scan.began, near)
            return _in_grace(GRACE)
        unnamed = max(left, self._own_grace_left(lost)) + NAMING + MARGIN
        if near and self._team.is_used and unnamed > 0:
            return self._look_again(lost, scan.number, unnamed)
        return None

    def _look_again(self, lost: Entry, number: int, seconds: float) -> Later:
        not_before = self._clock.monotonic() + seconds
        self._scans[lost.key] = TaskListScan(lost, number, not_before)
        return _in_grace(seconds) if number == 1 else _not_whole(seconds)

    def _decide(self, lost: Entry, tasks: Iterable[Task], owners: Container[str]) -> None:
        def is_known(task_id: str) -> bool:
            return task_id in owners or self._journal.is_known(task_id)

        verdict = judge(lost, tasks, is_known, self._journal.unanswered())
        if isinstance(verdict, Task) and (
            lost.is_conflict
            or self._may_be_anothers(lost, verdict)
            or not self._team.may_adopt(lost, verdict.task_id)
        ):
            verdict = {verdict.task_id}
        if isinstance(verdict, Task):
            self._submit(lost, verdict, adopted=True)
        elif verdict:
            self._give_up(lost, verdict)
        else:
            self._journal.withdraw(lost, lost=lost.processed_at is None)
            self._team.ended(lost.key, lost.order_id)

    def _submit(self, lost: Entry, task: Task, *, adopted: bool = False) -> None:
        entry = replace(
            lost,
            cost_credits=task.cost_credits,
            created_at=task.created_at,
            adopted=adopted,
            draft=bool(self._client.is_sandbox),
        )
        self._journal.submit(entry, task.task_id)

    def _own_grace_left(self, lost: Entry) -> float:
        """Return the remaining seconds of a grace period that began in this process."""
        return self._grace_ends.get(lost.key, -math.inf) - self._clock.monotonic()

    def _early(self, lost: Entry, tasks: Iterable[Task]) -> list[Task]:
        """Leave out tasks that other machines of the team had made since."""
        if not self._team.is_used:
            return list(tasks)
        ends = [lost.latest_at, *(begun + grace for begun, grace in _graces(lost))]
        latest = min((each for each in ends if each is not None), default=math.inf)
        return [task for task in tasks if task.created is None or task.created <= latest + MARGIN]

    def _may_be_anothers(self, lost: Entry, task: Task) -> bool:
        """Whether a task may belong to another order in state unknown, or, where the journal was
        lost, to another open one of its kind.
        """
        others = [each for each in self._journal.entries() if each.key != lost.key]
        return any(
            task.task_id in each.candidates
            if each.state == OrderState.UNKNOWN and each.candidates
            else each.could_be(task)
            for each in others
            if each.is_unsettled
        )

    def _of_another_account(self, lost: Entry) -> Later | None:
        """Wait for the process that ordered: the list of this API key need not show that task."""
        if lost.owner != self._journal.owner and self._journal.is_alive(lost):
            return Later(RESCAN_INTERVAL, "another key's order lost its answer", for_all=False)
        self._give_up(lost, lost.candidates)
        return None

    def _give_up(self, lost: Entry, candidates: Collection[str]) -> None:
        self._journal.give_up(lost, tuple(sorted(candidates)), self._clock.time())

    def _scan(self, lost: Entry) -> TaskListScan | Later:
        """Read the whole list: its order is not documented, and pages may shift."""
        scan = self._scans.get(lost.key)
        if scan is None or scan.lost != lost:
            scan = self._scans[lost.key] = TaskListScan(lost)
        wait = scan.not_before - self._clock.monotonic()
        if wait > 0:
            return _not_whole(wait) if scan.number > 1 else _in_grace(wait)
        while not scan.is_at_end and scan.page <= PAGES:
            wait = self._rate_limit.take(poll=True)
            if wait:
                return Later(wait, RATE_LIMITED, for_all=scan.page > 1)
            with self._rate_limit.sending(poll=True):
                page = self._client.tasks(scan.page)
            self._retries.succeeded()
            if scan.page == 1:
                scan.began = self._server_clock.time()
                scan.expected = page.total
            scan.is_sound &= not page.unreadable and page.total == scan.expected
            scan.tasks.update((task.task_id, task) for task in page.tasks)
            scan.is_at_end = scan.page >= page.total_pages
            scan.page += 1
        return self._scans.pop(lost.key)


def _grace_left(lost: Entry, now: float) -> float | None:
    """Return the remaining seconds of the grace period, or None if it has not begun.

    A start that lies in the future comes from a wrong clock and is ignored.
    """
    begun, grace = next(
        ((begun, grace) for begun, grace in _graces(lost) if begun <= now + MARGIN), (None, GRACE)
    )
    return None if begun is None else begun + grace - now


def _graces(lost: Entry) -> list[tuple[float, float]]:
    """Return when its grace periods began, and their seconds; the short one first."""
    graces = ((lost.processed_at, SHORT_GRACE), (lost.first_checked_at, GRACE))
    return [(begun, grace) for begun, grace in graces if begun is not None]


def _not_whole(wait: float) -> Later:
    return Later(wait, "an answer was lost; the task list is not whole", for_all=False)


def _in_grace(left: float) -> Later:
    reason = "an answer was lost; its task may still appear"
    return Later(min(left, GRACE), reason, for_all=False)


# -- judging a scan -------------------------------------------------------------------------------


def judge(
    lost: Entry,
    tasks: Iterable[Task],
    is_known: Callable[[str], bool],
    unanswered: Iterable[Entry],
) -> Task | set[str]:
    """Judge a lost answer by the tasks that are listed after its grace period.

    Return the task if exactly one is unclaimed and it fits; else the ids of all candidates: an
    empty set if no task was made. The author decides about other sets.

    ``unanswered`` are this machine's other open orders, each of another kind. If exactly one task
    fits such an order, that task is explained by it. If two fit, one of them is someone else's.
    """
    tasks = list(tasks)
    near = unclaimed_tasks(lost, tasks, is_known)
    explained: set[str] = set()
    for other in unanswered:
        around = unclaimed_tasks(other, tasks, is_known).values()
        theirs = [task.task_id for task in around if other.could_be(task)]
        if other.kind != lost.kind and len(theirs) == 1:
            explained.update(theirs)
    gone = {task_id for task_id in lost.candidates if not is_known(task_id)} - set(near)
    left = {task_id: task for task_id, task in near.items() if task_id not in explained}
    fitting = [task for task in left.values() if lost.could_be(task)]
    if len(fitting) == len(left) == 1 and not gone:
        return fitting[0]
    return {*left, *gone}


def unclaimed_tasks(
    lost: Entry, tasks: Iterable[Task], is_known: Callable[[str], bool]
) -> dict[str, Task]:
    """Return the tasks made since an intent that are no key's of this machine.

    A task without a readable date counts as well.
    """
    since = None if lost.intent_at is None else lost.intent_at - MARGIN
    return {
        task.task_id: task
        for task in tasks
        if (since is None or task.created is None or task.created >= since)
        and not is_known(task.task_id)
    }
