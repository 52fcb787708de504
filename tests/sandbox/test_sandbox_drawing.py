"""The sandbox's pictures: their size and format, what they show, and that they repeat."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from typing import Any

import pytest
from asking import pipeline, standard
from PIL import Image

from pbfigure.sandbox.drawing import draw
from pbfigure.sandbox.drawing.frame import headline, source_name
from pbfigure.sandbox.drawing.lettering import fit, telegram, width_of
from pbfigure.sandbox.drawing.reading import main_terms, numbers

TEXT = """This paper presents a novel transformer architecture with multi-head attention. The
encoder maps tokens to embeddings; a stack of self-attention layers with feed-forward networks
produces context vectors. The decoder attends to the encoder output, and a softmax layer predicts
the next token."""


def opened(body: dict[str, Any], roll: int = 1) -> Image.Image:
    image = Image.open(io.BytesIO(draw(body, roll)))
    image.load()
    return image


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (1024, 576)),
        ({"resolution": "1K", "aspect_ratio": "auto"}, (1024, 576)),
        ({"resolution": "2K"}, (2048, 1152)),
        ({"resolution": "4K"}, (4096, 2304)),
        ({"aspect_ratio": "1:1"}, (1024, 1024)),
        ({"aspect_ratio": "4:3"}, (1024, 768)),
        ({"aspect_ratio": "9:16"}, (576, 1024)),
        ({"aspect_ratio": "21:9"}, (1024, 439)),
        ({"aspect_ratio": "10:1"}, (1024, 102)),
        ({"aspect_ratio": "1:10"}, (102, 1024)),
    ],
)
def test_a_picture_has_the_size_that_was_asked_for(
    options: dict[str, str], size: tuple[int, int]
) -> None:
    assert opened(standard(options=options)).size == size


@pytest.mark.parametrize(
    ("name", "form"), [("png", "PNG"), ("jpg", "JPEG"), ("jpeg", "JPEG"), ("webp", "WEBP")]
)
def test_a_picture_has_the_format_that_was_asked_for(name: str, form: str) -> None:
    assert opened(standard(options={"output_format": name})).format == form


@pytest.mark.parametrize("roll", range(1, 6))
@pytest.mark.parametrize("task_name", ["diagram", "plot"])
@pytest.mark.parametrize(
    ("prompt", "content"),
    [
        ("A short prompt", TEXT),
        ("x" * 10_000, "y" * 100_000),
        ("word " * 2_000, "12 bananas, 14 pears, 7.5 apples; " * 1_000),
        ("图表：碳循环", "碳循环描述了碳在大气、海洋和陆地之间的交换。"),
        ("α → β", "1e999 5 5 5 5 5"),
        ("?", "."),
    ],
)
def test_any_text_makes_a_picture(prompt: str, content: str, task_name: str, roll: int) -> None:
    image = opened(pipeline(prompt, content, task_name=task_name), roll)
    assert image.size == (1024, 576)
    assert len(image.getcolors(1 << 20) or ()) > 20


def test_the_same_task_has_the_same_bytes_in_any_process() -> None:
    body = pipeline("A diagram", TEXT)
    program = (
        "import hashlib; from pbfigure.sandbox.drawing import draw; "
        f"print(hashlib.sha256(draw({body!r}, 2)).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert other.stdout.strip() == hashlib.sha256(draw(body, 2)).hexdigest()


@pytest.mark.parametrize(
    "body",
    [pipeline("A diagram", TEXT), pipeline("A plot", TEXT, task_name="plot"), standard("A cover")],
)
def test_rolls_of_one_request_differ(body: dict[str, Any]) -> None:
    assert len({draw(body, roll) for roll in range(1, 7)}) == 6


def test_different_prompts_differ() -> None:
    assert draw(standard("A red apple")) != draw(standard("A green apple"))


def test_the_same_figure_in_another_resolution_is_the_same_figure() -> None:
    small = opened(pipeline("A diagram", TEXT))
    large = opened(pipeline("A diagram", TEXT, resolution="4K")).resize(small.size)
    pairs = zip(small.tobytes(), large.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / len(small.tobytes()) < 3


def test_the_prompt_is_written_in_the_picture() -> None:
    # Two prompts with one seed's worth of difference: the title's place holds ink.
    image = opened(pipeline("Architecture diagram for transformer model", TEXT)).convert("L")
    title = image.crop((38, 30, 700, 75))
    assert title.getextrema()[0] < 80


def test_image_to_image_names_its_sources() -> None:
    assert source_name("https://example.com/a/my%20figure.png?x=1") == "my figure.png"
    assert source_name("https://example.com/") == "example.com"
    edit = standard(scene="image-to-image", options={"image_input": ["https://example.com/a.png"]})
    other = standard(scene="image-to-image", options={"image_input": ["https://example.com/b.png"]})
    assert draw(edit) != draw(other)
    many = [f"https://example.com/{number}.png" for number in range(10)]
    body = {"type": "pipeline", "scene": "image-to-image",
            "options": {"content": TEXT, "image_input": many}}  # fmt: skip
    assert opened(body).size == (1024, 576)


def test_the_main_terms_are_those_a_text_turns_on() -> None:
    terms = main_terms(TEXT, 6)
    assert len(terms) == 6
    assert "transformer architecture" in terms
    assert "encoder" in terms
    assert "the" not in " ".join(terms).split()


def test_numbers_by_year_make_a_series_in_time() -> None:
    series = numbers("In 2000 it was 369 ppm, in 1960 317 ppm and in 2020 414 ppm.")
    assert series is not None
    assert series.along == "scale"
    assert dict(zip(series.labels, series.values, strict=True)) == {
        "1960": 317.0,
        "2000": 369.0,
        "2020": 414.0,
    }
    assert series.unit == "ppm"


def test_a_table_by_year_is_read_by_its_first_column() -> None:
    series = numbers("1960 317 8.129\n1980 339 8.106\n2020 414 8.033")
    assert series is not None
    assert (series.along, series.values) == ("scale", (317.0, 339.0, 414.0))


def test_numbers_by_name_make_bars() -> None:
    series = numbers("The air kept 5.2 Pg C, the land took 3.5 Pg C and the ocean 2.9 Pg C.")
    assert series is not None
    assert (series.along, series.unit, series.values) == ("name", "Pg C", (5.2, 3.5, 2.9))


def test_bare_numbers_make_a_row() -> None:
    series = numbers("1, 2, 4, 8, 1,000")
    assert series is not None
    assert (series.along, series.values) == ("index", (1.0, 2.0, 4.0, 8.0, 1000.0))


def test_a_text_without_numbers_has_no_series() -> None:
    assert numbers("no numbers, only 7") is None


def test_characters_the_font_lacks_are_written_otherwise() -> None:
    assert (
        telegram("Überschrift – café → CO₂, α ≤ 5 µm\n")
        == "Uberschrift - cafe -> CO2, alpha <= 5 um"
    )


def test_lines_are_broken_and_cut_to_their_room() -> None:
    for text in ("one two three four five six", "x" * 300):
        setting = fit(text, 120, 40, 24, 10)
        assert setting.height <= 40
        assert all(width_of(line, setting.size) <= 120 for line in setting.lines)
    assert fit("x" * 300, 120, 40, 24, 10).lines[-1].endswith("…")


def test_a_long_prompt_has_a_headline() -> None:
    assert headline("short") == ("short", "")
    prompt = "Diagram of the carbonate buffer: CO₂ enters; " + "and so it goes on " * 10
    assert headline(prompt)[0] == "Diagram of the carbonate buffer"
    assert headline("x" * 400)[0].endswith("…")


def test_a_table_s_rows_stand_to_scale_by_their_first_column() -> None:
    series = numbers("Depth (m) | Flux (%)\n\n100 | 100\n\n200 | 55.2\n\n1000 | 13.9\n\n4000 | 4.2")
    assert series is not None
    assert series.along == "scale"
    assert (series.labels, series.values[-1]) == (("100", "200", "1000", "4000"), 4.2)


def test_a_table_of_names_makes_a_bar_for_each() -> None:
    series = numbers("Term | Pg C | ±\n\nFossil fuels | 9.9 | 0.5\n\nLand | 1.1\n\nAir | −5.2")
    assert series is not None
    assert (series.along, series.labels) == ("name", ("Fossil fuels", "Land", "Air"))
    assert series.values == (9.9, 1.1, -5.2)
