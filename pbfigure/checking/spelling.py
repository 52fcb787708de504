"""Which words a figure may be expected to show, and which it shows are likely misspelt.

Expected is what its prompt, caption and text say, in any form. A word that is near one of those,
but neither that word nor any word of the language, is likely misspelt. What an engine itself
confuses (``i`` and ``l``, ``rn`` and ``m``, accents) is no misspelling.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pbfigure.checking.dictionary import Dictionary

SHORTEST = 4
"""Letters: shorter words are symbols and units as often as not."""
NEAR = 6
"""Letters up to which a misspelt word differs by one edit from the right one; beyond, by two."""
LONG = 5
"""Letters from which a word of no source is compared with those of the language."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDING = re.compile(r"(?:e?s|'s|ed|ing|[ei]ons?|ers?|ly|al|y|ies|ied|e|en|ern|em)?")
"""What tells forms of a word apart, in English and German."""
_CONFUSED = (
    *(("rn", "m"), ("vv", "w"), ("cl", "d"), ("1", "l"), ("i", "l"), ("0", "o")),
    *(("µ", "u"), ("μ", "u"), ("ß", "b"), ("’", "'")),
)
"""What engines take for one another."""


class Sources(NamedTuple):
    """The words that a figure was drawn from, and those that stand with it."""

    prompt: str = ""
    text: str = ""
    caption: str = ""


def tokens(text: str) -> Iterator[str]:
    """Yield the words of a text that are long enough to judge: ``BatchNorm`` has two.

    What digits are part of is no word but an id, a formula or a unit.
    """
    for match in _WORD.finditer(text):
        around = text[max(0, match.start() - 1) : match.start()] + text[match.end() :][:1]
        if any(character.isdigit() for character in around):
            continue
        yield from (part for part in _CAMEL.split(match[0]) if len(part) >= SHORTEST)


def folded(word: str) -> str:
    """Return a word as an engine might see it: equal forms are no misspelling."""
    plain = unicodedata.normalize("NFKD", word.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    for seen, meant in _CONFUSED:
        plain = plain.replace(seen, meant)
    return plain


def is_form(word: str, other: str) -> bool:
    """Whether two words have all but an ending in common."""
    shorter = min(len(word), len(other))
    common = next((at for at in range(shorter) if word[at] != other[at]), shorter)
    is_same = _ENDING.fullmatch(word[common:]) and _ENDING.fullmatch(other[common:])
    return bool(is_same) and common >= SHORTEST


def may_be_form(word: str, other: str) -> bool:
    """Whether two words of a language without a dictionary may be forms of one word."""
    return word[:-2] == other[: len(word) - 2] and abs(len(word) - len(other)) <= 2


class Vocabulary:
    """The words of a figure's sources and of its document's language."""

    def __init__(
        self, sources: Sources, dictionary: Dictionary | None, ignore: Iterable[str] = ()
    ) -> None:
        self._dictionary = dictionary
        self._words = {word.lower(): word for text in sources for word in _all(text)}
        self._forms = frozenset(map(folded, self._words))
        self._ignored = {folded(each) for word in ignore for each in (word, *_all(word))}

    def is_ignored(self, word: str) -> bool:
        """Whether the author said to leave a word alone."""
        return folded(word) in self._ignored

    def is_in_sources(self, word: str) -> bool:
        """Whether a word, in any form, stands in the sources."""
        form = folded(word)
        return (
            form in self._forms
            or self._is_compound(form)
            or any(is_form(form, known) for known in self._forms if known[:3] == form[:3])
        )

    def misspelt(self, word: str) -> str | None:
        """Return what a word should probably be, if it is likely misspelt."""
        if self.is_ignored(word) or self.is_in_sources(word) or self._is_listed(word):
            return None
        if word[0].isupper() and word[1].islower() and self.is_in_sources(word[1:]):
            return None  # a symbol with a subscript: Lmodel
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extractOne

        likely = [each for each in self._words if len(each) >= SHORTEST and each[0] not in "µμ"]
        cutoff = 1 if len(word) <= NEAR else 2
        found = extractOne(word.lower(), likely, scorer=OSA.distance, score_cutoff=cutoff)
        if found is None:
            return self._corrected(word)
        if self._dictionary is None and may_be_form(word.lower(), found[0]):
            return None
        return self._words[found[0]]

    def _corrected(self, word: str) -> str | None:
        """Return the word of the language that is one edit away, if it is written like a word."""
        is_word = word.isascii() and (word.islower() or word.istitle())
        if self._dictionary is None or len(word) < LONG or not is_word:
            return None
        return next((each for each in _edited(word.lower()) if each in self._dictionary), None)

    def _is_listed(self, word: str) -> bool:
        """Whether a word, or what an engine might have taken it for, is in the dictionary."""
        if self._dictionary is None:
            return False
        return any(each in self._dictionary for each in _misread(word))

    def _is_compound(self, form: str) -> bool:
        """Whether a word is two of the sources written as one."""
        return any(
            form[:cut] in self._forms and form[cut:] in self._forms
            for cut in range(3, len(form) - 2)
        )


def _all(text: str) -> Iterator[str]:
    """Yield every word of a text, whole and in its parts."""
    for match in _WORD.finditer(text):
        yield match[0]
        yield from _CAMEL.split(match[0])


def _edited(word: str) -> Iterator[str]:
    """Yield the words that are one edit away; the likeliest mistakes come first."""
    cuts = [(word[:at], word[at:]) for at in range(1, len(word))]
    for before, after in cuts:  # the first letter is seldom wrong
        yield before + after[1:]
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
    for letter in string.ascii_lowercase:
        for before, after in cuts:
            yield before + letter + after
            yield before + letter + after[1:]
        yield word + letter


def _misread(word: str) -> Iterator[str]:
    """Yield a word, and what it is if an engine took one letter for another."""
    yield word
    for one, other in (("rn", "m"), ("m", "rn"), ("I", "l"), ("1", "l")):
        for match in re.finditer(one, word):
            yield word[: match.start()] + other + word[match.end() :]
