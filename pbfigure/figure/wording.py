"""How messages name numbers of things, and cut what is too long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def counted(number: float, what: str) -> str:
    """Return a number of things: ``1 figure``, ``2 figures``."""
    return f"{number:.9g} {what}{'' if number == 1 else 's'}"


def counted_credits(number: float, *, sandbox: bool) -> str:
    """Return a number of credits: ``6 credits``, or ``6 sandbox credits``, which nobody pays."""
    return counted(number, "sandbox credit" if sandbox else "credit")


def counted_costs(costs: Iterable[tuple[float, bool]]) -> str:
    """Return what pictures cost, each given with whether it is a draft of the sandbox: ``12 credits
    and 6 sandbox credits``.
    """
    sums = {False: 0.0, True: 0.0}
    for credits, is_draft in costs:
        sums[is_draft] += credits
    counts = [counted_credits(number, sandbox=kind) for kind, number in sums.items() if number]
    return enumerated(counts) or counted_credits(0, sandbox=False)


def counted_bytes(number: int) -> str:
    """Return the size of files: ``1.5 MB``, ``320 KB``."""
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{(number + 999) // 1000} KB"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def enumerated(names: Sequence[str]) -> str:
    """Return all names as a sentence has them: ``A, B and C``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


def shortened(text: str, room: int) -> str:
    """Return a text on one line, cut between two words, if there are any, to so many characters."""
    text = " ".join(text.split())
    if len(text) <= room:
        return text
    import textwrap

    words = textwrap.shorten(text, room, placeholder="…")
    return words if words != "…" else f"{text[: room - 1]}…"


def wrapped(text: str, width: int, indent: str, first: str = "") -> list[str]:
    """Return a text in lines of a width; no word is broken, for names and addresses are there to be
    copied.
    """
    import textwrap

    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def common_ends(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """Return how much two sequences have in common at the start and, behind that, at the end."""
    start, least = 0, min(len(one), len(other))
    while start < least and one[start] == other[start]:
        start += 1
    end = 0
    while end < least - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return start, end
