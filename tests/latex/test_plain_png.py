"""Pictures made fit for every TeX: in bounded memory, and the same pixels as ever."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from latex_hook.bundle.plain_png import embeddable
from pbfigure.store.decoding import MEMORY_LIMIT
from pbfigure.store.errors import OverLimit

_PEAK = """
import sys
from pathlib import Path
from PIL import PngImagePlugin, WebPImagePlugin
from latex_hook.bundle.plain_png import embeddable
from pbfigure.store import decoding
def peak():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024
before = peak()
try:
    print(len(embeddable(Path(sys.argv[1]))[0]))
except decoding.OverLimit as error:
    print(error)
print(peak() - before)
"""


def told(path: Path) -> tuple[str, int]:
    """What comes of a picture, and how much memory it took at the most."""
    run = [sys.executable, "-c", _PEAK, str(path)]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    return lines[0], int(lines[1])


def test_a_palette_png_of_100_megapixels_is_refused_by_name_before_it_is_converted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "huge.png"
    image = Image.new("P", (10_000, 10_000))
    image.putpalette([1, 2, 3] * 256)
    image.save(path)
    with pytest.raises(OverLimit, match=r"huge\.png: it has 10000 × 10000 pixels .* 500 MB"):
        embeddable(path)
    error, peak = told(path)
    assert "the limit is 400 MB" in error
    assert peak < MEMORY_LIMIT // 2  # it was decoded once, to a byte a pixel


@pytest.mark.parametrize(
    ("mode", "kind", "side"),
    [("P", "PNG", 8900), ("RGBA", "PNG", 7000), ("LA", "PNG", 8900), ("RGBA", "WEBP", 4096)],
)
def test_what_is_converted_takes_no_more_memory_than_a_picture_may(
    tmp_path: Path, mode: str, kind: str, side: int
) -> None:
    path = tmp_path / "a"
    Image.new(mode, (side, side)).save(path, kind, method=0)
    size, peak = told(path)
    assert int(size) > 0
    assert peak < MEMORY_LIMIT + 40_000_000  # what the modules and the files take


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA"])
def test_a_picture_converted_in_strips_has_the_pixels_of_one_converted_whole(
    tmp_path: Path, mode: str
) -> None:
    grey = Image.linear_gradient("L").resize((1100, 1900))
    image = Image.merge("RGBA", (grey, grey.rotate(90), grey.rotate(180), grey.rotate(270)))
    path = tmp_path / "a.png"
    image.quantize(64).save(path) if mode == "PA" else image.convert(mode).save(path, gamma=0.5)
    data, _ = embeddable(path)
    with Image.open(path) as bought, Image.open(BytesIO(data)) as plain:
        whole = bought.convert("RGBA")
        paper = Image.new("RGBA", whole.size, "white")
        expected = Image.alpha_composite(paper, whole).convert(plain.mode)
        assert plain.tobytes() == expected.tobytes()
