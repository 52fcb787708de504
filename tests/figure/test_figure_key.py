"""The key: golden vectors that hold its canonical form, and what may never change it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import compose
from pbfigure.figure.key import key_of, normalise
from pbfigure.figure.notice import Place
from pbfigure.figure.request import Request
from pbfigure.figure.surrounding_text import AutomaticText, WrittenText

VECTORS = json.loads(Path(__file__).with_name("key_vectors.json").read_text("utf-8"))


def request_of(fields: dict[str, Any]) -> Request:
    fields = dict(fields)
    text = fields.pop("text", None)
    if "image_input" in fields:
        fields["image_input"] = tuple(fields["image_input"])
    steps = fields.pop("revise", ())
    request = Request(content=None if text is None else WrittenText(text), **fields)
    for step in steps:
        request = request.revised(step)
    return request


def key(**fields: Any) -> str:
    return key_of(request_of({"prompt": "A cat", "text": "Cats sleep.", **fields})).digest


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_the_key_is_what_it_was_when_pictures_were_first_bought(vector: dict[str, Any]) -> None:
    assert key_of(request_of(vector["request"])).digest == vector["key"]
    assert hashlib.sha256(vector["canonical"].encode()).hexdigest() == vector["key"]


def test_the_vectors_tell_apart_what_differs_and_only_that() -> None:
    keys: dict[str, list[str]] = {}
    for vector in VECTORS:
        keys.setdefault(vector["key"], []).append(vector["name"])
    assert sorted(sorted(names) for names in keys.values() if len(names) > 1) == [
        ["composed characters, prompt and text", "decomposed characters are the same"],
        ["defaults written out", "the smallest pipeline figure"],
        ["jpeg is jpg", "jpg is jpeg"],
        ["standard defaults written out", "the smallest standard figure"],
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "A cat!"},
        {"prompt": "a cat"},
        {"text": "Cats sleep"},
        {"task_name": "plot"},
        {"resolution": "2K"},
        {"output_format": "jpg"},
        {"variant": 1},
        {"style": "Flat colours."},
        {"revise": ["Use blue"]},
        {"image_input": ["https://example.com/a.png"]},
        {"type": "standard", "model": "nano-banana-2", "text": None},
    ],
)
def test_everything_that_is_asked_for_changes_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


def test_the_digest_of_the_request_does_not_depend_on_the_text() -> None:
    one = key_of(Request(prompt="A cat", content=WrittenText("one")))
    two = key_of(Request(prompt="A cat", content=AutomaticText(("two",), 0)))
    assert one.request == two.request
    assert one.digest != two.digest
    assert one.content == hashlib.sha256(b"one").hexdigest()


def test_text_is_the_same_whether_written_or_taken_and_wherever_the_figure_stands() -> None:
    keys = {
        key_of(Request(prompt="A cat", content=content)).digest
        for content in (
            WrittenText("one\ntwo"),
            AutomaticText(("one", "two"), 0),
            AutomaticText(("one", "two"), 2),
        )
    }
    assert len(keys) == 1


def test_a_standard_figure_has_no_text_in_its_key_whatever_stands_around_it() -> None:
    keys = {
        composed({"type": "standard", "model": "nano-banana-2"}, AutomaticText((text,), 0))
        for text in ("one", "two")
    }
    assert len(keys) == 1


def composed(options: dict[str, str], content: Any = None, **block: Any) -> str:
    content = content or WrittenText("Cats sleep.")
    fields = {"document": "a", "place": Place("a.rst", 1), "prompt": "A cat", **block}
    return compose(FigureBlock(content=content, options=options, **fields)).key.digest


@pytest.mark.parametrize(
    "options",
    [
        {"id": "cat"},
        {"pin": "0123abcd"},
        {"on-text-change": "regenerate"},
        {"resolution": "1k"},
        {"output-format": " PNG "},
        {"task-name": "Diagram", "type": "PIPELINE"},
        {"variant": "0"},
        {"variant": " 00 "},
    ],
)
def test_naming_pinning_and_spelling_never_enter_the_key(options: dict[str, str]) -> None:
    assert composed(options) == composed({}) == key()


def test_where_a_figure_stands_and_its_name_never_enter_the_key() -> None:
    assert composed({}, document="b", place=Place("b.rst", 9), name="x") == composed({})


_words = st.lists(
    st.text(st.characters(exclude_categories=("Z", "Cc", "Cf", "Cs")), min_size=1, max_size=8),
    min_size=1,
    max_size=12,
)
_gap = st.text(st.sampled_from(" \t\n\r\x0b\x0c\x85\xa0\u2003\u2028\u3000"), min_size=1, max_size=5)


@given(_words, st.data())
def test_a_figure_wrapped_or_indented_anew_keeps_its_key(
    words: list[str], data: st.DataObject
) -> None:
    gaps = data.draw(st.lists(_gap, min_size=len(words) + 1, max_size=len(words) + 1))
    wrapped = gaps[-1] + "".join(w + g for w, g in zip(words, gaps, strict=False))
    plain = " ".join(words)
    if plain.strip():
        assert key(prompt=wrapped, text=wrapped) == key(prompt=plain, text=plain)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_and_decomposing_neither(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert normalise(unicodedata.normalize("NFD", text)) == once
    assert once == once.strip()
    assert "\n" not in once


_readable = st.text(max_size=30).map("a{}".format)


@given(_readable, _readable, _readable, _readable)
def test_texts_that_read_differently_never_share_a_key(a: str, b: str, c: str, d: str) -> None:
    same = key(prompt=a, text=b) == key(prompt=c, text=d)
    assert same == ((normalise(a), normalise(b)) == (normalise(c), normalise(d)))
