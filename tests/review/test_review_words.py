"""What the review says of words and sizes, without a page."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbfigure.review.printed import printed_width
from pbfigure.review.words import LONGEST, difference


@example(["a", " ", "b"], ["b"])
@given(st.lists(st.sampled_from("a b cc ,  \n")), st.lists(st.sampled_from("a b cc ,  \n")))
def test_the_pieces_of_a_difference_are_both_texts_again(one: list[str], other: list[str]) -> None:
    old, new = "".join(one), "".join(other)
    pieces = difference(old, new)
    before = "".join(text for kind, text in pieces if kind != "added")
    after = "".join(text for kind, text in pieces if kind != "removed")
    assert before.split() == old.split()
    assert after.split() == new.split()
    assert difference(new, new) == ([] if not new.strip() else [("same", new.rstrip())])


def test_texts_that_differ_much_are_one_change_and_take_no_time() -> None:
    old, new = (" ".join(f"{letter}{n % 7}" for n in range(50 * LONGEST)) for letter in "ab")
    pieces = difference(f"first {old} last", f"first {new} last")
    assert [kind for kind, text in pieces if text.strip()] == ["same", "removed", "added", "same"]


@pytest.mark.parametrize(
    ("written", "width"),
    [
        ({"width": "80%"}, "80%"),
        ({"width": ".8\\linewidth"}, "80%"),
        ({"width": "\\textwidth"}, "100%"),
        ({"width": "300"}, "300"),
        ({"width": "300px"}, "300"),
        ({"width": "2.54 cm"}, "96"),
        ({"width": "72.27pt"}, "96"),
        ({"height": "288px"}, "512"),
        ({"scale": "50"}, "512"),
        ({"scale": "0.5"}, "512"),
        ({"width": "\\dimexpr\\linewidth-2em"}, ""),
        ({"width": '80%" onload="x'}, ""),
        ({"width": "1e9cm"}, ""),
        ({"width": "99999999999cm"}, "10000"),
        ({}, ""),
    ],
)
def test_the_size_in_print_is_read_as_the_document_writes_it(
    written: dict[str, str], width: str
) -> None:
    assert printed_width(written, (1024, 576)) == width
