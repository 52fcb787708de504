"""From a block as written to a figure: options read, defaults filled in, everything wrong told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, InvalidFigure, check_defaults, compose
from pbfigure.figure.notice import Place
from pbfigure.figure.options import OPTIONS, OptionError
from pbfigure.figure.surrounding_text import AutomaticText, WrittenText


def block(options: dict[str, str] | None = None, **fields: Any) -> FigureBlock:
    given_fields = {
        "document": "guide",
        "place": Place("guide.rst", 3),
        "prompt": "A cat",
        "content": WrittenText("Cats sleep."),
        "options": options or {},
        **fields,
    }
    return FigureBlock(**given_fields)


def around(options: dict[str, str] | None = None, **fields: Any) -> FigureBlock:
    return block(options, content=AutomaticText(("Cats sleep.",), 1), **fields)


def problems(what: FigureBlock, defaults: Mapping[str, str] = {}) -> tuple[str, ...]:
    with pytest.raises(InvalidFigure) as caught:
        compose(what, defaults)
    return caught.value.problems


def test_a_figure_is_of_the_pipeline_unless_it_says_otherwise() -> None:
    request = compose(block()).request
    assert (request.type, request.task_name, request.resolution) == ("pipeline", "diagram", "1K")


def test_every_option_reaches_the_request() -> None:
    figure = compose(
        around(
            {
                "type": "Standard",
                "model": "Nano-Banana-2",
                "resolution": "4k",
                "aspect-ratio": " 16:9 ",
                "output-format": "WEBP",
                "image-input": "https://example.com/a.png\n  https://example.com/b.png",
                "google-search": "",
                "variant": "2",
                "pin": "ABCDEF01",
                "on-text-change": "Regenerate",
            }
        )
    )
    assert figure.request.summary().as_json() == {
        "type": "standard",
        "scene": "image-to-image",
        "prompt": "A cat",
        "model": "nano-banana-2",
        "options": {
            "resolution": "4K",
            "output_format": "webp",
            "image_input": ["https://example.com/a.png", "https://example.com/b.png"],
            "aspect_ratio": "16:9",
            "google_search": True,
        },
        "variant": 2,
    }
    assert figure.request.content is None
    assert (figure.pin, figure.on_text_change) == ("abcdef01", "regenerate")


def test_text_written_into_a_standard_figure_is_an_error_not_dropped() -> None:
    (problem,) = problems(block({"type": "standard", "model": "nano-banana-2"}))
    assert problem.startswith("text: a standard figure")


def test_the_blocks_own_problems_come_first_and_nothing_is_bought() -> None:
    found = problems(block({"resolution": "9K"}, problems=("prompt-file: not there",)))
    assert found == ("prompt-file: not there", "resolution: '9K' is not one of 1K, 2K, 4K")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resolutoin": "1K"}, "'resolutoin' is not an option of a figure; did you mean 'resol"),
        ({"variant": "-1"}, "variant: '-1' is not a whole number"),
        ({"variant": "1.5"}, "variant: '1.5' is not a whole number"),
        ({"variant": "٣"}, "variant: '٣' is not a whole number"),
        ({"variant": "1000000000"}, "variant: '1000000000' is not a whole number from 0 to 9999"),
        ({"google-search": "maybe"}, "google-search: 'maybe' is not one of true, false"),
        ({"pin": "abc"}, "pin: 'abc' is not 8 to 64 hex digits"),
        ({"pin": "g" * 8}, "pin: 'gggggggg' is not"),
        ({"pin": "a" * 65}, "pin: "),
        ({"id": " "}, "id: 0 characters; it takes 1 to 200"),
        ({"id": "x" * 201}, "id: 201 characters; it takes 1 to 200"),
        ({"on-text-change": "ask"}, "on-text-change: 'ask' is not one of keep, regenerate"),
        ({"type": ""}, "type: '' is not one of pipeline, standard"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_option(
    options: dict[str, str], said: str
) -> None:
    (problem,) = problems(block(options))
    assert problem.startswith(said)


def test_the_longest_id_and_pin_are_taken() -> None:
    figure = compose(block({"id": "x" * 200, "pin": "a" * 64}))
    assert (len(figure.name), figure.pin) == (200, "a" * 64)


# -- defaults -------------------------------------------------------------------------------------

DEFAULTS = {
    "resolution": "2K",
    "task-name": "plot",
    "model": "nano-banana-2",
    "aspect-ratio": "4:3",
    "google-search": "true",
}


def standard(defaults: dict[str, str], **options: str) -> Figure:
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return compose(around({"type": "standard", **named}), defaults)


def test_defaults_are_filled_in_where_they_apply() -> None:
    piped = compose(around(), DEFAULTS).request
    assert (piped.resolution, piped.task_name, piped.model) == ("2K", "plot", None)
    plain = standard(DEFAULTS).request
    assert (plain.model, plain.aspect_ratio, plain.task_name) == ("nano-banana-2", "4:3", None)
    assert plain.google_search


def test_a_figures_own_option_is_stronger_than_a_default() -> None:
    assert compose(block({"resolution": "1K"}), DEFAULTS).request.resolution == "1K"
    assert not standard(DEFAULTS, google_search="false").request.google_search


def test_a_search_by_default_is_for_the_model_that_has_it() -> None:
    assert not standard(DEFAULTS, model="nano-banana-pro").request.google_search


def test_the_type_itself_may_have_a_default_and_decides_about_the_others() -> None:
    defaults = {**DEFAULTS, "type": "Standard"}
    assert compose(around(), defaults).request.type == "standard"
    piped = compose(around({"type": "pipeline"}), defaults).request
    assert (piped.task_name, piped.aspect_ratio) == ("plot", None)


@pytest.mark.parametrize("name", ["id", "pin", "variant", "image-input", "on-text-change", "x"])
def test_what_is_one_figures_own_can_have_no_default(name: str) -> None:
    with pytest.raises(OptionError, match=f"'{name}' is not an option that can have a default"):
        check_defaults({name: "1"})


def test_defaults_have_the_values_that_options_have() -> None:
    check_defaults(DEFAULTS)
    with pytest.raises(OptionError, match="resolution: '3K'"):
        check_defaults({"resolution": "3K"})


@given(
    st.dictionaries(st.sampled_from([*OPTIONS, "alt", ""]), st.text(max_size=30), max_size=5),
    st.text(max_size=40),
    st.sampled_from([None, WrittenText("x"), AutomaticText(("x",), 0), AutomaticText((), 0)]),
)
def test_whatever_an_author_writes_is_a_figure_or_a_list_of_problems(
    options: dict[str, str], prompt: str, content: Any
) -> None:
    try:
        figure = compose(block(options, prompt=prompt, content=content))
    except InvalidFigure as error:
        assert error.problems
        assert all(problem.strip() for problem in error.problems)
    else:
        assert figure.name
        assert len(figure.key.digest) == 64


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ("Use blue", ("Use blue",)),
        ("Use  blue\nAdd a title\n", ("Use blue", "Add a title")),
        ("- use\n  blue\n\n- add a title", ("use blue", "add a title")),
        ("用蓝色\n加标题", ("用蓝色", "加标题")),
    ],
)
def test_a_revision_is_a_line_or_an_item_of_a_list(value: str, steps: tuple[str, ...]) -> None:
    figure = compose(block({"revise": value}))
    assert figure.request.instructions == steps
    assert figure.name == compose(block()).name, "what is revised keeps its name"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "revise: it is empty"),
        ("- ", "revise: it is empty"),
        ("- Use blue - Add a title", "revise: it is one line with more than one"),
        ("- Use blue\n-\n- Add a title", "revise: it is empty"),
        ("Use a darker\nblue", "'blue' reads like the rest of the line before"),
        ("x" * 10_001, "revise: revision 1 has 10,001 characters, over the limit of 10,000"),
        ("Use blue\n" * 21, "revise: 21 revisions, over the limit of 20"),
        ("Use blue\n" * 3_000, "over the limit of 20"),
    ],
)
def test_a_revision_that_cannot_be_meant_is_an_error(value: str, said: str) -> None:
    (problem,) = problems(block({"revise": value}))
    assert said in problem


def test_one_variant_is_that_of_the_last_version_and_several_are_one_for_each() -> None:
    steps = "Use blue\nAdd a title"

    def variants(value: str) -> list[int]:
        request = compose(block({"revise": steps, "variant": value})).request
        found = [request.variant]
        while request.revises is not None:
            request = request.revises
            found.insert(0, request.variant)
        return found

    assert variants("2") == [0, 0, 2]
    assert variants("1 0 2") == [1, 0, 2]
    (problem,) = problems(block({"revise": steps, "variant": "1 2"}))
    assert "2 numbers for the picture and 2 revisions of it" in problem
    (problem,) = problems(block({"variant": "1 2"}))
    assert "2 numbers for one picture" in problem
