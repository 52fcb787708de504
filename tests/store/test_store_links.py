"""A cache that others can write to: its folder may be a link, nothing in it may be one."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from stock import digest, image_bytes, picture_at, record_of

from pbfigure.figure.notice import FigureError
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles

KEY = digest("a")
SHA256 = hashlib.sha256(image_bytes()).hexdigest()
READ = ["v1", "v1/records", f"v1/records/{KEY[:2]}", "v1/pictures", f"v1/pictures/{SHA256[:2]}"]
WRITTEN = [*READ, "v1/incoming", "v1/quarantine", "v1/state", "v1/locks"]


@pytest.fixture
def bought(tmp_path: Path) -> tuple[Record, Path]:
    path = tmp_path / "arrived.part"
    return record_of("a", picture_at(path)), path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def link(folder: Path, place: str, target: Path) -> None:
    """Put a link to ``target`` in a folder's place."""
    path = folder / place
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    target.mkdir(exist_ok=True)
    path.symlink_to(target)


def touched(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if not path.is_dir()]


@pytest.mark.parametrize("place", WRITTEN)
def test_nothing_is_written_through_a_link_in_the_cache(
    folder: Path, bought: tuple[Record, Path], place: str, tmp_path: Path
) -> None:
    record, arrived = bought
    elsewhere = tmp_path / "elsewhere"
    link(folder, place, elsewhere)
    cache = CacheDir(folder, VerifiedFiles(None))
    with pytest.raises((OSError, FigureError), match="symbolic link"):
        cache.keep(record, [arrived])
    if place not in READ:
        with pytest.raises((OSError, FigureError), match="symbolic link"):
            cache.incoming()
        with pytest.raises(FigureError, match="symbolic link"):
            assert cache.state
    cache.close()
    assert touched(elsewhere) == []
    assert arrived.exists()


@pytest.mark.parametrize("place", READ)
def test_nothing_is_read_through_a_link_in_the_cache(
    folder: Path, bought: tuple[Record, Path], place: str, tmp_path: Path
) -> None:
    record, arrived = bought
    CacheDir(folder, VerifiedFiles(None)).keep(record, [arrived])
    elsewhere = tmp_path / "elsewhere"
    (folder / place).rename(elsewhere)
    (folder / place).symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in touched(elsewhere)}
    cache = CacheDir(folder, VerifiedFiles(None))
    assert cache.find(KEY) is None
    if "pictures" not in place:
        assert cache.record(KEY) is None
        assert "symbolic link" in str(cache.damage(KEY)), "no reason to buy it again"
    assert {path: path.read_bytes() for path in touched(elsewhere)} == before


def test_nothing_is_set_aside_through_a_link(
    folder: Path, bought: tuple[Record, Path], tmp_path: Path
) -> None:
    record, arrived = bought
    path = CacheDir(folder, VerifiedFiles(None)).keep(record, [arrived]).path
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    link(folder, "v1/quarantine", tmp_path / "elsewhere")
    cache = CacheDir(folder, VerifiedFiles(None))
    assert not cache.set_aside(path)
    assert path.read_bytes() == b"damaged"
    assert touched(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("name", ["cache.db", "cache.db-wal", "cache.db-shm", "cache.db-journal"])
def test_the_small_state_is_not_opened_through_a_link(
    folder: Path, tmp_path: Path, name: str
) -> None:
    cache = CacheDir(folder, VerifiedFiles(None))
    assert cache.state.names("") == []
    cache.close()
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (folder / "v1" / "state" / name).unlink(missing_ok=True)
    (folder / "v1" / "state" / name).symlink_to(precious)
    with pytest.raises(FigureError, match="symbolic link"):
        assert CacheDir(folder, VerifiedFiles(None)).state
    assert precious.read_bytes() == b"precious"


def test_the_cache_s_own_folder_may_be_a_link_by_its_owners_choice(
    folder: Path, bought: tuple[Record, Path], tmp_path: Path
) -> None:
    record, arrived = bought
    (tmp_path / "large disk").mkdir()
    folder.symlink_to(tmp_path / "large disk")
    cache = CacheDir(folder, VerifiedFiles(None))
    cache.keep(record, [arrived])
    assert cache.find(KEY) is not None
    assert cache.damage(KEY) is None
