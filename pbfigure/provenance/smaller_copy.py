"""The smaller copy of a wide picture for pages of HTML, made once, of the picture's own format.

It has the picture's colours as a browser shows them (profile, gamma, transparency), and says where
they come from: the original's XMP or, in place of a manifest that it cannot have, the label.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.provenance.published_copies import converted_bytes, digest_of_copy
from pbfigure.store.files import read_bounded, write_whole
from pbfigure.store.segments import parts

if TYPE_CHECKING:
    from PIL.Image import Image

    from pbfigure.provenance.label import Label
    from pbfigure.store.picture import Picture

_COLOUR_CHUNKS = (b"cHRM", b"cICP", b"gAMA", b"sRGB")
"""What a PNG says of its colours beside an ICC profile, for any number of pixels."""
_FLAT = 1024
"""Colours of a PNG up to which it is a drawing in flat colours: 256 of them do for a smaller one,
which would have more bytes than its picture otherwise."""
_QUALITY = 90


class SmallerCopy(NamedTuple):
    """A copy, or the reason to do without it."""

    path: Path
    size: tuple[int, int]
    """Width and height in pixels."""
    is_new: bool
    """Whether it was made just now."""
    is_smaller: bool
    """Whether it has fewer bytes than its picture; where not, its file is empty."""


class SmallerCopies(NamedTuple):
    """The copies of one width that a build shows."""

    folder: Path
    width: int
    """Pixels."""
    labels: bool
    """Whether those of unmarked pictures are labelled."""

    def of(self, path: Path, picture: Picture, label: Label) -> SmallerCopy:
        """Return the copy of a wider picture, making it if it is not there. Raises ``OSError``."""
        name = f"{path.stem}-{self.width}px{path.suffix}"
        copy = self.folder / digest_of_copy(picture, label, labels=self.labels) / name
        size = self.width, max(1, round(picture.height * self.width / picture.width))
        is_new = not copy.exists()
        if is_new:
            original, kind = read_bounded(path, limit=SIZE_LIMIT), picture.format
            data = _scaled(original, kind, size)
            data = converted_bytes(data, original, kind, label, labels=self.labels)
            write_whole(copy, data if len(data) < len(original) else b"")
        return SmallerCopy(copy, size, is_new, copy.stat().st_size > 0)


def _scaled(data: bytes, kind: str, size: tuple[int, int]) -> bytes:
    """Return a picture in another size, without any metadata but that of its colours."""
    from PIL import Image

    file = BytesIO()
    with Image.open(BytesIO(data), formats=(kind.upper(),)) as image:
        pixels = _continuous(image)
        is_flat = kind == "png" and pixels.mode == "RGB" and pixels.getcolors(_FLAT) is not None
        # sharp, and without the shades that LANCZOS adds along every edge
        scaled = pixels.resize(size, Image.Resampling.HAMMING)
        if is_flat:
            scaled = scaled.quantize(256, dither=Image.Dither.NONE)
        kept = {name: image.info[name] for name in ("icc_profile", "exif") if name in image.info}
    scaled.info = {}
    scaled.save(file, format=kind.upper(), **kept, **_how_to_save(data, kind))
    return file.getvalue()


def _continuous(image: Image) -> Image:
    """Return an image whose pixels can be mixed: with neither palette nor a transparent colour."""
    if image.mode.startswith("I"):  # 16 bits a pixel, of which a screen shows 8
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    is_grey = image.mode in ("1", "L")
    if "transparency" in image.info:
        return image.convert("LA" if is_grey else "RGBA")
    return image.convert({"1": "L", "P": "RGB"}.get(image.mode, image.mode))


def _how_to_save(data: bytes, kind: str) -> dict[str, Any]:
    if kind == "jpeg":
        return {"quality": _QUALITY, "subsampling": "4:4:4", "optimize": True}
    if kind == "webp":
        names = {part.name for part in parts(BytesIO(data), kind)}
        return {"quality": _QUALITY, "lossless": b"VP8L" in names}
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    for part in parts(BytesIO(data), kind):
        if part.name in _COLOUR_CHUNKS:
            said.add(part.name, data[part.content : part.end - 4])
    return {"pnginfo": said, "optimize": True}
