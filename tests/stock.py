"""What the store's tests keep: pictures of every format, and the records that tell of them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from pbfigure.figure.request_summary import RequestSummary
from pbfigure.store.picture import EXTENSIONS, Picture, examine
from pbfigure.store.record import Record

KINDS = tuple(EXTENSIONS)


@cache
def image_bytes(kind: str = "png", seed: int = 0, size: tuple[int, int] = (24, 16)) -> bytes:
    """A noisy little picture; other seeds give other pictures."""
    noise = hashlib.shake_128(f"{seed}".encode()).digest(size[0] * size[1] * 3)
    data = io.BytesIO()
    Image.frombytes("RGB", size, noise).save(data, kind)
    return data.getvalue()


def picture_at(path: Path, kind: str = "png", seed: int = 0) -> Picture:
    """Write a picture to ``path`` and return what it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes(kind, seed))
    return examine(path)


def digest(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def record_of(name: object, *pictures: Picture, **fields: Any) -> Record:
    known: dict[str, Any] = {
        "key": digest(name),
        "request_digest": digest("request"),
        "content_digest": digest("content"),
        "content_automatic": True,
        "request": RequestSummary(
            type="pipeline",
            scene="text-to-image",
            prompt=f"Figure {name}",
            model=None,
            options={"resolution": "1K", "output_format": "png", "task_name": "diagram"},
        ),
        "task_id": f"task-{name}",
        "cost_credits": 6,
        "created_at": "2026-03-12T06:57:48.067Z",
        "pictures": pictures,
        "tool": "tests",
        **fields,
    }
    return Record(**known)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the powers of root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder and all in it readable by everybody and writable by nobody, for a while.

    The folders above stay open: tests that run beside this one are in some of them.
    """
    for path in folder.parents:
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | 0o055)
    modes = {path: path.stat().st_mode for path in [folder, *folder.rglob("*")]}
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with as_nobody():
            yield
    finally:
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)
