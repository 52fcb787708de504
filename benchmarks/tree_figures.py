"""The figures of ``real_trees.py``, put below titles of sections, as an author would."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

FIGURES = {
    "plain": "{{figure}} /sketch.png\n:alt: {}",
    "figures": "{{paperbanana}} {}",
}
RST_TITLE = re.compile(r"(?<=\n\n)(\S.*)\n([=\-~^\"'`#*+:.])\2{2,}\n(?=\n)")
MYST_TITLE = re.compile(r"(?<=\n)#{1,4} (.*)\n(?=\n)")
FENCE = re.compile(r"^([`~:]{3,}).*?^\1[`~:]*$", re.MULTILINE | re.DOTALL)


def insert(
    docs: Path, sources: list[Path], count: int, chance: random.Random, figure: str
) -> dict[str, str]:
    """Put figures below titles of sections; return the titles by prompt."""
    places = [
        (path, match.end(), match[1])
        for path in sources
        for match in titles_in(path, (docs / path).read_text(encoding="utf-8"))
    ]
    chosen = sorted(chance.sample(places, min(count, len(places))))
    found: dict[str, str] = {}
    for number, (path, end, title) in reversed(list(enumerate(chosen))):
        subject = " ".join(re.findall(r"[^\W_]+", title))
        prompt = f"Sketch {number} of {subject}"
        text = (docs / path).read_text(encoding="utf-8")
        if re.match(r"\n+[ \t]", text[end:]):
            continue  # what is indented would be the figure's body
        written = figure.format(prompt)
        if path.suffix == ".rst":
            written = re.sub(r"^", "   ", written.removeprefix("{"), flags=re.MULTILINE)
            written = f"\n.. {written.strip().replace('}', '::', 1)}\n"
        else:
            written = f"\n```{written}\n```\n"
        (docs / path).write_text(text[:end] + written + text[end:], encoding="utf-8")
        found[prompt] = title
    return found


def titles_in(path: Path, text: str) -> Iterator[re.Match[str]]:
    """Yield the titles of a source, those of examples left out."""
    if path.suffix == ".rst":
        yield from RST_TITLE.finditer(text)
        return
    hidden = [match.span() for match in FENCE.finditer(text)]
    for match in MYST_TITLE.finditer(text):
        if not any(start < match.start() < end for start, end in hidden):
            yield match
