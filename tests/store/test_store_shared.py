"""A team's store: one behaviour on every engine, and nothing from it is believed unchecked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shared_stores import Folder, RawServer, Store, open_store
from stock import digest, image_bytes, picture_at, record_of

from pbfigure.figure.key import Key
from pbfigure.store import shared_cache
from pbfigure.store.errors import StoreFailed
from pbfigure.store.record import Record, write_record
from pbfigure.store.shared_cache import SharedCache

KINDS = ("file", "s3", "http")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no slow store."""
    monkeypatch.setattr(shared_cache, "LOOK_UP_SECONDS", 300.0)
    monkeypatch.setattr(shared_cache, "UPLOAD_SECONDS", 300.0)


@pytest.fixture(params=[*KINDS, pytest.param("seaweedfs", marks=pytest.mark.soak)])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    yield from _opened(request.param, tmp_path, monkeypatch)


@pytest.fixture(params=[kind for kind in KINDS if kind != "file"])
def served(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store with a server."""
    yield from _opened(request.param, tmp_path, monkeypatch)


def _opened(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    opened = open_store(kind, tmp_path)
    for name, value in opened.env.items():
        monkeypatch.setenv(name, value)
    yield opened
    opened.stop()


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    (tmp_path / "incoming").mkdir()
    return tmp_path / "incoming"


def key_of(record: Record) -> Key:
    return Key(record.key, record.request_digest, record.content_digest)


def bought(tmp_path: Path, name: str = "pump", count: int = 1) -> tuple[Record, list[Path]]:
    paths = [tmp_path / f"{name}{number}.png" for number in range(count)]
    pictures = [picture_at(path, seed=number) for number, path in enumerate(paths)]
    return record_of(name, *pictures), paths


def give(
    store: Store, record: Record, paths: list[Path], *, secret: str = "", writes: bool = True
) -> list[str]:
    """Upload a figure as one machine's build, and return what its user is told."""
    cache = SharedCache(store.address, secret=secret, writes=writes)
    cache.upload(record, paths)
    return [text for _, text in cache.close()]


def take(
    store: Store, *records: Record, incoming: Path, secret: str = ""
) -> tuple[dict[str, list[bytes]], list[str]]:
    """Fetch figures as another one; return the pictures' bytes by key, and what is told."""
    cache = SharedCache(store.address, secret=secret, writes=True)
    found = list(cache.fetch([key_of(each) for each in records], incoming))
    bytes_of = {each.record.key: [path.read_bytes() for path in each.paths] for each in found}
    for each in found:
        assert each.record in records
        for path in each.paths:
            path.unlink()
    assert list(incoming.iterdir()) == [], "nothing else is left behind"
    return bytes_of, [text for _, text in cache.close()]


def test_what_one_machine_gives_another_takes_byte_for_byte(
    store: Store, tmp_path: Path, incoming: Path
) -> None:
    record, paths = bought(tmp_path, count=2)
    assert give(store, record, paths) == []
    assert sorted(store.objects()) == sorted(
        [f"v1/ac/{record.key}", *(f"v1/cas/{picture.sha256}" for picture in record.pictures)]
    )
    assert take(store, record, incoming=incoming) == (
        {record.key: [path.read_bytes() for path in paths]},
        [],
    )


def test_what_it_does_not_have_is_no_problem(store: Store, incoming: Path, tmp_path: Path) -> None:
    record, _ = bought(tmp_path)
    assert take(store, record, incoming=incoming) == ({}, [])


def test_what_is_there_is_never_replaced(store: Store, tmp_path: Path) -> None:
    record, paths = bought(tmp_path)
    store.put(f"v1/ac/{record.key}", b"the first")
    store.put(f"v1/cas/{record.picture.sha256}", b"the first")
    assert give(store, record, paths) == []
    assert set(store.objects().values()) == {b"the first"}


def test_drafts_and_what_may_not_be_written_stay_here(store: Store, tmp_path: Path) -> None:
    record, paths = bought(tmp_path)
    draft = record_of("draft", record.picture, draft=True)
    assert give(store, draft, paths) == []
    assert give(store, record, paths, writes=False) == []
    assert store.objects() == {}


def of_another_key(record: Record, data: bytes) -> bytes:
    return write_record(record_of("another", *record.pictures))


def of_another_text(record: Record, data: bytes) -> bytes:
    changed = json.loads(write_record(record)) | {"content_digest": digest("other text")}
    return json.dumps(changed).encode()


def with_a_path(record: Record, data: bytes) -> bytes:
    document = json.loads(data)
    document["pictures"][0]["sha256"] = "../../../../etc/passwd"
    return json.dumps(document).encode()


def with_another_size(record: Record, data: bytes) -> bytes:
    document = json.loads(data)
    document["pictures"][0]["size"] -= 1
    return json.dumps(document).encode()


def a_draft(record: Record, data: bytes) -> bytes:
    return write_record(record_of("pump", *record.pictures, draft=True))


def cut_short(record: Record, data: bytes) -> bytes:
    return data[: len(data) // 2]


def huge(record: Record, data: bytes) -> bytes:
    return data + b" " * 2_000_000


def other_bytes(record: Record, data: bytes) -> bytes:
    return b"\x00" * len(data)


def another_picture(record: Record, data: bytes) -> bytes:
    return image_bytes(seed=99)


def nothing_at_all(record: Record, data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("ac", of_another_key),
        ("ac", of_another_text),
        ("ac", with_a_path),
        ("ac", with_another_size),
        ("ac", a_draft),
        ("ac", cut_short),
        ("ac", huge),
        ("ac", nothing_at_all),
        ("cas", cut_short),
        ("cas", huge),
        ("cas", other_bytes),
        ("cas", another_picture),
        ("cas", nothing_at_all),
    ],
)
def test_wrong_bytes_are_refused_and_the_other_figures_come(
    store: Store,
    tmp_path: Path,
    incoming: Path,
    kind: str,
    change: Callable[[Record, bytes], bytes],
) -> None:
    record, paths = bought(tmp_path)
    give(store, record, paths)
    name = store.one(kind)
    store.put(name, change(record, store.objects()[name]))
    picture = picture_at(tmp_path / "whole.png", seed=7)
    whole = record_of("whole", picture)
    give(store, whole, [tmp_path / "whole.png"])
    found, told = take(store, record, whole, incoming=incoming)
    assert list(found) == [whole.key]
    (problem,) = told
    assert "has what is refused" in problem
    assert "1 figure, made anew" in problem


def test_a_record_whose_picture_is_gone_is_refused(
    store: Store, tmp_path: Path, incoming: Path
) -> None:
    record, _ = bought(tmp_path)
    store.put(f"v1/ac/{record.key}", write_record(record))
    found, told = take(store, record, incoming=incoming)
    assert found == {}
    assert "picture is missing" in told[0]


class TestSignatures:
    SECRET = "a long and secret word"

    def test_what_is_signed_is_taken_by_those_who_know_the_secret(
        self, store: Store, tmp_path: Path, incoming: Path
    ) -> None:
        record, paths = bought(tmp_path)
        give(store, record, paths, secret=self.SECRET)
        assert list(take(store, record, incoming=incoming, secret=self.SECRET)[0]) == [record.key]
        assert self.SECRET.encode() not in b"".join(store.objects().values())

    def test_without_a_secret_signatures_are_not_looked_at(
        self, store: Store, tmp_path: Path, incoming: Path
    ) -> None:
        record, paths = bought(tmp_path)
        give(store, record, paths, secret=self.SECRET)
        assert list(take(store, record, incoming=incoming)[0]) == [record.key]

    @pytest.mark.parametrize("theirs", ["", "another secret"])
    def test_unsigned_and_wrongly_signed_records_are_refused(
        self, store: Store, tmp_path: Path, incoming: Path, theirs: str
    ) -> None:
        record, paths = bought(tmp_path)
        give(store, record, paths, secret=theirs)
        found, told = take(store, record, incoming=incoming, secret=self.SECRET)
        assert found == {}
        assert "signed, and PAPERBANANA_SHARED_SECRET is set" in told[0]
        assert self.SECRET not in told[0]

    def test_a_change_to_a_signed_record_is_refused(
        self, store: Store, tmp_path: Path, incoming: Path
    ) -> None:
        record, paths = bought(tmp_path)
        give(store, record, paths, secret=self.SECRET)
        name = store.one("ac")
        store.put(name, store.objects()[name].replace(b"Figure pump", b"Figure Pump"))
        found, told = take(store, record, incoming=incoming, secret=self.SECRET)
        assert found == {}
        assert "wrongly signed" in told[0]


class TestServers:
    @pytest.mark.parametrize(
        ("status", "words"), [(500, "answered with 500"), (403, "refuses this machine's")]
    )
    def test_a_store_that_fails_is_given_up_after_a_few_requests_and_told_of_once(
        self, served: Store, tmp_path: Path, incoming: Path, status: int, words: str
    ) -> None:
        assert served.server is not None
        served.server.status["*"] = status
        picture = picture_at(tmp_path / "p.png")
        records = [record_of(f"n{n}", picture) for n in range(500)]
        found, told = take(served, *records, incoming=incoming)
        assert found == {}
        (problem,) = told
        assert words in problem
        assert "goes on without it" in problem
        most = (shared_cache.LOOK_UPS + shared_cache.FAILURES_LIMIT) * 3
        assert len(served.server.requests) <= most, "those that were under way, and retries"

    def test_a_store_that_takes_nothing_is_told_of_and_one_for_reading_only_mentioned(
        self, served: Store, tmp_path: Path
    ) -> None:
        assert served.server is not None
        record, paths = bought(tmp_path)
        served.server.status["PUT"] = 507
        assert give(served, record, paths) == [
            "answered with 507: 1 picture not uploaded; 'pbfigure cache sync' does it later"
        ]
        served.server.status["PUT"] = 403
        cache = SharedCache(served.address, secret="", writes=True)
        cache.upload(record, paths)
        ((level, text),) = cache.close()
        assert level == "info"
        assert "only read: 1 picture not uploaded" in text

    def test_a_store_that_vanished_is_told_of(
        self, served: Store, tmp_path: Path, incoming: Path
    ) -> None:
        record, _ = bought(tmp_path)
        served.stop()
        served.server = None
        found, told = take(served, record, incoming=incoming)
        assert found == {}
        assert "cannot be used" in told[0]

    def test_a_slow_store_is_given_up_in_time(
        self, served: Store, tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert served.server is not None
        monkeypatch.setattr(shared_cache, "LOOK_UP_SECONDS", 0.5)
        monkeypatch.setattr(shared_cache, "UPLOAD_SECONDS", 0.5)
        record, paths = bought(tmp_path)
        served.server.is_open.clear()
        assert take(served, record, incoming=incoming) == (
            {},
            ["is too slow (no answer for 1 figure); the build goes on without it"],
        )
        assert give(served, record, paths) == [
            "is too slow: 1 picture not uploaded; 'pbfigure cache sync' does it later"
        ]

    def test_a_store_that_sends_a_byte_now_and_then_is_given_up_too(
        self, tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared_cache, "LOOK_UP_SECONDS", 0.5)
        record, _ = bought(tmp_path)
        store = Folder(tmp_path / "unused")
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n"
        with RawServer(head, *[b" "] * 1_000_000) as server:
            store.address = server.url
            found, told = take(store, record, incoming=incoming)
        assert found == {}
        assert "is too slow" in told[0]

    def test_a_body_that_ends_early_is_a_failure(self, tmp_path: Path, incoming: Path) -> None:
        record, _ = bought(tmp_path)
        store = Folder(tmp_path / "unused")
        with RawServer(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{") as server:
            store.address = server.url
            found, told = take(store, record, incoming=incoming)
        assert found == {}
        assert "goes on without it" in told[0]

    def test_all_figures_are_looked_up_at_the_same_time_and_none_by_listing(
        self, served: Store, tmp_path: Path, incoming: Path
    ) -> None:
        assert served.server is not None
        paths = [tmp_path / f"{n}.png" for n in range(2 * shared_cache.LOOK_UPS)]
        records = [record_of(n, picture_at(path, seed=n)) for n, path in enumerate(paths)]
        for record, path in zip(records, paths, strict=True):
            served.put(f"v1/ac/{record.key}", write_record(record))
            served.put(f"v1/cas/{record.picture.sha256}", path.read_bytes())
        served.server.requests.clear()
        served.server.busiest, served.server.delay = 0, 0.1
        found, told = take(served, *records, incoming=incoming)
        assert (len(found), told) == (len(paths), [])
        assert len(served.server.requests) == 2 * len(paths)
        assert {method for method, _ in served.server.requests} == {"GET"}
        assert served.server.busiest > shared_cache.LOOK_UPS / 2

    def test_a_bucket_that_is_not_there_is_no_empty_one(
        self, tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for opened in _opened("s3", tmp_path, monkeypatch):
            opened.address = "s3://another/team"
            record, paths = bought(tmp_path)
            assert "no such bucket" in take(opened, record, incoming=incoming)[1][0]
            assert "no such bucket" in give(opened, record, paths)[0]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="no such folder"):
        SharedCache((tmp_path / "not-mounted").as_uri(), secret="", writes=True)
    assert not (tmp_path / "not-mounted").exists()
