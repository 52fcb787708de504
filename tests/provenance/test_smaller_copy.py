"""A smaller copy has the colours of its picture, and fewer bytes, or it is not shown."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from pbfigure.provenance.label import label_of
from pbfigure.provenance.smaller_copy import SmallerCopies, SmallerCopy
from pbfigure.store.picture import examine

LABEL = label_of(None, "A pump")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = Image.Exif()
EXIF[0x0112] = 6  # turned to the right


def painted(mode: str) -> Image.Image:
    """Of many colours, with a clear left half where the mode can be clear."""
    down = Image.linear_gradient("L").resize((1200, 600))
    along = Image.linear_gradient("L").rotate(90).resize((1200, 600))
    around = Image.radial_gradient("L").resize((1200, 600))
    image = Image.merge("RGBA", (down, along, around, Image.new("L", (1200, 600), 255)))
    image.paste((0, 0, 0, 0), (0, 0, 600, 600))
    if mode == "I;16":
        return image.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    return image.convert(mode)


def copy_of(folder: Path, image: Image.Image, kind: str, **how: Any) -> SmallerCopy:
    path = folder / f"pump.{kind}"
    image.save(path, **how)
    copies = SmallerCopies(folder / "copies", 300, labels=True)
    return copies.of(path, examine(path), LABEL)


@pytest.mark.parametrize(
    ("kind", "mode", "as_mode"),
    [
        ("png", "RGB", "RGB"), ("png", "RGBA", "RGBA"), ("png", "L", "L"), ("png", "LA", "LA"),
        ("png", "I;16", "L"), ("jpeg", "RGB", "RGB"), ("jpeg", "L", "L"), ("jpeg", "CMYK", "CMYK"),
        ("webp", "RGB", "RGB"), ("webp", "RGBA", "RGBA"),
    ],
)  # fmt: skip
def test_colours_and_transparency_stay(tmp_path: Path, kind: str, mode: str, as_mode: str) -> None:
    image = painted(mode)
    copy = copy_of(tmp_path, image, kind)
    assert copy.is_smaller
    assert copy.path.stat().st_size < (tmp_path / f"pump.{kind}").stat().st_size
    with Image.open(copy.path) as small, Image.open(tmp_path / f"pump.{kind}") as whole:
        assert (small.size, small.mode) == ((300, 150), as_mode) == (copy.size, as_mode)
        if mode == "I;16":
            whole = whole.convert("I").point(lambda value: value / 257).convert("L")  # noqa: PLW2901
        wanted = whole.convert("RGBA").resize((300, 150), Image.Resampling.BICUBIC)
        got = small.convert("RGBA")
        for place in [(75, 75), (160, 20), (220, 75), (280, 140)]:
            seen, meant = got.getpixel(place), wanted.getpixel(place)
            assert isinstance(seen, tuple)
            assert isinstance(meant, tuple)
            near = all(abs(a - b) <= 8 for a, b in zip(seen, meant, strict=True))
            assert near or seen[3] == meant[3] == 0, (place, seen, meant)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_profile_and_how_it_is_turned_stay(tmp_path: Path, kind: str) -> None:
    copy = copy_of(tmp_path, painted("RGB"), kind, icc_profile=SRGB, exif=EXIF)
    with Image.open(copy.path) as small:
        small.load()
        assert small.info["icc_profile"] == SRGB
        assert small.getexif()[0x0112] == 6


def test_the_gamma_of_a_png_stays(tmp_path: Path) -> None:
    said = PngInfo()
    said.add(b"gAMA", (100_000).to_bytes(4))
    copy = copy_of(tmp_path, painted("RGB"), "png", pnginfo=said)
    with Image.open(copy.path) as small:
        assert small.info["gamma"] == 1.0


@pytest.mark.parametrize("is_opaque", [True, False])
def test_a_palette_gives_way_to_shades_and_stays_clear(tmp_path: Path, is_opaque: bool) -> None:
    image = Image.effect_noise((1200, 600), 50).convert("RGB").quantize(64)
    image.paste(9, (600, 0, 1200, 600))
    copy = copy_of(tmp_path, image, "png", **({} if is_opaque else {"transparency": 9}))
    assert copy.is_smaller
    with Image.open(copy.path) as small:
        shown = small.convert("RGBA")
    clear, other = shown.getpixel((225, 75)), shown.getpixel((75, 75))
    assert isinstance(clear, tuple)
    assert isinstance(other, tuple)
    assert (clear[3] == 0, other[3] > 200) == (not is_opaque, True)


def test_a_drawing_in_flat_colours_is_smaller_too(tmp_path: Path) -> None:
    image = Image.new("RGB", (1200, 600), "white")
    draw = ImageDraw.Draw(image)
    for number in range(12):
        box = (40 + 90 * number, 100, 110 + 90 * number, 500)
        draw.ellipse(box, fill=(20 * number, 90, 160), outline="black", width=5)
    assert copy_of(tmp_path, image, "png").is_smaller


def test_what_would_not_be_smaller_is_found_out_once(tmp_path: Path) -> None:
    noise = Image.effect_noise((302, 200), 90)
    tiny = noise.quantize(2)
    copy = copy_of(tmp_path, tiny, "png")
    assert (copy.is_smaller, copy.is_new) == (False, True)
    copies = SmallerCopies(tmp_path / "copies", 300, labels=True)
    path = tmp_path / "pump.png"
    again = copies.of(path, examine(path), LABEL)
    assert (again.is_smaller, again.is_new) == (False, False)


def test_a_webp_without_loss_stays_without(tmp_path: Path) -> None:
    noise = [Image.effect_noise((1200, 600), 50) for _ in range(3)]
    copy = copy_of(tmp_path, Image.merge("RGB", noise), "webp", lossless=True)
    data = copy.path.read_bytes()
    assert b"VP8L" in data
    with Image.open(io.BytesIO(data)) as small:
        assert small.size == (300, 150)
