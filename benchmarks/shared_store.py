"""How long 1,000 hits of a team's store take with an empty cache, against a bare loop of obstore.

    python benchmarks/shared_store.py                       # 1,000 pictures over loopback
    python benchmarks/shared_store.py --rate 200k           # as over 100 Mbit/s

nginx serves the store. Both ask for the same bytes, 64 objects at a time, with the same library.
The loop throws them away. A build checks them and has them on the disk for good; without a secret
it decodes them whole as well. So there is a second loop, of what nobody who keeps them can leave
out: each object's sha256, and a file that is synced. Runs are taken in turn; the ratios are those
of the medians. ``--rate`` is nginx's ``limit_rate``, for each of the 64 connections.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from shared_stores import free_ports  # noqa: E402
from stock import record_of  # noqa: E402

from pbfigure.figure.key import Key  # noqa: E402
from pbfigure.project.environment import environment_layer  # noqa: E402
from pbfigure.project.picture_store import PictureStore  # noqa: E402
from pbfigure.project.project import Project  # noqa: E402
from pbfigure.project.settings import gather  # noqa: E402
from pbfigure.project.team_pictures import KEPT_AT_ONCE  # noqa: E402
from pbfigure.store import shared_cache  # noqa: E402
from pbfigure.store.object_store import ObjectStore  # noqa: E402
from pbfigure.store.picture import glance  # noqa: E402
from pbfigure.store.record import Record  # noqa: E402
from pbfigure.store.signed_objects import (  # noqa: E402
    Signer,
    picture_name,
    record_name,
    write_shared,
)

SECRET = "the benchmark's"
SIGNER = Signer(SECRET)
CONFIG = """
{user}daemon off; pid {folder}/pid; error_log {folder}/log; worker_processes 1;
events {{ worker_connections 512; }}
http {{ access_log off; sendfile on;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{port}; root {folder}/objects; {rate} }} }}
"""


def filled(folder: Path, count: int, side: int) -> list[Record]:
    """Fill a store with records and pictures: flat areas with some noise, as diagrams have."""
    records = []
    for number in range(count):
        noise = random.Random(number)
        small = Image.frombytes(
            "RGB", (side // 8, side // 8), noise.randbytes(3 * (side // 8) ** 2)
        )
        path = folder / "picture.png"
        small.resize((side, side), Image.Resampling.NEAREST).save(path, compress_level=1)
        record = record_of(number, glance(path))
        for name in ("v1/ac", "v1/cas"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / record_name(record.key)).write_bytes(write_shared(record, SIGNER))
        path.replace(folder / picture_name(record.picture))
        records.append(record)
    return records


async def bare(address: str, records: list[Record]) -> int:
    """Read all objects of some records, and return their bytes."""
    store, places = ObjectStore(address), asyncio.Semaphore(shared_cache.LOOK_UPS)

    async def read(record: Record) -> int:
        size = 0
        for name in (record_name(record.key), *map(picture_name, record.pictures)):
            async with places:
                async for chunk in store.read(name, limit=1 << 30):
                    size += len(chunk)
        return size

    return sum(await asyncio.gather(*map(read, records)))


async def kept(address: str, records: list[Record], folder: Path) -> None:
    """Read all objects of some records, and keep each in a file that is synced."""
    folder.mkdir()
    store, places = ObjectStore(address), asyncio.Semaphore(shared_cache.LOOK_UPS)

    def keep(data: bytes) -> None:
        with (folder / hashlib.sha256(data).hexdigest()).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    async def read(record: Record) -> None:
        for name in (record_name(record.key), *map(picture_name, record.pictures)):
            async with places:
                data = b"".join([chunk async for chunk in store.read(name, limit=1 << 30)])
            await asyncio.get_running_loop().run_in_executor(pool, keep, data)

    with ThreadPoolExecutor(KEPT_AT_ONCE) as pool:
        await asyncio.gather(*map(read, records))


def build(address: str, records: list[Record], folder: Path, secret: str) -> int:
    """Take all of them into an empty cache, with a build's own code; return how many came."""
    environ = {
        "PAPERBANANA_SHARED_CACHE": address,
        "PAPERBANANA_SHARED_SECRET": secret,
        "PAPERBANANA_CACHE_DIR": str(folder),
    }
    settings = gather([environment_layer(environ, folder)], figures_dir=folder)
    project = Project(folder, settings, environ)
    pictures = PictureStore(project)
    keys = [Key(each.key, each.request_digest, each.content_digest) for each in records]
    taken = pictures.team.fetch(keys)
    pictures.team.close()
    project.close()
    assert all(notice.level == "info" for notice in pictures.notices), pictures.notices
    return len(taken)


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=int, default=1000)
    parser.add_argument("--side", type=int, default=1024, help="pixels of a square picture")
    parser.add_argument("--rate", default="", help="nginx's limit_rate for each connection: 200k")
    parser.add_argument("--unsigned", action="store_true", help="a team without a secret")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    folder, (port,) = Path(tempfile.mkdtemp()), free_ports(1)
    (folder / "objects").mkdir()
    records = filled(folder / "objects", given.figures, given.side)
    rate = f"limit_rate {given.rate};" if given.rate else ""
    user = "user root; " if Path(folder).owner() == "root" else ""
    config = CONFIG.format(user=user, folder=folder, port=port, rate=rate)
    (folder / "nginx.conf").write_text(config)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    server = subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")])
    time.sleep(0.5)
    address = f"http://127.0.0.1:{port}"
    taken: dict[str, list[float]] = {"bare": [], "kept": [], "build": []}
    try:
        for run in range(given.runs):
            begun = time.monotonic()
            size = asyncio.run(bare(address, records))
            taken["bare"].append(time.monotonic() - begun)
            begun = time.monotonic()
            asyncio.run(kept(address, records, folder / f"kept{run}"))
            taken["kept"].append(time.monotonic() - begun)
            begun = time.monotonic()
            assert build(
                address, records, folder / f"cache{run}", "" if given.unsigned else SECRET
            ) == len(records)
            taken["build"].append(time.monotonic() - begun)
            for name in ("kept", "cache"):
                shutil.rmtree(folder / f"{name}{run}")
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)
    bare_s, kept_s, build_s = map(statistics.median, taken.values())
    print(
        f"{len(records)} hits, {size / 1e6:.0f} MB, rate {given.rate or 'unlimited'}: bare loop"
        f" {bare_s:.2f} s, loop that keeps them {kept_s:.2f} s, build {build_s:.2f} s, ratios"
        f" {build_s / bare_s:.2f} and {build_s / kept_s:.2f} ({taken})"
    )


if __name__ == "__main__":
    main()
