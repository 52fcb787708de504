"""A service that limps: what is waited for, for how long, and what goes on meanwhile.

Under a standing clock, so that every second is one that the scheduler chose to wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from email.utils import formatdate
from itertools import count, pairwise
from pathlib import Path

import pytest
import requests
from simulation import BEGAN, STORAGE, Simulation, ToService
from workbench import order

from pbfigure.api.errors import CONFLICTS
from pbfigure.figure.notice import FigureError
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.scheduler.errors import NotOrdered, UnknownFate
from pbfigure.scheduler.jobs import Made, Order, Progress
from pbfigure.scheduler.lost_answer import GRACE, SHORT_GRACE

SHIP, BOAT, RAFT = order("a ship"), order("a boat"), order("a raft")
PRO = order("a pro", model="nano-banana-pro")
EDIT = order("an edit", image_input=("https://a.example/b.png",))
PIPELINE = order("a pipeline", type="pipeline", model=None, content=WrittenText("Text."))
HTML = "<html>Bad gateway</html>"


@pytest.fixture
def simulation(tmp_path: Path) -> Simulation:
    return Simulation(tmp_path / "cache")


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


# -- Retry-After ----------------------------------------------------------------------------------


def make_one(simulation: Simulation) -> None:
    simulation.made(SHIP)


def make_two(simulation: Simulation) -> None:
    simulation.made(SHIP, BOAT)


def settle_one(simulation: Simulation) -> None:
    simulation.fault("generate", "status", status=500)
    simulation.made(SHIP)


@pytest.mark.parametrize("as_date", [False, True])
@pytest.mark.parametrize(
    ("endpoint", "call", "build"),
    [
        ("generate", 1, make_one),
        ("task", 1, make_one),
        ("task", 3, make_one),
        ("tasks", 1, make_one),  # the first: for the server's time
        ("tasks", 2, make_two),  # a poll of both
        ("tasks", 2, settle_one),
    ],
)
def test_a_retry_after_of_one_second_is_waited_for_a_second_and_a_little(
    simulation: Simulation,
    endpoint: str,
    call: int,
    build: Callable[[Simulation], None],
    as_date: bool,
) -> None:
    date = {"retry_after_date": True} if as_date else {}
    simulation.fault(endpoint, "status", calls=[call], status=429, retry_after=1, **date)
    build(simulation)
    assert 1 <= gaps(simulation.times(endpoint))[call - 1] < 1.6


@pytest.mark.parametrize("endpoint", ["generate", "task", "tasks"])
def test_only_rate_limits_in_a_row_lengthen_the_wait(simulation: Simulation, endpoint: str) -> None:
    simulation.fault(endpoint, "status", calls="1-4", status=429, retry_after=1)
    simulation.made(SHIP)
    waits = gaps(simulation.times(endpoint))[:4]
    assert waits == sorted(waits)
    assert waits[0] < 2 <= waits[1] < 6 < waits[3] < 20


def test_a_rate_limit_holds_up_every_request_of_the_key_for_as_long(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "status", status=429, retry_after=40)
    simulation.made(SHIP, BOAT)
    first, second, *_ = simulation.times("generate")
    assert 40 <= second - first < 41
    assert not [each for each in simulation.times("tasks") if first < each < second]


# -- the API's own errors -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("wait", [{}, {"retry_after": 3}])
def test_an_order_answered_with_an_error_of_the_apis_own_is_sent_again_after_a_short_grace(
    simulation: Simulation, status: int, wait: dict[str, int]
) -> None:
    simulation.fault("generate", "status", status=status, **wait)
    made = simulation.made(SHIP)
    first, second = simulation.times("generate")
    assert 5 <= second - first < 7
    assert [each for each in simulation.times("tasks") if first < each <= second]
    assert len(simulation.tasks()) == 1
    assert not made["a ship"].record.adopted
    assert not made["a ship"].reordered, "no answer was lost"


def test_a_date_that_jumps_ahead_meanwhile_does_not_shorten_the_grace(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([-12, -12])  # the first two come from a server whose clock is slow

    def dated(moment: float, *, usegmt: bool) -> str:
        return formatdate(moment + next(answers, 0), usegmt=usegmt)

    monkeypatch.setattr("pbfigure.sandbox.exchange.formatdate", dated)
    simulation.fault("generate", "late", calls=[1], seconds=4)
    simulation.fault("generate", "status", calls=[1], status=500, after=True)
    made = simulation.made(SHIP, PRO, EDIT)
    assert made["a ship"].record.adopted
    assert len(simulation.tasks()) == 3, "nothing is paid twice"


@pytest.mark.parametrize("wrong", [{3}, {3, 4}, set(range(3, 100))], ids=["one", "two", "all"])
def test_a_date_in_the_future_does_not_shorten_the_grace_of_a_lost_answer(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch, wrong: set[int]
) -> None:
    answers = count()  # 0: the server's time, 1: the lost answer, 2: the first check

    def dated(moment: float, *, usegmt: bool) -> str:
        return formatdate(moment + 3600 * (next(answers) in wrong), usegmt=usegmt)

    monkeypatch.setattr("pbfigure.sandbox.exchange.formatdate", dated)
    simulation.fault("generate", "late", calls=[1], seconds=40)
    made = simulation.made(SHIP, PRO, EDIT)
    assert made["a ship"].record.adopted
    assert len(simulation.tasks()) == 3, "nothing is paid twice"


def test_a_first_check_dated_in_the_future_starts_the_grace_again(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = count()

    def dated(moment: float, *, usegmt: bool) -> str:
        return formatdate(moment + 3600 * (next(answers) == 2), usegmt=usegmt)

    monkeypatch.setattr("pbfigure.sandbox.exchange.formatdate", dated)
    simulation.fault("generate", "drop_before", calls=[1])
    simulation.made(SHIP, PRO, EDIT)
    first, second = simulation.times("generate", "a ship")
    assert GRACE <= second - first < 3 * GRACE


@pytest.mark.parametrize("status", [500, 503])
def test_a_task_that_was_made_despite_such_an_error_is_adopted_after_the_short_grace(
    simulation: Simulation, status: int
) -> None:
    simulation.fault("generate", "status", status=status, after=True)
    made = simulation.made(SHIP, BOAT)
    first, second = simulation.times("generate")
    assert 5 <= second - first < 7
    assert made["a ship"].record.adopted
    assert not made["a boat"].record.adopted
    assert len(simulation.tasks()) == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "status", "status": 503, "body": HTML},
        {"fault": "status", "status": 500, "body": HTML},
        {"fault": "status", "status": 502},
        {"fault": "status", "status": 504, "body": HTML},
        {"fault": "status", "status": 503, "body": {"error": {"message": "a proxy's"}}},
        {"fault": "status", "status": 503, "body": {"success": False}},
        {"fault": "drop_before"},
    ],
    ids=str,
)
def test_an_answer_that_is_not_the_apis_own_is_given_the_long_grace(
    simulation: Simulation, fault: dict[str, object]
) -> None:
    simulation.fault("generate", **fault)  # type: ignore[arg-type]
    made = simulation.made(SHIP)
    first, second = simulation.times("generate")
    assert second - first >= GRACE
    assert made["a ship"].reordered


@pytest.mark.parametrize("seconds", [1, 100])
def test_a_download_is_tried_again_when_its_host_says(simulation: Simulation, seconds: int) -> None:
    asked: dict[str, list[float]] = defaultdict(list)

    class Busy(ToService):
        """Answers the first request for a picture with 503."""

        def send(  # type: ignore[override]
            self, request: requests.PreparedRequest, **options: object
        ) -> requests.Response:
            if not (url := str(request.url)).startswith(STORAGE):
                return super().send(request, **options)
            asked[url].append(simulation.clock.time())
            if sum(map(len, asked.values())) == 1:
                return self._response(request, 503, {"Retry-After": str(seconds)}, b"")
            return super().send(request, **options)

    simulation.adapter = Busy
    make_two(simulation)
    (refused, again), _ = asked.values()
    assert seconds <= again - refused < seconds + 20
    assert len(simulation.tasks()) == 2


@pytest.mark.parametrize("status", [401, 403, 407, 511])
@pytest.mark.parametrize(
    ("endpoint", "call", "build"), [("task", 2, make_one), ("tasks", 2, make_two)]
)
def test_a_page_of_a_proxy_in_place_of_a_poll_is_asked_past(
    simulation: Simulation,
    endpoint: str,
    call: int,
    build: Callable[[Simulation], None],
    status: int,
) -> None:
    simulation.fault(endpoint, "status", calls=[call], status=status, body=HTML)
    build(simulation)
    refused, again = sorted(simulation.times("task") + simulation.times("tasks"))[call : call + 2]
    assert again - refused < 6


@pytest.mark.parametrize("status", [405, 418, 422, 451, 408, 409, 425])
def test_a_refusal_in_the_apis_own_form_ends_its_order_at_once_or_a_conflict_after_a_look(
    simulation: Simulation, status: int
) -> None:
    simulation.fault("generate", "status", calls=[1], status=status, message="no such thing")
    outcomes = simulation.build(SHIP, BOAT)
    first, second = simulation.times("generate")
    wait = SHORT_GRACE if status in CONFLICTS else 0.0
    assert wait <= second - first < wait + 2
    refused, made = outcomes["a ship"], outcomes["a boat"]
    assert f"with {status}: no such thing; nothing was charged" in str(refused)
    assert isinstance(made, Made)
    assert simulation.made(SHIP)
    assert len(simulation.tasks()) == 2


@pytest.mark.parametrize("status", CONFLICTS)
def test_an_order_that_was_taken_is_not_sent_again_after_a_conflict(
    simulation: Simulation, status: int
) -> None:
    simulation.fault("generate", "status", calls=[1], status=status, message="taken", after=True)
    outcomes = simulation.build(SHIP, BOAT)
    assert isinstance(outcomes["a ship"], UnknownFate)  # who knows what it conflicts with
    assert isinstance(outcomes["a boat"], Made)
    assert isinstance(simulation.build(SHIP)["a ship"], UnknownFate)
    assert len(simulation.tasks()) == 2


@pytest.mark.parametrize("status", CONFLICTS)
def test_a_teammates_task_is_not_taken_for_an_order_that_a_conflict_refused(
    simulation: Simulation, status: int
) -> None:
    simulation.service.add_foreign_tasks({"type": "standard", "model": "nano-banana-2"})
    simulation.fault("generate", "status", calls=[1], status=status, message="another is under way")
    outcomes = simulation.build(SHIP)
    assert isinstance(outcomes["a ship"], UnknownFate)
    assert len(simulation.tasks()) == 1


@pytest.mark.parametrize("status", CONFLICTS)
def test_nor_is_it_by_the_next_build_where_that_one_ended_before_it_looked(
    simulation: Simulation, status: int
) -> None:
    simulation.service.add_foreign_tasks({"type": "standard", "model": "nano-banana-2"})
    simulation.fault("generate", "status", calls=[1], status=status, message="another is under way")
    simulation.build(SHIP, build_timeout=2)
    simulation.clock.now += 10
    assert isinstance(simulation.build(SHIP)["a ship"], UnknownFate)
    assert len(simulation.tasks()) == 1


def test_an_error_of_the_apis_own_that_was_not_written_down_is_given_the_long_grace(
    simulation: Simulation,
) -> None:
    services = simulation.services()
    with services.journal as journal:
        (entry,) = journal.take([SHIP.key.digest]).values()
        journal.intend(entry, SHIP.facts, simulation.clock.time(), services.rate_limit.account)
    simulation.made(SHIP)
    assert simulation.times("generate")[0] >= GRACE


def test_what_a_killed_build_wrote_down_of_such_an_error_is_settled_at_once_by_the_next(
    simulation: Simulation,
) -> None:
    services = simulation.services()
    with services.journal as journal:
        (entry,) = journal.take([SHIP.key.digest]).values()
        account = services.rate_limit.account
        entry = journal.intend(entry, SHIP.facts, simulation.clock.time(), account)
        journal.note_processed(entry, simulation.clock.time())
    simulation.clock.now += 10
    simulation.made(SHIP)
    assert simulation.times("generate")[0] < 13


# -- a service that stays down --------------------------------------------------------------------

DOWN = [
    {"fault": "status", "status": 503},
    {"fault": "status", "status": 500},
    {"fault": "status", "status": 503, "retry_after": 5},
    {"fault": "status", "status": 503, "retry_after": 120},
    {"fault": "status", "status": 502, "body": HTML},
    {"fault": "drop_before"},
    {"fault": "html"},
]


@pytest.mark.parametrize("fault", DOWN, ids=str)
@pytest.mark.parametrize("endpoints", [("generate", "tasks"), ("tasks",)])
def test_a_service_that_stays_down_ends_ordering_within_a_minute(
    simulation: Simulation, fault: dict[str, object], endpoints: tuple[str, ...]
) -> None:
    for endpoint in endpoints:
        simulation.fault(endpoint, calls="all", **fault)  # type: ignore[arg-type]
    began = simulation.clock.now
    seen: list[Progress] = []
    outcomes = simulation.build(SHIP, BOAT, PRO, PIPELINE, report=seen.append)
    assert simulation.clock.now - began <= 60
    assert str(seen[-1]) == "0 of 4 made, 4 missing, 0 credits spent"
    errors = [each for each in outcomes.values() if isinstance(each, FigureError)]
    assert {type(error) for error in errors} == {NotOrdered}
    assert {error.subtype for error in errors} == {"missing"}
    assert len({str(error) for error in errors}) == 1, "told once"
    simulation.service.faults.clear()
    simulation.clock.now += 300
    simulation.made(SHIP, BOAT, PRO, PIPELINE)
    assert len(simulation.tasks()) == 4


@pytest.mark.parametrize("fault", DOWN[:3], ids=str)
def test_orders_that_the_api_itself_fails_end_within_a_minute_and_leave_nothing_open(
    simulation: Simulation, fault: dict[str, object]
) -> None:
    simulation.fault("generate", calls="all", **fault)  # type: ignore[arg-type]
    began = simulation.clock.now
    outcomes = simulation.build(SHIP, BOAT, PIPELINE)
    assert simulation.clock.now - began <= 60
    errors = [each for each in outcomes.values() if isinstance(each, FigureError)]
    assert {type(error) for error in errors} == {NotOrdered}
    assert simulation.services().journal.entries() == []
    assert simulation.tasks() == []


def test_a_service_that_asks_for_minutes_is_not_waited_for_and_the_next_build_settles(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "status", status=503, retry_after=120)
    outcomes = simulation.build(SHIP, BOAT)
    assert simulation.clock.now - BEGAN <= 10
    assert [str(each).count("a wait of 120 s") for each in outcomes.values()] == [1, 1]
    simulation.clock.now += 120
    simulation.made(SHIP, BOAT)
    assert len(simulation.times("generate")) == 3
    assert len(simulation.tasks()) == 2


def test_orders_whose_answers_stay_lost_end_after_one_more_try_and_the_next_build_settles_them(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "drop_after", calls=[2])
    simulation.fault("generate", "drop_before", calls=[1])
    began = simulation.clock.now
    outcomes = simulation.build(SHIP, BOAT)
    assert simulation.clock.now - began < GRACE + 5
    ship, boat = (outcomes[prompt] for prompt in ("a ship", "a boat"))
    assert isinstance(ship, UnknownFate)
    assert "the next build looks for its task" in str(ship)
    assert isinstance(boat, NotOrdered)
    made = simulation.made(SHIP, BOAT)
    assert [made[prompt].record.adopted for prompt in ("a ship", "a boat")] == [True, False]
    assert len(simulation.tasks()) == 2


def test_a_service_that_recovers_within_half_a_minute_is_tried_again_until_then(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "status", calls="1-4", status=503)
    simulation.made(SHIP, BOAT)
    assert len(simulation.tasks()) == 2
    waits = gaps(simulation.times("generate"))[:4]
    assert waits == sorted(waits)
    assert waits[3] > 10, "with back-off"


# -- what goes on meanwhile -----------------------------------------------------------------------


@pytest.mark.parametrize("other", [PRO, EDIT, PIPELINE], ids=lambda each: each.request.prompt)
@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
def test_while_an_answer_is_open_figures_of_another_kind_go_on_being_ordered(
    simulation: Simulation, other: Order, fault: str
) -> None:
    simulation.fault("generate", fault, prompt="ship")
    made = simulation.made(SHIP, BOAT, other)
    (ordered,) = simulation.times("generate", other.request.prompt)
    assert ordered < 5
    assert simulation.times("generate", "a boat")[0] >= GRACE, "it could be confused"
    assert [prompt for prompt, each in made.items() if each.record.adopted] == (
        ["a ship"] if fault == "drop_after" else []
    )
    assert_paid_once_each(simulation, made)


def test_pipeline_figures_are_alike_whatever_model_the_list_shows(simulation: Simulation) -> None:
    second = order("another", type="pipeline", model=None, content=WrittenText("Text."))
    simulation.fault("generate", "drop_after", prompt="a pipeline")
    made = simulation.made(PIPELINE, second, SHIP)
    assert simulation.times("generate", "another")[0] >= GRACE
    assert simulation.times("generate", "a ship")[0] < 5
    assert made["a pipeline"].record.adopted
    assert_paid_once_each(simulation, made)


def test_answers_of_several_kinds_that_are_lost_at_once_are_each_settled(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "drop_after", calls=[1, 2])
    simulation.fault("generate", "drop_before", calls=[3])
    made = simulation.made(SHIP, PRO, PIPELINE, EDIT)
    adopted = {prompt for prompt, each in made.items() if each.record.adopted}
    assert adopted == {"a ship", "a pro"}
    assert_paid_once_each(simulation, made)


def test_a_foreign_task_beside_one_of_several_lost_answers_leaves_all_of_them_to_the_author(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "drop_after", calls=[1, 2])
    simulation.fault("generate", "foreign", prompt="a pro", task={"model": "nano-banana-pro"})
    outcomes = simulation.build(SHIP, PRO)
    errors = [each for each in outcomes.values() if isinstance(each, FigureError)]
    assert [type(error) for error in errors] == [UnknownFate, UnknownFate]
    assert len([task for task in simulation.tasks() if task["owner"] != "teammate"]) == 2


def test_a_task_that_an_author_is_asked_about_is_never_taken_for_another_figures(
    simulation: Simulation,
) -> None:
    simulation.service.add_foreign_tasks({"type": "standard", "model": "nano-banana-2"})
    simulation.fault("generate", "late", seconds=40, prompt="ship")
    simulation.fault("generate", "drop_before", prompt="boat")
    simulation.build(SHIP, BOAT)
    simulation.clock.now += 100
    outcomes = simulation.build(SHIP, BOAT)
    errors = [str(each) for each in outcomes.values() if isinstance(each, FigureError)]
    assert ["pbfigure settle" in error for error in errors] == [True, True]
    (_, ship) = simulation.tasks()
    boat = simulation.services().journal.entry(BOAT.key.digest)
    assert boat is not None
    assert boat.candidates == (ship["task_id"],), "it was near, and the only one"


def test_the_next_build_orders_other_kinds_before_it_settles_what_one_that_was_killed_left(
    simulation: Simulation,
) -> None:
    services = simulation.services()
    with services.journal as journal:  # written down, and dead before it was sent
        (entry,) = journal.take([SHIP.key.digest]).values()
        journal.intend(entry, SHIP.facts, simulation.clock.time(), services.rate_limit.account)
    made = simulation.made(PRO, BOAT, SHIP)
    assert simulation.times("generate", "a pro")[0] < 5
    assert simulation.times("generate", "a boat")[0] >= GRACE
    assert_paid_once_each(simulation, made)


def test_an_answer_that_another_kinds_build_left_open_is_settled_in_passing(
    simulation: Simulation,
) -> None:
    simulation.fault("generate", "drop_after", prompt="ship")
    simulation.build(SHIP, build_timeout=10)
    simulation.clock.now += 100
    simulation.made(PRO)
    (entry,) = simulation.services().journal.entries()
    assert (entry.key, entry.state, entry.adopted) == (SHIP.key.digest, "submitted", True)


def assert_paid_once_each(simulation: Simulation, made: dict[str, Made]) -> None:
    """Each figure has one task, and the picture that it shows is of that task."""
    bought = {task["request"]["prompt"]: task["task_id"] for task in simulation.tasks()}
    assert len(bought) == len(simulation.tasks())
    assert bought == {prompt: each.record.task_id for prompt, each in made.items()}
