"""A small picture in a large file: what surrounds the pixels is counted before it is read."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.store.errors import BadPicture, OverLimit
from pbfigure.store.picture import examine, glance
from pbfigure.store.provenance_marks import Mark, mark_of
from pbfigure.store.segments import (
    EXIF_LIMIT,
    METADATA_LIMIT,
    PIXEL_CHUNKS_LIMIT,
    SEGMENTS_LIMIT,
    parts,
)


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, kind)
    return out.getvalue()


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def segment(marker: int, data: bytes = b"") -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def in_png(extra: bytes, *, at_end: bool = False) -> bytes:
    data = picture("PNG")
    at = len(data) - 12 if at_end else 33
    return data[:at] + extra + data[at:]


def in_jpeg(extra: bytes) -> bytes:
    data = picture("JPEG")
    return data[:2] + extra + data[2:]


def in_webp(extra: bytes) -> bytes:
    data = picture("WEBP") + extra
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def filled(part: bytes) -> bytes:
    return part * ((SIZE_LIMIT - 10_000) // len(part))


TINY = {
    "APP5 segments": lambda: in_jpeg(filled(segment(0xE5))),
    "comments": lambda: in_jpeg(filled(segment(0xFE))),
    "Exif byte by byte": lambda: in_jpeg(filled(segment(0xE1, b"Exif\0\0x"))),
    "tables": lambda: in_jpeg(filled(segment(0xDB))),
    "filling bytes": lambda: in_jpeg(filled(b"\xff")),
    "junk": lambda: in_jpeg(segment(0xE5) + filled(b"\0")),
    "markers without a length": lambda: in_jpeg(filled(b"\xff\xd0")),
    "private chunks": lambda: in_png(filled(chunk(b"prVt"))),
    "private chunks behind the pixels": lambda: in_png(filled(chunk(b"prVt")), at_end=True),
    "texts": lambda: in_png(filled(chunk(b"tEXt", b"a\0b"))),
    "empty pixel chunks": lambda: in_png(filled(chunk(b"IDAT")), at_end=True),
    "unknown WebP chunks": lambda: in_webp(filled(b"abcd\0\0\0\0")),
}

_PEAK = """
import sys
from pathlib import Path
from pbfigure.store import decoding
from pbfigure.store.errors import OverLimit
from pbfigure.store.picture import examine, glance
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin
def peak():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
before = peak()
for look in (examine, glance):
    try:
        look(Path(sys.argv[1]))
    except OverLimit as error:
        print(error)
print(peak() - before)
"""


@pytest.mark.parametrize("what", TINY)
def test_a_large_file_of_tiny_parts_is_refused_before_any_of_them_is_kept(
    tmp_path: Path, what: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(TINY[what]())
    run = [sys.executable, "-c", _PEAK, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=240)
    decoded, glanced, peak = done.stdout.splitlines()
    assert decoded == glanced
    assert "limit" in decoded
    assert int(peak) < 8_000_000


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lambda: in_jpeg(segment(0xE5, bytes(65_000)) * 62), f"{METADATA_LIMIT:,} bytes"),
        (lambda: in_jpeg(segment(0xE1, b"Exif\0\0" + bytes(40_000)) * 2), f"{EXIF_LIMIT:,} bytes"),
        (lambda: in_png(chunk(b"prVt", bytes(METADATA_LIMIT))), f"{METADATA_LIMIT:,} bytes"),
        (lambda: in_webp(struct.pack("<4sI", b"EXIF", 5_000_000) + bytes(5_000_000)), "bytes of"),
        (lambda: in_png(chunk(b"iCCP", b"x\0\0" + zlib.compress(b"x")) * 17), "colour profiles"),
    ],
)
def test_very_much_beside_the_pixels_is_refused_however_few_parts_it_is_in(
    tmp_path: Path, data: object, why: str
) -> None:
    path = tmp_path / "a"
    path.write_bytes(data())  # type: ignore[operator]
    for look in (examine, glance):
        with pytest.raises(OverLimit, match=why):
            look(path)


def rewritten(data: bytes, each: int) -> bytes:
    """A PNG whose pixels lie in chunks of so many bytes."""
    start = data.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", data, start)
    pixels = data[start + 8 : start + 8 + length]
    parts = [chunk(b"IDAT", pixels[at : at + each]) for at in range(0, len(pixels), each)]
    return data[:start] + b"".join(parts) + data[start + 12 + length :]


def test_as_many_parts_as_real_pictures_have_are_taken(tmp_path: Path) -> None:
    profile = segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(60_000))
    taken = {
        "a JPEG of profiles": in_jpeg(profile * 40),
        "a JPEG of segments": in_jpeg(segment(0xE5, b"x") * (SEGMENTS_LIMIT - 20)),
        "a PNG with texts": in_png(chunk(b"tEXt", b"a\0" + bytes(1000)) * 500, at_end=True),
        "a PNG with a manifest": in_png(chunk(b"caBX", bytes(1_000_000))),
        "a PNG of pixel chunks": rewritten(picture("PNG"), 1),
        "a WebP with Exif": in_webp(struct.pack("<4sI", b"EXIF", 60_000) + bytes(60_000)),
    }
    for name, data in taken.items():
        path = tmp_path / "a"
        path.write_bytes(data)
        assert (examine(path).width, glance(path).height) == (64, 64), name


def test_a_png_of_64_mb_may_be_written_in_chunks_of_8_kb(tmp_path: Path) -> None:
    assert 8192 * PIXEL_CHUNKS_LIMIT > 2 * SIZE_LIMIT
    raw = zlib.compress(b"".join(b"\0" + bytes(12_000) for _ in range(4000)), 0)
    out = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(out, "PNG")
    start = out.getvalue().index(b"IDAT") - 4
    data = out.getvalue()[:start] + chunk(b"IDAT", raw) + chunk(b"IEND")
    path = tmp_path / "a.png"
    path.write_bytes(rewritten(data, 8192))
    assert examine(path).width == 4000


def test_exif_that_makes_no_sense_is_not_told_line_by_line(tmp_path: Path) -> None:
    entries = b"".join(struct.pack("<HHII", 100 + each, 7, 60_000, 8) for each in range(2700))
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2700) + entries
    path = tmp_path / "a.jpg"
    path.write_bytes(in_jpeg(segment(0xE1, exif)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert examine(path).width == 64
    assert not said


def webp_chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data


def extended(flags: int) -> bytes:
    """A WebP of one frame behind a VP8X header."""
    header = webp_chunk(b"VP8X", struct.pack("<I", flags) + b"\x3f\0\0\x3f\0\0")
    data = picture("WEBP")
    return data[:4] + struct.pack("<I", len(data) + len(header) - 8) + b"WEBP" + header + data[12:]


CONTROL = chunk(b"acTL", struct.pack(">II", 2, 0))
ANIMATED = {
    "two acTL": lambda: in_png(CONTROL + CONTROL),
    "fcTL": lambda: in_png(chunk(b"fcTL", bytes(26))),
    "fdAT": lambda: in_png(chunk(b"fdAT", bytes(4)), at_end=True),
    "ANIM": lambda: in_webp(webp_chunk(b"ANIM", bytes(6))),
    "ANMF": lambda: in_webp(webp_chunk(b"ANMF", bytes(16))),
    "VP8X": lambda: extended(0x02),
}


@pytest.mark.parametrize("form", ANIMATED)
def test_what_browsers_play_is_refused_though_pillow_sees_one_frame(
    form: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(ANIMATED[form]())
    for look in (glance, examine):
        with pytest.raises(BadPicture, match="an animation; only one frame"):
            look(tmp_path / "a")


def test_a_jpeg_with_a_second_picture_behind_it_is_its_first_one(tmp_path: Path) -> None:
    """As cameras write thumbnails, and gain maps of a high dynamic range."""
    first, second = Image.new("RGB", (200, 100), "red"), Image.new("RGB", (50, 25), "blue")
    first.save(tmp_path / "a", "MPO", save_all=True, append_images=[second])
    for look in (glance, examine):
        found = look(tmp_path / "a")
        assert (found.format, found.width, found.height) == ("jpeg", 200, 100)


def test_a_webp_with_a_header_for_one_frame_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(extended(0))
    assert examine(tmp_path / "a").format == "webp"


def test_the_marks_of_a_jpeg_are_looked_for_before_its_pixels_alone() -> None:
    data = picture("JPEG")
    alone = data[:2] + b"\xff\xd0" + data[2:]  # a marker without a length
    jump = 4 + int.from_bytes(alone[4:6])
    file = io.BytesIO(alone.ljust(jump, b"\0") + b"\xff\xe2\x00\x02" * 5_000)
    assert 0 < len(list(parts(file, "jpeg"))) < 20
    many = io.BytesIO(data[:2] + b"\xff\xe2\x00\x02" * 5_000)
    with pytest.raises(OverLimit, match="2,000 segments"):
        mark_of(many, "jpeg")


@pytest.mark.parametrize("junk", [b"\xff" * 2_100, b"\xff\x00", b"junk", b"\xff\xd0"])
@pytest.mark.parametrize(
    ("marked", "mark"),
    [
        (segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>"), Mark.XMP),
        (segment(0xEB, b"JP" + bytes(10) + b"jumb"), Mark.C2PA),
    ],
)
def test_nothing_between_the_segments_of_a_jpeg_hides_its_mark(
    marked: bytes, mark: Mark, junk: bytes
) -> None:
    data = picture("JPEG")
    assert mark_of(io.BytesIO(data[:2] + marked + data[2:]), "jpeg") == mark
    at = 4 + int.from_bytes(data[4:6])  # behind JFIF
    assert mark_of(io.BytesIO(data[:at] + junk + marked + data[at:]), "jpeg") == mark
