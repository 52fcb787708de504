"""What changed about a prompt, cut around the change to the room that there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbfigure.documents.what_changed import SHORTEST, around_change


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (
            "a from left to right b",
            "a from top to bottom b",
            ("…left to right…", "…top to bottom…"),
        ),
        ("A cat", "A dog", ("…cat", "…dog")),
        ("Red cat", "Blue cat", ("Red…", "Blue…")),
        ("A pump", "A red pump", ("A pump", "A red pump")),
        ("An old pump here", "An old pump", ("…pump here", "…pump")),
        ("One", "Another", ("One", "Another")),
        ("One two", "One two three", ("…two", "…two three")),
        ("泵的流程图", "泵的示意图", ("…流程…", "…示意…")),
        ("the same " * 50 + "end", "the same " * 50 + "finish", ("…end", "…finish")),
        ("a b c d e f g h", "x b c d e f g y", ("a b c d e f g h", "x b c d e f g y")),
    ],
)
def test_only_the_words_that_differ_are_shown(old: str, new: str, shown: tuple[str, str]) -> None:
    assert around_change(old, new, 30) == shown


@given(st.text("ab ", max_size=60), st.text("ab ", max_size=60), st.integers(SHORTEST, 80))
def test_it_fits_and_both_sides_differ(old: str, new: str, room: int) -> None:
    one, other = around_change(" ".join(old.split()), " ".join(new.split()), room)
    assert max(len(one), len(other)) <= room
