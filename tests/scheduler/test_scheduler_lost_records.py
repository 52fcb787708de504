"""A record that rotted in the cache: what it told was paid for, and is not paid for again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from stock import record_of
from workbench import Bench, order

from pbfigure.command.settle import give_up
from pbfigure.project.project import Project
from pbfigure.project.settings import Layer, gather
from pbfigure.scheduler.delivery import FETCH_TRIES
from pbfigure.scheduler.errors import UnknownFate
from pbfigure.scheduler.jobs import Made
from pbfigure.scheduler.journal_entry import OrderState
from pbfigure.store.record import write_record
from pbfigure.upkeep.verify import verify
from pbfigure.upkeep.verify_findings import Verification

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "garbage": lambda data: b"\xee" * len(data),
    "another version": lambda data: data.replace(b'"version": 1', b'"version": 99'),
    "another key's": lambda data: data,
}
SHIP = order("a ship")


def record_path(bench: Bench) -> Path:
    return bench.cache().record_path(SHIP.key.digest)


def damage(bench: Bench, how: str, **limits: float) -> bytes:
    """Buy a ship, and damage its record; return what stands there then."""
    (made,) = bench.made(SHIP, **limits)
    path = record_path(bench)
    data = DAMAGE[how](path.read_bytes())
    if how == "another key's":
        data = write_record(record_of("b", *made.record.pictures))
    path.write_bytes(data)
    return data


def lose_the_state(bench: Bench) -> None:
    bench.close()
    shutil.rmtree(bench.folder / "v1" / "state")


def lose_state_and_ledger(bench: Bench) -> None:
    """Have both of them anew, as on a machine to which only records and pictures were copied."""
    lose_the_state(bench)
    ledger = bench.cache().ledger
    ledger.path.unlink()
    ledger.begin()


def verified(bench: Bench, *, repair: bool) -> Verification:
    given = {"cache_dir": str(bench.folder), "base_url": bench.base_url}
    settings = gather([Layer(given, "{}", bench.folder)], figures_dir=bench.folder / "none")
    return verify(Project(bench.folder, settings, {}), repair=repair)


def quarantined(bench: Bench) -> list[bytes]:
    return [path.read_bytes() for path in (bench.folder / "v1" / "quarantine").iterdir()]


@pytest.mark.parametrize("how", DAMAGE)
def test_the_task_of_a_damaged_record_is_fetched_again_without_paying(
    bench: Bench, sandbox: SandboxProcess, how: str
) -> None:
    data = damage(bench, how)
    (again,) = bench.made(SHIP)
    (task,) = sandbox.tasks()
    assert (again.resumed, again.credits) == (True, 0)
    assert again.record.task_id == task["task_id"]
    assert again.record.draft, "the sandbox's, as before"
    assert again.record.picture.sha256 == task["images"][0]["sha256"]
    assert quarantined(bench) == [data]
    assert bench.made(SHIP)[0].record == again.record
    assert bench.journal().entries() == []


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_record_whose_journal_is_gone_too_is_fetched_as_the_ledger_says(
    bench: Bench, sandbox: SandboxProcess, how: str
) -> None:
    damage(bench, how)
    lose_the_state(bench)
    (again,) = bench.made(SHIP)
    assert again.record.task_id == sandbox.tasks()[0]["task_id"]
    assert len(sandbox.log("generate")) == 1


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_record_of_which_nothing_tells_the_task_is_told_of_and_never_bought_again(
    bench: Bench, sandbox: SandboxProcess, how: str
) -> None:
    data = damage(bench, how)
    lose_state_and_ledger(bench)
    for _ in range(2):
        told = bench.refused(SHIP)
        assert isinstance(told, UnknownFate)
        assert str(record_path(bench)) in str(told)
        assert "cache verify --repair" in str(told)
    assert len(sandbox.log("generate")) == 1
    assert record_path(bench).read_bytes() == data


def test_a_damaged_record_holds_up_no_other_picture(bench: Bench, sandbox: SandboxProcess) -> None:
    damage(bench, "garbage")
    lose_state_and_ledger(bench)
    outcomes = bench.build([SHIP, order("a boat")])
    assert [isinstance(each, Made) for each in outcomes.values()] == [False, True]
    record_path(bench).unlink()  # its owner's decision, as it was told
    bench.made(SHIP)
    assert len(sandbox.tasks()) == 3


def test_of_several_tasks_of_a_damaged_record_the_one_with_the_picture_is_found(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls="1-3", fault="failed")
    for _ in range(3):
        assert "failed at the service" in str(bench.refused(SHIP, retry_failed_after=0))
    damage(bench, "garbage", retry_failed_after=0)
    assert len(sandbox.tasks()) == 4
    (again,) = bench.made(SHIP)
    assert again.record.picture.sha256 == sandbox.tasks()[3]["images"][0]["sha256"]
    assert len(sandbox.tasks()) == 4


def test_of_two_bought_tasks_of_a_damaged_record_the_older_is_fetched_if_the_newer_is_forgotten(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (older,) = bench.made(SHIP)
    older.picture.path.unlink()
    sandbox.order(endpoint="download", calls="all", fault="expired")
    bench.refused(SHIP)
    with bench.journal() as journal:
        give_up(journal, bench.cache(), SHIP.key.digest, known_task=True)
    sandbox.clear_faults()
    bench.made(SHIP)
    assert len(sandbox.tasks()) == 2
    record_path(bench).write_bytes(b"")
    sandbox.order(endpoint="task", calls=f"1-{FETCH_TRIES}", fault="status", status=404)
    (again,) = bench.made(SHIP)
    assert again.record.task_id == older.record.task_id
    assert len(sandbox.tasks()) == 2


@pytest.mark.parametrize("how", ["truncated", "another version"])  # which names its task
def test_a_damaged_record_whose_task_the_service_forgot_is_decided_about_by_its_owner(
    bench: Bench, sandbox: SandboxProcess, how: str
) -> None:
    damage(bench, how)
    sandbox.order(endpoint="task", calls="all", fault="status", status=404)
    for _ in range(2):
        assert "pbfigure settle" in str(bench.refused(SHIP))
    entry = bench.entry(SHIP)
    assert entry is not None
    assert entry.state == OrderState.UNKNOWN
    assert entry.candidates == (sandbox.tasks()[0]["task_id"],)
    assert not record_path(bench).exists()
    assert len(sandbox.log("generate")) == 1


@pytest.mark.parametrize("how", DAMAGE)
def test_a_repair_has_a_damaged_record_s_task_fetched_by_the_next_build(
    bench: Bench, sandbox: SandboxProcess, how: str
) -> None:
    damage(bench, how)
    assert "record" in [each.kind for each in verified(bench, repair=False).findings]
    assert verified(bench, repair=True).faults_left == 0
    assert not record_path(bench).exists()
    (again,) = bench.made(SHIP)
    assert again.resumed
    assert len(sandbox.log("generate")) == 1
    assert verified(bench, repair=True).faults_left == 0


@pytest.mark.parametrize("how", DAMAGE)
def test_a_repair_without_state_and_ledger_has_a_damaged_record_decided_about_by_its_owner(
    bench: Bench, sandbox: SandboxProcess, how: str
) -> None:
    damage(bench, how)
    lose_the_state(bench)
    bench.cache().ledger.path.unlink()
    assert verified(bench, repair=True).faults_left == 0
    assert isinstance(bench.refused(SHIP), UnknownFate)
    entry = bench.entry(SHIP)
    assert entry is not None
    assert entry.state == OrderState.UNKNOWN
    assert len(sandbox.log("generate")) == 1
