"""Builds of a team's machines with one store: what one bought, the others show without a cost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from program_forks import forked
from project_builds import BLOCK, only, told
from sandbox_process import SandboxProcess
from shared_stores import RealService, Store, Web

from pbfigure.project.resolved_figure import Resolution
from pbfigure.store.ledger import Ledger

pytestmark = pytest.mark.parametrize("store", ["file", "s3", "http"], indirect=True)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no slow store."""
    monkeypatch.setattr("pbfigure.store.shared_cache.LOOK_UP_SECONDS", 300.0)
    monkeypatch.setattr("pbfigure.store.shared_cache.UPLOAD_SECONDS", 300.0)


Machine = Callable[..., Resolution]
OTHER = BLOCK._replace(prompt="Another chart", name="other")


@pytest.fixture
def claims(store: Store) -> bool:
    """Whether the store can tell which of several machines is first."""
    return not isinstance(store, Web)


OF_THE_STORE = ("pbfigure.store.object_store", "pbfigure.store.shared_cache")
NO_KEY = {"PAPERBANANA_API_KEY": ""}


def said(resolution: Resolution) -> list[str]:
    return [notice.text for notice in resolution.notices if notice.subtype == "shared"]


def test_what_one_machine_buys_another_gets_without_a_key_or_a_purchase(
    machine: Callable[[str], Machine],
    sandbox: SandboxProcess,
    service: RealService,
    tmp_path: Path,
) -> None:
    first = machine("a")(BLOCK, OTHER)
    assert (first.made, told(first)) == (2, [])
    second = machine("b")(BLOCK, OTHER, **NO_KEY)
    assert [figure.state for figure in second.figures] == ["present", "present"]
    assert said(second) == ["2 pictures taken from the shared store, for free"]
    assert (told(second), second.credits_spent) == ([], 0)
    assert len(sandbox.tasks()) == 2
    for ours, theirs in zip(first.figures, second.figures, strict=True):
        assert ours.path is not None and theirs.path is not None
        assert ours.path.read_bytes() == theirs.path.read_bytes()
        assert theirs.path.is_relative_to(tmp_path / "b" / "figures")
    assert len(Ledger(tmp_path / "a/cache/v1").purchases()) == 2
    assert Ledger(tmp_path / "b/cache/v1").purchases() == []
    cache = {"PAPERBANANA_CACHE_DIR": str(tmp_path / "b/cache")}
    verified = subprocess.run(
        [forked("pbfigure"), "cache", "verify"],
        env={**os.environ, **service.env, **cache}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verified.returncode == 0, "their tasks are no lost answers of this machine"
    assert "2 records" in verified.stdout
    assert not any((tmp_path / "b/cache/v1/incoming").iterdir())


def test_what_the_store_has_is_shown_though_the_ledger_cannot_be_written(
    machine: Callable[[str], Machine], sandbox: SandboxProcess, tmp_path: Path
) -> None:
    machine("b")()
    ledger = tmp_path / "b/cache/v1/ledger.jsonl"
    ledger.rename(tmp_path / "elsewhere")
    ledger.symlink_to(tmp_path / "elsewhere")
    machine("a")(OTHER)
    assert only(machine("b")(OTHER)).state == "present"
    assert len(sandbox.tasks()) == 2


def test_only_what_the_store_does_not_have_is_bought(
    machine: Callable[[str], Machine], sandbox: SandboxProcess
) -> None:
    machine("a")(BLOCK)
    second = machine("b")(BLOCK, OTHER, PAPERBANANA_MAX_CREDITS="6")
    assert [figure.state for figure in second.figures] == ["present", "present"]
    assert second.credits_spent == 6
    assert len(sandbox.tasks()) == 2
    assert only(machine("c")(OTHER, **NO_KEY)).state == "present"


def test_a_watchers_round_takes_what_is_free(machine: Callable[[str], Machine]) -> None:
    machine("a")(BLOCK)
    held = machine("b")(BLOCK, OTHER, hold="a watcher's rounds buy nothing new")
    assert [figure.state for figure in held.figures] == ["present", "held"]


@pytest.mark.parametrize("mode", ["offline", "frozen"])
def test_neither_offline_nor_frozen_asks_the_store(
    machine: Callable[[str], Machine], store: Store, mode: str
) -> None:
    machine("a")(BLOCK)
    asked = len(store.server.requests) if store.server else 0
    looked = machine("b")(BLOCK, PAPERBANANA_MODE=mode)
    assert only(looked).state == "missing"
    assert (len(store.server.requests) if store.server else 0) == asked


def test_where_nothing_is_missing_the_store_is_not_touched(
    machine: Callable[[str], Machine], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = machine("a")
    build(BLOCK)
    asked = len(store.server.requests) if store.server else 0
    for name in list(sys.modules):
        if name.partition(".")[0] == "obstore" or name in OF_THE_STORE:
            monkeypatch.delitem(sys.modules, name)
    assert only(build(BLOCK)).state == "present"
    assert not {"obstore", *OF_THE_STORE} & sys.modules.keys()
    assert (len(store.server.requests) if store.server else 0) == asked


@pytest.mark.parametrize(
    ("write", "ci", "gives"),
    [("none", "true", False), ("ci", "", False), ("ci", "false", False), ("ci", "true", True)],
)
def test_who_writes_is_a_setting(
    machine: Callable[[str], Machine], store: Store, write: str, ci: str, gives: bool
) -> None:
    assert machine("a")(PAPERBANANA_SHARED_WRITE=write, CI=ci).made == 1
    assert bool(store.objects()) is gives


def test_drafts_are_never_given_away(
    machine: Callable[[str], Machine], store: Store, sandbox: SandboxProcess
) -> None:
    assert only(machine("a")(**sandbox.env)).draft
    assert store.objects() == {}


def test_a_wrong_picture_is_not_shown_but_fetched_or_made_anew(
    machine: Callable[[str], Machine], store: Store, sandbox: SandboxProcess, claims: bool
) -> None:
    machine("a")()
    store.put(store.one("cas"), b"\x89PNG\r\n\x1a\n and nothing that is one")
    second = machine("b")()
    assert only(second).state == "present"
    assert told(second) == ["shared"]
    assert "has what is refused" in said(second)[0]
    assert len(sandbox.tasks()) == (1 if claims else 2), "its task is known where there are claims"


def test_a_picture_that_this_machine_paid_for_is_fetched_and_not_replaced(
    machine: Callable[[str], Machine], sandbox: SandboxProcess, claims: bool
) -> None:
    pending = machine("b")(PAPERBANANA_TASK_TIMEOUT="0.01")
    assert only(pending).state == "pending"
    other = only(machine("a")())
    assert other.state == "present"
    fetched = only(machine("b")())
    assert fetched.record is not None
    assert fetched.record.task_id == sandbox.tasks()[0]["task_id"]
    assert len(sandbox.tasks()) == (1 if claims else 2), "the other machine fetches it too"


@pytest.mark.parametrize("status", [500, 403])
def test_a_store_that_fails_costs_one_warning(
    machine: Callable[[str], Machine], store: Store, status: int
) -> None:
    if store.server is not None:
        store.server.status["*"] = status
    else:
        store.address += "-that-is-not-mounted"
    resolution = machine("a")(BLOCK, OTHER)
    assert [figure.state for figure in resolution.figures] == ["present", "present"]
    assert told(resolution) == ["shared"]


def test_a_cache_that_takes_nothing_buys_nothing_either(
    machine: Callable[[str], Machine], sandbox: SandboxProcess, tmp_path: Path
) -> None:
    machine("a")()
    (tmp_path / "b/cache/v1").mkdir(parents=True)
    (tmp_path / "b/cache/v1/incoming").symlink_to(tmp_path)
    refused = machine("b")()
    assert only(refused).state == "missing"
    assert told(refused) == ["cache"]
    assert len(sandbox.tasks()) == 1


def test_a_secret_of_the_team_is_neither_a_setting_nor_written(
    machine: Callable[[str], Machine], store: Store, tmp_path: Path
) -> None:
    secret = {"PAPERBANANA_SHARED_SECRET": "a-planted-secret-of-the-team"}
    machine("a")(**secret)
    assert only(machine("b")(**secret, **NO_KEY)).state == "present"
    refused = machine("c")(PAPERBANANA_SHARED_SECRET="another", **NO_KEY)
    assert only(refused).state == "missing"
    assert "wrongly signed" in said(refused)[0]
    written = [*store.objects().values()]
    for path in tmp_path.rglob("*"):
        with suppress(FileNotFoundError, IsADirectoryError):  # a database removes its log
            written.append(path.read_bytes())
    assert len(written) > len(store.objects())
    assert b"a-planted-secret" not in b"".join(written)


def test_without_obstore_a_build_goes_on_and_says_what_to_install(
    machine: Callable[[str], Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    for name in OF_THE_STORE:
        monkeypatch.delitem(sys.modules, name, raising=False)
    resolution = machine("a")(BLOCK, OTHER)
    assert resolution.made == 2
    (text,) = said(resolution)
    assert "pip install 'sphinx-paperbanana[shared]'" in text
