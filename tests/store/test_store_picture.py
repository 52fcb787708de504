"""Pictures: only whole ones of three formats count, whatever they are called."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from stock import KINDS, image_bytes

from pbfigure.figure.input_limits import PIXEL_LIMIT, SIZE_LIMIT
from pbfigure.store.errors import BadPicture, OverLimit
from pbfigure.store.picture import examine, glance

IN_PLACE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def judged(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(BadPicture) as caught:
        examine(path)
    return str(caught.value)


def png(width: int, height: int, *chunks: bytes, idat: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = [_chunk(b"IHDR", header), *chunks, _chunk(b"IDAT", idat), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.svg", "a"])
def test_a_picture_is_what_its_bytes_are(tmp_path: Path, kind: str, name: str) -> None:
    data = image_bytes(kind)
    path = tmp_path / name
    path.write_bytes(data)
    found = examine(path)
    assert (found.format, found.width, found.height, found.size) == (kind, 24, 16, len(data))
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert glance(path) == found


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "PDF", "JPEG2000"])
def test_other_formats_are_refused_though_they_could_be_decoded(tmp_path: Path, kind: str) -> None:
    data = io.BytesIO()
    Image.new("RGB", (16, 16)).save(data, kind)
    assert judged(tmp_path / "a.png", data.getvalue()) == "it is neither PNG, JPEG nor WebP"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG",
        b"<!DOCTYPE html><title>403 Forbidden</title>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'{"success": false}',
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"RIFF\x10\x00\x00\x00WAVEfmt ",
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    assert judged(tmp_path / "a.png", data) == "it is neither PNG, JPEG nor WebP"


def test_a_pointer_of_git_lfs_is_called_so(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 5\n"
    why = "it is a pointer of Git LFS in place of the picture"
    assert judged(tmp_path / "a.png", pointer) == why


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_cut_short_anywhere_is_refused(tmp_path: Path, kind: str) -> None:
    data = image_bytes(kind)
    cuts = {*range(1, 12), *range(12, len(data), len(data) // 60), *range(1, len(data))[-40:]}
    for cut in sorted(cuts):
        assert judged(tmp_path / "a", data[:cut]), cut


@pytest.mark.parametrize("kind", KINDS)
def test_a_lenient_decoder_elsewhere_in_the_process_makes_no_difference(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = image_bytes(kind, size=(64, 64))
    judged(tmp_path / "a", data[: len(data) // 2])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


@IN_PLACE
@given(st.integers(8, 10**6), st.integers(1, 255))
def test_a_png_with_any_bit_wrong_is_refused(tmp_path: Path, at: int, change: int) -> None:
    data = bytearray(image_bytes("png"))
    data[8 + at % (len(data) - 20)] ^= change  # before IEND: what stands there says nothing
    judged(tmp_path / "a", bytes(data))


@IN_PLACE
@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x40\0\0\0WEBPVP8 "]),
    st.binary(max_size=300),
)
def test_any_bytes_behind_a_formats_mark_are_refused_and_nothing_else(
    tmp_path: Path, mark: bytes, rest: bytes
) -> None:
    judged(tmp_path / "a", mark + rest)


@IN_PLACE
@given(st.sampled_from(KINDS), st.integers(0, 10**6), st.binary(min_size=1, max_size=8))
def test_any_damage_is_refused_or_leaves_another_whole_picture(
    tmp_path: Path, kind: str, at: int, change: bytes
) -> None:
    data = bytearray(image_bytes(kind))
    at %= len(data)
    data[at : at + len(change)] = change
    path = tmp_path / "a"
    path.write_bytes(data)
    try:
        found = examine(path)
    except BadPicture:
        return
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_a_bomb_is_refused_by_its_header_before_any_memory_is_taken(tmp_path: Path) -> None:
    bombs = {
        "20,000 square": png(20_000, 20_000, idat=zlib.compress(bytes(50_000_000))),
        "one row over the limit": png(10_000, PIXEL_LIMIT // 10_000 + 1),
        "the widest there is": png(2**31 - 1, 2**31 - 1),
        "nothing at all": png(0, 10),
        "text that inflates": png(
            10, 10, _chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(200_000_000), 9))
        ),
    }
    for name, data in bombs.items():
        tracemalloc.start()
        try:
            with warnings.catch_warnings(action="ignore"):  # Pillow's own, of the same kind
                assert judged(tmp_path / "a", data), name
            assert tracemalloc.get_traced_memory()[1] < 80_000_000, name
        finally:
            tracemalloc.stop()


def test_the_largest_picture_there_may_be_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (10_000, PIXEL_LIMIT // 10_000)).save(path)
    with warnings.catch_warnings(record=True) as said:
        assert examine(path).width == 10_000
    assert not said, "the limit is ours, and so is the telling"


class Form(NamedTuple):
    """A form that a picture of the service may come in."""

    kind: str
    mode: str
    peak: float
    """Bytes a pixel that decoding it takes at the most."""
    options: dict[str, object]


FORMS = {
    "png": Form("PNG", "RGBA", 4, {"compress_level": 1}),
    "jpeg": Form("JPEG", "RGB", 0.2, {}),
    "progressive jpeg": Form("JPEG", "RGB", 6.2, {"progressive": True, "subsampling": 0}),
    "cmyk jpeg": Form("JPEG", "CMYK", 0.2, {}),
    "progressive cmyk jpeg": Form("JPEG", "CMYK", 8.2, {"progressive": True}),
    "webp": Form("WEBP", "RGB", 16.1, {"method": 0}),
    "webp with alpha": Form("WEBP", "RGBA", 16.1, {"method": 0}),
    "lossless webp": Form("WEBP", "RGB", 16.1, {"method": 0, "lossless": True}),
}

_PEAK = """
import sys
from pathlib import Path
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from pbfigure.store import decoding
from pbfigure.store.picture import examine
def peak():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
before = peak()
found = examine(Path(sys.argv[1]))
print(found.width * found.height, peak() - before)
"""


def in_form(path: Path, form: str, size: tuple[int, int]) -> Path:
    kind, mode, _, options = FORMS[form]
    Image.new(mode, size, 200).save(path, kind, **options)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_a_square_of_4k_is_decoded_in_the_memory_that_its_header_tells(
    tmp_path: Path, form: str
) -> None:
    path = in_form(tmp_path / "a", form, (4096, 4096))
    run = [sys.executable, "-c", _PEAK, str(path)]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    pixels, peak = map(int, told.split())
    assert pixels == 4096 * 4096
    assert peak < FORMS[form].peak * pixels + 8_000_000  # what the modules and the file itself take


def resized(data: bytes, kind: str, width: int, height: int) -> bytes:
    """The bytes of a JPEG or lossless WebP whose header claims another size."""
    changed = bytearray(data)
    if kind == "WEBP":
        at = data.index(b"VP8L") + 9
        (bits,) = struct.unpack_from("<I", data, at)
        bits = bits >> 28 << 28 | (height - 1) << 14 | (width - 1)
        struct.pack_into("<I", changed, at, bits)
    else:
        at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
        struct.pack_into(">HH", changed, at + 5, height, width)
    return bytes(changed)


@pytest.mark.parametrize(
    ("form", "size"),
    [
        ("progressive jpeg", (7000, 7000)),
        ("progressive cmyk jpeg", (6000, 6000)),
        ("lossless webp", (6000, 6000)),
    ],
)
def test_a_picture_that_takes_too_much_memory_to_decode_is_refused_by_its_header(
    tmp_path: Path, form: str, size: tuple[int, int]
) -> None:
    small = in_form(tmp_path / "small", form, (64, 64)).read_bytes()
    path = tmp_path / "large"
    path.write_bytes(resized(small, FORMS[form].kind, *size))
    with pytest.raises(OverLimit, match="MB of memory to decode; the limit is 400 MB"):
        examine(path)


def test_a_decoded_picture_is_let_go_of_at_once(tmp_path: Path) -> None:
    path = in_form(tmp_path / "a", "webp", (1024, 1024))
    gc.collect()
    gc.disable()
    try:
        examine(path)
        alive = [each for each in gc.get_objects() if isinstance(each, ImageFile.ImageFile)]
    finally:
        gc.enable()
    assert not alive


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(image_bytes())
    os.truncate(path, SIZE_LIMIT + 1)
    with pytest.raises(BadPicture, match="at most 64,000,000 bytes"):
        examine(path)


def test_links_pipes_and_folders_are_refused(tmp_path: Path) -> None:
    real = tmp_path / "real.png"
    real.write_bytes(image_bytes())
    link, pipe = tmp_path / "link.png", tmp_path / "pipe.png"
    link.symlink_to(real)
    os.mkfifo(pipe)
    for path in (link, pipe, tmp_path):
        with pytest.raises((BadPicture, IsADirectoryError)):
            examine(path)
    with pytest.raises(FileNotFoundError):
        examine(tmp_path / "nothing.png")
