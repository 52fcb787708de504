"""What the two tiers in folders have beside what every tier has (test_store_every_tier.py)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stock import digest, image_bytes, picture_at, read_only, record_of

from pbfigure.figure.notice import FigureError
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles


class Tier:
    """What the two stores have in common, in words of the test."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.open()

    def open(self) -> None:
        """Open it as another process would."""
        self.cache = CacheDir(self.folder, VerifiedFiles(None))
        self.figures = FiguresDir(self.folder, VerifiedFiles(None))

    def owned(self, record: Record) -> Record:
        """The record as this tier keeps it."""
        return record if self.kind == "cache" else record.for_figure("cat")

    def keep(self, record: Record, sources: list[Path]) -> None:
        if self.kind == "cache":
            self.cache.keep(record, sources)
        else:
            self.figures.keep("cat", self.owned(record), sources)

    def find(self, key: str) -> tuple[Record, list[bytes]] | None:
        """The record under a key and its pictures' bytes, if all is whole."""
        if self.kind == "cache":
            found = self.cache.find(key)
            if found is None:
                return None
            record, shown = found
            paths = [self.cache.path_of(picture) for picture in record.pictures]
        else:
            kept = self.figures.of_key(key)
            try:
                if kept is None or not self.figures.whole(kept):
                    return None
            except BadPicture:
                return None
            record = kept.record
            paths = [path for path, _ in self.figures.files(kept)]
            shown = paths[0]
        assert shown == paths[0]
        return record, [path.read_bytes() for path in paths]

    def record_path(self, key: str) -> Path:
        (path,) = self.folder.rglob(f"*{key[:12]}*.json")
        return path

    def picture_paths(self) -> list[Path]:
        found = [p for p in self.folder.rglob("*") if p.suffix in (".png", ".jpg", ".webp")]
        return sorted(path for path in found if "quarantine" not in path.parts)

    def heal(self, record: Record, sources: list[Path]) -> None:
        if self.kind == "cache":
            for picture, source in zip(record.pictures, sources, strict=True):
                assert self.cache.heal(picture, source)
        else:
            kept = self.figures.of_key(record.key)
            assert kept is not None
            self.figures.heal(kept, sources)

    def set_aside(self) -> list[bytes]:
        """What was damaged and put out of the way."""
        return [
            path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and ("quarantine" in path.parts or path.suffix == ".damaged")
        ]


@pytest.fixture(params=["cache", "figures"])
def tier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tier]:
    tier = Tier(request.param, tmp_path / "store")
    yield tier
    tier.cache.close()


@pytest.fixture
def arrive(tmp_path: Path) -> Callable[..., tuple[Record, list[Path]]]:
    def arrive(
        name: object, *seeds: int, kind: str = "png", **fields: object
    ) -> tuple[Record, list[Path]]:
        paths = [tmp_path / "arrived" / f"{name}-{seed}.part" for seed in seeds or (0,)]
        pictures = [
            picture_at(path, kind, seed) for path, seed in zip(paths, seeds or (0,), strict=True)
        ]
        return record_of(name, *pictures, **fields), paths

    return arrive


Arrive = Callable[..., tuple[Record, list[Path]]]


def test_keeping_the_same_again_changes_no_picture(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (path,) = tier.picture_paths()
    before = path.stat().st_ino
    tier.keep(record, sources)
    assert path.stat().st_ino == before
    assert tier.set_aside() == []


@pytest.mark.parametrize("damage", ["cut", "emptied", "scribbled", "another", "linked", "mistyped"])
def test_a_damaged_picture_is_never_given_out_and_healed_by_the_same_bytes(
    tier: Tier, arrive: Arrive, damage: str, tmp_path: Path
) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (path,) = tier.picture_paths()
    whole = path.read_bytes()
    other = tmp_path / "other"
    data = {
        "cut": whole[:-10],
        "emptied": b"",
        "scribbled": whole[:50] + b"x" + whole[51:],
        "another": image_bytes(seed=9),
        "mistyped": image_bytes("webp"),
    }.get(damage)
    path.unlink()
    if data is None:
        other.write_bytes(whole)
        path.symlink_to(other)
    else:
        path.write_bytes(data)
    tier.open()
    assert tier.find(record.key) is None
    tier.heal(record, sources)
    assert tier.find(record.key) == (tier.owned(record), [whole])
    assert tier.set_aside() == ([data] if data is not None else [whole])


def test_a_missing_picture_is_healed_by_the_same_bytes_alone(
    tier: Tier, arrive: Arrive, tmp_path: Path
) -> None:
    record, sources = arrive("a", 1, 2)
    tier.keep(record, sources)
    for path in tier.picture_paths():
        path.unlink()
    assert tier.find(record.key) is None
    _, wrong = arrive("b", 7, 8)
    if tier.kind == "cache":
        assert not tier.cache.heal(record.picture, wrong[0])
        assert not tier.cache.heal(record.picture, tmp_path / "nothing")
        assert tier.find(record.key) is None
    tier.heal(record, sources)
    assert tier.find(record.key) is not None


def test_keeping_it_again_also_heals(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (path,) = tier.picture_paths()
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    tier.open()
    tier.keep(record, sources)
    assert tier.find(record.key) == (tier.owned(record), [image_bytes()])


def test_a_record_that_describes_its_picture_wrongly_costs_nobody_the_picture(
    tier: Tier, arrive: Arrive
) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    path = tier.record_path(record.key)
    path.write_text(path.read_text().replace('"width": 24', '"width": 25'))
    tier.open()
    assert tier.find(record.key) is None
    tier.keep(record, sources)
    assert tier.find(record.key) == (tier.owned(record), [image_bytes()])
    assert tier.set_aside() == []


@pytest.mark.parametrize("data", ["linked", "gone", "a folder", "a pipe"])
def test_a_record_that_is_no_file_is_as_none(
    tier: Tier, arrive: Arrive, data: str, tmp_path: Path
) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    path = tier.record_path(record.key)
    good = path.read_bytes()
    path.unlink()
    if data == "linked":
        (tmp_path / "elsewhere.json").write_bytes(good)
        path.symlink_to(tmp_path / "elsewhere.json")
    elif data == "a folder":
        path.mkdir()
    elif data == "a pipe":
        os.mkfifo(path)
    tier.open()
    assert tier.find(record.key) is None
    assert list(tier.cache.records()) == []
    assert tier.figures.all() == []


def test_a_read_only_store_is_used_and_refuses_to_keep_with_an_os_error(
    tier: Tier, arrive: Arrive
) -> None:
    record, sources = arrive("a")
    other, more = arrive("b", 2)
    tier.keep(record, sources)
    tier.open()
    with read_only(tier.folder):
        assert tier.find(record.key) is not None
        with pytest.raises((OSError, FigureError)):
            tier.keep(other, more)
        assert tier.find(record.key) is not None
    assert tier.find(other.key) is None
    assert not list(tier.folder.rglob("*.part"))


def test_what_was_cut_off_while_it_was_kept_is_no_picture_and_in_nobodys_way(
    tier: Tier, arrive: Arrive
) -> None:
    record, sources = arrive("a", 1, 2)
    tier.keep(record, sources)
    tier.record_path(record.key).unlink()  # the pictures come first, the record last
    (tier.picture_paths()[0].parent / f".{'0' * 32}.part").write_bytes(image_bytes()[:50])
    tier.open()
    assert tier.find(record.key) is None
    tier.keep(record, sources)
    assert tier.find(record.key) is not None


def test_a_vanished_folder_is_an_empty_one(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    shutil.rmtree(tier.folder)
    tier.open()
    assert tier.find(record.key) is None
    tier.keep(record, sources)
    assert tier.find(record.key) is not None


# -- the machine's cache alone --------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[CacheDir]:
    cache = CacheDir(tmp_path / "cache", VerifiedFiles(None))
    yield cache
    cache.close()


def test_a_draft_never_takes_the_place_of_a_bought_picture(cache: CacheDir, arrive: Arrive) -> None:
    draft, drawn = arrive("a", 1, draft=True)
    bought, paid = arrive("a", 2)
    cache.keep(draft, drawn)
    assert cache.record(draft.key) == draft
    cache.keep(bought, paid)
    cache.keep(draft, drawn)
    assert cache.record(draft.key) == bought
    again, fetched = arrive("a", 3)
    cache.keep(again, fetched)
    assert cache.record(draft.key) == again


def test_two_requests_may_have_the_same_picture_and_it_is_kept_once(
    cache: CacheDir, arrive: Arrive
) -> None:
    for name in ("a", "b"):
        cache.keep(*arrive(name))
    assert len(list(cache.folder.rglob("*.png"))) == 1
    assert [record.key for record in cache.records()] == sorted([digest("a"), digest("b")])


def test_pictures_are_kept_read_only_in_a_folder_for_its_owner_that_says_what_it_is(
    cache: CacheDir, arrive: Arrive
) -> None:
    path = cache.keep(*arrive("a")).path
    assert path.stat().st_mode & 0o777 == 0o444
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert (cache.folder / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172")
    assert "paid for" in (cache.folder / "README.txt").read_text()


def test_folders_deleted_under_a_running_build_come_back(cache: CacheDir, arrive: Arrive) -> None:
    record, sources = arrive("a")
    path = cache.keep(record, sources).path
    for name in ("incoming", "quarantine", "records", "pictures"):
        shutil.rmtree(cache.folder / "v1" / name)
    assert cache.incoming().is_dir()
    assert cache.keep(record, sources).path == path
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    assert cache.find(record.key) is None
    assert (cache.folder / "v1" / "quarantine").is_dir()
