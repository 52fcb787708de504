"""The cost of a request: the API reference's table, every cell of it."""

from __future__ import annotations

import pytest

from pbfigure.figure.cost import estimate
from pbfigure.figure.request import Request
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.figure.wording import counted_credits


@pytest.mark.parametrize(
    ("model", "credits"), [("nano-banana-pro", (10, 20, 40)), ("nano-banana-2", (5, 10, 20))]
)
def test_a_standard_picture_costs_by_model_and_resolution(
    model: str, credits: tuple[int, ...]
) -> None:
    for resolution, cost in zip(("1K", "2K", "4K"), credits, strict=True):
        request = Request(type="standard", model=model, prompt="x", resolution=resolution)
        assert estimate(request) == cost


@pytest.mark.parametrize("task_name", [None, "diagram", "plot"])
@pytest.mark.parametrize("images", [(), ("https://example.com/a.png",)])
def test_a_pipeline_picture_costs_by_resolution_alone(
    task_name: str | None, images: tuple[str, ...]
) -> None:
    for resolution, cost in (("1K", 6), ("2K", 12), ("4K", 24)):
        request = Request(
            prompt="x",
            content=WrittenText("y"),
            task_name=task_name,
            resolution=resolution,
            image_input=images,
        )
        assert estimate(request) == cost


def test_a_large_number_of_credits_is_written_in_full() -> None:
    assert counted_credits(1_000_000, sandbox=False) == "1000000 credits"
    assert counted_credits(2.5, sandbox=True) == "2.5 sandbox credits"
