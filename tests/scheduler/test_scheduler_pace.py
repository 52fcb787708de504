"""The pace: how many in a window, what is left to polls, and clocks that jump."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulation import StandingClock

from pbfigure.scheduler.pace import POLL_SHARE, WINDOW, Pace
from pbfigure.store.database import Database


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path)


def test_a_window_takes_58_requests_of_which_orders_leave_some_to_polls(
    database: Database, clock: StandingClock
) -> None:
    pace = Pace(database, clock, "key", 60)
    assert [pace.take() for _ in range(58 - POLL_SHARE)] == [0.0] * (58 - POLL_SHARE)
    assert pace.take() == pytest.approx(WINDOW)
    assert [pace.take(poll=True) for _ in range(POLL_SHARE)] == [0.0] * POLL_SHARE
    assert pace.take(poll=True) == pytest.approx(WINDOW)
    clock.now += WINDOW
    assert pace.take() == 0.0


def test_two_builds_under_one_key_share_a_window_and_under_two_keys_do_not(
    database: Database, clock: StandingClock
) -> None:
    first, second = Pace(database, clock, "key", 3), Pace(database, clock, "key", 3)
    assert first.take(poll=True) == second.take(poll=True) == 0.0
    assert first.take(poll=True) > 0
    assert Pace(database, clock, "another", 3).take(poll=True) == 0.0


def test_a_pause_holds_for_all_and_the_longest_one_counts(
    database: Database, clock: StandingClock
) -> None:
    first, second = Pace(database, clock, "key", 60), Pace(database, clock, "key", 60)
    first.pause(40)
    second.pause(10)
    assert second.take() == pytest.approx(40)
    clock.now += 41
    assert second.take() == 0.0


@pytest.mark.parametrize("jump", [-1e6, 1e6])
def test_a_clock_that_jumps_stops_nothing_for_longer_than_a_window(
    database: Database, clock: StandingClock, jump: float
) -> None:
    pace = Pace(database, clock, "key", 2)
    pace.pause(60)
    clock.now += 61
    while not pace.take(poll=True):
        pass
    clock.now += jump
    assert pace.take(poll=True) <= WINDOW


@pytest.mark.parametrize(
    "document", [{}, {"times": "x"}, {"times": [None, "a", []], "not_before": {}}, {"orders": 3}]
)
def test_a_log_that_is_damaged_counts_as_empty(
    database: Database, clock: StandingClock, document: dict[str, object]
) -> None:
    database.put("pace:key", document)
    assert Pace(database, clock, "key", 60).take() == 0.0
