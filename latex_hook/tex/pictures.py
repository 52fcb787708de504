"""The pictures as TeX can read them: in the project, under a plain name, in a format it knows.

TeX reads PNG and JPEG; a webp gets a PNG copy beside it, which says in XMP where it comes from.
A picture that is in the machine's cache only (``figures_dir`` is off, or cannot be written) is
copied beside the map. The bytes that were bought are never touched.
"""

from __future__ import annotations

import contextlib
import re
import stat
from pathlib import Path

from latex_hook.tex.picture_map import FOLDER, is_safe_name
from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.provenance.label import Label, label_of
from pbfigure.store.errors import BadRecord
from pbfigure.store.file_memo import FileStamp, load_memo, save_memo
from pbfigure.store.file_names import COPY_FOR_TEX
from pbfigure.store.files import copy_whole, name_from, read_bounded, write_whole
from pbfigure.store.record import RECORD_LIMIT, Record, read_record

_NUMBER = re.compile(r"[.-][0-9]{1,2}\Z")  # of a task's second picture and on; a copy has the dash


def shown_file(
    picture: Path, folder: Path, memo: Path | None, record: Record | None, *, labels: bool
) -> str:
    """Return the file that TeX, running in ``folder``, is to show for ``picture``.

    ``memo`` is where this machine remembers which copies it made: what lies in the project under a
    copy's name may be anyone's. None: nowhere. The copy of a picture that loses its own mark says
    what its record does, and that of any picture with ``labels``. Raises ``OSError`` where a copy
    is needed and cannot be made.
    """
    if picture.suffix == ".webp":
        # from the record alone: all figures that show the picture share one copy
        label = label_of(record, record.request.prompt if record else "")
        picture = _as_png(picture, folder, memo, label, labels=labels)
    name = name_from(picture, folder)
    if is_safe_name(name):
        return name
    copy = folder / FOLDER / f"{_plain(picture.stem)}{picture.suffix}"
    if not _same(copy, picture):
        copy_whole(picture, copy, limit=SIZE_LIMIT)
    return f"{FOLDER}/{copy.name}"


def record_of(shown: Path, figures: Path | None) -> Record | None:
    """Return the record of a picture that TeX shows: beside it, or else in the folder ``figures``.

    None where there is none, or none that can be read.
    """
    stem = _NUMBER.sub("", shown.stem.removesuffix(COPY_FOR_TEX))
    folders = dict.fromkeys((shown.parent, figures or shown.parent))
    for path in (folder / f"{stem}.json" for folder in folders):
        with contextlib.suppress(OSError, BadRecord):
            return read_record(read_bounded(path, limit=RECORD_LIMIT))
    return None


def _as_png(picture: Path, folder: Path, memo: Path | None, label: Label, *, labels: bool) -> Path:
    copy = folder / FOLDER / f"{_plain(picture.stem)}{COPY_FOR_TEX}.png"
    made = {} if memo is None else load_memo(memo)
    said = [labels, *label]
    if made.get(str(copy.absolute())) == [*_identity(picture, copy), *said]:
        return copy
    from io import BytesIO

    from PIL import Image

    from pbfigure.provenance.published_copies import converted_bytes

    data = BytesIO()
    bought = BytesIO(read_bounded(picture, limit=SIZE_LIMIT))
    with Image.open(bought, formats=["WEBP"]) as image:
        plain = image.convert("RGBA" if "A" in image.getbands() else "RGB")
    plain.info.clear()
    plain.save(data, "PNG")
    png = converted_bytes(data.getvalue(), bought.getvalue(), "webp", label, labels=labels)
    if not _holds(copy, png):  # another machine's copy mostly is the same
        write_whole(copy, png)
    made[str(copy.absolute())] = [*_identity(picture, copy), *said]
    if memo is not None:
        save_memo(memo, made)
    return copy


def _identity(picture: Path, copy: Path) -> list[int]:
    """Return what changes when a picture or its copy does; nothing where the copy is no file."""
    identity: list[int] = []
    for path in (picture, copy):
        try:
            status = path.lstat()
        except FileNotFoundError:
            return []
        if not stat.S_ISREG(status.st_mode):
            return []
        identity += FileStamp.of(status)
    return identity


def _holds(copy: Path, data: bytes) -> bool:
    try:
        return read_bounded(copy, limit=len(data)) == data
    except OSError:
        return False


def _same(copy: Path, picture: Path) -> bool:
    try:
        return _holds(copy, read_bounded(picture, limit=SIZE_LIMIT))
    except OSError:
        return False


def _plain(stem: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in stem)[:100]
