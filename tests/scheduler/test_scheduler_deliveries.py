"""From a task to its picture, through everything a list and a storage host may do."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from workbench import Bench, order

from pbfigure.scheduler.jobs import Made
from pbfigure.scheduler.journal_entry import OrderState


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "corrupt"},
        {"fault": "truncated"},
        {"fault": "truncated", "declared": False},
        {"fault": "oversized"},
        {"fault": "oversized", "declared": False},
        {"fault": "bomb"},
        {"fault": "html"},
        {"fault": "mistyped", "as": "html"},
        {"fault": "mistyped", "as": "svg"},
        {"fault": "expired"},
        {"fault": "expired", "status": 404},
        {"fault": "status", "status": 503},
        {"fault": "drop_before"},
        {"fault": "drop_after", "reset": True},
        {"fault": "gzip_bomb"},
    ],
    ids=lambda each: "-".join(map(str, each.values())),
)
def test_a_spoiled_download_is_fetched_again_and_the_task_is_paid_once(
    bench: Bench, sandbox: SandboxProcess, fault: dict[str, object]
) -> None:
    sandbox.order(endpoint="download", **fault)
    (made,) = bench.made(order("a ship"))
    (task,) = sandbox.tasks()
    assert made.record.picture.sha256 == task["images"][0]["sha256"]
    assert len(sandbox.log("download")) == 2
    assert not list((bench.folder / "v1" / "incoming").iterdir())


def test_a_picture_that_never_comes_whole_stays_in_the_journal(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", calls="all", fault="corrupt")
    assert "without paying again" in str(bench.refused(order("a ship")))
    assert bench.entry(order("a ship")).state == OrderState.SUBMITTED  # type: ignore[union-attr]
    sandbox.clear_faults()
    (made,) = bench.made(order("a ship"))
    assert made.resumed
    assert len(sandbox.tasks()) == 1


def test_a_picture_beyond_what_is_decoded_is_told_of_by_its_task_and_never_bought_again(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", calls="all", fault="bomb")
    for _ in range(2):
        told = str(bench.refused(order("a ship")))
        (task,) = sandbox.tasks()
        assert task["task_id"] in told
        assert "stays in the journal" in told
        assert "pixels" in told
    assert bench.entry(order("a ship")).state == OrderState.SUBMITTED  # type: ignore[union-attr]
    assert not list((bench.folder / "v1" / "incoming").iterdir())
    sandbox.clear_faults()
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 1


def test_addresses_that_expire_are_asked_for_anew(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.settings(url_expiry=0)
    sandbox.order(endpoint="task", calls=[2], fault="hang_before", seconds=1)
    outcomes = bench.build([order("a ship")])
    assert not isinstance(outcomes["a ship"], Made)
    sandbox.settings(url_expiry=None)
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 1


def test_a_redirected_download_is_followed(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="download", fault="redirect", hops=3)
    (made,) = bench.made(order("a ship"))
    (task,) = sandbox.tasks()
    assert made.record.picture.sha256 == task["images"][0]["sha256"]
    assert 302 in [entry["status"] for entry in sandbox.log("download")]


def test_all_pictures_of_a_task_are_kept_and_the_first_is_shown(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="several_images", count=3)
    (made,) = bench.made(order("a ship"))
    (task,) = sandbox.tasks()
    assert [each.sha256 for each in made.record.pictures] == [
        image["sha256"] for image in task["images"]
    ]
    assert made.picture.path == bench.cache().path_of(made.record.pictures[0])


def test_of_several_pictures_those_that_can_be_had_are_kept(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="several_images", count=2)
    sandbox.order(endpoint="download", calls=[2, 4, 6, 8, 10], fault="corrupt")
    (made,) = bench.made(order("a ship"))
    assert len(made.record.pictures) == 1


def test_another_format_than_was_asked_for_is_kept_as_what_it_is(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="download", **{"fault": "mistyped", "as": "webp"})
    (made,) = bench.made(order("a ship"))
    assert made.record.picture.format == "webp"
    assert made.picture.path.suffix == ".webp"


def test_a_task_without_pictures_is_looked_at_again_and_then_left_in_the_journal(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="no_images")
    assert "no picture" in str(bench.refused(order("a ship")))
    assert bench.entry(order("a ship")).state == OrderState.SUBMITTED  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", [{"fault": "unordered"}, {"fault": "missing", "count": 2}])
def test_a_list_in_disorder_or_with_gaps_delivers_every_picture(
    bench: Bench, sandbox: SandboxProcess, fault: dict[str, object]
) -> None:
    sandbox.order(endpoint="tasks", calls="all", **fault)
    bench.made(*(order(f"ship {number}") for number in range(6)))
    assert len(sandbox.tasks()) == 6


def test_tasks_that_the_list_never_shows_are_asked_for_by_id(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", calls=[2], fault="unlisted")
    bench.made(*(order(f"ship {number}") for number in range(4)))
    assert len(sandbox.tasks()) == 4
    assert sandbox.log("task"), "asked for by its id"


def test_a_team_that_fills_the_list_does_not_hide_our_tasks(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="tasks", calls="all", fault="foreign", count=120)
    made = bench.made(*(order(f"ship {number}") for number in range(4)))
    assert len({each.record.task_id for each in made}) == 4
    assert len(sandbox.log("generate")) == 4


def test_a_list_that_is_broken_for_good_is_done_without(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="tasks", calls="2-", fault="html")
    bench.made(*(order(f"ship {number}") for number in range(4)))
    assert len(sandbox.tasks()) == 4


def test_one_task_whose_page_is_broken_holds_up_no_other(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="tasks", calls="2-", fault="html")
    sandbox.order(endpoint="task", calls="all", fault="broken_json", prompt="ship 1")
    outcomes = bench.build([order(f"ship {number}") for number in range(3)], task_timeout=600)
    assert [isinstance(each, Made) for each in outcomes.values()] == [True, False, True]


def test_an_unknown_status_is_waited_for_until_the_time_is_over(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="unknown_status", word="archived")
    assert "archived" in str(bench.refused(order("a ship"), task_timeout=200))


def test_looks_that_fail_for_a_while_are_forgiven(bench: Bench, sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="task", calls=[1], fault="status", status=500)
    sandbox.order(endpoint="task", calls=[2], fault="status", status=503, retry_after=2)
    sandbox.order(endpoint="task", calls=[3], fault="drop_before")
    sandbox.order(endpoint="task", calls=[4], fault="truncated")
    bench.made(order("a ship"))
    assert len(sandbox.log("task")) >= 5
    assert len(sandbox.tasks()) == 1


def test_a_service_out_of_reach_ends_the_wait_and_the_next_build_goes_on(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="task", calls="all", fault="status", status=500)
    assert "next build" in str(bench.refused(order("a ship")))
    sandbox.clear_faults()
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 1


def test_a_disk_that_refuses_is_named_and_the_task_stays_in_the_journal(
    bench: Bench, sandbox: SandboxProcess
) -> None:
    bench.cache().incoming()
    incoming = bench.folder / "v1" / "incoming"
    incoming.rmdir()
    incoming.write_text("no folder")
    error = str(bench.refused(order("a ship")))
    assert "cannot be kept" in error
    incoming.unlink()
    incoming.mkdir()
    bench.made(order("a ship"))
    assert len(sandbox.tasks()) == 1


def test_nothing_is_alive_when_a_batch_is_over(bench: Bench, sandbox: SandboxProcess) -> None:
    def held() -> set[str]:
        links = (each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink())
        return {str(link) for link in links if "socket" in str(link) or "lock" in str(link)}

    threads, descriptors = threading.active_count(), held()
    bench.made(*(order(f"ship {number}") for number in range(3)))
    assert threading.active_count() == threads
    assert held() <= descriptors
    assert not list((bench.folder / "v1" / "locks").glob("owner-*"))
