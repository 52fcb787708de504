"""When tasks are polled: by what is known of how long they take, however little that is."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbfigure.scheduler.polling import (
    ALL_READY,
    HISTORY,
    LONGEST_INTERVAL,
    PRIOR,
    PRIOR_OF_EMULATORS,
    SHARE_READY,
    Latencies,
    Latency,
    PendingTask,
    latency_of,
    next_poll,
)

SECONDS = st.floats(0.1, 1e5)
LATENCIES = st.builds(Latency, st.floats(0.1, 1e4), st.floats(0.15, 3))


@st.composite
def pending(draw: st.DrawFn) -> PendingTask:
    age = draw(st.floats(0, 1e6))
    return PendingTask(age, draw(st.floats(0, 1)) * age, draw(LATENCIES))


TASKS = st.lists(pending(), min_size=1, max_size=30)


def chances(tasks: list[PendingTask], seconds: float) -> list[float]:
    return [task.chance(seconds) for task in tasks]


@given(TASKS)
def test_a_poll_is_due_once_a_share_is_likely_ready_or_all_with_some_chance(
    tasks: list[PendingTask],
) -> None:
    due = next_poll(tasks)
    assert 0 <= due <= LONGEST_INTERVAL
    then, before = chances(tasks, due), chances(tasks, 0.9 * due - 0.2)
    if due < LONGEST_INTERVAL:
        assert sum(then) >= SHARE_READY * len(tasks) or math.prod(then) >= ALL_READY
    if due > 0.3:
        assert sum(before) < SHARE_READY * len(tasks)
        assert math.prod(before) < ALL_READY


@given(pending(), st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_task_becomes_no_less_likely_ready(task: PendingTask, one: float, two: float) -> None:
    assert 0 <= task.chance(min(one, two)) <= task.chance(max(one, two)) <= 1


@given(LATENCIES, st.floats(20, 1e6))
def test_a_task_that_outlives_all_others_is_polled_at_a_share_of_its_age(
    latency: Latency, times: float
) -> None:
    age = latency.median * times
    due = next_poll([PendingTask(age, age, latency)])
    assert due <= max(0.2, age * (1 / (1 - ALL_READY)) ** latency.spread * 1.1 - age)


@given(st.lists(SECONDS, max_size=50), st.sampled_from([PRIOR, PRIOR_OF_EMULATORS]))
def test_what_is_learnt_lies_between_the_prior_and_the_past(
    past: list[float], prior: Latency
) -> None:
    learnt = latency_of(past, prior)
    assert min([*past, prior.median]) * 0.999 <= learnt.median
    assert learnt.median <= max([*past, prior.median]) * 1.001
    assert 0 < learnt.spread < math.inf


def test_without_a_past_the_prior_stands_and_few_samples_leave_room_for_others() -> None:
    assert latency_of([], PRIOR) == pytest.approx(PRIOR)
    one = latency_of([10.0], PRIOR)
    assert 10 < one.median < PRIOR.median
    assert one.spread > PRIOR.spread / 2


def test_a_changed_service_is_followed_after_a_few_tasks() -> None:
    before = [600.0] * HISTORY
    latencies = Latencies([("kind", each) for each in [60.0] * HISTORY + before])
    assert latencies.of("kind", emulated=False).median == pytest.approx(60, rel=0.1)
    half = Latencies([("kind", each) for each in [60.0] * (HISTORY // 2) + before])
    changed = half.of("kind", emulated=False)
    assert 60 < changed.median < 600
    assert next_poll([PendingTask(0, 0, changed)]) < 100


def test_kinds_do_not_learn_from_each_other_and_drafts_not_from_the_service() -> None:
    latencies = Latencies([("slow", 300.0)] * HISTORY + [("fast", 5.0)] * HISTORY)
    assert latencies.of("slow", emulated=False).median > 200
    assert latencies.of("fast", emulated=False).median < 10
    assert latencies.of("new", emulated=False) == pytest.approx(PRIOR)
    assert latencies.of("new", emulated=True) == pytest.approx(PRIOR_OF_EMULATORS)


@pytest.mark.parametrize("median", [10.0, 60.0, 300.0])
def test_of_a_single_task_ten_polls_are_expected_whatever_its_latency(median: float) -> None:
    rng, polls, known = random.Random(7), 0, Latency(median, 0.5)
    for _ in range(200):
        ready, age = rng.lognormvariate(math.log(median), 0.5), 0.0
        while age < ready:
            age += next_poll([PendingTask(age, age, known)])
            polls += 1
    assert 8 <= polls / 200 <= 12
