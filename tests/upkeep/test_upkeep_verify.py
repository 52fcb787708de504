"""``cache verify``: each kind of damage is named, mended where it can be, nothing is deleted."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from stock import digest, image_bytes, picture_at, read_only, record_of

from pbfigure.project.project import Project
from pbfigure.project.settings import BASE_URL, Layer, gather
from pbfigure.scheduler.journal import Entry, Journal
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.database import Database, StateUnavailable
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.picture import Picture
from pbfigure.store.record import Record, write_record
from pbfigure.store.seen import Seen
from pbfigure.upkeep.findings import Finding, Verification
from pbfigure.upkeep.state import api_of
from pbfigure.upkeep.verify import verify

API = api_of(BASE_URL)
ORDER = {
    "request_digest": digest("request"),
    "content_digest": None,
    "content_automatic": False,
    "request": {},
}


class Machine:
    """A machine's cache with three pictures, one of them also a project's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = CacheDir(folder / "cache", Seen(None))
        self.figures = FiguresDir(folder / "figures", Seen(None))
        self.journal = Journal(self.cache.state, self.cache.locks, BASE_URL)
        self.records = {name: self.buy(name, seed) for seed, name in enumerate("abc")}
        self.accept("a")
        self.cache.close()

    def buy(self, name: str, *seeds: int) -> Record:
        """Buy a picture as the scheduler does: an order, its task, the picture, the order's end."""
        arrived = [self.cache.incoming() / f"{digest(seed)[:32]}.part" for seed in seeds]
        pairs = zip(arrived, seeds, strict=True)
        record = record_of(name, *[picture_at(path, seed=seed) for path, seed in pairs])
        self.journal.submit(Entry(key=record.key, order=ORDER), record.task_id)
        self.cache.keep(record, arrived)
        for path in arrived:
            path.unlink()
        self.journal.close(record.key)
        return record

    def accept(self, name: str) -> None:
        record = self.records[name].for_figure(name)
        self.figures.keep(name, record, [self.picture(name)])

    def picture(self, name: str) -> Path:
        return self.cache.path_of(self.records[name].picture)

    def record(self, name: str) -> Path:
        return self.cache.record_path(self.records[name].key)

    def own(self, name: str, ending: str) -> Path:
        return self.figures.folder / f"{name}-{digest(name)[:12]}{ending}"

    @property
    def state(self) -> Path:
        return self.cache.root / "state" / "cache.db"

    def verify(self, *, repair: bool = False) -> Verification:
        self.cache.close()
        given = {"cache_dir": str(self.cache.folder), "figures_dir": str(self.figures.folder)}
        settings = gather([Layer(given, "{}", self.folder)], figures_dir=self.folder)
        return verify(Project(self.folder, settings, {}), repair=repair)

    def only(self) -> Finding:
        """The one thing that a verification finds; it writes nothing."""
        before = self.everything()
        (finding,) = self.verify().findings
        assert self.everything() == before
        return finding

    def everything(self) -> dict[Path, bytes | None]:
        files = [path for path in self.folder.rglob("*") if not path.name.startswith("cache.db-")]
        return {path: path.read_bytes() if path.is_file() else None for path in files}

    def quarantined(self) -> list[bytes]:
        folder = self.cache.root / "quarantine"
        return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    def sql(self, query: str, *values: object) -> None:
        connection = sqlite3.connect(self.state)
        with connection:
            connection.execute(query, values)
        connection.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def age(path: Path) -> None:
    long_ago = time.time() - 7200
    os.utime(path, (long_ago, long_ago))


def test_a_sound_cache_has_no_findings(machine: Machine) -> None:
    for repair in (False, True):
        found = machine.verify(repair=repair)
        assert found.findings == []
        assert (found.records, found.pictures, found.faults_left) == (4, 4, 0)


def test_a_cache_that_is_not_there_is_sound_and_not_made(machine: Machine) -> None:
    shutil.rmtree(machine.cache.folder)
    shutil.rmtree(machine.figures.folder)
    found = machine.verify(repair=True)
    assert (found.findings, found.records) == ([], 0)
    assert not machine.cache.folder.exists()


# -- records --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff", b" " * 2_000_000])
def test_an_unreadable_record_is_named_and_set_aside(machine: Machine, data: bytes) -> None:
    machine.record("b").write_bytes(data)
    before = [finding.kind for finding in machine.verify().findings]
    assert sorted(before) == ["picture", "record"]  # its picture belongs to nobody now
    found = machine.verify(repair=True)
    (fault,) = [finding for finding in found.findings if finding.is_fault]
    assert (fault.kind, fault.path, fault.mended) == ("record", str(machine.record("b")), True)
    assert machine.quarantined() == [data]
    assert machine.picture("b").exists()
    assert machine.verify().faults_left == 0


def test_a_record_in_anothers_place_is_moved_home(machine: Machine) -> None:
    home = machine.record("b")
    wrong = machine.cache.record_path(digest("z"))
    wrong.parent.mkdir(exist_ok=True)
    home.rename(wrong)
    assert "the record of another key" in machine.verify().findings[0].text
    assert machine.verify(repair=True).faults_left == 0
    assert home.exists()
    assert not wrong.exists()
    assert machine.verify().findings == []


def test_a_record_in_anothers_place_never_replaces_the_one_at_home(machine: Machine) -> None:
    wrong = machine.cache.record_path(digest("z"))
    wrong.parent.mkdir(exist_ok=True)
    stale = write_record(record_of("b", Picture("0" * 64, 1, "png", 1, 1)))
    wrong.write_bytes(stale)
    assert machine.verify(repair=True).faults_left == 0
    assert machine.cache.record(digest("b")) == machine.records["b"]
    assert machine.quarantined() == [stale]


def test_a_record_that_describes_its_picture_wrongly_is_put_right(machine: Machine) -> None:
    path = machine.record("b")
    good = path.read_text()
    path.write_text(good.replace('"width": 24', '"width": 2400'))
    finding = machine.only()
    assert (finding.kind, finding.path) == ("record", str(path))
    assert machine.verify(repair=True).faults_left == 0
    assert path.read_text() == good


# -- pictures -------------------------------------------------------------------------------------

DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "cut short": lambda path: overwrite(path, path.read_bytes()[:-9]),
    "another picture": lambda path: overwrite(path, image_bytes(seed=7)),
    "no picture": lambda path: overwrite(path, b"<html>"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_picture_is_named_and_healed_from_the_project(
    machine: Machine, damage: str
) -> None:
    path = machine.picture("a")
    whole = path.read_bytes()
    DAMAGE[damage](path)
    there = [path.read_bytes()] if path.exists() else []
    finding = machine.only()
    assert (finding.kind, finding.path, finding.is_fault) == ("picture", str(path), True)
    assert "task-a" in finding.advice
    assert machine.verify(repair=True).faults_left == 0
    assert path.read_bytes() == whole
    assert machine.quarantined() == there


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_picture_without_a_copy_is_set_aside_and_stays_a_fault(
    machine: Machine, damage: str
) -> None:
    path = machine.picture("b")
    DAMAGE[damage](path)
    there = [path.read_bytes()] if path.exists() else []
    assert machine.verify(repair=True).faults_left == 1
    assert not path.exists()
    assert machine.quarantined() == there
    assert machine.verify(repair=True).faults_left == 1
    assert machine.record("b").exists()  # it knows the task, which brings the picture back


def test_a_whole_picture_that_was_set_aside_is_taken_back(machine: Machine) -> None:
    path = machine.picture("b")
    assert machine.cache.set_aside(path)
    assert machine.verify(repair=True).faults_left == 0
    assert machine.cache.find((digest("b"),)) == (machine.records["b"], path)


def test_a_link_in_the_place_of_a_picture_is_damage(machine: Machine, tmp_path: Path) -> None:
    path = machine.picture("a")
    (tmp_path / "secret").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    assert machine.only().kind == "picture"
    assert machine.verify(repair=True).faults_left == 0
    assert not path.is_symlink()
    assert (tmp_path / "secret").exists()


def test_a_whole_picture_without_a_record_is_a_note_and_kept(machine: Machine) -> None:
    machine.record("b").unlink()
    found = machine.verify(repair=True)
    assert found.faults_left == 0
    assert str(machine.picture("b")) in [finding.path for finding in found.findings]
    assert machine.picture("b").exists()


def test_a_damaged_picture_without_a_record_is_set_aside(machine: Machine) -> None:
    path = machine.cache.root / "pictures" / "00" / f"{'0' * 64}.png"
    path.parent.mkdir()
    path.write_bytes(image_bytes(seed=5))
    assert machine.only().kind == "picture"
    assert machine.verify(repair=True).faults_left == 0
    assert machine.quarantined() == [image_bytes(seed=5)]


@pytest.mark.parametrize(
    "name", ["notes.txt", "pictures/00/x.svg", "records/00/x", "records/x.json", "incoming/x"]
)
def test_what_is_not_this_programs_is_named_and_left_alone(machine: Machine, name: str) -> None:
    path = machine.cache.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"somebody's")
    if name == "notes.txt":
        assert machine.verify().findings == []
        return
    finding = machine.only()
    assert (finding.kind, finding.path) == ("stray", str(path))
    assert machine.verify(repair=True).faults_left == 1
    assert path.read_bytes() == b"somebody's"


# -- leftovers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["incoming", "records/00", "pictures/00"])
def test_an_unfinished_file_is_removed_once_it_is_nobodys(machine: Machine, place: str) -> None:
    path = machine.cache.root / place / f".{'0' * 32}.part"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(image_bytes()[:50])
    assert machine.verify(repair=True).findings == []  # a build may be writing it just now
    age(path)
    finding = machine.only()
    assert (finding.kind, finding.is_fault) == ("leftover", False)
    assert machine.verify(repair=True).mended == 1
    assert not path.exists()


def test_an_unfinished_file_that_is_a_whole_picture_is_set_aside(machine: Machine) -> None:
    paths = [machine.cache.incoming() / f"{n * 32}.part" for n in "01"]
    paths[0].write_bytes(image_bytes(seed=9))
    paths[1].write_bytes(machine.picture("a").read_bytes())  # this one is in its place already
    for path in paths:
        age(path)
    machine.verify(repair=True)
    assert machine.quarantined() == [image_bytes(seed=9)]
    assert not any(path.exists() for path in paths)


def test_a_dead_builds_lock_is_removed_and_a_living_ones_is_not(machine: Machine) -> None:
    dead, living, fresh = (machine.cache.locks / f"maker-{name}.lock" for name in "dlf")
    asking = machine.cache.locks / "asking-x.lock"
    for path in (dead, fresh, asking):
        path.touch()
    with FileLock(living):
        for path in (dead, living, asking):
            age(path)
        assert [f.path for f in machine.verify(repair=True).findings] == [str(dead)]
        assert living.exists()
    assert (dead.exists(), fresh.exists(), asking.exists()) == (False, True, True)


@pytest.mark.parametrize("place", ["", "records", "pictures", "incoming", "locks", "quarantine"])
def test_a_link_in_the_cache_is_a_fault_and_not_followed(
    machine: Machine, place: str, tmp_path: Path
) -> None:
    folder = machine.cache.root / place
    elsewhere = tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    there = sorted(elsewhere.rglob("*"))
    found = machine.verify(repair=True)
    assert ("link", str(folder)) in [(each.kind, each.path) for each in found.findings]
    assert found.faults_left > 0
    assert sorted(elsewhere.rglob("*")) == there


# -- the small state ------------------------------------------------------------------------------


def claims(machine: Machine) -> list[str]:
    database = Database(machine.state.parent)
    try:
        return database.names("task:")
    finally:
        database.close()


ALL_CLAIMS = [f"task:{API}:task-{name}" for name in "abc"]


def test_claims_that_are_missing_are_written_from_the_records(machine: Machine) -> None:
    machine.sql("DELETE FROM Cache WHERE key LIKE 'task:%'")
    finding = machine.only()
    assert (finding.kind, finding.is_fault) == ("claims", True)
    assert finding.text.startswith("3 task(s)")
    assert machine.verify(repair=True).faults_left == 0
    assert claims(machine) == ALL_CLAIMS
    assert machine.verify().findings == []


def test_a_state_that_is_gone_is_made_from_the_records_alone(machine: Machine) -> None:
    shutil.rmtree(machine.state.parent)
    assert machine.only().kind == "claims"
    assert machine.verify(repair=True).faults_left == 0
    assert claims(machine) == ALL_CLAIMS


@pytest.mark.parametrize("damage", ["not a database", "cut short", "scribbled over", "no table"])
def test_a_damaged_state_is_rebuilt_and_what_can_be_read_of_it_saved(
    machine: Machine, damage: str
) -> None:
    database = Database(machine.state.parent)
    with database.transaction():
        for number in range(400):
            database.put(f"accepted:p:{number:03}", {"key": digest("a"), "text": "x" * 300})
    database.close()
    data = bytearray(machine.state.read_bytes())
    if damage == "not a database":
        machine.state.write_bytes(b"<html>" * 99)
    elif damage == "cut short":
        machine.state.write_bytes(data[: len(data) // 2])
    elif damage == "scribbled over":
        data[len(data) // 3 : len(data) // 2] = b"\xee" * (len(data) // 2 - len(data) // 3)
        machine.state.write_bytes(data)
    else:
        machine.sql("DROP TABLE Cache")
    assert machine.only().kind == "state"
    found = machine.verify(repair=True)
    assert found.faults_left == 0
    assert claims(machine) == ALL_CLAIMS
    assert len(machine.quarantined()) >= 1  # the damaged file itself
    again = Database(machine.state.parent)
    saved = len(again.names("accepted:"))
    again.close()
    assert saved > 0 or damage in ("not a database", "no table", "cut short")
    assert machine.verify().faults_left == 0


def test_a_damaged_state_is_left_alone_while_a_build_runs(machine: Machine) -> None:
    machine.state.write_bytes(b"<html>" * 99)
    with FileLock(machine.cache.locks / "maker-living.lock"):
        assert machine.verify(repair=True).faults_left == 1
        assert machine.state.read_bytes() == b"<html>" * 99
    assert machine.verify(repair=True).faults_left == 0


@pytest.mark.parametrize(
    "row",
    [
        {"key": "task:x:y", "value": "{}"},
        {"key": "task:x:y", "value": b"\x80\x04N.", "mode": 4},
        {"key": "accepted:x:y", "value": "[]"},
        {"key": "accepted:x:y", "value": None, "mode": 2, "filename": "../../../precious"},
        {"key": "pace:x", "value": '["x"]'},
        {"key": "question:x", "value": '{"key": "gone"}'},
        {"key": "told:x", "value": "nonsense"},
    ],
)
def test_a_row_that_is_not_ours_is_taken_out_and_a_copy_kept(
    machine: Machine, row: dict[str, Any]
) -> None:
    put(machine, row)
    assert machine.only().kind == "state"
    assert machine.verify(repair=True).faults_left == 0
    (copy,) = machine.quarantined()
    assert json.loads(copy)["name"] == row["key"]
    assert machine.verify().faults_left == 0


def put(machine: Machine, row: dict[str, Any]) -> None:
    columns = {"raw": 1, "mode": 1, "store_time": 0.0, "access_time": 0.0, "size": 0, **row}
    marks = ", ".join("?" * len(columns))
    machine.sql(
        f"INSERT OR REPLACE INTO Cache ({', '.join(columns)}) VALUES ({marks})",
        *columns.values(),
    )


def test_a_row_without_a_name_is_left_behind(machine: Machine) -> None:
    put(machine, {"key": b"\x80\x04N.", "raw": 0, "value": "{}"})
    assert machine.only().kind == "state"
    with pytest.raises(StateUnavailable):
        claims(machine)
    assert machine.verify(repair=True).faults_left == 0
    assert claims(machine) == ALL_CLAIMS


# -- the journal ----------------------------------------------------------------------------------


def order(machine: Machine, state: str, **fields: Any) -> str:
    key = digest("order")
    entry = {"key": key, "state": state, "order": ORDER, **fields}
    database = Database(machine.state.parent)
    database.put(f"journal:{API}:{key}", entry)
    if "task_id" in fields:
        database.put(f"task:{API}:{fields['task_id']}", {"key": key})
    database.close()
    return key


@pytest.mark.parametrize(
    ("state", "fields", "said"),
    [
        ("intent", {"intent_at": 1.0}, "lost its answer"),
        ("submitted", {"task_id": "t"}, "task t is paid for or under way"),
        ("unknown", {"candidates": ["t"]}, "nobody knows whether"),
        ("failed", {"error": "no"}, "the service failed"),
    ],
)
def test_open_orders_are_told_of_and_are_no_fault(
    machine: Machine, state: str, fields: dict[str, Any], said: str
) -> None:
    order(machine, state, **fields)
    finding = machine.only()
    assert (finding.kind, finding.is_fault) == ("journal", False)
    assert said in finding.text
    found = machine.verify(repair=True)
    assert (found.orders, found.mended) == (1, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "eaten"},
        {"state": "submitted", "task_id": None},
        {"state": "submitted", "task_id": "a b"},
        {"state": "submitted", "task_id": "t", "order": {"request": {}}},
        {"state": "intent", "order": []},
    ],
)
def test_a_damaged_order_becomes_one_that_its_owner_decides_about(
    machine: Machine, fields: dict[str, Any]
) -> None:
    key = order(machine, **fields)
    assert [f.kind for f in machine.verify().findings if f.is_fault] == ["journal"]
    assert machine.verify(repair=True).faults_left == 0
    database = Database(machine.state.parent)
    entry = Journal(database, machine.cache.locks, BASE_URL).entry(key)
    database.close()
    assert entry is not None
    assert entry.state == "unknown"
    assert entry.candidates == (("t",) if fields.get("task_id") == "t" else ())
    assert machine.verify().faults_left == 0


def test_an_order_that_is_no_text_becomes_one_of_unknown_fate(machine: Machine) -> None:
    key = digest("order")
    put(machine, {"key": f"journal:{API}:{key}", "value": b"\x80\x04N.", "mode": 4})
    assert machine.verify(repair=True).faults_left == 0
    database = Database(machine.state.parent)
    assert (database.get(f"journal:{API}:{key}") or {})["state"] == "unknown"
    database.close()


def test_an_order_whose_task_is_not_claimed_gets_its_claim(machine: Machine) -> None:
    order(machine, "submitted", task_id="t")
    machine.sql("DELETE FROM Cache WHERE key = ?", f"task:{API}:t")
    assert [f.kind for f in machine.verify().findings if f.is_fault] == ["claims"]
    assert machine.verify(repair=True).faults_left == 0
    assert f"task:{API}:t" in claims(machine)


# -- the project's own files ----------------------------------------------------------------------


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_projects_damaged_picture_is_healed_from_the_cache(machine: Machine, damage: str) -> None:
    path = machine.own("a", ".png")
    whole = path.read_bytes()
    DAMAGE[damage](path)
    finding = machine.only()
    assert (finding.kind, finding.path) == ("picture", str(path))
    assert "git" in finding.advice
    assert machine.verify(repair=True).faults_left == 0
    assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_projects_damaged_picture_that_is_nowhere_else_is_left_to_version_control(
    machine: Machine, damage: str
) -> None:
    shutil.rmtree(machine.cache.folder)
    path = machine.own("a", ".png")
    DAMAGE[damage](path)
    there = path.read_bytes() if path.exists() else None
    assert machine.verify(repair=True).faults_left == 1
    assert (path.read_bytes() if path.exists() else None) == there


def test_a_project_never_mends_what_the_cache_itself_does_not_tell_of(machine: Machine) -> None:
    machine.record("a").unlink()
    machine.picture("a").unlink()
    machine.verify(repair=True)
    assert machine.cache.find((digest("a"),)) is None


def test_a_projects_records_are_judged_by_name_and_content(machine: Machine) -> None:
    path = machine.own("a", ".json")
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    assert "cannot be read" in machine.verify().findings[0].text
    path.write_bytes(data)
    path.rename(machine.own("a", ".json").with_name(f"a-{'0' * 12}.json"))
    finding = machine.verify().findings[0]
    assert digest("a")[:12] in finding.text
    assert machine.verify(repair=True).faults_left == 1


def test_links_in_a_project_are_faults_and_not_followed(machine: Machine, tmp_path: Path) -> None:
    link = machine.figures.folder / "link"
    link.symlink_to(tmp_path)
    assert machine.only().kind == "link"
    link.unlink()
    elsewhere = tmp_path / "elsewhere"
    machine.figures.folder.rename(elsewhere)
    machine.figures.folder.symlink_to(elsewhere)
    (finding,) = machine.verify(repair=True).findings
    assert (finding.kind, finding.path) == ("link", str(machine.figures.folder))


def test_a_projects_leftovers_are_notes(machine: Machine) -> None:
    unfinished = machine.figures.folder / f".{'0' * 32}.part"
    unfinished.write_bytes(b"x")
    age(unfinished)
    (machine.figures.folder / "a.png.damaged").write_bytes(b"x")
    (machine.figures.folder / "b.png").write_bytes(image_bytes())
    (machine.figures.folder / ".gitattributes").write_bytes(b"*.png binary\n")
    found = machine.verify(repair=True)
    assert [(f.kind, f.is_fault, f.mended) for f in found.findings] == [
        ("leftover", False, True),
        ("leftover", False, False),
        ("picture", False, False),
    ]


# -- all of it ------------------------------------------------------------------------------------


def test_a_read_only_cache_can_be_verified(machine: Machine) -> None:
    with read_only(machine.folder):
        found = machine.verify()
    assert (found.findings, found.records) == ([], 4)


def test_what_cannot_be_mended_for_want_of_permission_stays_a_fault(machine: Machine) -> None:
    overwrite(machine.picture("b"), b"damaged")
    with read_only(machine.folder):
        assert machine.verify(repair=True).faults_left == 1


def test_text_that_anyone_may_have_written_is_fit_for_a_terminal(machine: Machine) -> None:
    name = "a\x1b[31m\n" + os.fsdecode(b"\xff")
    (machine.cache.root / "incoming" / name).write_bytes(b"")
    finding = machine.only()
    assert finding.path.isprintable()
    assert "\\x1b[31m" in finding.path
    finding.path.encode("utf-8")


# -- the command ----------------------------------------------------------------------------------


def command(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from pbfigure.command import main; main()", "cache", *arguments],
        cwd=machine.folder,
        env={**os.environ, "PAPERBANANA_CACHE_DIR": str(machine.cache.folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_tells_by_its_status_whether_faults_are_left(machine: Machine) -> None:
    sound = command(machine, "verify")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.startswith("3 records, 3 pictures")
    machine.picture("a").unlink()
    told = command(machine, "verify", "--figures-dir", "figures")
    assert told.returncode == 1
    assert f"fault: {machine.picture('a')}: the picture is missing" in told.stdout
    mended = command(machine, "verify", "--figures-dir", "figures", "--repair", "--json")
    assert mended.returncode == 0
    document = json.loads(mended.stdout)
    assert (document["faults_left"], document["mended"], document["records"]) == (0, 1, 4)
    assert document["cache_dir"] == str(machine.cache.folder)
    assert document["findings"][0]["mended"] is True
    assert command(machine, "verify", "--figures-dir", "nowhere").returncode == 2
    assert command(machine, "verify", "--mend").returncode == 2


def test_the_command_lists_what_is_there_and_what_it_cost(machine: Machine) -> None:
    machine.picture("b").unlink()
    table = command(machine, "list")
    assert table.returncode == 0
    assert "3 records" in table.stdout
    assert "18 credits" in table.stdout
    assert table.stdout.count("gone") == 1
    lines = json.loads(command(machine, "list", "--json").stdout)
    assert [line["key"] for line in lines] == sorted(map(digest, "abc"))
    assert {line["task_id"]: line["is_there"] for line in lines} == {
        "task-a": True,
        "task-b": False,
        "task-c": True,
    }
    shutil.rmtree(machine.cache.folder)
    assert json.loads(command(machine, "list", "--json").stdout) == []
