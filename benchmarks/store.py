"""What the two stores cost, against other ways to keep bytes, in CPU and in time, per record.

Records of small pictures; ``put`` makes each durable (fsync) where the way can; ``look-up`` is that
of a build where nothing changed: every picture is known to be whole by the memo; ``verify`` decodes
and hashes every picture anew. Also by 8 processes at once, each with its share of the records::

    python benchmarks/store.py --records 100 10000
"""

from __future__ import annotations

import argparse
import hashlib
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from stock import image_bytes, record_of

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.picture import Picture, examine
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles

PROCESSES = 8
SETTLED = 2.1
"""Seconds until a memo believes that a file will not change unseen."""


class Item(NamedTuple):
    """What is kept under a key."""

    key: str
    data: bytes
    record: Record


class Cost(NamedTuple):
    """Of all records: CPU seconds, and seconds."""

    cpu: float
    wall: float


def items(count: int, folder: Path) -> list[Item]:
    """Return records of pictures whose bytes all differ."""
    path = folder / "picture.png"
    path.write_bytes(image_bytes())
    facts, made = examine(path), []
    whole = image_bytes()
    for number in range(count):
        comment = f"number {number:010}".encode()
        chunk = b"tEXt" + b"Comment\0" + comment
        part = len(chunk[4:]).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
        data = whole[:33] + part + whole[33:]
        picture = Picture(
            hashlib.sha256(data).hexdigest(), len(data), facts.format, facts.width, facts.height
        )
        record = record_of(number, picture)
        made.append(Item(record.key, data, record))
    return made


class Ours:
    """The machine's cache, with the memo of checked files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memo = folder / "memo.json"

    def _opened(self, *, memo: bool = True) -> tuple[CacheDir, VerifiedFiles]:
        verified = VerifiedFiles(self.memo if memo else None)
        return CacheDir(self.folder / "cache", verified), verified

    def put(self, given: Sequence[Item]) -> None:
        cache, _ = self._opened(memo=False)
        for each in given:
            arrived = cache.incoming() / f"{os.urandom(16).hex()}.part"
            arrived.write_bytes(each.data)
            cache.keep(each.record, [arrived])

    def get(self, given: Sequence[Item]) -> None:
        cache, verified = self._opened()
        assert all(cache.find(each.key) for each in given)
        verified.save()

    def verify(self, given: Sequence[Item]) -> None:
        cache, _ = self._opened(memo=False)
        assert all(cache.find(each.key) for each in given)


class Committed(Ours):
    """A project's folder of figures."""

    def _figures(self, *, memo: bool = True) -> tuple[FiguresDir, VerifiedFiles]:
        verified = VerifiedFiles(self.memo if memo else None)
        return FiguresDir(self.folder / "figures", verified), verified

    def put(self, given: Sequence[Item]) -> None:
        figures, _ = self._figures(memo=False)
        figures.folder.mkdir(parents=True, exist_ok=True)
        for each in given:
            source = self.folder / f"{os.urandom(16).hex()}.part"
            source.write_bytes(each.data)
            figures.keep(f"figure-{each.key[:9]}", each.record, [source])
            source.unlink()

    def _all(self, figures: FiguresDir, given: Sequence[Item]) -> None:
        for each in given:
            kept = figures.kept(f"figure-{each.key[:9]}-{each.key[:12]}")
            assert kept is not None and figures.whole(kept)

    def get(self, given: Sequence[Item]) -> None:
        figures, verified = self._figures()
        self._all(figures, given)
        verified.save()

    def verify(self, given: Sequence[Item]) -> None:
        self._all(self._figures(memo=False)[0], given)


class RawFiles:
    """A file each, written with fsync of it and of its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, given: Sequence[Item]) -> None:
        for each in given:
            with (self.folder / each.key).open("wb") as file:
                file.write(each.data)
                file.flush()
                os.fsync(file.fileno())
            folder = os.open(self.folder, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)

    def get(self, given: Sequence[Item]) -> None:
        for each in given:
            assert (self.folder / each.key).read_bytes()

    def verify(self, given: Sequence[Item]) -> None:
        for each in given:
            data = (self.folder / each.key).read_bytes()
            assert hashlib.sha256(data).hexdigest() == each.record.picture.sha256


class DiskCache:
    """diskcache, as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, given: Sequence[Item]) -> None:
        import diskcache

        with diskcache.Cache(str(self.folder), timeout=60) as cache:
            for each in given:
                cache[each.key] = each.data

    def get(self, given: Sequence[Item]) -> None:
        import diskcache

        with diskcache.Cache(str(self.folder), timeout=60) as cache:
            assert all(cache[each.key] for each in given)


class Joblib:
    """joblib's Memory: a function of the key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _cached(self, given: Sequence[Item]) -> Callable[[str], bytes]:
        import joblib

        data = {each.key: each.data for each in given}

        def picture(key: str) -> bytes:
            return data[key]

        cached: Callable[[str], bytes] = joblib.Memory(self.folder, verbose=0).cache(picture)
        return cached

    def put(self, given: Sequence[Item]) -> None:
        cached = self._cached(given)
        for each in given:
            cached(each.key)

    get = put


class GitObjects:
    """git's objects: one hash-object for all, and one cat-file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / ".git").exists():
            subprocess.run(["git", "init", "-q", folder], check=True)

    def _git(self, *arguments: str, told: str) -> bytes:
        command = ["git", "-C", str(self.folder), "-c", "core.fsync=loose-object", *arguments]
        return subprocess.run(command, input=told.encode(), capture_output=True, check=True).stdout

    def put(self, given: Sequence[Item]) -> None:
        paths = []
        for each in given:
            path = self.folder / each.key
            path.write_bytes(each.data)
            paths.append(each.key)
        self._git("hash-object", "-w", "--stdin-paths", told="\n".join(paths))

    def get(self, given: Sequence[Item]) -> None:
        names = [
            hashlib.sha1(b"blob %d\0" % len(each.data) + each.data).hexdigest() for each in given
        ]
        found = self._git("cat-file", "--batch", told="\n".join(names))
        assert b" missing" not in io.BytesIO(found).read()


WAYS = {
    "cache": Ours,
    "figures folder": Committed,
    "raw files": RawFiles,
    "diskcache": DiskCache,
    "joblib": Joblib,
    "git objects": GitObjects,
}


def cost(work: Callable[[], object], *, rounds: int = 1) -> Cost:
    """Return the least cost of a piece of work, with that of the processes that it starts."""
    costs = []
    for _ in range(rounds):
        before, began = os.times(), time.perf_counter()
        work()
        after = os.times()
        cpu = sum(after[:4]) - sum(before[:4])
        costs.append(Cost(cpu, time.perf_counter() - began))
    return min(costs)


def _share(way: type, folder: Path, verb: str, given: Sequence[Item]) -> None:
    getattr(way(folder), verb)(given)


def by_processes(way: type, folder: Path, verb: str, given: Sequence[Item]) -> None:
    """Have eight processes do a verb, each for its share."""
    shares = [given[number::PROCESSES] for number in range(PROCESSES)]
    started = [
        multiprocessing.get_context("fork").Process(target=_share, args=(way, folder, verb, share))
        for share in shares
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
        assert not process.exitcode


def measure(count: int, folder: Path) -> dict[tuple[str, str], Cost]:
    """Return what every way's verbs cost for so many records."""
    given = items(count, folder)
    costs: dict[tuple[str, str], Cost] = {}
    for name, way in WAYS.items():
        place = folder / name.replace(" ", "-")
        place.mkdir()
        costs[name, "put"] = cost(lambda: way(place).put(given))  # noqa: B023
        time.sleep(SETTLED if way in (Ours, Committed) else 0)
        way(place).get(given)  # the first makes the memo
        costs[name, "look-up"] = cost(lambda: way(place).get(given), rounds=5)  # noqa: B023
        if hasattr(way, "verify"):
            costs[name, "verify"] = cost(lambda: way(place).verify(given))  # noqa: B023
        if way is Joblib:
            continue  # its functions cannot be shared so
        shared = folder / f"{name.replace(' ', '-')}-8"
        shared.mkdir()
        way(shared)
        costs[name, "put by 8"] = cost(lambda: by_processes(way, shared, "put", given))  # noqa: B023
        costs[name, "look-up by 8"] = cost(lambda: by_processes(way, shared, "get", given))  # noqa: B023
    return costs


def table(costs: dict[tuple[str, str], Cost], count: int) -> list[str]:
    """Return a table: a row a way, a column a verb."""
    verbs = list(dict.fromkeys(verb for _, verb in costs))
    lines = [f"| {count:,} records | {' | '.join(verbs)} |", "|---" * (len(verbs) + 1) + "|"]
    for name in dict.fromkeys(name for name, _ in costs):
        cells = []
        for verb in verbs:
            each = costs.get((name, verb))
            cells.append("" if each is None else f"{each.cpu:.2f} ({each.wall:.2f})")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=[100, 10_000])
    given = parser.parse_args()
    print("CPU seconds for all records, and seconds in brackets\n")
    for count in given.records:
        with tempfile.TemporaryDirectory() as folder:
            print("\n".join([*table(measure(count, Path(folder)), count), ""]), flush=True)


if __name__ == "__main__":
    main()
