"""``resolve`` as the front ends drive it before TeX has run, and in a watcher's rounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from project_builds import BLOCK, Build, only, told, with_text
from sandbox_process import SandboxProcess

HELD = "a watcher's rounds buy nothing new"
OTHER = BLOCK._replace(prompt="Another chart", name="other")


def test_looking_up_finds_what_is_there_and_neither_asks_nor_warns_of_what_is_not(
    build: Build, sandbox: SandboxProcess
) -> None:
    build(BLOCK)
    requests = len(sandbox.log())
    changed = BLOCK._replace(prompt="A changed prompt")
    looked = build(with_text("Other words."), OTHER, look_up_only=True, mode="generate")
    assert [figure.state for figure in looked.figures] == ["kept", "missing"]
    assert only(build(changed, look_up_only=True)).state == "outdated"
    assert told(looked) == []
    assert not looked.must_fail
    assert len(sandbox.log()) == requests


@pytest.mark.parametrize("settings", [{"mode": "frozen"}, {"on_failure": "error"}])
def test_looking_up_judges_nothing(build: Build, settings: dict[str, str]) -> None:
    looked = build(OTHER, look_up_only=True, **settings)
    assert (looked.must_fail, told(looked)) == (False, [])


def test_what_is_held_is_not_ordered_and_says_why(build: Build, sandbox: SandboxProcess) -> None:
    build(BLOCK)
    orders = len(sandbox.log("generate"))
    changed = BLOCK._replace(prompt="A changed prompt")
    held = build(changed, OTHER, hold=HELD)
    assert [figure.state for figure in held.figures] == ["held", "held"]
    assert [figure.why for figure in held.figures] == [HELD, HELD]
    assert held.figures[0].path is not None, "it shows its last picture meanwhile"
    assert told(held) == ["held"]
    assert "that would cost 12 credits (2 figures held: guide.rst:12" in held.notices[-1].text
    assert len(sandbox.log("generate")) == orders
    assert only(build(OTHER)).made


def test_what_was_ordered_before_is_fetched_by_a_build_that_holds(
    build: Build, sandbox: SandboxProcess
) -> None:
    pending = build(BLOCK, task_timeout=0.01)
    assert only(pending).state == "pending"
    held = build(BLOCK, OTHER, hold=HELD)
    assert [figure.state for figure in held.figures] == ["present", "held"]
    assert held.figures[0].made
    assert len(sandbox.tasks()) == 1


def test_offline_calls_pending_what_was_ordered(build: Build) -> None:
    build(BLOCK, task_timeout=0.01)
    looked = build(BLOCK, mode="offline")
    assert only(looked).state == "pending"
    assert told(looked) == ["pending"]


def test_offline_shows_the_cache_s_copy_of_a_damaged_picture_and_writes_nothing(
    build: Build, tmp_path: Path
) -> None:
    path = only(build(BLOCK)).path
    assert path is not None
    whole = path.read_bytes()
    path.write_bytes(b"")
    looked = build(BLOCK, mode="offline")
    shown = only(looked)
    assert (shown.state, told(looked)) == ("present", ["picture"])
    assert shown.path is not None
    assert shown.path.is_relative_to(os.environ["PAPERBANANA_CACHE_DIR"])
    assert (shown.path.read_bytes(), path.read_bytes()) == (whole, b"")
    assert told(build(BLOCK)) == ["picture"]
    assert path.read_bytes() == whole


def test_the_default_budget_does_not_count_drafts(build: Build) -> None:
    dear = [
        BLOCK._replace(name=f"n{n}", prompt=f"Chart {n}", options={"resolution": "4K"})
        for n in range(5)
    ]
    assert build(*dear).credits_spent == 120


def test_a_budget_that_is_set_holds_what_is_over_it(build: Build, sandbox: SandboxProcess) -> None:
    held = build(BLOCK, OTHER, max_credits=6)
    assert [figure.state for figure in held.figures] == ["held", "held"]
    assert told(held) == ["budget"]
    assert sandbox.log("generate") == []


def test_offline_asks_its_author_about_an_order_whose_fate_is_unknown(
    build: Build, sandbox: SandboxProcess
) -> None:
    sandbox.order(endpoint="generate", fault="drop_after")
    sandbox.order(endpoint="generate", fault="foreign", task={"model": "nano-banana-pro"})
    revised = BLOCK._replace(name="bluer", options={"revise": "Use blue"})
    ordered = build(BLOCK, revised)
    looked = build(BLOCK, revised, mode="offline")
    assert [figure.state for figure in looked.figures] == ["unknown", "unknown"]
    assert [figure.why for figure in looked.figures] == [figure.why for figure in ordered.figures]
    assert all("pbfigure settle" in figure.why for figure in looked.figures)
    assert told(looked) == ["unknown", "unknown"]
