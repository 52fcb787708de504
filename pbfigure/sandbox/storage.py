"""The storage host of the pictures, apart from the API and without its key.

Pictures are drawn when they are requested, one at a time; a task's picture has the same bytes each
time.
"""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass

from pbfigure.sandbox.exchange import Answer, Call, bytes_answer
from pbfigure.sandbox.faults import Fired
from pbfigure.sandbox.tasks import Image, Tasks

_UPLOAD = re.compile(r"(?:/hop/([0-9]+))?(/uploads/([0-9a-f]{32})\.(?:png|jpe?g|webp))")


@dataclass(frozen=True, slots=True)
class Found:
    """The target of a path on the storage host."""

    endpoint: str | None = None
    """``download`` if the path is a picture's URL."""
    path: str = ""
    """The picture's own path."""
    hops: int = 0
    """Remaining redirects before the picture."""
    image: Image | None = None
    status: int = 404


class Storage:
    """Draws and serves pictures."""

    def __init__(self) -> None:
        self._drawing = threading.Lock()

    def find(self, call: Call, tasks: Tasks, now: float) -> Found:
        """Look up what a call asks for."""
        match = _UPLOAD.fullmatch(call.route)
        if match is None or call.method not in {"GET", "HEAD"}:
            return Found()
        hops = int(match[1] or 0)
        if hops:
            return Found(path=match[2], hops=hops, status=302)
        image = tasks.image(match[3])
        if image is None:
            return Found("download")
        status = 403 if tasks.expired(image, match[3], now) else 200
        return Found("download", match[2], image=image, status=status)

    def answer(self, found: Found, fired: Fired, storage_url: str) -> Answer:
        """Return the picture, a redirect towards it, or the refusal of a storage host."""
        hops = found.hops - 1
        redirect = fired.first("redirect")
        if redirect is not None and found.image is not None:
            hops, found = redirect.get("hops", 1) - 1, Found(path=found.path, status=302)
        if found.status == 302:
            answer = bytes_answer(302, "text/plain", b"")
            step = f"/hop/{hops}" if hops > 0 else ""
            answer.headers["Location"] = f"{storage_url}{step}{found.path}"
            return answer
        if found.image is None or found.status != 200:
            return refused(found.status)
        return bytes_answer(200, found.image.media_type, self._bytes_of(found.image))

    def _bytes_of(self, image: Image) -> bytes:
        from pbfigure.sandbox.drawing import draw  # Pillow, only if a picture is requested

        with self._drawing:
            body = draw(image.task.body, image.task.task_id, image.index)
        image.sha256 = hashlib.sha256(body).hexdigest()
        image.downloads += 1
        return body


def refused(status: int) -> Answer:
    """Return a storage host's refusal: XML, not the API's JSON."""
    code = "AccessDenied" if status == 403 else "NoSuchKey"
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code></Error>'
    return bytes_answer(status, "application/xml", body.encode())
