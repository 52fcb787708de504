"""Settling a lost answer: what became of a POST that was not answered with a task.

The service's list carries no prompt, so a task can only be recognised by its kind and its time,
and by nobody else having ordered meanwhile. Cost is no criterion: the reference contradicts itself
there. The whole list is read when the task is first looked for and when its grace has passed; a
list that is not seen to be whole proves nothing. An order that the API itself answered with an
error is not under way any more: a short grace, and one reading after it, is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from pbfigure.api.task import Task
from pbfigure.api.transport import READ_TIMEOUT
from pbfigure.scheduler.clock import ServerClock
from pbfigure.scheduler.jobs import Services
from pbfigure.scheduler.journal_entry import UNKNOWN, Entry
from pbfigure.scheduler.retries import SLOWED, Later, Retries

GRACE = READ_TIMEOUT + 15.0
"""Seconds of the server's clock, from the first check, in which a late task may still appear."""
SHORT_GRACE = 5.0
"""The same, from the API's own error, for an order that it has processed to its end."""
MARGIN = 60.0
"""Seconds by which a task's date may precede its intent: two clocks, one of whole seconds."""
PAGES = 50
"""Pages of the task list that are read for a lost answer, at the most: 5,000 tasks."""
SCANS = 3
"""Scans of a list that changes or is garbled meanwhile, before its author is asked."""
BUSY = 5.0
"""Seconds until a list that was not whole is read again, or another key's order is checked."""


@dataclass(slots=True)
class TaskListScan:
    """One reading of the task list, page by page; the rate limit may come between two."""

    lost: Entry
    """What it is for, as it stood: another process may settle that, and order it once more."""
    number: int = 1
    """Of the readings for one purpose; one that is not whole is repeated."""
    not_before: float = 0.0
    """When it may begin, by the monotonic clock."""
    began: float = 0.0
    """The server's time at its first page."""
    page: int = 1
    """The next page to be read."""
    tasks: dict[str, Task] = field(default_factory=dict)
    expected: int | None = None
    """How many tasks there were when it began."""
    is_sound: bool = True
    """Whether every entry could be read, and nothing was added or removed meanwhile."""
    is_sandbox: bool = False
    is_at_end: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether every task was seen that there is."""
        return (
            self.is_at_end
            and self.is_sound
            and self.expected is not None
            and len(self.tasks) >= self.expected
        )


class LostAnswers:
    """Settles lost answers; whoever does holds ``journal.ordering``."""

    def __init__(self, services: Services, server_clock: ServerClock, retries: Retries) -> None:
        self._client = services.client
        self._journal = services.journal
        self._rate_limit = services.rate_limit
        self._clock = services.clock
        self._server_clock = server_clock
        self._retries = retries
        self._scans: dict[str, TaskListScan] = {}
        """By key; what is here is not at its end, or was not whole and is repeated."""
        self._processed: dict[str, float] = {}
        """By key, when this process heard the API's own error, by the monotonic clock."""

    def note_processed(self, lost: Entry) -> None:
        """Note that the API answered an order with an error of its own just now."""
        self._processed[lost.key] = self._clock.monotonic()
        self._journal.note_processed(lost, self._server_clock.time())

    def settle(self, lost: Entry) -> Later | None:
        """Go on settling a lost answer; return how long that still takes, or None once it is
        settled. Raises ApiError.
        """
        if lost.account not in ("", self._rate_limit.account):
            return self._of_another_key(lost)
        left = _grace_left(lost, self._server_clock.time())
        if left is not None and left > 0 and self._server_clock.was_heard:
            return _in_grace(left)
        if lost.processed_at is not None and lost.key in self._processed:  # whatever dates say
            left = self._processed[lost.key] + SHORT_GRACE - self._clock.monotonic()
            if left > 0:
                return _in_grace(left)
        scan = self._scan(lost)
        return scan if isinstance(scan, Later) else self._conclude(lost, scan)

    def _conclude(self, lost: Entry, scan: TaskListScan) -> Later | None:
        """Conclude what one scan of the list shows."""
        left = _grace_left(lost, scan.began)
        if left is not None and left > 0:
            return _in_grace(left)
        if not scan.is_whole and scan.number < SCANS and scan.is_at_end:
            not_before = self._clock.monotonic() + BUSY
            self._scans[lost.key] = TaskListScan(lost, scan.number + 1, not_before)
            return _not_whole(BUSY)
        near = unclaimed_tasks(lost, scan.tasks.values(), self._journal.is_known)
        if left is None:
            self._journal.note_first_check(lost, scan.began, near)
            return _in_grace(GRACE)
        if scan.is_whole:
            self._decide(lost, scan)
        else:
            self._give_up(lost, {*lost.candidates, *near})
        return None

    def _decide(self, lost: Entry, scan: TaskListScan) -> None:
        tasks, is_known = scan.tasks.values(), self._journal.is_known
        verdict = judge(lost, tasks, is_known, self._journal.unanswered())
        if isinstance(verdict, Task) and self._may_be_anothers(verdict):
            verdict = {verdict.task_id}
        if isinstance(verdict, Task):
            self._journal.submit(
                lost,
                verdict.task_id,
                cost_credits=verdict.cost_credits,
                created_at=verdict.created_at,
                adopted=True,
                draft=scan.is_sandbox,
            )
        elif verdict:
            self._give_up(lost, verdict)
        else:
            self._journal.withdraw(lost, lost=lost.processed_at is None)

    def _may_be_anothers(self, task: Task) -> bool:
        """Whether a task may be that of a key whose author is asked already."""
        unknown = [each for each in self._journal.entries() if each.state == UNKNOWN]
        return any(
            task.task_id in each.candidates or (not each.candidates and each.could_be(task))
            for each in unknown
        )

    def _of_another_key(self, lost: Entry) -> Later | None:
        """This key's list may lack the task: that it is not there proves nothing."""
        if lost.owner != self._journal.owner and self._journal.is_alive(lost):
            return Later(BUSY, "another key's order lost its answer", for_all=False)
        self._give_up(lost, lost.candidates)
        return None

    def _give_up(self, lost: Entry, candidates: Collection[str]) -> None:
        self._journal.give_up(lost, tuple(sorted(candidates)), self._clock.time())

    def _scan(self, lost: Entry) -> TaskListScan | Later:
        """Read the list to its end: its order is not documented, and pages shift."""
        scan = self._scans.get(lost.key)
        if scan is None or scan.lost != lost:
            scan = self._scans[lost.key] = TaskListScan(lost)
        wait = scan.not_before - self._clock.monotonic()
        if wait > 0:
            return _not_whole(wait)
        while not scan.is_at_end and scan.page <= PAGES:
            wait = self._rate_limit.take(poll=True)
            if wait:
                return Later(wait, SLOWED, for_all=scan.page > 1)
            page = self._client.tasks(scan.page)
            self._retries.succeeded()
            self._server_clock.heard(page.server_time)
            if scan.page == 1:
                scan.began = self._server_clock.time()
                scan.expected, scan.is_sandbox = page.total, page.is_sandbox
            scan.is_sound &= not page.unreadable and page.total == scan.expected
            scan.tasks.update((task.task_id, task) for task in page.tasks)
            scan.is_at_end = scan.page >= page.total_pages
            scan.page += 1
        return self._scans.pop(lost.key)


def _grace_left(lost: Entry, now: float) -> float | None:
    """Return the seconds of its grace that are left, or None if it has not begun.

    A moment that lies in the future was dated by a clock that was wrong.
    """
    begun, grace = lost.first_checked_at, GRACE
    if lost.processed_at is not None and lost.processed_at <= now + MARGIN:
        begun, grace = lost.processed_at, SHORT_GRACE
    return None if begun is None or begun > now + MARGIN else begun + grace - now


def _not_whole(wait: float) -> Later:
    return Later(wait, "an answer was lost; the task list is not whole", for_all=False)


def _in_grace(left: float) -> Later:
    reason = "an answer was lost; its task may still appear"
    return Later(min(left, GRACE), reason, for_all=False)


# -- judging --------------------------------------------------------------------------------------


def judge(
    lost: Entry,
    tasks: Iterable[Task],
    is_known: Callable[[str], bool],
    unanswered: Iterable[Entry] = (),
) -> Task | set[str]:
    """Judge a lost answer from all the tasks listed after its grace has passed.

    Return the one task that fits, with nobody else about, or else the ids of all that may be it:
    none if no task was made; several, or one that does not fit, are for the author to judge.

    ``unanswered`` are this machine's orders whose answer is open too, each of another kind. The
    one task that can be such an order's is not somebody else's. Two are: one of them must be.
    """
    tasks = list(tasks)
    near = unclaimed_tasks(lost, tasks, is_known)
    explained: set[str] = set()
    for other in unanswered:
        around = unclaimed_tasks(other, tasks, is_known).values()
        theirs = [task.task_id for task in around if other.could_be(task)]
        if other.key != lost.key and len(theirs) == 1:
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
    """Return the tasks that may be a lost answer's: made since its intent, and nobody's here.

    A task without a readable date cannot be ruled out.
    """
    since = None if lost.intent_at is None else lost.intent_at - MARGIN
    return {
        task.task_id: task
        for task in tasks
        if (since is None or task.created is None or task.created >= since)
        and not is_known(task.task_id)
    }
