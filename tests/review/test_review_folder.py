"""The copies in the folder of ``pbfigure review`` look as browsers show the originals."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zlib import crc32

import pytest
from PIL import Image, ImageCms

from pbfigure.documents.origins import Origin
from pbfigure.review.folder import ReviewFolder
from pbfigure.store.picture import examine

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
TURNED = Image.Exif()
TURNED[0x0112] = 6
TURNED_XMP = b'<x tiff:Orientation="6"/>'
GAMMA = (b"gAMA", struct.pack(">I", 100_000))
PRIMARIES = (b"cHRM", struct.pack(">8I", *[30_000] * 8))
SRGB = (b"sRGB", b"\0")
CODED = (b"cICP", b"\x09\x10\0\x01")


@pytest.fixture
def folder(tmp_path: Path) -> ReviewFolder:
    return ReviewFolder(tmp_path / "review", tmp_path / "memos")


def put(folder: ReviewFolder, path: Path, data: bytes) -> tuple[str, str, str]:
    path.write_bytes(data)
    return folder.put(cast(Origin, SimpleNamespace(picture=examine(path), files=[path])))


def image(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 200), "teal").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_copies_are_turned_and_keep_the_colour_profile(
    kind: str, folder: ReviewFolder, tmp_path: Path
) -> None:
    names = put(folder, tmp_path / "a", image(kind, exif=TURNED, icc_profile=PROFILE))
    for copy in names[1:]:
        with Image.open(tmp_path / "review" / copy) as shown:
            assert shown.width * 2 == shown.height
            assert shown.info["icc_profile"] == PROFILE


def test_copies_are_not_turned_by_what_browsers_do_not_read(
    folder: ReviewFolder, tmp_path: Path
) -> None:
    for copy in put(folder, tmp_path / "a", image("JPEG", xmp=TURNED_XMP))[1:]:
        with Image.open(tmp_path / "review" / copy) as shown:
            assert shown.width == shown.height * 2


@pytest.mark.parametrize(
    ("chunks", "is_copied"),
    [
        ([], True),
        ([GAMMA], False),
        ([PRIMARIES], False),
        ([CODED, SRGB], False),
        ([GAMMA, PRIMARIES, SRGB], True),
    ],
)
def test_a_png_whose_colours_no_copy_has_is_itself_the_large_one(
    *, chunks: list[tuple[bytes, bytes]], is_copied: bool, folder: ReviewFolder, tmp_path: Path
) -> None:
    data = image("PNG")
    for kind, content in chunks:
        data = data[:33] + _chunk(kind, content) + data[33:]
    name, small, large = put(folder, tmp_path / "a", data)
    assert small.endswith("-240.webp")
    assert (large != name) is is_copied


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))
