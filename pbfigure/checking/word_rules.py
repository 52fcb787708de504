"""What is wrong with the words of a picture: rules over words and sources, without its pixels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from pbfigure.checking.finding import Finding, Kind
from pbfigure.checking.spelling import Sources, Vocabulary, folded, tokens
from pbfigure.checking.word import Box, Word

CONFIDENCE = 0.6
"""Words that the reader is less sure of are not judged."""
_COLOURS = (
    *("amber", "aqua", "azure", "beige", "black", "blue", "brown", "burgundy", "charcoal", "coral"),
    *("crimson", "cyan", "gold", "gray", "green", "grey", "indigo", "ivory", "khaki", "lavender"),
    *("magenta", "maroon", "mauve", "navy", "ochre", "olive", "orange", "peach", "pink", "purple"),
    *("red", "salmon", "silver", "tan", "teal", "turquoise", "violet", "white", "yellow"),
)
_SHADES = (
    *("dark", "deep", "light", "muted", "pale", "pastel", "sage", "sky", "soft", "warm", "mint"),
)
_COLOUR = re.compile(
    rf"\b(?:(?:{'|'.join(_SHADES)})[ -])?(?:{'|'.join(_COLOURS)})\b", re.IGNORECASE
)
_STYLE = re.compile(
    r"#[0-9a-f]{6}\b|\b(?:sans[ -]?serif|(?:16|4|3|1|21|9):(?:9|3|4|2|1|16)|[124]K resolution"
    r"|vector (?:style|illustration)|flat design|pastel colou?rs?|white background"
    r"|arial|helvetica|roboto"
    r"|\d+ ?(?:pt|px) (?:font|bold)|rounded corners|drop shadow)\b",
    re.IGNORECASE,
)
"""What instructs a drawer and is no label."""


def lines_of(words: Iterable[Word]) -> list[list[Word]]:
    """Return words by their lines."""
    return [list(line) for _number, line in groupby(words, key=lambda word: word.line)]


def labels_of(words: Sequence[Word], sources: Sources, vocabulary: Vocabulary) -> list[Finding]:
    """Return what is wrong with the labels of a picture."""
    sure = [word for word in words if word.confidence >= CONFIDENCE]
    lines = lines_of(sure)
    return [
        *_misspelt(sure, vocabulary),
        *_repeated(lines, sources, vocabulary),
        *_style(lines, sources, vocabulary),
    ]


def unsourced(words: Sequence[Word], vocabulary: Vocabulary) -> list[str]:
    """Return the words that stand in no source: a list for the eye."""
    found = {
        token: None
        for word in words
        if word.confidence >= CONFIDENCE
        for token in tokens(word.text)
        if not vocabulary.is_ignored(token) and not vocabulary.is_in_sources(token)
    }
    return list(found)


def _misspelt(words: Sequence[Word], vocabulary: Vocabulary) -> list[Finding]:
    found: dict[str, Finding] = {}
    for word in words:
        for token in tokens(word.text):
            if token in found or word.text.endswith("-"):  # it goes on in the next line
                continue
            meant = vocabulary.misspelt(token)
            if meant is not None:
                text = f"{token!r} should probably be {meant!r}"
                found[token] = Finding(Kind.MISSPELT, text, token, meant, word.box)
    return list(found.values())


def _repeated(
    lines: Sequence[Sequence[Word]], sources: Sources, vocabulary: Vocabulary
) -> list[Finding]:
    """Find a line of several words that is drawn twice where the prompt has it once."""
    places: dict[str, list[Sequence[Word]]] = defaultdict(list)
    for line in lines:
        text = " ".join(word.text for word in line)
        if len(line) >= 3 and not vocabulary.is_ignored(text):
            places[folded(text)].append(line)
    found = []
    for text, same in places.items():
        if len(same) == 2 and folded(sources.prompt).count(text) < 2:
            shown = " ".join(word.text for word in same[1])
            what = f"{shown!r} is drawn twice"
            found.append(Finding(Kind.REPEATED, what, shown, "", around(same[1])))
    return found


def _style(
    lines: Sequence[Sequence[Word]], sources: Sources, vocabulary: Vocabulary
) -> list[Finding]:
    """Find instructions to the drawer that were printed as labels."""
    content = f"{sources.text} {sources.caption}".lower()
    quoted = " ".join(re.findall(r"[\"'“‘„«]([^\"'”’“»]+)[\"'”’“»]", sources.prompt)).lower()
    found = []
    for line in lines:
        text = " ".join(word.text for word in line)
        for match in (*_STYLE.finditer(text), *_COLOUR.finditer(text)):
            said = match[0].lower()
            if said in content or said in quoted or vocabulary.is_ignored(match[0]):
                continue
            thing = " ".join(text[match.start() :].lower().split()[:2])
            if " " not in said and " " in thing and thing in sources.prompt.lower():
                continue  # "red valve": its author's words for a thing
            what = f"{match[0]!r} is an instruction for the drawing, printed as a label"
            found.append(Finding(Kind.STYLE, what, match[0], "", around(line)))
    return found


def around(words: Sequence[Word]) -> Box:
    """Return the box around words."""
    lefts, tops, rights, bottoms = zip(*(word.box for word in words), strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))
