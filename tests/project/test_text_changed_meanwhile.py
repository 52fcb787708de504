"""The text around a figure changes between its order and its picture: that picture is the one to
keep, and nothing is paid twice.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from project_builds import BLOCK, Build, only, with_text
from sandbox_process import SandboxProcess

from pbfigure.figure.figure import compose
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.settings import gather
from pbfigure.scheduler.jobs import Order

EDITED = with_text("Carbon moves from sea to air.")


def left_pending(build: Build, sandbox: SandboxProcess) -> None:
    """Build with a task that takes longer than the build waits."""
    sandbox.order(endpoint="generate", calls=[1], fault="slow", seconds=40)
    assert only(build(task_timeout=1)).state == "pending"


def test_a_pending_picture_is_fetched_and_kept(build: Build, sandbox: SandboxProcess) -> None:
    left_pending(build, sandbox)
    fetched = build(EDITED)
    assert only(fetched).state == "present"
    assert fetched.credits_spent == 0
    assert only(build(EDITED)).state == "kept"
    assert len(sandbox.log("generate")) == 1


def test_a_pending_picture_does_not_serve_another_figure_of_its_prompt(
    build: Build, sandbox: SandboxProcess
) -> None:
    left_pending(build, sandbox)
    other = only(build(EDITED._replace(name="another")))
    assert other.state == "present"
    assert other.record is not None
    assert other.record.task_id == sandbox.tasks()[1]["task_id"]


def test_a_pending_picture_does_not_stand_for_one_that_is_to_be_drawn_from_the_new_text(
    build: Build, sandbox: SandboxProcess
) -> None:
    left_pending(build, sandbox)
    again = only(build(EDITED, on_text_change="regenerate"))
    assert again.state == "present"
    assert len(sandbox.log("generate")) == 2


def test_a_revision_is_drawn_from_the_picture_that_was_pending_once_that_is_there(
    build: Build, sandbox: SandboxProcess
) -> None:
    left_pending(build, sandbox)
    revised = EDITED._replace(options={"revise": "use blue arrows"})
    fetched = only(build(revised))
    assert "the next build makes it" in fetched.why
    assert only(build(revised)).state == "present"
    assert [task["request"]["type"] for task in sandbox.tasks()] == ["pipeline"] * 2


def test_of_two_open_orders_that_of_the_present_text_is_the_figure_s(
    build: Build, sandbox: SandboxProcess
) -> None:
    for content in ("Carbon moves from air to sea.", *(f"Text {n}." for n in range(4))):
        sandbox.order(endpoint="generate", calls=[1], fault="slow", seconds=40)
        text = with_text(content)
        assert only(build(text, on_text_change="regenerate", task_timeout=1)).state == "pending"
        sandbox.clear_faults()
    fetched = only(build(text))
    assert fetched.record is not None
    assert fetched.record.task_id == sandbox.tasks()[-1]["task_id"]
    assert fetched.key == compose(text).key.digest
    assert len(sandbox.log("generate")) == 5


def test_a_figure_whose_order_is_unknown_stays_unknown(
    build: Build, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="generate", fault="foreign", task={"model": "nano-banana-2"})
    assert only(build()).state == "unknown"
    sandbox.clear_faults()
    assert only(build(EDITED)).state == "unknown"
    assert len(sandbox.log("generate")) == 1


def killed_before_its_answer(folder: Path) -> None:
    """Have a machine's journal say that a build wrote an order down, and was killed."""
    layers = [environment_layer(os.environ, folder)]
    project = Project(folder, gather(layers, figures_dir=folder / "figures"), os.environ)
    figure = compose(BLOCK)
    order = Order(figure.key, figure.request, buyer=project.buyer(figure))
    with project.journal as journal:
        entry = journal.take([figure.key.digest])[figure.key.digest]
        journal.intend(entry, order.facts, time.time() - 1000, "")
        journal.release([figure.key.digest])
    project.close()


def test_the_task_of_an_order_that_a_killed_build_sent_is_fetched(
    build: Build, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    killed_before_its_answer(tmp_path)
    (task_id,) = sandbox.add_foreign_task(type="pipeline", scene="text-to-image")
    adopted = only(build(EDITED))
    assert adopted.state == "present", adopted.why
    assert adopted.record is not None
    assert (adopted.record.task_id, adopted.record.adopted) == (task_id, True)
    assert only(build(EDITED)).state == "kept"
    assert sandbox.log("generate") == []


def test_an_order_that_a_killed_build_never_sent_is_not_sent_with_the_new_text_under_its_key(
    build: Build, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    killed_before_its_answer(tmp_path)
    settled = only(build(EDITED))
    assert settled.state == "missing"
    assert "the next build orders it" in settled.why
    assert sandbox.log("generate") == []
    ordered = only(build(EDITED))
    assert ordered.state == "present"
    assert ordered.key == compose(EDITED).key.digest
