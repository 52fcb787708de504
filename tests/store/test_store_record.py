"""Records: what was written is read, and whatever else is refused in one way only."""

from __future__ import annotations

import copy
import json
import string
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stock import digest, record_of

from pbfigure.figure.input_limits import PIXEL_LIMIT, SIZE_LIMIT
from pbfigure.figure.request import Request
from pbfigure.figure.request_summary import RequestSummary
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.store.errors import BadRecord
from pbfigure.store.picture import Picture
from pbfigure.store.record import RECORD_LIMIT, Record, read_record, write_record

PICTURE = Picture(digest("picture"), 1234, "png", 24, 16)
GOOD = json.loads(write_record(record_of(1, PICTURE).for_figure("guide:cat")))


def refused(document: Any) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(BadRecord) as caught:
        read_record(data)
    assert len(str(caught.value)) < 300
    return str(caught.value)


_text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
_hex = st.text("0123456789abcdef", min_size=64, max_size=64)
_pictures = st.builds(
    Picture,
    _hex,
    st.integers(1, SIZE_LIMIT),
    st.sampled_from(["png", "jpeg", "webp"]),
    st.integers(1, 10_000),
    st.integers(1, 10_000),
)
_records = st.builds(
    Record,
    key=_hex,
    request_digest=_hex,
    content_digest=st.none() | _hex,
    content_automatic=st.booleans(),
    request=st.builds(
        RequestSummary,
        type=_text,
        scene=_text,
        prompt=_text,
        model=st.none() | _text,
        options=st.dictionaries(_text, _text | st.booleans() | st.lists(_text)),
        variant=st.integers(0, 999_999_999),
        style=_text,
        revise=st.lists(_text).map(tuple),
        base=_text,
    ),
    task_id=st.text(string.ascii_letters + string.digits + "-_", min_size=1),
    cost_credits=st.integers(0, 10**6) | st.floats(0, 1e6),
    created_at=_text,
    pictures=st.lists(_pictures, min_size=1, max_size=16).map(tuple),
    draft=st.booleans(),
    adopted=st.booleans(),
    tool=_text,
)


@given(_records, st.none() | _text)
def test_a_record_is_read_as_it_was_written(record: Record, owner: str | None) -> None:
    if owner is not None:
        record = record.for_figure(owner)
    data = write_record(record)
    assert read_record(data) == record
    assert write_record(read_record(data)) == data


def test_a_record_is_written_for_version_control_to_show() -> None:
    text = write_record(record_of(1, PICTURE)).decode()
    assert text.endswith("}\n")
    assert text.splitlines()[1].startswith(' "adopted": false')
    assert "figure" not in json.loads(text)
    assert write_record(record_of("ä", PICTURE)).decode().count("Figure ä") == 1


def test_the_largest_request_has_a_record_that_can_be_read() -> None:
    request = Request(
        prompt="\x01" * 9_999 + "x",
        content=WrittenText("x"),
        image_input=("https://example.com/".ljust(8_000, "\U0001d53c"),) * 10,
    )
    record = record_of(1, *[PICTURE] * 16, request=request.summary())
    data = write_record(record.for_figure("f" * 5_000))
    assert len(data) < RECORD_LIMIT
    assert read_record(data).request == request.summary()


def test_fields_of_a_later_release_are_passed_over() -> None:
    later = {**GOOD, "licence": {"a": [1, {"deep": []}]}}
    assert read_record(json.dumps(later).encode()).key == digest(1)


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"content_digest"} - {"figure"}))
def test_a_missing_field_is_named(name: str) -> None:
    document = {field: value for field, value in GOOD.items() if field != name}
    assert name in refused(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "its version is 2, and this release reads 1: install the newest sphinx-p"),
        ({"version": True}, "its version is True"),
        ({"version": "1" * 999}, "its version is '111"),
        ({"key": "A" * 64}, "key: not 64 hex digits"),
        ({"key": "../" * 21 + "a"}, "key: not 64 hex digits"),
        ({"key": "a" * 64 + "\n"}, "key: not 64 hex digits"),
        ({"content_automatic": 1}, "content_automatic: missing, or neither"),
        ({"request": []}, "request: it is not a JSON object"),
        ({"request": {**GOOD["request"], "prompt": 7}}, "request: prompt: missing, or no text"),
        ({"request": {**GOOD["request"], "prompt": [["x"]]}}, "request: prompt"),
        (
            {"request": {**GOOD["request"], "options": {"a": {"b": 1}}}},
            "request: options: a: neither",
        ),
        ({"task_id": ""}, "task_id: not what an id may look like"),
        ({"task_id": "../a b"}, "task_id: not what an id may look like"),
        ({"cost_credits": True}, "cost_credits: not a number"),
        ({"cost_credits": -1}, "cost_credits: not a number"),
        ({"cost_credits": float("nan")}, "cost_credits: not a number"),
        ({"cost_credits": float("inf")}, "cost_credits: not a number"),
        ({"pictures": []}, "pictures: 0 of them"),
        ({"pictures": GOOD["pictures"] * 17}, "pictures: 17 of them"),
        ({"pictures": ["x"]}, "pictures: it is not a JSON object"),
        ({"figure": 7}, "figure: missing, or no text"),
    ],
)
def test_a_field_of_another_kind_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    assert refused({**GOOD, **change}).startswith(said)


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "../../../etc/passwd"},
        {"sha256": None},
        {"format": "svg"},
        {"format": "/../x"},
        {"size": 0},
        {"size": True},
        {"size": SIZE_LIMIT + 1},
        {"width": 0},
        {"width": -24, "height": -16},
        {"width": PIXEL_LIMIT, "height": 2},
        {"height": 1.5},
    ],
)
def test_a_picture_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    assert refused({**GOOD, "pictures": [{**GOOD["pictures"][0], **change}]})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\x00" * 100,
        b"<!DOCTYPE html><title>502</title>",
        b"[" * 500_000,
        b'{"a":' * 100_000,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 5\n",
        b"<<<<<<< HEAD\n" + json.dumps(GOOD).encode(),
        json.dumps({**GOOD, "tool": "\ud800"}).encode(),
        b'{"version": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_record_at_all_is_refused(data: bytes) -> None:
    refused(data)


def test_a_document_over_the_limit_is_not_even_parsed() -> None:
    assert "over the limit of 1,048,576" in refused(b"[" + b"1," * RECORD_LIMIT)
    padded = json.dumps(GOOD).encode()
    assert read_record(padded.ljust(RECORD_LIMIT)).key == digest(1)
    assert "over the limit" in refused(padded.ljust(RECORD_LIMIT + 1))


def test_a_record_of_many_small_things_is_judged_in_bounded_time() -> None:
    began = time.process_time()
    many = {**GOOD, "request": {**GOOD["request"], "options": {f"{n}": [1] for n in range(60_000)}}}
    read_record(json.dumps(many).encode())
    assert time.process_time() - began < 20


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for name, item in inner if isinstance(value, (dict, list)) else ():
        found += _paths(item, (*path, name)) if isinstance(item, (dict, list)) else [(*path, name)]
    return found


@given(st.sampled_from(_paths(GOOD)), _json)
def test_any_value_anywhere_in_a_record_is_taken_or_refused_and_nothing_else(
    path: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(GOOD)
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    _take_or_refuse(json.dumps(document).encode())


@given(st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode()))
@example(b'{"version": 1e999}')
def test_any_bytes_at_all_are_refused_and_nothing_else(data: bytes) -> None:
    refused(data)


@given(st.integers(0, 700), st.integers(0, 255))
def test_a_record_with_a_byte_changed_is_taken_or_refused_and_nothing_else(
    at: int, byte: int
) -> None:
    data = bytearray(json.dumps(GOOD).encode())
    data[at % len(data)] = byte
    _take_or_refuse(bytes(data))


def _take_or_refuse(data: bytes) -> None:
    try:
        record = read_record(data)
    except BadRecord:
        return
    again = write_record(record)  # what was taken can be written, and is the same then
    assert read_record(again) == record
