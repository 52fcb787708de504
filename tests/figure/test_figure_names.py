"""Names and slugs: one to one, and fit to be file names anywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, compose
from pbfigure.figure.figure_name import SLUG_LIMIT, slug_of
from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import WrittenText


def figure(document: str = "guide", prompt: str = "A cat", **block: object) -> Figure:
    return compose(
        FigureBlock(
            document=document,
            place=Place("guide.rst", 3),
            prompt=prompt,
            content=WrittenText("Cats sleep."),
            **block,  # type: ignore[arg-type]
        )
    )


def test_an_id_is_the_figures_name_wherever_it_stands() -> None:
    assert figure(options={"id": " overview "}).name == "overview"
    assert figure("elsewhere", options={"id": "overview"}).slug == "overview"


def test_without_an_id_it_is_the_name_within_the_document() -> None:
    named = figure("a/guide", name="fig-cat")
    assert (named.name, named.slug) == ("a/guide:fig-cat", "a--guide--fig-cat")


def test_without_any_name_it_is_a_digest_of_the_request_without_its_text() -> None:
    one = figure()
    assert one.name == f"guide:{one.key.request[:12]}"
    other = compose(
        FigureBlock("guide", Place("guide.rst", 9), "A  cat\n", WrittenText("Dogs bark."))
    )
    assert other.name == one.name
    assert other.key.digest != one.key.digest
    assert figure(prompt="A dog").name != one.name


@pytest.mark.parametrize(
    ("parts", "slug"),
    [
        (("overview",), "overview"),
        (("guide", "cat"), "guide--cat"),
        (("a/b/guide", "cat2"), "a--b--guide--cat2"),
    ],
)
def test_a_plain_name_is_its_own_slug(parts: tuple[str, ...], slug: str) -> None:
    assert slug_of(parts) == slug


@pytest.mark.parametrize(
    "parts",
    [
        ("Overview",),
        ("over view",),
        ("guide--cat",),
        ("guide", "fig-cat", "x y"),
        ("../../etc/passwd",),
        ("..", "x"),
        ("con.",),
        ("图",),
        ("",),
        ("a\0b",),
        ("x" * 61,),
        ("\ud800",),
    ],
)
def test_any_other_name_gets_a_mark_of_its_own(parts: tuple[str, ...]) -> None:
    assert re.fullmatch(r"(.+-)?[0-9a-f]{8}", slug_of(parts))


# a NUL, which no source holds, stands between the parts of a name in its digest
_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80)
_parts = st.one_of(
    st.tuples(_text),
    st.tuples(_text, _text),
    st.tuples(st.text("ab-/. ", max_size=12)),
    st.tuples(st.text("ab-/. ", max_size=12), st.text("ab-/: ", max_size=12)),
)


@given(_parts)
def test_a_slug_is_safe_on_every_file_system(parts: tuple[str, ...]) -> None:
    slug = slug_of(parts)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug)
    assert len(slug) <= SLUG_LIMIT + 9


@given(st.lists(_parts, min_size=2, max_size=40, unique=True))
def test_no_two_names_share_a_slug(names: list[tuple[str, ...]]) -> None:
    slugs = [slug_of(parts) for parts in names]
    assert len(set(slugs)) == len(names)
