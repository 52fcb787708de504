"""The figure check, measured on figures with known labels and on copies with planted misspellings.

    python benchmarks/check.py [tesseract|rapidocr] [tuning|reported] [-v]

64 figures of 32 subjects (``check_figures.py``), and one copy of each in which five words are
misspelt, one of each kind: a letter dropped, doubled, swapped with its neighbour, replaced, or put
in. A misspelt word has four letters and more, is drawn like the right one, and is no word: neither
of the figure nor in symspellpy's list. The rules were tuned on the figures of the first 16
subjects; those of the other 16 are reported. The picture, the prompt, the caption and the text are
all that the check is given; about one label in five is not in the text. Found is a misspelt word
that a warning names; every warning on an untouched figure is false.
"""

from __future__ import annotations

import io
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import check_figures
import symspellpy
from PIL import Image

from pbfigure.checking.dictionary import dictionary_of
from pbfigure.checking.installed import BEST, LIGHT
from pbfigure.checking.readers import open_reader
from pbfigure.checking.spelling import Sources, Vocabulary
from pbfigure.checking.word_rules import labels_of

FIGURES = 64
KINDS = ("dropped", "doubled", "swapped", "replaced", "put in")
SHORTEST = 4
ATTEMPTS = 1000
"""Misspellings of a word that are tried; then it is another word's turn."""


@dataclass
class Score:
    """What was found in one half of the set, by one reader."""

    planted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    figures: int = 0
    false: int = 0
    seconds: float = 0.0


def dictionary() -> frozenset[str]:
    """Return the words that a misspelling must not be."""
    path = Path(symspellpy.__file__).with_name("frequency_dictionary_en_82_765.txt")
    return frozenset(line.split()[0] for line in path.read_text("utf-8-sig").splitlines())


def misspelt(word: str, kind: str, rng: random.Random) -> str:
    """Return a word with one mistake; the first letter stays."""
    at = rng.randrange(1, len(word) - 1)
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return {
        "dropped": word[:at] + word[at + 1 :],
        "doubled": word[:at] + word[at] + word[at:],
        "swapped": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        "replaced": word[:at] + letter + word[at + 1 :],
        "put in": word[:at] + letter + word[at:],
    }[kind]


def damaged(
    labels: tuple[str, ...], rng: random.Random, words: frozenset[str]
) -> tuple[list[str], dict[str, str]]:
    """Return labels with one mistake of each kind, and each misspelt word's kind."""
    copy, planted = list(labels), {}
    own = {word.lower() for label in labels for word in label.split()}
    places = [
        (number, word)
        for number, label in enumerate(labels)
        for word in label.split()
        if len(word) > SHORTEST and word.isalpha()  # what is left of it has four letters
    ]
    rng.shuffle(places)
    taken: set[int] = set()
    for kind in KINDS:
        number, word, wrong = next(
            (number, word, wrong)
            for number, word in places
            if number not in taken
            for wrong in (misspelt(word, kind, rng) for _attempt in range(ATTEMPTS))
            if wrong.lower() not in words and wrong.lower() not in own
        )
        taken.add(number)
        copy[number] = copy[number].replace(word, wrong)
        planted[wrong] = kind
    return copy, planted


def is_named(wrong: str, named: Iterable[str]) -> bool:
    """Whether a warning names a misspelt word, or its wrong part: of ``LayerNrm``, ``Nrm``."""
    return any(word in wrong for word in named)


def run(reader_name: str, half: str, verbose: bool) -> Score:
    """Check the figures of one half, whole and damaged."""
    words, topics, score = dictionary(), check_figures.topics(), Score()
    reader = open_reader("en", reader_name)
    for number in range(FIGURES):
        at = number % len(topics)
        if (at < len(topics) // 2) != (half == "tuning"):
            continue
        topic, rng = topics[at], random.Random(1000 + number)
        sources = Sources(topic.prompt(), topic.text(rng), topic.title)
        vocabulary = Vocabulary(sources, dictionary_of("en"))
        wrong_labels, planted = damaged(topic.labels, rng, words)
        for labels, expected in ((topic.labels, {}), (wrong_labels, planted)):
            data = check_figures.draw(number, topic.title, labels)
            began = time.perf_counter()
            read = reader.read(Image.open(io.BytesIO(data)).convert("RGB"))
            findings = labels_of(read, sources, vocabulary)
            score.seconds += time.perf_counter() - began
            score.figures += 1
            named = {finding.word for finding in findings}
            if not expected:
                score.false += len(findings)
            for wrong, kind in expected.items():
                score.planted[kind] += 1
                score.found[kind] += is_named(wrong, named)
            if verbose:
                missed = [wrong for wrong in expected if not is_named(wrong, named)]
                said = [
                    f"{f.kind}:{f.word}->{f.suggestion}" for f in findings if f.word not in expected
                ]
                print(
                    number,
                    "missed",
                    missed,
                    "said",
                    said,
                    "read",
                    sorted({w.text for w in read if w.text not in " ".join(labels).split()}),
                )
    return score


def report(reader_name: str, half: str) -> None:
    """Print one row of the table."""
    score = run(reader_name, half, "-v" in sys.argv)
    planted, found = sum(score.planted.values()), sum(score.found.values())
    kinds = ", ".join(f"{kind} {score.found[kind]}/{score.planted[kind]}" for kind in KINDS)
    untouched = score.figures // 2
    usage = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(
        f"| {reader_name} | {half} | {found} of {planted} ({found / planted:.0%}) | {kinds}"
        f" | {score.false} in {untouched} ({score.false / untouched:.2f})"
        f" | {score.seconds / score.figures:.2f} | {usage / 1000:.0f} |",
        flush=True,
    )


def main() -> None:
    """Run each reader in a process of its own, for its memory."""
    readers = [name for name in (LIGHT, BEST) if name in sys.argv] or [LIGHT, BEST]
    halves = [half for half in ("tuning", "reported") if half in sys.argv] or ["tuning", "reported"]
    print(
        "| reader | half | misspelt words found | by kind | false warnings in untouched figures"
        " | s a picture | peak MB |"
    )
    print("|---|---|---|---|---|---|---|")
    for reader in readers:
        for half in halves:
            process = multiprocessing.get_context("spawn").Process(
                target=report, args=(reader, half)
            )
            process.start()
            process.join()


if __name__ == "__main__":
    main()
