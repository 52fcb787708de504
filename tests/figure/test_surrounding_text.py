"""Text taken automatically: cut at paragraph ends, nearest the figure kept, always alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pbfigure.figure.surrounding_text import CONTENT_LIMIT, AutomaticText, WrittenText, nearest


def joined(paragraphs: tuple[str, ...]) -> int:
    return len("\n\n".join(paragraphs))


def test_what_fits_is_kept_whole() -> None:
    paragraphs = ("aa", "bb", "cc")
    for position in range(4):
        assert nearest(paragraphs, position, limit=10) == paragraphs


def test_it_grows_from_the_figure_the_paragraph_before_it_first() -> None:
    paragraphs = ("far", "before", "after", "further")
    assert nearest(paragraphs, 2, limit=6) == ("before",)
    assert nearest(paragraphs, 2, limit=13) == ("before", "after")
    assert nearest(paragraphs, 2, limit=18) == ("far", "before", "after")


def test_a_side_ends_where_a_paragraph_does_not_fit_and_the_other_goes_on() -> None:
    paragraphs = ("x", "y" * 50, "b", "c", "d", "e")
    assert nearest(paragraphs, 3, limit=12) == ("b", "c", "d", "e")


def test_a_figure_at_an_end_of_its_section_looks_the_one_way_there_is() -> None:
    assert nearest(("a" * 5, "b" * 5), 0, limit=5) == ("a" * 5,)
    assert nearest(("a" * 5, "b" * 5), 2, limit=5) == ("b" * 5,)


def test_where_no_paragraph_fits_the_nearest_is_cut_between_words() -> None:
    assert nearest(("one two three",), 1, limit=9) == ("three",)
    assert nearest(("one two three",), 0, limit=9) == ("one two",)
    assert nearest(("unbroken",), 0, limit=4) == ("unbr",)
    assert nearest((), 0, limit=4) == ()


def test_the_limit_is_the_api_references_and_reaching_it_is_no_cut() -> None:
    whole = AutomaticText(("a" * 49_999, "b" * 49_999), 1)
    assert len(whole.text()) == CONTENT_LIMIT == 100_000
    assert not whole.is_cut
    over = AutomaticText(("a" * 49_999, "b" * 50_000), 1)
    assert over.is_cut
    assert over.text() == "a" * 49_999
    assert len(over.source) == 100_001


def test_written_text_is_never_cut() -> None:
    text = WrittenText("a" * 200_000)
    assert text.text() == text.source
    assert not text.automatic


_paragraphs = st.lists(st.text("ab ", min_size=1, max_size=30), max_size=12).map(tuple)


@given(_paragraphs, st.data(), st.integers(1, 120))
def test_the_cut_is_the_longest_run_of_whole_paragraphs_around_the_figure(
    paragraphs: tuple[str, ...], data: st.DataObject, limit: int
) -> None:
    position = data.draw(st.integers(0, len(paragraphs)))
    kept = nearest(paragraphs, position, limit)
    assert nearest(paragraphs, position, limit) == kept
    assert joined(kept) <= limit
    if not kept:
        assert not paragraphs
        return
    size = len(kept)
    starts = [s for s in range(len(paragraphs)) if paragraphs[s : s + size] == kept]
    around = [s for s in starts if s <= position <= s + size]
    if not around:  # one paragraph, cut
        neighbours = paragraphs[max(0, position - 1) : position + 1]
        assert size == 1
        assert any(kept[0] in neighbour for neighbour in neighbours)
        assert all(len(neighbour) > limit for neighbour in neighbours)
        return
    assert any(
        (s == 0 or joined(paragraphs[s - 1 : s + size]) > limit)
        and (s + size == len(paragraphs) or joined(paragraphs[s : s + size + 1]) > limit)
        for s in around
    )
