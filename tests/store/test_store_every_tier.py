"""One suite for every tier and engine: the machine's cache, a project's folder, a team's store.

What is kept comes back byte for byte, or not at all.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from shared_stores import Store, open_store
from stock import KINDS, image_bytes, picture_at, record_of

from pbfigure.figure.key import Key
from pbfigure.store import shared_cache
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import RECORD_LIMIT, Record, write_record
from pbfigure.store.shared_cache import SharedCache
from pbfigure.store.verified_files import VerifiedFiles

Found = tuple[Record, list[bytes]] | None


class Tier(ABC):
    """One store, used as by processes that each open it anew; and seen from behind, by names."""

    @abstractmethod
    def keep(self, record: Record, sources: list[Path]) -> None: ...

    @abstractmethod
    def find(self, record: Record) -> Found:
        """What the store has under a record's key."""

    @abstractmethod
    def objects(self) -> dict[str, bytes]: ...

    @abstractmethod
    def put(self, name: str, data: bytes) -> None: ...

    @abstractmethod
    def remove(self, name: str) -> None: ...

    def owned(self, record: Record) -> Record:
        """A record as this tier keeps it."""
        return record

    def close(self) -> None:  # noqa: B027 - most have nothing to close
        pass

    def records(self) -> list[str]:
        return [name for name, data in self.objects().items() if data[:1] == b"{"]

    def pictures(self) -> list[str]:
        images = {image_bytes(kind, seed) for kind in KINDS for seed in range(10)}
        return sorted(name for name, data in self.objects().items() if data in images)


class _Files(Tier):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _paths(self) -> Iterator[Path]:
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            ours = not {"quarantine", "locks", "state"} & set(parts) and path.suffix != ".damaged"
            if path.is_file() and ours and path.suffix != ".jsonl":
                yield path

    def objects(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in self._paths()}

    def put(self, name: str, data: bytes) -> None:
        self.remove(name)
        (self.folder / name).write_bytes(data)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


class Cache(_Files):
    def keep(self, record: Record, sources: list[Path]) -> None:
        CacheDir(self.folder, VerifiedFiles(None)).keep(record, sources)

    def find(self, record: Record) -> Found:
        cache = CacheDir(self.folder, VerifiedFiles(None))
        found = cache.find(record.key)
        if found is None:
            return None
        return found.record, [cache.path_of(each).read_bytes() for each in found.record.pictures]


class Figures(_Files):
    def owned(self, record: Record) -> Record:
        return record.for_figure("cat")

    def keep(self, record: Record, sources: list[Path]) -> None:
        FiguresDir(self.folder, VerifiedFiles(None)).keep("cat", self.owned(record), sources)

    def find(self, record: Record) -> Found:
        figures = FiguresDir(self.folder, VerifiedFiles(None))
        kept = figures.of_key(record.key)
        try:
            if kept is None or not figures.whole(kept):
                return None
        except BadPicture:
            return None
        return kept.record, [path.read_bytes() for path, _ in figures.files(kept)]


class Shared(Tier):
    def __init__(self, store: Store, incoming: Path) -> None:
        self._store = store
        self._incoming = incoming
        incoming.mkdir()

    def keep(self, record: Record, sources: list[Path]) -> None:
        shared = SharedCache(self._store.address, secret="", writes=True)
        shared.upload(record, sources)
        assert list(shared.close()) == []

    def find(self, record: Record) -> Found:
        shared = SharedCache(self._store.address, secret="", writes=True)
        key = Key(record.key, record.request_digest, record.content_digest)
        found = list(shared.fetch([key], self._incoming))
        list(shared.close())
        if not found:
            return None
        (arrived,) = found
        return arrived.record, [path.read_bytes() for path in arrived.paths]

    def objects(self) -> dict[str, bytes]:
        return self._store.objects()

    def put(self, name: str, data: bytes) -> None:
        self._store.put(name, data)

    def remove(self, name: str) -> None:
        self._store.remove(name)

    def close(self) -> None:
        self._store.stop()


LOCAL = {"cache": Cache, "figures": Figures}
SOAK = [pytest.param(kind, marks=pytest.mark.soak) for kind in ("seaweedfs", "azurite")]


@pytest.fixture(params=[*LOCAL, "file", "s3", "gs", "http", "nginx", *SOAK])
def tier(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tier]:
    monkeypatch.setattr(shared_cache, "LOOK_UP_SECONDS", 300.0)  # a busy machine is no slow store
    monkeypatch.setattr(shared_cache, "UPLOAD_SECONDS", 300.0)
    opened: Tier
    if request.param in LOCAL:
        opened = LOCAL[request.param](tmp_path / "store")
    else:
        store = open_store(request.param, tmp_path)
        for name, value in store.env.items():
            monkeypatch.setenv(name, value)
        opened = Shared(store, tmp_path / "incoming")
    yield opened
    opened.close()


Arrive = Callable[..., tuple[Record, list[Path]]]


@pytest.fixture
def arrive(tmp_path: Path) -> Arrive:
    def arrive(name: object, *seeds: int, kind: str = "png") -> tuple[Record, list[Path]]:
        paths = [tmp_path / "arrived" / f"{name}-{seed}.part" for seed in seeds or (0,)]
        pictures = [
            picture_at(path, kind, seed) for path, seed in zip(paths, seeds or (0,), strict=True)
        ]
        return record_of(name, *pictures), paths

    return arrive


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_is_found_by_another_process(tier: Tier, arrive: Arrive, kind: str) -> None:
    record, sources = arrive("a", 1, kind=kind)
    assert tier.find(record) is None
    tier.keep(record, sources)
    assert tier.find(record) == (tier.owned(record), [image_bytes(kind, 1)])
    assert tier.find(record_of("b", *record.pictures)) is None


def test_several_pictures_of_one_task_are_all_kept_in_their_order(
    tier: Tier, arrive: Arrive
) -> None:
    record, sources = arrive("a", 5, 3, 4)
    tier.keep(record, sources)
    whole = [image_bytes(seed=seed) for seed in (5, 3, 4)]
    assert tier.find(record) == (tier.owned(record), whole)


def test_keeping_the_same_again_changes_nothing(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    before = tier.objects()
    tier.keep(record, sources)
    assert tier.objects() == before


@pytest.mark.parametrize("damage", ["cut", "emptied", "scribbled", "another", "mistyped"])
def test_a_damaged_picture_is_never_given_out(tier: Tier, arrive: Arrive, damage: str) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (name,) = tier.pictures()
    whole = image_bytes()
    data = {
        "cut": whole[:-10],
        "emptied": b"",
        "scribbled": whole[:50] + b"x" + whole[51:],
        "another": image_bytes(seed=9),
        "mistyped": image_bytes("webp"),
    }[damage]
    tier.put(name, data)
    assert tier.find(record) is None
    tier.remove(name)
    tier.keep(record, sources)
    assert tier.find(record) == (tier.owned(record), [whole])


def test_a_missing_picture_comes_back_when_it_is_kept_again(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a", 1, 2)
    tier.keep(record, sources)
    tier.remove(tier.pictures()[0])
    assert tier.find(record) is None
    tier.keep(record, sources)
    assert tier.find(record) is not None


BAD_RECORDS = {
    "empty": b"",
    "bare": b"{}",
    "deep": b"[" * 100_000,
    "nested": b'{"a":' * 100_000,
    "no text": b"\xff" * 100,
    "too long": b" " * (RECORD_LIMIT + 1_000),
    "a page": b"<html></html>",
}


@pytest.mark.parametrize("bad", [*BAD_RECORDS, "another's", "of a later version"])
def test_a_record_that_cannot_be_read_is_as_none(tier: Tier, arrive: Arrive, bad: str) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (name,) = tier.records()
    later = json.loads(tier.objects()[name]) | {"version": 2}
    of_this_kind = BAD_RECORDS | {
        "another's": write_record(tier.owned(record_of("b", *record.pictures))),
        "of a later version": json.dumps(later).encode(),
    }
    tier.put(name, of_this_kind[bad])
    assert tier.find(record) is None


def test_a_record_that_describes_its_picture_wrongly_costs_nobody_the_picture(
    tier: Tier, arrive: Arrive
) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (name,) = tier.records()
    tier.put(name, tier.objects()[name].replace(b'"width": 24', b'"width": 25'))
    assert tier.find(record) is None
    tier.remove(name)
    tier.keep(record, sources)
    assert tier.find(record) == (tier.owned(record), [image_bytes()])


def test_what_was_cut_off_while_it_was_kept_is_no_picture_and_in_nobodys_way(
    tier: Tier, arrive: Arrive
) -> None:
    record, sources = arrive("a", 1, 2)
    tier.keep(record, sources)
    for name in tier.records():  # the pictures come first, the record last
        tier.remove(name)
    assert tier.find(record) is None
    tier.keep(record, sources)
    assert tier.find(record) is not None


def test_a_store_that_lost_everything_is_an_empty_one(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    for name in [*tier.records(), *tier.pictures()]:
        with suppress(FileNotFoundError):
            tier.remove(name)
    assert tier.find(record) is None
    tier.keep(record, sources)
    assert tier.find(record) is not None


def test_fields_and_folders_of_a_later_version_are_passed_over(tier: Tier, arrive: Arrive) -> None:
    record, sources = arrive("a")
    tier.keep(record, sources)
    (name,) = tier.records()
    document = json.loads(tier.objects()[name]) | {"mood": ["fine", {"deeply": 1}]}
    document["request"]["mood"] = "fine"
    tier.put(name, json.dumps(document).encode())
    if name.startswith("v1/"):
        for mine, data in tier.objects().items():
            later = mine.replace("v1/", "v2/", 1)
            if isinstance(tier, _Files):
                (tier.folder / later).parent.mkdir(parents=True, exist_ok=True)
            tier.put(later, data[::-1])
    found = tier.find(record)
    assert found is not None
    assert found[0].request == record.request
    other, more = arrive("b", 2)
    tier.keep(other, more)
    assert tier.find(other) == (tier.owned(other), [image_bytes(seed=2)])
