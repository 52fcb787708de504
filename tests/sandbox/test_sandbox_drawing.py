"""The sandbox's pictures: their size and format, what they show, and that they repeat."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from typing import Any

import pytest
from asking import pipeline, standard
from PIL import Image, ImageChops, ImageStat

from pbfigure.sandbox.drawing import draw
from pbfigure.sandbox.text_layout import fit

TEXT = """This paper presents a novel transformer architecture with multi-head attention."""
LONG = """Diagram of a transformer encoder with six layers; each layer has multi-head attention and
a feed-forward network, residual connections and layer normalisation."""


def opened(body: dict[str, Any], task: str = "7655ed66", index: int = 0) -> Image.Image:
    image = Image.open(io.BytesIO(draw(body, task, index)))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """How much two pictures differ: 0 for the same, 255 for black and white."""
    pixels = ImageChops.difference(one.convert("L"), other.convert("L"))
    return float(ImageStat.Stat(pixels).mean[0])


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


@pytest.mark.parametrize("ratio", ["auto", "1:1", "9:16", "10:1", "1:10"])
@pytest.mark.parametrize(
    "prompt",
    [
        "A short prompt",
        "x" * 10_000,
        "word " * 2_000,
        "图表：碳循环",
        "α → β, ΔG ≤ 0",
        "A 🍌\u200d🚀 in space",
        "\x00\x7f\u202e\ud800",
        "?",
        " \n",
    ],
)
def test_any_prompt_makes_a_picture_of_any_shape(prompt: str, ratio: str) -> None:
    image = opened(standard(prompt, options={"aspect_ratio": ratio}))
    assert max(image.size) == 1024
    assert len(image.getcolors(1 << 20) or ()) > 20


def test_the_same_task_has_the_same_bytes_in_any_process() -> None:
    body = pipeline("A diagram", TEXT)
    program = (
        "import hashlib; from pbfigure.sandbox.drawing import draw; "
        f"print(hashlib.sha256(draw({body!r}, 'abc', 2)).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert other.stdout.strip() == hashlib.sha256(draw(body, "abc", 2)).hexdigest()


def test_two_tasks_of_one_request_look_different_and_so_do_two_pictures_of_one() -> None:
    body = pipeline("A diagram", TEXT)
    rolls = [opened(body, f"task-{number}") for number in range(12)]
    pairs = [(one, other) for place, one in enumerate(rolls) for other in rolls[:place]]
    assert min(difference(one, other) for one, other in pairs) > 3
    assert difference(opened(body, "task", 0), opened(body, "task", 1)) > 3


def test_different_prompts_differ() -> None:
    assert draw(standard("A red apple"), "task") != draw(standard("A green apple"), "task")


def test_the_same_task_in_another_resolution_looks_the_same() -> None:
    small = opened(pipeline("A diagram", TEXT))
    large = opened(pipeline("A diagram", TEXT, resolution="4K")).resize(small.size)
    assert difference(small, large) < 6


def test_the_prompt_is_most_of_what_the_card_says() -> None:
    """The middle of the card has more ink if the prompt is longer."""

    def ink(prompt: str) -> float:
        middle = opened(standard(prompt)).convert("L").crop((42, 110, 660, 480))
        return 255 - float(ImageStat.Stat(middle).mean[0])

    assert ink("I") < ink("A red apple") < ink(LONG)


def test_image_to_image_names_its_sources() -> None:
    def edit(url: str) -> dict[str, Any]:
        return standard(scene="image-to-image", options={"image_input": [url]})

    pictures = [draw(edit(f"https://example.com/{name}.png"), "task") for name in "ab"]
    assert pictures[0] != pictures[1]
    many = [f"https://example.com/my%20figure-{number}.png" for number in range(10)]
    body = {"type": "pipeline", "scene": "image-to-image",
            "options": {"content": TEXT, "image_input": many}}  # fmt: skip
    assert opened(body).size == (1024, 576)


def test_lines_fit_their_room_and_break_between_words() -> None:
    for room in ((600, 300), (200, 300), (600, 40)):
        setting = fit(LONG, *room, 60, 10)
        assert setting.height <= room[1]
        assert all(setting.font.getlength(line) <= room[0] * 1.02 for line in setting.lines)
        assert LONG.split()[: len(words(setting.lines))] == words(setting.lines)


def words(lines: tuple[str, ...]) -> list[str]:
    shown = " ".join(lines).split()
    if shown[-1].endswith("…"):
        shown[-1] = next(word for word in LONG.split() if word.startswith(shown[-1][:-1]))
    return shown


@pytest.mark.parametrize("text", [LONG, LONG * 20, "x" * 300, "word " * 500, "碳循环描述" * 100])
@pytest.mark.parametrize("width", [40, 120, 500])
def test_what_is_cut_ends_in_an_ellipsis_that_never_stands_alone(text: str, width: int) -> None:
    lines = fit(text, width, 40, 24, 10).lines
    assert all(line.strip("… ") for line in lines)
    whole = "".join(lines) == "".join(text.split()) or " ".join(lines) == " ".join(text.split())
    assert whole is not lines[-1].endswith("…")


def test_a_word_wider_than_the_card_is_broken_and_none_other() -> None:
    lines = fit("https://example.com/" + "a" * 60, 120, 200, 24, 12).lines
    assert "".join(lines) == "https://example.com/" + "a" * 60


def test_a_character_that_no_font_has_is_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pbfigure.sandbox.text_layout._fonts", lambda: ("",))
    assert fit("CO2 \u2192 \u78b3", 1000, 100, 24, 10).lines == ("CO2 \uffff \uffff",)
