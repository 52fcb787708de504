"""The rate limit: how many in a window, what is left to polls, and clocks that jump."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation import StandingClock

from pbfigure.scheduler.rate_limit import TURN_TIMEOUT, WINDOW, YIELD, RateLimit
from pbfigure.store.database import Database


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path)


def test_a_window_takes_60_requests(database: Database, clock: StandingClock) -> None:
    rate_limit = RateLimit(database, clock, "key", 60)
    assert [rate_limit.take() for _ in range(60)] == [0.0] * 60
    assert rate_limit.take() == pytest.approx(WINDOW)
    assert rate_limit.take(poll=True) == pytest.approx(WINDOW)
    clock.now += WINDOW
    assert rate_limit.take() == 0.0


def test_an_order_leaves_a_free_place_to_a_poll_that_waits(
    database: Database, clock: StandingClock
) -> None:
    rate_limit = RateLimit(database, clock, "key", 2)
    assert rate_limit.take() == 0.0
    clock.now += 10
    assert rate_limit.take() == 0.0
    assert rate_limit.take(poll=True) == pytest.approx(WINDOW - 10)
    clock.now += WINDOW - 10
    assert rate_limit.take() == YIELD
    assert rate_limit.take(poll=True) == 0.0
    clock.now += 10
    assert rate_limit.take() == 0.0


def test_a_poll_that_nobody_sends_any_more_holds_up_orders_for_a_moment_only(
    database: Database, clock: StandingClock
) -> None:
    rate_limit = RateLimit(database, clock, "key", 1)
    assert rate_limit.take() == 0.0
    assert RateLimit(database, clock, "key", 1).take(poll=True) == pytest.approx(WINDOW)
    clock.now += WINDOW
    assert rate_limit.take() == YIELD
    clock.now += TURN_TIMEOUT
    assert rate_limit.take() == 0.0


@pytest.mark.parametrize("poll", [True, False])
def test_a_request_counts_until_a_window_after_its_answer(
    database: Database, clock: StandingClock, poll: bool
) -> None:
    rate_limit = RateLimit(database, clock, "key", 2)
    assert rate_limit.take(poll=poll) == 0.0
    with rate_limit.sending(poll=poll):
        clock.now += 7
    assert rate_limit.take(poll=not poll) == 0.0
    assert RateLimit(database, clock, "key", 2).take() == pytest.approx(WINDOW)


def test_a_request_counts_until_a_window_after_its_failure(
    database: Database, clock: StandingClock
) -> None:
    rate_limit = RateLimit(database, clock, "key", 1)
    assert rate_limit.take() == 0.0
    with pytest.raises(TimeoutError), rate_limit.sending():
        clock.now += 20
        raise TimeoutError
    assert rate_limit.take() == pytest.approx(WINDOW)


def test_two_builds_under_one_key_share_a_window_and_under_two_keys_do_not(
    database: Database, clock: StandingClock
) -> None:
    first, second = RateLimit(database, clock, "key", 2), RateLimit(database, clock, "key", 2)
    assert first.take(poll=True) == second.take(poll=True) == 0.0
    assert first.take(poll=True) > 0
    assert RateLimit(database, clock, "another", 2).take(poll=True) == 0.0


def test_a_pause_holds_for_all_and_the_longest_one_counts(
    database: Database, clock: StandingClock
) -> None:
    first, second = RateLimit(database, clock, "key", 60), RateLimit(database, clock, "key", 60)
    first.pause(40)
    second.pause(10)
    assert second.take() == pytest.approx(40)
    clock.now += 41
    assert second.take() == 0.0


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_clock_that_jumps_stops_nothing_for_longer_than_a_window(
    database: Database, clock: StandingClock, jump: float
) -> None:
    rate_limit = RateLimit(database, clock, "key", 2)
    rate_limit.pause(60)
    clock.now += 61
    while not rate_limit.take(poll=True):
        pass
    clock.now += jump
    assert rate_limit.take(poll=True) <= WINDOW


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"times": "x"},
        {"times": [None, "a", []], "not_before": {}},
        {"waiting": [1]},
        {"waiting": {"order:x": "y", "order:y": [0.0], "order:z": [0.0, 1e99], "": [None, 1.0]}},
    ],
)
def test_a_log_that_is_damaged_counts_as_empty(
    database: Database, clock: StandingClock, document: dict[str, object]
) -> None:
    database.put("rate_limit:key", document)
    assert RateLimit(database, clock, "key", 60).take() == 0.0


class Builder:
    """A build that orders as fast as it may, as the scheduler does: waits as long as it is told."""

    def __init__(self, database: Database, clock: StandingClock, orders: int) -> None:
        self.rate_limit = RateLimit(database, clock, "key", 60)
        self.left = orders
        self.next_at = clock.now


def arrivals(clock: StandingClock, builders: list[Builder], *, seconds: float) -> list[Builder]:
    """Let builders order, each at its moment, those named first before others at the same one."""
    came = []
    end = clock.now + seconds
    while (left := [builder for builder in builders if builder.left]) and clock.now < end:
        builder = min(left, key=lambda builder: builder.next_at)
        clock.now = max(clock.now, builder.next_at)
        wait = builder.rate_limit.take()
        builder.next_at = clock.now + (wait or 0.01)  # an order takes a moment
        if not wait:
            builder.left -= 1
            came.append(builder)
    return came


@pytest.mark.parametrize("head_start", [0, 20, 58, 100])
def test_a_small_build_gets_every_other_place_beside_a_big_one(
    database: Database, clock: StandingClock, head_start: int
) -> None:
    big = Builder(database, clock, head_start)
    arrivals(clock, [big], seconds=10_000)
    big.left, big.next_at = 200, clock.now
    small = Builder(database, clock, 5)
    small.next_at = clock.now
    came = arrivals(clock, [big, small], seconds=10_000)
    assert came.index(small) <= 1
    assert len(came[: came.index(small)]) + 10 >= [i for i, m in enumerate(came) if m is small][-1]


def test_many_builds_share_the_places_evenly(database: Database, clock: StandingClock) -> None:
    builders = [Builder(database, clock, 100) for _ in range(4)]
    came = arrivals(clock, builders, seconds=240)
    shares = [came.count(builder) for builder in builders]
    assert sum(shares) >= 4 * 50
    assert max(shares) - min(shares) <= 2


def test_a_build_that_was_killed_while_it_waited_holds_up_nobody_for_long(
    database: Database, clock: StandingClock
) -> None:
    big, began = Builder(database, clock, 60), clock.now
    arrivals(clock, [big], seconds=50)
    assert RateLimit(database, clock, "key", 60).take() > 0  # the last that is heard of it
    big.left = 4
    assert len(arrivals(clock, [big], seconds=100)) == 4
    assert clock.now - began < WINDOW + TURN_TIMEOUT + 1


def test_a_build_that_waits_for_anothers_answer_is_next(
    database: Database, clock: StandingClock
) -> None:
    first, second = RateLimit(database, clock, "key", 60), RateLimit(database, clock, "key", 60)
    assert first.take() == 0.0
    clock.now += 0.5
    second.queue()
    assert first.take() > 0
    assert second.take() == 0.0
    assert first.take() == 0.0
