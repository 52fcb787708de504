"""``pbfigure settle``: what it lists, and what its answers do to the next build."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sandbox_process import SandboxProcess
from workbench import Bench, order

from pbfigure.command.settle import settle
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import OrderState

SHIP, BOAT = order("a ship"), order("a boat")


@pytest.fixture(autouse=True)
def _here(
    bench: Bench, sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(bench.folder))
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(settle, words)


def lose(bench: Bench, sandbox: SandboxProcess) -> str:
    """Have an order lost with a foreign task about; return the task that is really its own."""
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="generate", fault="foreign", task={"model": "nano-banana-2"})
    bench.refused(SHIP)
    return str(sandbox.tasks()[-1]["task_id"])


def test_what_is_open_is_listed_with_its_candidates_and_fails_the_command(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    assert run().exit_code == 0
    task_id = lose(bench, sandbox)
    result = run("--json")
    (entry,) = json.loads(result.stdout)["orders"]
    assert result.exit_code == 1
    assert (entry["state"], entry["key"]) == (OrderState.UNKNOWN, SHIP.key.digest)
    assert task_id in entry["candidates"]
    assert entry["request"]["prompt"] == "a ship"
    assert "unknown" in run().output


def test_an_adopted_task_is_fetched_by_the_next_build_and_marked(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    task_id = lose(bench, sandbox)
    assert run(SHIP.key.digest[:8], "--adopt", task_id).exit_code == 0
    (made,) = bench.made(SHIP)
    assert (made.record.task_id, made.record.adopted) == (task_id, True)
    assert made.record.draft, "it is the sandbox's"
    assert len(sandbox.tasks()) == 1


@pytest.mark.parametrize("prefix", ["", SHIP.key.digest[:7]])
def test_an_order_is_not_forgotten_by_fewer_than_8_digits(
    bench: Bench, sandbox: SandboxProcess, prefix: str
) -> None:
    lose(bench, sandbox)
    result = run(prefix, "--retry")
    assert result.exit_code == 2
    assert f"{prefix!r} is not 8 to 64 hex digits" in result.output
    bench.refused(SHIP)
    assert len(sandbox.tasks()) == 1


@pytest.mark.parametrize("answer", ["--retry", "--drop"])
def test_a_forgotten_order_is_placed_by_the_next_build(
    bench: Bench, sandbox: SandboxProcess, answer: str
) -> None:
    lose(bench, sandbox)
    assert run(SHIP.key.digest, answer).exit_code == 0
    bench.made(SHIP)
    assert len(sandbox.tasks()) == 2


def test_a_task_that_is_another_keys_picture_is_not_adopted(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (boat,) = bench.made(BOAT)
    lose(bench, sandbox)
    result = run(SHIP.key.digest, "--adopt", boat.record.task_id)
    assert result.exit_code == 2
    assert "another key" in result.output
    assert run(SHIP.key.digest, "--adopt", "no id").exit_code == 2


def test_a_task_that_never_ends_can_be_given_up(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="generate", fault="never")
    bench.refused(SHIP, task_timeout=10)
    assert run(SHIP.key.digest, "--retry", "--drop").exit_code == 2
    result = run(SHIP.key.digest, "--drop")
    assert sandbox.tasks()[0]["task_id"] in result.output
    bench.made(SHIP)


def test_a_task_that_is_known_is_not_ordered_once_more(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="slow", seconds=40)
    bench.refused(SHIP, task_timeout=10)
    result = run(SHIP.key.digest, "--retry")
    assert result.exit_code == 2
    assert sandbox.tasks()[0]["task_id"] in result.output
    bench.made(SHIP)
    assert len(sandbox.tasks()) == 1


def test_it_looks_where_it_is_told_to(
    bench: Bench, sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose(bench, sandbox)
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(tmp_path / "another"))
    nothing = run()
    assert nothing.exit_code == 0
    assert str(tmp_path / "another") in nothing.output
    assert run("--cache-dir", str(bench.folder)).exit_code == 1
    elsewhere = "--base-url", "https://service.example/api/v1"
    nothing = run("--cache-dir", str(bench.folder), *elsewhere)
    assert nothing.exit_code == 0
    assert "service.example" in nothing.output


def test_a_picture_that_was_lost_and_is_not_to_be_had_again_can_be_given_up(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    (made,) = bench.made(SHIP)
    made.picture.path.unlink()
    sandbox.order(endpoint="download", calls="all", fault="expired")
    assert "journal" in str(bench.refused(SHIP))
    sandbox.clear_faults()
    assert run(SHIP.key.digest, "--drop").exit_code == 0
    bench.made(SHIP)
    assert len(sandbox.tasks()) == 2


def test_an_order_that_a_build_works_on_is_left_to_it(bench: Bench) -> None:
    with bench.journal() as journal:
        journal.take([SHIP.key.digest])
        result = run(SHIP.key.digest, "--drop")
    assert result.exit_code == 2
    assert "running build" in result.output
    assert run("ffff", "--drop").exit_code == 2


def test_an_unknown_order_is_over_once_its_picture_came_from_another_machine(
    bench: Bench, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    lose(bench, sandbox)
    other = Bench(bench.base_url, bench.key, tmp_path / "other machine")
    (bought,) = other.made(SHIP)
    bench.cache().keep(bought.record, [bought.picture.path])
    assert run().exit_code == 1
    ordered = len(sandbox.log("generate"))
    assert bench.made(SHIP)[0].record == bought.record
    assert run().exit_code == 0
    assert bench.journal().ledger.open_orders() == set()
    assert len(sandbox.log("generate")) == ordered
    other.close()


def test_what_needs_no_decision_is_not_decided(bench: Bench, sandbox: SandboxProcess) -> None:
    bench.made(SHIP)
    sandbox.order(endpoint="generate", fault="drop_after")
    bench.refused(BOAT, build_timeout=10)
    ordered = [task["task_id"] for task in sandbox.tasks()]
    for figure, why in ((SHIP, "nothing of it is open"), (BOAT, "the next build takes care of it")):
        for answer in (["--adopt", ordered[-1]], ["--drop"], ["--retry"]):
            refused = run(figure.key.digest, *answer)
            assert refused.exit_code == 2
            assert why in refused.output
    bench.made(SHIP, BOAT)
    assert [task["task_id"] for task in sandbox.tasks()] == ordered


def test_keys_that_say_nothing_are_not_listed(bench: Bench) -> None:
    cache = bench.cache()
    dead = Journal(cache.state, cache.locks, bench.base_url)
    dead.take([SHIP.key.digest])
    assert [entry.state for entry in dead.entries()] == [OrderState.FREE]
    assert json.loads(run("--json").stdout)["orders"] == []
