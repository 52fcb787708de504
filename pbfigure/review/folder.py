"""The folder of the page: pictures by their sha256, and smaller copies of them.

Nothing in it is meant to be committed, and git leaves it alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from pbfigure.figure.limits import SIZE_LIMIT
from pbfigure.figure.notice import FigureError
from pbfigure.looking.provenance import Origin
from pbfigure.store.files import open_regular, read_bounded, temporary_beside
from pbfigure.store.picture import EXTENSIONS, BadPicture

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

    def __init__(self, folder: Path) -> None:
        """Make it. Raises :exc:`NotOurs` if it holds something else, and ``OSError``."""
        self.folder = folder
        marker = folder / ".gitignore"
        if folder.exists() and any(folder.iterdir()):
            with contextlib.suppress(OSError):
                if read_bounded(marker, limit=1000) == _IGNORE.encode():
                    return
            raise NotOurs(f"{folder} holds files that are not of a review: name another with -o")
        folder.mkdir(parents=True, exist_ok=True)
        marker.write_text(_IGNORE, encoding="utf-8")

    @property
    def page(self) -> Path:
        """The page's file."""
        return self.folder / PAGE

    def lacks(self, origins: Iterable[Origin]) -> int:
        """Return how many pictures it does not have yet."""
        digests = {each.picture.sha256 for each in origins}
        return sum(not (self.folder / f"{each}-{SMALL}.webp").is_file() for each in digests)

    def put(self, origin: Origin) -> tuple[str, str, str]:
        """Return the names of a picture and of its small and its large copy, or nothing if no file
        of it is whole.
        """
        digest = origin.picture.sha256
        name = f"{digest}{EXTENSIONS[origin.picture.format]}"
        small, large = (f"{digest}-{side}.webp" for side in (SMALL, LARGE))
        if not (self.folder / name).is_file() and not self._copy(origin.files, name, digest):
            return "", "", ""
        if not ((self.folder / small).is_file() and (self.folder / large).is_file()):
            try:
                _make_smaller(
                    self.folder / name, [(self.folder / small, SMALL), (self.folder / large, LARGE)]
                )
            except (OSError, ValueError, BadPicture):
                return name, name, name
        return name, small, large

    def tidy(self, digests: Iterable[str]) -> None:
        """Remove what no figure has any more."""
        used = set(digests)
        for path in self.folder.iterdir():
            if OWN_NAME.fullmatch(path.name) and path.name[:64] not in used:
                path.unlink()

    def _copy(self, sources: Sequence[Path], name: str, digest: str) -> bool:
        """Copy the first file that has the digest."""
        temporary = temporary_beside(self.folder / name)
        for source in sources:
            with contextlib.suppress(OSError):
                with (
                    open_regular(source, limit=SIZE_LIMIT) as reading,
                    temporary.open("wb") as file,
                ):
                    shutil.copyfileobj(reading, file)
                with temporary.open("rb") as file:
                    is_whole = hashlib.file_digest(file, "sha256").hexdigest() == digest
                if is_whole:
                    temporary.replace(self.folder / name)
                    return True
        temporary.unlink(missing_ok=True)
        return False


def _make_smaller(path: Path, copies: Sequence[tuple[Path, int]]) -> None:
    """Write copies of a picture, each of at most so many pixels a side."""
    from PIL import Image

    from pbfigure.store.picture import examine

    examine(path)  # what would take too much memory is refused
    with Image.open(path, formats=("PNG", "JPEG", "WEBP")) as image:
        whole = image.convert(
            "RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB"
        )
    for copy, side in sorted(copies, key=lambda each: -each[1]):
        whole.thumbnail((side, side), reducing_gap=2.0)
        whole.save(copy, "WEBP", quality=82, method=2)
