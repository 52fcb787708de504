"""``pbfigure cache export`` and ``import``: one file, the same each time, believed by nobody."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from documents import Site
from hostile_text import EVIL, raw_in
from json_schemas import fits, valid
from program_forks import forked
from sandbox_process import SandboxProcess
from shared_stores import RealService
from stock import image_bytes, picture_at, record_of

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.record import Record, write_record
from pbfigure.store.verified_files import VerifiedFiles

SECRET = {"PAPERBANANA_SHARED_SECRET": "a-planted-secret-of-the-team"}


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.cache = CacheDir(folder / "cache", VerifiedFiles(None))

    def keep(self, name: str, *seeds: int, **fields: object) -> Record:
        paths = [self.folder / f"{name}-{seed}.png" for seed in seeds]
        pictures = [picture_at(path, seed=seed) for path, seed in zip(paths, seeds, strict=True)]
        record = record_of(name, *pictures, **fields)
        self.cache.keep(record, paths)
        return record

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        env = {"PAPERBANANA_CACHE_DIR": str(self.cache.folder), "COLUMNS": "80", **environ}
        return subprocess.run(
            [forked("pbfigure"), "cache", *arguments], cwd=self.folder.parent,
            env={**os.environ, **env}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def bytes_of(self, record: Record) -> list[bytes] | None:
        cache = CacheDir(self.cache.folder, VerifiedFiles(None))
        if cache.find(record.key) is None:
            return None
        return [cache.path_of(picture).read_bytes() for picture in record.pictures]

    def files(self) -> dict[str, tuple[int, bytes]]:
        paths = [path for path in self.cache.folder.rglob("*") if path.is_file()]
        kept = [path for path in paths if not {"state", "locks"} & set(path.parts)]
        return {str(path): (path.stat().st_ino, path.read_bytes()) for path in kept}


@pytest.fixture
def a(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "a")


@pytest.fixture
def b(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "b")


def entries(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]


def packed(file: Path, *members: tuple[str, bytes], kind: bytes = tarfile.REGTYPE) -> None:
    with tarfile.open(file, "w") as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type = len(data), kind
            archive.addfile(entry, io.BytesIO(data))


def test_what_one_machine_exports_another_imports_byte_for_byte(
    a: Machine, b: Machine, tmp_path: Path
) -> None:
    records = [a.keep("pump", 1, 2), a.keep("boat", 3)]
    a.keep("draft", 4, draft=True)
    written = a.run("export", "figures.tar")
    assert (written.returncode, fits(written.stdout)) == (0, True)
    assert written.stdout.startswith("figures.tar: 3 pictures, 2 records (")
    assert "1 draft of the sandbox left out" in written.stderr
    taken = b.run("import", "figures.tar")
    assert (taken.returncode, taken.stdout) == (0, "figures.tar: 2 records taken, 0 here already\n")
    assert [b.bytes_of(each) for each in records] == [a.bytes_of(each) for each in records]
    assert b.cache.record(records[0].key) == records[0]
    assert b.run("verify").returncode == 0
    before = b.files()
    again = valid("import", b.run("import", "figures.tar", "--json"))
    assert (again["records"], again["there"]) == (0, 2)
    assert b.files() == before, "nothing that exists is replaced"


def test_the_same_pictures_give_the_same_bytes_and_ordinary_tools_open_them(
    a: Machine, b: Machine, tmp_path: Path
) -> None:
    for machine, names in ((a, ("pump", "boat")), (b, ("boat", "pump"))):
        for name in names:
            machine.keep(name, len(name), 9)
        assert machine.run("export", f"{machine.folder.name}.tar").returncode == 0
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    listed = subprocess.run(
        ["tar", "-tf", "a.tar"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert listed.stderr == ""
    names = listed.stdout.splitlines()
    assert [name.split("/")[1] for name in names] == ["cas", "cas", "ac", "ac"]
    (tmp_path / "store").mkdir()
    subprocess.run(["tar", "-xf", "a.tar", "-C", "store"], cwd=tmp_path, check=True)
    found = {path.name for path in (tmp_path / "store/v1/ac").iterdir()}
    assert found == {record.key for record in a.cache.records()}, "it is a store of a team"


def test_an_export_does_not_replace_a_file(a: Machine, tmp_path: Path) -> None:
    (tmp_path / "figures.tar").write_text("mine")
    refused = a.run("export", "figures.tar")
    assert refused.returncode == 2
    assert "there already" in refused.stderr
    assert (tmp_path / "figures.tar").read_text() == "mine"


def of_another(record: Record) -> bytes:
    return write_record(record_of("another", *record.pictures))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda name, data: None if "/cas/" in name else data, "picture is missing"),
        (lambda name, data: data[:-1] if "/cas/" in name else data, "another size"),
        (lambda name, data: bytes(len(data)) if "/cas/" in name else data, "neither PNG"),
        (
            lambda name, data: data[:-60] + bytes(60) if "/cas/" in name else data,
            "",
        ),
        (lambda name, data: data[:-20] if "/ac/" in name else data, "not JSON"),
        (lambda name, data: data + b" " * 2_000_000 if "/ac/" in name else data, "over the limit"),
        (
            lambda name, data: data.replace(b'"draft": false', b'"draft": true'),
            "no record of a bought picture",
        ),
    ],
)
def test_what_is_wrong_is_refused_and_the_rest_comes(
    a: Machine, b: Machine, tmp_path: Path, change: Callable[[str, bytes], bytes | None], why: str
) -> None:
    record = a.keep("pump", 1)
    a.run("export", "good.tar")
    changed = [(name, change(name, data)) for name, data in entries(tmp_path / "good.tar").items()]
    whole = a.keep("whole", 5)
    members = [(name, data) for name, data in changed if data is not None]
    members += [(f"v1/cas/{whole.picture.sha256}", image_bytes(seed=5))]
    members += [(f"v1/ac/{whole.key}", write_record(whole))]
    packed(tmp_path / "bad.tar", *members)
    done = b.run("import", "bad.tar")
    assert done.returncode == 1
    assert f"refused: 1 record: {record.key}: " in done.stderr
    assert why in done.stderr
    assert b.bytes_of(record) is None
    assert b.bytes_of(whole) == [image_bytes(seed=5)]
    assert not list((b.cache.root / "incoming").iterdir())


def test_no_entry_writes_elsewhere_or_is_believed_by_its_kind(
    a: Machine, b: Machine, tmp_path: Path
) -> None:
    record = a.keep("pump", 1)
    names = [
        "../../etc/passwd", "/etc/passwd", f"v1/ac/../../{record.key}", f"v1/ac/{record.key}/x",
        f"v1/ac/{record.key.upper()}", f"v2/ac/{record.key}", "v1/ledger/2026-01-01/a", EVIL,
    ]  # fmt: skip
    packed(tmp_path / "names.tar", *[(name, b"x") for name in names])
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        packed(tmp_path / "kind.tar", (f"v1/ac/{record.key}", b""), kind=kind)
        assert valid("import", b.run("import", "kind.tar", "--json"))["others"] == 1
    done = b.run("import", "names.tar")
    assert done.returncode == 0
    assert "that this program did not write" in done.stderr
    assert list(b.cache.records()) == []
    assert not raw_in(done.stdout + done.stderr)


def test_a_file_that_is_cut_short_gives_what_is_whole_and_is_told_of(
    a: Machine, b: Machine, tmp_path: Path
) -> None:
    records = [a.keep("pump", 1), a.keep("boat", 2)]
    a.run("export", "figures.tar")
    data = (tmp_path / "figures.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(data[:-1500])
    done = b.run("import", "cut.tar")
    assert done.returncode == 1
    assert "cut short" in done.stderr
    assert sum(b.bytes_of(each) is not None for each in records) == 1
    for content in (b"", b"PK\x03\x04" * 400, os.urandom(5000)):
        (tmp_path / "none.tar").write_bytes(content)
        none = b.run("import", "none.tar")
        assert (none.returncode, none.stdout) == (2, "")
        assert "not a tar file" in none.stderr
    assert b.run("import", "not-there.tar").returncode == 2


def test_with_a_secret_only_what_the_team_signed_is_taken(a: Machine, b: Machine) -> None:
    record = a.keep("pump", 1)
    a.run("export", "unsigned.tar")
    a.run("export", "signed.tar", **SECRET)
    refused = b.run("import", "unsigned.tar", **SECRET)
    assert refused.returncode == 1
    assert "not signed" in refused.stderr
    assert b.bytes_of(record) is None
    assert b.run("import", "signed.tar", **SECRET).returncode == 0
    assert b.bytes_of(record) is not None


def test_a_draft_makes_way_and_a_lost_picture_comes_back(a: Machine, b: Machine) -> None:
    record, lost = a.keep("pump", 1), a.keep("boat", 2)
    a.run("export", "figures.tar")
    b.keep("pump", 7, draft=True)
    b.keep("boat", 2, task_id="task-of-b")
    path = b.cache.path_of(lost.picture)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    done = valid("import", b.run("import", "figures.tar", "--json"))
    assert (done["records"], done["restored"]) == (1, 1)
    assert b.bytes_of(record) == [image_bytes(seed=1)]
    assert b.bytes_of(lost) == [image_bytes(seed=2)]
    kept = b.cache.record(lost.key)
    assert kept is not None
    assert kept.task_id == "task-of-b", "its record is this machine's still"


def test_of_paths_what_their_figures_show_is_exported_and_what_is_not_there_is_named(
    site: Site, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    service = RealService(sandbox)
    site.build(**service.env)
    site.write("more/extra.rst", "More\n====\n\nText.\n\n.. paperbanana:: A boat\n   :name: boat\n")
    other = Site(tmp_path / "other")
    other.write("index.rst", "Other\n=====\n\nText.\n\n.. paperbanana:: A car\n")
    other.build(**service.env)
    service.stop()
    done = site.run("cache", "export", "docs.tar", "docs", "--json", **service.env)
    assert done.returncode == 1
    written = valid("export", done)
    assert (written["records"], written["without"]) == (2, ["boat"])
    assert "not in the machine's cache: boat" in done.stderr
    refused = site.run("cache", "export", "x.tar", "docs", "--cache-dir", "elsewhere")
    assert (refused.returncode, "with PATHs, cache_dir" in refused.stderr) == (2, True)
    fresh = {"PAPERBANANA_CACHE_DIR": str(tmp_path / "fresh")}
    assert site.run("cache", "import", "docs.tar", **fresh).returncode == 0
    for path in (site.docs / "_paperbanana").iterdir():
        path.unlink()
    said = site.build(PAPERBANANA_MODE="offline", **fresh)
    assert "1 missing" in said


@pytest.mark.parametrize("size", [2**70, -1])
def test_a_size_that_no_archive_has_is_damage(
    a: Machine, b: Machine, tmp_path: Path, size: int
) -> None:
    record = a.keep("pump", 1)
    a.run("export", "figures.tar")
    entry = tarfile.TarInfo("v1/ac/x")
    entry.size = size
    whole = (tmp_path / "figures.tar").read_bytes()[:-1024]
    (tmp_path / "forged.tar").write_bytes(whole + entry.tobuf(tarfile.GNU_FORMAT))
    done = b.run("import", "forged.tar")
    assert "damaged after 2 entries" in done.stderr
    assert b.bytes_of(record) == [image_bytes(seed=1)]
