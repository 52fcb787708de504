"""The pictures as TeX can read them: in the project, under a plain name, in a format it knows.

TeX reads PNG and JPEG; a webp gets a PNG copy beside it. A picture that is in the machine's cache
only (``figures_dir`` is off, or cannot be written) is copied beside the map. The bytes that were
bought are never touched.
"""

from __future__ import annotations

import os
from pathlib import Path

from latex_hook.picture_map import FOLDER, is_safe_name
from pbfigure.store.files import copy_whole, write_whole

SIZE_LIMIT = 256 * 1024 * 1024


def shown_file(picture: Path, folder: Path) -> str:
    """Return the file that TeX, running in ``folder``, is to show for ``picture``.

    Raises ``OSError`` where it must be copied and cannot be.
    """
    if picture.suffix == ".webp":
        picture = _as_png(picture, folder)
    name = os.path.relpath(picture, folder).replace(os.sep, "/")
    if not name.startswith("..") and is_safe_name(name):
        return name
    copy = folder / FOLDER / f"{_plain(picture.stem)}{picture.suffix}"
    if not _same(copy, picture):
        copy_whole(picture, copy, limit=SIZE_LIMIT)
    return f"{FOLDER}/{copy.name}"


def _as_png(picture: Path, folder: Path) -> Path:
    copy = folder / FOLDER / f"{_plain(picture.stem)}-shown.png"
    if copy.exists() and copy.stat().st_mtime_ns >= picture.stat().st_mtime_ns:
        return copy
    from io import BytesIO

    from PIL import Image

    data = BytesIO()
    with Image.open(picture) as image:
        image.convert("RGBA" if "A" in image.getbands() else "RGB").save(data, "PNG")
    write_whole(copy, data.getvalue())
    return copy


def _same(copy: Path, picture: Path) -> bool:
    try:
        return copy.stat().st_size == picture.stat().st_size and (
            copy.read_bytes() == picture.read_bytes()
        )
    except OSError:
        return False


def _plain(stem: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)[:100]
