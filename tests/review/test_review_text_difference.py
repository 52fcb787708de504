"""What the review says of words and sizes, without a page."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pbfigure.figure.block import Appearance
from pbfigure.review.text_difference import LONGEST, difference


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
    ("appearance", "width"),
    [
        (Appearance(), 700),
        (Appearance(width=300), 300),
        (Appearance(scale=0.5), 512),
        (Appearance(width=72.27, unit="pt"), 96),
        (Appearance(room=361.35, unit="pt"), 480),
    ],
)
def test_a_picture_is_as_wide_as_its_document_shows_it(appearance: Appearance, width: int) -> None:
    assert appearance.css_width(1024) == width
