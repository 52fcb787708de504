"""The cache folder removed or replaced under a build; answers that name another order's task."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from builder import outcomes, start
from sandbox_process import SandboxProcess
from test_scheduler_lost_records import verified
from workbench import Bench, order

from pbfigure.scheduler.errors import Misanswered
from pbfigure.scheduler.jobs import Made
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.verified_files import VerifiedFiles

FOUR = [f"ship {number}" for number in range(4)]


def until(condition: Callable[[], object]) -> None:
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come to that")


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def put_another_in_its_place(folder: Path) -> None:
    folder.rename(folder.with_name("moved away"))
    CacheDir(folder, VerifiedFiles(None)).prepare()


def truncate(folder: Path) -> None:
    (folder / "v1" / "state" / "cache.db").write_bytes(b"")


def settle(sandbox: SandboxProcess, bench: Bench, *words: str) -> str:
    command = [sys.executable, "-c", "from pbfigure.command import main; main()", "settle", *words]
    environ = sandbox.env | {"PAPERBANANA_CACHE_DIR": str(bench.folder), "PYTHONPATH": PATH}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


PATH = str(Path(__file__).parents[2])


def test_an_order_without_an_answer_is_settled_though_its_build_lost_the_journal_meanwhile(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="hang_after", seconds=10_000)
    build = start(bench, ["a ship"], build_timeout=20, read_timeout=5)
    until(lambda: len(sandbox.tasks()) == 1)
    shutil.rmtree(bench.folder / "v1" / "state")
    outcomes(build)
    (made,) = bench.made(order("a ship"))
    assert made.record.adopted
    assert len(sandbox.log("generate")) == 1


def answer_with(sandbox: SandboxProcess, made: Made, *, after: bool) -> None:
    """Have every order answered with the task of a picture that was made before."""
    task = {"task_id": made.record.task_id, "status": "pending", "cost_credits": 5}
    answer = {"status": 200, "after": after, "body": {"success": True, "data": task}}
    sandbox.order(endpoint="generate", calls="all", fault="status", **answer)


def test_a_task_of_a_machine_that_lost_everything_is_adopted_by_its_author(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (made,) = bench.made(order("a ship"))
    bench.close()
    shutil.rmtree(bench.folder)
    key, task = made.record.key, made.record.task_id
    assert "the next build fetches it" in settle(sandbox, bench, key, "--adopt", task)
    (again,) = bench.made(order("a ship"))
    assert (again.resumed, again.record.picture) == (True, made.record.picture)
    assert len(sandbox.log("generate")) == 1


@pytest.mark.parametrize("harm", [remove, put_another_in_its_place, truncate])
def test_what_was_ordered_before_its_folder_went_is_not_bought_again_by_the_next_build(
    bench: Bench, sandbox: SandboxProcess, harm: Callable[[Path], None]
) -> None:
    sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=150)
    build = start(bench, FOUR, task_timeout=100)
    until(lambda: len(sandbox.tasks()) == 4)
    time.sleep(0.3)
    harm(bench.folder)
    outcomes(build)
    try:
        bench.journal()
    except StateUnavailable as error:  # that build wrote into the file after it was cut short
        assert "'pbfigure cache verify --repair' repairs it" in str(error)
        assert verified(bench, repair=True).faults_left == 0
    made = bench.made(*map(order, FOUR))
    assert {each.record.task_id for each in made} == {t["task_id"] for t in sandbox.tasks()}
    assert len(sandbox.log("generate")) == 4


@pytest.mark.parametrize("harm", [remove, put_another_in_its_place])
def test_nothing_more_is_ordered_once_the_cache_folder_is_gone(
    bench: Bench, sandbox: SandboxProcess, harm: Callable[[Path], None]
) -> None:
    sandbox.order(endpoint="generate", calls=[2], fault="hang_after", seconds=40)
    build = start(bench, FOUR)
    until(lambda: len(sandbox.tasks()) == 2)
    harm(bench.folder)
    outcomes(build)
    assert len(sandbox.log("generate")) == 2


def test_one_task_for_two_orders_never_shows_one_picture_in_two_figures(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (ship,) = bench.made(order("a ship"))
    answer_with(sandbox, ship, after=True)
    (boat,) = bench.made(order("a boat"))
    assert [ship.record.task_id, boat.record.task_id] == [t["task_id"] for t in sandbox.tasks()]
    assert boat.record.adopted, "and that is told"
    assert len(sandbox.log("generate")) == 2


def test_an_answer_with_another_order_s_task_and_none_of_its_own_is_told_and_not_repeated(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (ship,) = bench.made(order("a ship"))
    answer_with(sandbox, ship, after=False)
    for _ in range(2):
        outcome = bench.build([order("a boat")])["a boat"]
        assert isinstance(outcome, Misanswered)
        assert ship.record.task_id in str(outcome)
    assert len(sandbox.tasks()) == 1
    assert len(sandbox.log("generate")) == 3
    sandbox.clear_faults()
    bench.made(order("a boat"))
