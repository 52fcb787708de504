"""The folder of the page: pictures by their sha256, and smaller copies of them.

Nothing in it is meant to be committed, and git leaves it alone. Somebody may have committed files
into it all the same: only what this machine wrote is shown, known by a memo outside.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.documents.origins import Origin
from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.figure.notice import FigureError
from pbfigure.store.errors import BadPicture
from pbfigure.store.file_memo import FileStamp, load_memo, save_memo
from pbfigure.store.files import open_regular, read_bounded, refuse_link, write_whole
from pbfigure.store.picture import EXTENSIONS, FORMATS, examine
from pbfigure.store.segments import SEGMENTS_LIMIT, parts

if TYPE_CHECKING:
    from PIL import Image

DEFAULT = Path("paperbanana-review")
PAGE = "index.html"
SMALL, LARGE = 240, 1280
"""Pixels of the longer side of the copies: in the strip, and as printed."""
OWN_NAME = re.compile(r"[0-9a-f]{64}(-240|-1280)?\.(png|jpg|webp)")
_IGNORE = "# Written by 'pbfigure review', and not to be committed.\n*\n"


class NotOurs(FigureError):
    """A folder that holds something else."""

    subtype = "review"


class ReviewFolder:
    """One page's folder."""

    def __init__(self, folder: Path, memos: Path) -> None:
        """Make it. ``memos`` is a folder that belongs to this machine.

        Raises :exc:`NotOurs` if it holds something else, and ``OSError``.
        """
        refuse_link(folder)
        self._folder = folder
        name = hashlib.sha256(str(folder.absolute()).encode("utf-8", "replace")).hexdigest()
        self._memo = memos / f"{name[:24]}.json"
        self._written: dict[str, list[int]] = load_memo(self._memo)
        """The stamps of the files that this machine wrote, by name."""
        marker = folder / ".gitignore"
        if folder.exists() and any(folder.iterdir()):
            with contextlib.suppress(OSError):
                if read_bounded(marker, limit=1000) == _IGNORE.encode():
                    return
            raise NotOurs(f"{folder} holds files that are not of a review: name another with -o")
        write_whole(marker, _IGNORE.encode())

    def write_page(self, page: str) -> Path:
        """Write the page; return its file. Raises ``OSError``."""
        path = self._folder / PAGE
        write_whole(path, page.encode())
        return path

    def read(self, name: str) -> bytes:
        """Return a file that this machine wrote. Raises ``OSError`` for any other."""
        if not self._has(name):
            raise FileNotFoundError(name)
        return read_bounded(self._folder / name, limit=SIZE_LIMIT)

    def lacks(self, origins: Iterable[Origin]) -> int:
        """Return how many pictures it does not have yet."""
        digests = {each.picture.sha256 for each in origins}
        return sum(not self._has(f"{each}-{SMALL}.webp") for each in digests)

    def put(self, origin: Origin) -> tuple[str, str, str]:
        """Return the names of a picture and of its small and its large copy, or nothing if no file
        of it is whole.
        """
        digest = origin.picture.sha256
        name = f"{digest}{EXTENSIONS[origin.picture.format]}"
        small, large = (f"{digest}-{side}.webp" for side in (SMALL, LARGE))
        if not self._has(name) and not self._copy(origin.files, name, digest):
            return "", "", ""
        if self._has_own_colours(name):
            large = name
        if not (self._has(small) and self._has(large)):
            try:
                whole = _decoded(self._folder / name)
                profile = whole.info.get("icc_profile")
                for copy, side in ((large, LARGE), (small, SMALL)):
                    if copy == name:
                        continue
                    whole.thumbnail((side, side), reducing_gap=2.0)
                    file = BytesIO()
                    whole.save(file, "WEBP", quality=82, method=2, icc_profile=profile)
                    self._write(copy, file.getvalue())
            except (OSError, ValueError, BadPicture):
                return name, name, name
        return name, small, large

    def save(self) -> None:
        """Keep in mind what was written."""
        save_memo(self._memo, {n: s for n, s in self._written.items() if self._has(n)})

    def _has(self, name: str) -> bool:
        """Whether a file is there as this machine wrote it."""
        with contextlib.suppress(OSError):
            stamp = FileStamp.of((self._folder / name).lstat())
            return self._written.get(name) == list(stamp)
        return False

    def _has_own_colours(self, name: str) -> bool:
        """Whether browsers change a PNG's colours by chunks that no copy of it carries."""
        if not name.endswith(EXTENSIONS["png"]):
            return False
        with open_regular(self._folder / name, limit=SIZE_LIMIT) as file:
            chunks = {part.name for part in islice(parts(file, "png"), SEGMENTS_LIMIT)}
        is_described = not chunks.isdisjoint((b"sRGB", b"iCCP"))
        return b"cICP" in chunks or not (is_described or chunks.isdisjoint((b"gAMA", b"cHRM")))

    def _write(self, name: str, data: bytes) -> None:
        """Write a file; it replaces any other of that name."""
        write_whole(self._folder / name, data)
        self._written[name] = list(FileStamp.of((self._folder / name).lstat()))

    def tidy(self, digests: Iterable[str]) -> None:
        """Remove what no figure has any more."""
        used = set(digests)
        for path in self._folder.iterdir():
            if OWN_NAME.fullmatch(path.name) and path.name[:64] not in used:
                with contextlib.suppress(OSError):  # a folder of that name is nothing of this page
                    path.unlink()

    def _copy(self, sources: Sequence[Path], name: str, digest: str) -> bool:
        """Copy the first file that has the digest."""
        for source in sources:
            with contextlib.suppress(OSError):
                data = read_bounded(source, limit=SIZE_LIMIT)
                if hashlib.sha256(data).hexdigest() == digest:
                    self._write(name, data)
                    return True
        return False


def _decoded(path: Path) -> Image.Image:
    """Return a picture's pixels, as browsers turn them. Raises :exc:`BadPicture` if it takes too
    much memory.
    """
    from PIL import Image, ImageOps

    examine(path)
    with Image.open(path, formats=FORMATS) as image:
        for key in ("xmp", "XML:com.adobe.xmp", "Raw profile type exif"):
            image.info.pop(key, None)  # browsers turn nothing by these
        is_clear = "A" in image.getbands() or "transparency" in image.info
        return ImageOps.exif_transpose(image.convert("RGBA" if is_clear else "RGB"))
