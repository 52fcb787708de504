"""What a team's machines share, by the verbs: builds against a store that speaks S3."""

from __future__ import annotations

import asyncio
import csv
import datetime
import io
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from documents import Site
from hostile_text import EVIL, raw_in
from json_schemas import fits, valid
from sandbox_process import SandboxProcess
from shared_stores import Moto, RealService, Store
from stock import record_of

from pbfigure.store.errors import StoreFailed
from pbfigure.store.object_store import ObjectStore
from pbfigure.store.purchase import Buyer, Purchase, ShortRequest
from pbfigure.store.signed_objects import Signer
from pbfigure.store.team_ledger import (
    TeamLedger,
    TeamPurchase,
    for_team,
    read_team_ledger,
    write_purchase,
)

SECRET = "a-planted-secret-of-the-team"
SIGNER = Signer(SECRET)
BOAT = "More\n====\n\nText.\n\n.. paperbanana:: A boat\n   :name: fig-boat\n"


class Machine(Site):
    """A machine of the team: a checkout, a cache and an environment of its own."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        super().__init__(folder / "thesis")
        self.cache = folder / "cache"
        self.env = {**env, "PAPERBANANA_CACHE_DIR": str(self.cache)}

    def run(
        self, *arguments: str, columns: int = 80, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return super().run(*arguments, columns=columns, **{**self.env, **environ})

    def build(self, builder: str = "html", **environ: str) -> str:
        return super().build(builder, **{**self.env, **environ})


class Team:
    """Machines by name, and what they share."""

    def __init__(self, folder: Path, store: Store, service: RealService) -> None:
        self.folder = folder
        self.store = store
        self.env = {
            **store.env,
            **service.env,
            "PAPERBANANA_SHARED_CACHE": store.address,
            "PAPERBANANA_SHARED_SECRET": SECRET,
        }

    def machine(self, name: str) -> Machine:
        return Machine(self.folder / name, self.env)

    def names(self, kind: str) -> list[str]:
        return sorted(each for each in self.store.objects() if each.startswith(f"v1/{kind}/"))


@pytest.fixture
def team(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Team]:
    store, service = Moto(), RealService(sandbox)
    yield Team(tmp_path, store, service)
    service.stop()
    store.stop()


def bought(task: str, **fields: Any) -> TeamPurchase:
    known = {"at": "2026-03-12T06:57:48Z", "api": "example.org", "key": "a" * 64, "credits": 6}
    buyer = Buyer(document="index", figure="index:fig", build="html", who="Ada")
    purchase = Purchase(task_id=task, buyer=buyer, **{**known, **fields})
    return for_team(purchase, "paper/docs", "12345678")


class Listed(ObjectStore):
    """A store whose listing may have no end."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects
        self.is_endless = False

    async def names(self, folder: str, *, after: str = "") -> AsyncIterator[str]:
        for name in self.objects:
            if name.startswith(f"{folder}/") and name > after:
                yield name
        if self.is_endless:
            await asyncio.Event().wait()

    async def read(self, name: str, *, limit: int) -> AsyncIterator[bytes]:
        yield self.objects[name]

    def read_ledger(self, since: datetime.datetime | None = None) -> TeamLedger:
        return read_team_ledger(self, SIGNER, since, None, lambda *_: None)


class TestLedger:
    def test_it_sums_what_all_machines_bought_by_month_project_and_machine(
        self, team: Team, sandbox: SandboxProcess
    ) -> None:
        a, b = team.machine("a"), team.machine("b")
        subprocess.run(["git", "init", "-q"], cwd=a.folder, check=True)
        subprocess.run(["git", "config", "user.name", "Ada Lovelace"], cwd=a.folder, check=True)
        a.build()
        b.write("more/extra.rst", BOAT)
        assert "2 pictures taken from the shared store" in b.build()
        charged = {task["task_id"]: task["charged"] for task in sandbox.tasks()}
        found = valid("log", b.run("log", "--team", "--json"))
        assert {each["task_id"]: each["credits"] for each in found["purchases"]} == charged
        assert [(each["figure"], each["folder"], each["who"]) for each in found["purchases"]] == [
            ("index:fig-flow", "thesis/docs", "Ada Lovelace"),
            ("index:fig-map", "thesis/docs", "Ada Lovelace"),
            ("more/extra:fig-boat", "docs", found["purchases"][2]["who"]),
        ]
        assert found["refused"] == []
        assert {(each["project"], each["credits"]) for each in found["projects"]} == {
            ("thesis/docs", 18), ("docs", 6),
        }  # fmt: skip
        assert sorted(each["credits"] for each in found["machines"]) == [6, 18]
        assert [month["credits"] for month in found["months"]] == [24]
        # local: each machine's own
        assert len(valid("log", b.run("log", "--json"))["purchases"]) == 1
        for columns in (80, 140):
            shown = a.run("log", "--team", columns=columns)
            assert fits(shown.stdout, columns), shown.stdout
            assert all(each in shown.stdout for each in (*charged, "thesis/docs", "24"))
        rows = list(csv.DictReader(io.StringIO(a.run("log", "--team", "--csv").stdout)))
        assert {row["machine"] for row in rows} == {each["machine"] for each in found["machines"]}
        of_thesis = a.run("log", "--team", "--json", "--project", "thesis")
        assert len(json.loads(of_thesis.stdout)["purchases"]) == 2
        for option in (("--since", "2999-01-01"), ("--until", "2001-01-01"), ("--project", "the")):
            assert a.run("log", "--team", *option).stdout == "no purchases in the team's ledger\n"

    def test_neither_prompt_path_nor_host_is_in_it(self, team: Team) -> None:
        team.machine("a").build()
        lines = b"".join(team.store.objects()[name] for name in team.names("ledger"))
        assert b"index:fig-flow" in lines
        for word in ("flow chart of the pump", str(team.folder), os.uname().nodename, SECRET):
            assert word.encode() not in lines

    def test_what_is_not_signed_by_the_team_or_not_its_own_is_refused_counted_and_told(
        self, team: Team
    ) -> None:
        a = team.machine("a")
        good = bought("good")
        dear = write_purchase(bought("dear", credits=9_000), Signer(""))
        later = json.loads(dear) | {"version": 2}
        store = team.store
        store.put(good.name, write_purchase(good, SIGNER))
        store.put(bought("forged").name, write_purchase(bought("forged"), Signer("another secret")))
        store.put(bought("dear").name, dear)
        store.put(bought("copy").name, write_purchase(good, SIGNER))  # it would count twice
        store.put(bought("again", at="2026-03-13T06:57:48Z").name, write_purchase(good, SIGNER))
        store.put("v1/ledger/2026-03-12/notes.txt", b"?")
        done = a.run("log", "--team", "--json")
        found = valid("log", done)
        assert [each["task_id"] for each in found["purchases"]] == ["good"]
        assert len(found["refused"]) == 5
        assert "5 objects of the team's ledger refused, and not counted" in done.stderr
        store.put(bought("dear").name, json.dumps(later).encode())
        open_to_all = a.run("log", "--team", "--json", PAPERBANANA_SHARED_SECRET="")
        found = valid("log", open_to_all)
        assert [each["task_id"] for each in found["purchases"]] == ["forged", "good"]
        assert any("its version is 2" in each for each in found["refused"])

    def test_unknown_fields_and_another_layout_are_passed_over(self, team: Team) -> None:
        a, one = team.machine("a"), bought("one")
        document = json.loads(write_purchase(one, Signer(""))) | {"mood": ["fine"]}
        team.store.put(one.name, json.dumps(document).encode())
        team.store.put("v2/ledger/2026-03-12/other", b"something else")
        found = valid("log", a.run("log", "--team", "--json", PAPERBANANA_SHARED_SECRET=""))
        assert [each["task_id"] for each in found["purchases"]] == ["one"]
        assert found["refused"] == []

    def test_a_listing_without_end_is_ended_and_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pbfigure.store.team_ledger.LISTING_SECONDS", 0.0)
        good = bought("good")
        store = Listed({good.name: write_purchase(good, SIGNER)})
        store.is_endless = True
        with pytest.raises(StoreFailed, match="did not end to list within 0 s: name --since"):
            store.read_ledger()

    def test_a_task_that_two_machines_wrote_down_counts_once(self, team: Team) -> None:
        for day in ("12", "13"):
            one = bought("one", at=f"2026-03-{day}T06:57:48Z")
            team.store.put(one.name, write_purchase(one, SIGNER))
        found = valid("log", team.machine("a").run("log", "--team", "--json"))
        assert [each["at"][:10] for each in found["purchases"]] == ["2026-03-12"]

    def test_a_task_that_two_machines_wrote_down_around_midnight_is_one_object(self) -> None:
        made = record_of(1, created_at="2026-03-12T23:59:58.067Z")
        written = [
            for_team(bought("one", at=at).purchase, "paper/docs", machine, made)
            for at, machine in (
                ("2026-03-12T23:59:57Z", "1" * 8),
                ("2026-03-13T00:05:00Z", "2" * 8),
            )
        ]
        assert {each.name[:20] for each in written} == {"v1/ledger/2026-03-12"}
        store = Listed({each.name: write_purchase(each, SIGNER) for each in written})
        midnight = datetime.datetime(2026, 3, 13, tzinfo=datetime.UTC)
        assert len(store.read_ledger().purchases) == 1
        assert store.read_ledger(midnight).purchases == []

    @pytest.mark.parametrize("way", [(), ("--json",), ("--csv",)])
    def test_nothing_in_it_commands_a_terminal(self, team: Team, way: tuple[str, ...]) -> None:
        buyer = Buyer(document=EVIL, figure=EVIL, build=EVIL, who=f"=cmd {EVIL}")
        purchase = Purchase(
            at="2026-03-12T06:57:48Z", api=EVIL, task_id="t", key="a" * 64, credits=6, buyer=buyer,
            request=ShortRequest(type=EVIL, model=EVIL, resolution=EVIL, variant=0),
        )  # fmt: skip
        one = for_team(purchase, EVIL, EVIL)
        team.store.put(one.name, write_purchase(one, SIGNER))
        team.store.put("v1/ledger/\u202etxt.live", b"?")
        done = team.machine("a").run("log", "--team", *way)
        assert done.returncode == 0, done.stderr
        assert "evil" in done.stdout
        assert not raw_in(done.stdout)
        assert not raw_in(done.stderr)

    def test_a_store_that_is_none_or_fails_is_one_error_that_says_what_to_do(
        self, team: Team
    ) -> None:
        a = team.machine("a")
        nowhere = a.run("log", "--team", PAPERBANANA_SHARED_CACHE="")
        assert (nowhere.returncode, nowhere.stdout) == (2, "")
        assert "PAPERBANANA_SHARED_CACHE" in nowhere.stderr
        web = a.run("log", "--team", PAPERBANANA_SHARED_CACHE="http://127.0.0.1:9/x")
        assert web.returncode == 2
        assert "lists nothing" in web.stderr
        assert team.store.server is not None
        team.store.server.status["*"] = 403
        refused = a.run("log", "--team")
        assert refused.returncode == 2
        assert "refuses this machine's credentials" in refused.stderr


class TestSync:
    def test_what_a_build_could_not_upload_is_uploaded_later_and_only_once(
        self, team: Team
    ) -> None:
        a, server = team.machine("a"), team.store.server
        assert server is not None
        server.status["PUT"] = 500
        said = a.build()
        assert "answered with 500; the build goes on without it" in said
        assert "2 present; 2 made" in said
        assert team.store.objects() == {}
        failed = a.run("cache", "sync")
        assert failed.returncode == 1
        assert "answered with 500: 2 purchases left; run it again to go on" in failed.stderr
        server.status.clear()
        done = valid("sync", a.run("cache", "sync", "--json"))
        assert done["taken"] is None
        assert (done["uploaded"]["pictures"], done["uploaded"]["records"]) == (2, 2)
        assert (done["uploaded"]["purchases"], done["uploaded"]["left"]) == (2, 0)
        assert [len(team.names(kind)) for kind in ("ac", "cas", "ledger")] == [2, 2, 2]
        before, server.requests[:] = team.store.objects(), []
        again = a.run("cache", "sync")
        assert (again.returncode, again.stdout) == (0, "there already: 2 purchases\n")
        assert {method for method, _ in server.requests} == {"HEAD"}, "by name, never by listing"
        assert team.store.objects() == before
        # it is what a build writes: another machine takes it, with the secret
        assert "2 pictures taken from the shared store" in team.machine("b").build()
        assert len(valid("log", a.run("log", "--team", "--json"))["purchases"]) == 2

    def test_what_is_missing_of_a_purchase_is_put_beside_what_is_there(self, team: Team) -> None:
        a = team.machine("a")
        a.build()
        before = team.store.objects()
        lost = [team.names(kind)[0] for kind in ("ac", "cas", "ledger")]
        for name in lost:
            team.store.remove(name)
        done = valid("sync", a.run("cache", "sync", "--json"))["uploaded"]
        assert (done["records"], done["pictures"], done["purchases"]) == (1, 1, 1)
        assert team.store.objects() == before

    def test_it_takes_what_paths_lack_and_an_offline_build_shows_it(
        self, team: Team, sandbox: SandboxProcess
    ) -> None:
        team.machine("a").build()
        b = team.machine("b")
        b.write("more/extra.rst", BOAT)
        assert b.run("cache", "sync", "--direction", "down").returncode == 2
        taken = b.run("cache", "sync", "docs", "--direction", "down", PAPERBANANA_API_KEY="")
        assert (taken.returncode, taken.stdout) == (0, "taken: 2 pictures of 3 missing here\n")
        assert "1 missing" in b.build(PAPERBANANA_MODE="offline")
        assert len(sandbox.tasks()) == 2
        assert b.run("cache", "verify").returncode == 0
        both = valid("sync", b.run("cache", "sync", "docs", "--json"))
        assert (both["uploaded"]["purchases"], both["taken"]["missing"]) == (0, 1)

    def test_with_paths_only_what_was_bought_for_them_is_uploaded(
        self, team: Team, tmp_path: Path
    ) -> None:
        a, elsewhere = team.machine("a"), {"PAPERBANANA_SHARED_CACHE": ""}
        secret = Machine(tmp_path / "secret", a.env)
        secret.env = a.env
        secret.write("index.rst", BOAT)
        a.build(**elsewhere)
        secret.build(**elsewhere)
        assert a.run("cache", "sync", "docs").returncode == 0
        lines = [json.loads(team.store.objects()[n].splitlines()[0]) for n in team.names("ledger")]
        assert sorted(line["figure"] for line in lines) == ["index:fig-flow", "index:fig-map"]
        assert len(team.names("ac")) == 2
        assert a.run("cache", "sync").returncode == 0
        assert len(team.names("ac")) == 3

    def test_drafts_never_leave(self, team: Team, sandbox: SandboxProcess) -> None:
        a = team.machine("a")
        a.build(**sandbox.env)
        assert a.run("cache", "sync", "docs", "--direction", "up").returncode == 0
        assert team.store.objects() == {}

    def test_a_machine_that_may_not_write_is_told_so(self, team: Team) -> None:
        a = team.machine("a")
        a.build(PAPERBANANA_SHARED_CACHE="")
        refused = a.run("cache", "sync", PAPERBANANA_SHARED_WRITE="none")
        assert refused.returncode == 2
        assert "shared_write = none" in refused.stderr
        assert team.store.server is not None
        team.store.server.status["PUT"] = 403
        team.store.server.requests.clear()
        forbidden = a.run("cache", "sync")
        assert forbidden.returncode == 1
        assert "refuses this machine's credentials: 2 purchases left" in forbidden.stderr
        assert team.store.objects() == {}
