"""The request: every documented rule of ``POST /generate``, at its edge and one beyond."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pbfigure.figure.request as request_module
from pbfigure.figure.request import BODY_LIMIT, InvalidRequest, Request, encoded
from pbfigure.figure.surrounding_text import CONTENT_LIMIT, AutomaticText, Content, WrittenText

TEXT = WrittenText("A transformer has attention heads.")
URL = "https://example.com/a.png"


def standard(**fields: Any) -> Request:
    return Request(**{"type": "standard", "model": "nano-banana-2", "prompt": "A cat", **fields})


def pipeline(**fields: Any) -> Request:
    return Request(**{"prompt": "A cat", "content": TEXT, **fields})


def problems(make: Any, **fields: Any) -> tuple[str, ...]:
    with pytest.raises(InvalidRequest) as caught:
        make(**fields)
    assert str(caught.value) == "; ".join(caught.value.problems)
    return caught.value.problems


def sent(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encoded(request.payload()))
    return document


def test_a_standard_request_is_sent_as_the_reference_shows_it() -> None:
    request = standard(
        model="nano-banana-pro",
        prompt="A futuristic city skyline at sunset",
        resolution="2K",
    )
    assert sent(request) == {
        "type": "standard",
        "scene": "text-to-image",
        "prompt": "A futuristic city skyline at sunset",
        "model": "nano-banana-pro",
        "options": {"resolution": "2K", "output_format": "png", "aspect_ratio": "auto"},
    }


def test_a_pipeline_request_carries_its_text_and_task_name_but_no_model() -> None:
    assert sent(pipeline(task_name="plot")) == {
        "type": "pipeline",
        "scene": "text-to-image",
        "prompt": "A cat",
        "options": {
            "resolution": "1K",
            "output_format": "png",
            "task_name": "plot",
            "content": TEXT.source,
        },
    }


@pytest.mark.parametrize("make", [standard, pipeline])
def test_source_images_make_it_image_to_image_in_their_order(make: Any) -> None:
    urls = ("https://example.com/b.png", URL)
    request = make(image_input=urls)
    assert request.scene == "image-to-image"
    assert sent(request)["scene"] == "image-to-image"
    assert sent(request)["options"]["image_input"] == list(urls)


def test_a_pipeline_request_from_images_needs_no_prompt_and_sends_none() -> None:
    assert "prompt" not in sent(pipeline(prompt="  ", image_input=(URL,)))


def test_a_search_is_sent_only_where_it_was_asked_for() -> None:
    assert sent(standard(google_search=True))["options"]["google_search"] is True
    assert "google_search" not in sent(standard())["options"]


def test_the_variant_is_never_sent() -> None:
    assert encoded(standard(variant=7).payload()) == encoded(standard().payload())


@pytest.mark.parametrize("size", [9_999, 10_000])
@pytest.mark.parametrize("letter", ["a", "ä", "\U0001f34c"])
def test_a_prompt_may_have_ten_thousand_characters_of_any_kind(size: int, letter: str) -> None:
    assert sent(pipeline(prompt=letter * size))["prompt"] == letter * size


def test_a_longer_prompt_is_refused_with_its_size_and_the_limit() -> None:
    (problem,) = problems(pipeline, prompt="a" * 10_001)
    assert problem.startswith("prompt: 10,001 characters, over the limit of 10,000")


def test_a_written_text_may_have_a_hundred_thousand_characters() -> None:
    text = "\U0001d53c" * CONTENT_LIMIT
    assert CONTENT_LIMIT == 100_000
    body = encoded(pipeline(content=WrittenText(text)).payload())
    assert json.loads(body)["options"]["content"] == text
    assert len(body) < 410_000  # as UTF-8; escaped to ASCII it would be over 1 MB


def test_a_longer_written_text_is_refused_with_its_size_and_the_limit() -> None:
    (problem,) = problems(pipeline, content=WrittenText("a" * 100_001))
    assert problem.startswith("text: 100,001 characters, over the limit of 100,000")


def test_a_longer_automatic_text_is_cut_not_refused() -> None:
    text = AutomaticText(("far " * 20_000, "near " * 10_000, "after " * 5_000), 2)
    request = pipeline(content=text)
    assert text.is_cut
    assert sent(request)["options"]["content"] == "\n\n".join(text.paragraphs[1:])


def test_ten_source_images_are_taken_and_eleven_refused() -> None:
    urls = tuple(f"https://example.com/{number}.png" for number in range(11))
    assert len(sent(standard(image_input=urls[:10]))["options"]["image_input"]) == 10
    (problem,) = problems(standard, image_input=urls)
    assert problem == "image-input: 11 images, over the limit of 10"


def test_every_bad_source_image_is_named_without_its_signature() -> None:
    urls = ("http://example.com/a.png?sig=SECRET", URL, "https://127.0.0.1/b.png?sig=SECRET")
    found = problems(standard, image_input=urls)
    assert [problem.split()[1] for problem in found] == [
        "http://example.com/a.png",
        "https://127.0.0.1/b.png",
    ]
    assert "SECRET" not in "".join(found)


class _Rendered:
    """Automatic text whose rendering is given: a front end's, on the day it misbehaves."""

    automatic = True
    source = "source"

    def __init__(self, rendered: str) -> None:
        self._rendered = rendered

    def text(self) -> str:
        return self._rendered


def test_the_largest_request_that_the_other_rules_allow_is_under_a_megabyte() -> None:
    request = pipeline(
        content=_Rendered("\x01" * 100_000),  # six bytes each in JSON
        prompt="A" + "\x01" * 9_999,
        image_input=("https://example.com/".ljust(8_000, "\U0001d53c"),) * 10,
    )
    assert 900_000 < len(encoded(request.payload())) < BODY_LIMIT == 1_000_000


def test_the_payload_is_all_that_the_body_sends() -> None:
    request = pipeline(content=WrittenText("Ein Fluß\nim Text"), image_input=("https://a.org/b",))
    assert json.loads(encoded(request.payload())) == request.payload()
    assert request.payload()["options"]["content"] == "Ein Fluß\nim Text"


def test_a_body_over_the_limit_is_refused_with_its_size_and_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = len(encoded(pipeline().payload()))
    monkeypatch.setattr(request_module, "BODY_LIMIT", size)
    encoded(pipeline().payload())
    with pytest.raises(InvalidRequest, match=f"is {size + 1} bytes long, .* limit of {size}$"):
        encoded(pipeline(prompt="A cat.").payload())


@pytest.mark.parametrize(
    ("rendered", "said"),
    [("x" * 100_001, "text: 100,001 characters"), (" \n ", "text: nothing readable")],
)
def test_a_rendered_text_that_breaks_a_rule_is_refused_before_it_is_sent(
    rendered: str, said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        encoded(pipeline(content=_Rendered(rendered)).payload())


@pytest.mark.parametrize(
    ("make", "fields", "said"),
    [
        (standard, {"prompt": " \n"}, "prompt: a standard figure needs one"),
        (standard, {"model": None}, "model: a standard figure needs one of nano-banana-pro or"),
        (
            standard,
            {"task_name": "plot"},
            "task-name: for pipeline figures only; remove it, or make the type pipeline",
        ),
        (standard, {"content": TEXT}, "text: a standard figure is drawn from its prompt alone"),
        (
            standard,
            {"model": "nano-banana-pro", "google_search": True},
            "google-search: for the model nano-banana-2 only",
        ),
        (standard, {"aspect_ratio": "wide"}, "aspect-ratio: 'wide' is neither auto nor a ratio"),
        (standard, {"aspect_ratio": "0:9"}, "aspect-ratio: '0:9'"),
        (standard, {"aspect_ratio": "16:9\n"}, "aspect-ratio: '16:9\\n'"),
        (pipeline, {"prompt": ""}, "prompt: a pipeline figure needs one, unless"),
        (
            pipeline,
            {"model": "nano-banana-2"},
            "model: for standard figures only; remove it, or make the type standard",
        ),
        (
            pipeline,
            {"aspect_ratio": "16:9"},
            "aspect-ratio: for standard figures only; remove it, or make the type standard",
        ),
        (
            pipeline,
            {"google_search": True},
            "google-search: for standard figures only; remove it, or make the type standard",
        ),
        (pipeline, {"content": None}, "text: a pipeline figure is drawn from the text around it"),
        (pipeline, {"content": WrittenText(" \n")}, "text: a pipeline figure is drawn from"),
        (pipeline, {"content": AutomaticText((), 0)}, "text: a pipeline figure is drawn from"),
    ],
)
def test_each_rule_of_type_and_option_is_one_sentence_that_names_the_option(
    make: Any, fields: dict[str, Any], said: str
) -> None:
    (problem,) = problems(make, **fields)
    assert problem.startswith(said)


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problems(pipeline, prompt="a" * 10_001, model="nano-banana-2", content=None)
    assert (
        "text: 100,001"
        in problems(pipeline, content=WrittenText("a" * 100_001), model="nano-banana-2")[0]
    )
    assert [problem.partition(":")[0] for problem in found] == [
        "model",
        "text",
        "prompt",
    ]


@pytest.mark.parametrize("ratio", ["auto", "1:1", "16:9", "2.39:1", "9999:1"])
def test_ratios_are_taken_as_they_stand(ratio: str) -> None:
    assert sent(standard(aspect_ratio=ratio))["options"]["aspect_ratio"] == ratio


@pytest.mark.parametrize(
    ("asked", "named"), [("png", "png"), ("jpg", "jpeg"), ("jpeg", "jpeg"), ("webp", "webp")]
)
def test_four_spellings_are_three_formats_and_sent_as_written(asked: str, named: str) -> None:
    request = standard(output_format=asked)
    assert request.image_format == named
    assert sent(request)["options"]["output_format"] == asked


def test_what_a_record_tells_has_neither_text_nor_signatures() -> None:
    request = pipeline(image_input=("https://u.example.com/a.png?sig=SECRET#SECRET",), variant=2)
    summary = request.summary().as_json()
    assert summary["options"]["image_input"] == ["https://u.example.com/a.png"]
    assert summary["variant"] == 2
    told = json.dumps(summary)
    assert "SECRET" not in told
    assert TEXT.source not in told


@given(st.text(max_size=200), st.text(max_size=200))
@example("A pump", "\u00ad")
def test_any_text_at_all_is_sent_as_valid_utf8_or_refused(prompt: str, text: str) -> None:
    try:
        body = encoded(Request(prompt=prompt, content=WrittenText(text)).payload())
    except InvalidRequest as error:
        seen = [each for each in text if unicodedata.category(each) != "Cf" and not each.isspace()]
        assert not prompt.strip() or not seen
        assert error.problems
    else:
        document = json.loads(body.decode("utf-8"))
        whole = prompt.encode("utf-8", "replace").decode()
        assert document["prompt"] == whole


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u00a0\ufeff", "\u2028\u00ad"])
@pytest.mark.parametrize("kind", [WrittenText, lambda text: AutomaticText((text,), 0)])
def test_a_text_in_which_nothing_can_be_read_is_refused_before_anything_is_sent(
    kind: Callable[[str], Content], text: str
) -> None:
    with pytest.raises(InvalidRequest, match="here there is none"):
        Request(prompt="A pump", content=kind(text))


@pytest.mark.parametrize("name", ["images/pump.png", "../pump.png", "file:///tmp/pump.png"])
def test_an_image_of_the_project_s_own_is_refused_with_what_can_be_done(name: str) -> None:
    with pytest.raises(InvalidRequest, match="publish the image") as caught:
        Request(prompt="A pump", content=WrittenText("Text."), image_input=(name,))
    assert f"image-input: {name} is a file" in str(caught.value)
