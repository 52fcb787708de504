"""The door for texts of a repository: what is too large, too deep or too long is not parsed."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbfigure.figure.input_limits import (
    DEPTH_LIMIT,
    TOML_LIMIT,
    OutOfBounds,
    composed,
    parsed_json,
    parsed_toml,
)

Parse = Callable[[bytes], Any]


def as_json(data: bytes) -> Any:
    return parsed_json(data, 1_000_000)


@pytest.mark.parametrize(
    ("parse", "text", "limit"),
    [
        (parsed_toml, "# " + "x" * TOML_LIMIT, "64,000"),
        (parsed_toml, "a." * 30_000 + "a = 1", "nests deeper than 16"),
        (parsed_toml, '"a" . ' * 9_000 + "a = 1", "nests deeper than 16"),
        (parsed_toml, "a = " + "[" * 3_000 + "]" * 3_000, "nests deeper than 16"),
        (parsed_toml, "a = " + "{a=" * 3_000 + "1" + "}" * 3_000, "nests deeper than 16"),
        (parsed_toml, "max_credits = " + "9" * 400, "a number of more than 30"),
        (parsed_toml, "max_credits = 0x" + "f" * 400, "a number of more than 30"),
        (parsed_toml, "max_credits = 0." + "1" * 400, "a number of more than 30"),
        (parsed_toml, "a = '[[[[[[[['\nb = " + "[" * 17, "nests deeper than 16"),
        (as_json, '{"a":' * 3_000 + "1" + "}" * 3_000, "nests deeper than 16"),
        (as_json, "[" * 500_000, "nests deeper than 16"),
        (as_json, '{"a": ' + "9" * 5_000 + "}", "a number of more than 30"),
        (as_json, '"' + "x" * 1_000_000 + '"', "1,000,000"),
    ],
)
def test_what_is_beyond_a_limit_is_refused_by_its_name(parse: Parse, text: str, limit: str) -> None:
    with pytest.raises(OutOfBounds, match=limit):
        parse(text.encode())


def test_what_only_looks_deep_or_long_in_a_string_or_comment_is_read() -> None:
    deep, long = "[{" * 100, "9" * 500
    text = f'# {deep}\na = \'\'\'{deep}\n\'\'\'\nb = """\\""" {deep}"""\nc = \'{long}\'\nd = 1.5\n'
    assert parsed_toml(text.encode())["c"] == long
    assert as_json(json.dumps({"a": deep, "b": long, "c": '\\"' + deep}).encode())["b"] == long
    numbers = [number + 0.5 for number in range(100)]
    assert parsed_toml(f"a = {numbers}".encode())["a"] == numbers


@given(
    st.recursive(
        st.text() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.booleans(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_json_within_the_limits_is_read_as_json_reads_it(document: object) -> None:
    def depth(value: object) -> int:
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0

    if depth(document) <= DEPTH_LIMIT:
        for escaped in (True, False):
            text = json.dumps(document, ensure_ascii=escaped)
            assert as_json(text.encode("utf-8", "replace")) == json.loads(
                text.encode("utf-8", "replace")
            )


@given(st.text())
def test_a_text_as_people_write_it_is_composed_as_unicode_says(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


def test_any_number_of_marks_is_put_in_order_in_linear_time() -> None:
    def seconds(marks: int) -> float:
        begun = time.process_time()
        composed("a" + "\u0301\u0316" * (marks // 2))
        return time.process_time() - begun

    seconds(1000)
    assert seconds(160_000) < max(0.05, 24 * seconds(20_000))  # 8 times as many; quadratic: 64
