"""What the sandbox makes of a text: its main terms for a diagram, its numbers for a chart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_STOP_WORDS = """
    a about above across after again against all almost along already also although always am
    among an and another any are around as at away back be became because become becomes been
    before behind being below best better between beyond both but by can cannot come comes could
    did do does doing done down draw drawn during each either else enough even ever every
    example few figure figures first for form found from further gave get gets give given gives
    go goes going good great had has have having he held her here high higher him his how
    however i if in inside instead into is it its itself just keep kept kind known large larger
    last later least left less let like little long longer look low lower made main make makes
    making many may me mean means might more most mostly much must my near nearly need needed
    needs never new next no nor not nothing now of off often on once one only onto or other
    others our out outside over own paper part per perhaps present presents quite rather read
    really right same saw say says second see seen set several shall she should show showing
    shown shows side since small smaller so some something still such sum take taken takes text
    than that the their them themselves then there these they thing things this those though
    three through thus time times to together too toward towards turn turns two under until up
    upon us use used uses using very via want was way ways we well were what when where whether
    which while who whole whose why will with within without word words would yet you your novel
    section table called gets put puts runs run stays stay holds hold back every four five six
    seven eight nine ten hundred thousand million half third quarter
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_WORD = re.compile(r"[^\W\d_][\w'’-]*", re.UNICODE)
_BREAK = re.compile(r"[.,;:!?()\[\]{}|<>=\"“”„«»•·/\n]|\s[-–—]+\s|[$`*_#\\^~]+")


def main_terms(text: str, most: int) -> list[str]:
    """Return the main terms of a text, in the order in which it first names them.

    Terms are runs of words that are no stop words; a run counts by how often it and its words
    come, with a little more for two words, which say most.
    """
    runs = _runs(text)
    words = Counter(word for run in runs for word in run)
    phrases = Counter(part for run in runs for part in _parts(run))
    order = {phrase: place for place, phrase in reversed(list(enumerate(_all_parts(runs))))}

    def score(phrase: tuple[str, ...]) -> tuple[float, int]:
        weight = sum(words[word] for word in phrase) / len(phrase) ** 0.5
        return weight * (1.0, 1.35, 1.1)[len(phrase) - 1] * phrases[phrase] ** 0.6, -order[phrase]

    chosen: list[tuple[str, ...]] = []
    for phrase in sorted(phrases, key=score, reverse=True):
        taken = {_stem(word) for other in chosen for word in other}
        if not any(_stem(word) in taken for word in phrase):
            chosen.append(phrase)
        if len(chosen) == most:
            break
    return [" ".join(phrase) for phrase in sorted(chosen, key=order.__getitem__)]


def _runs(text: str) -> list[list[str]]:
    runs: list[list[str]] = []
    text = re.sub(r"https?://\S+|\\[A-Za-z]+|:[a-z:]+:`", " . ", text)
    for clause in _BREAK.split(text):
        run: list[str] = []
        for token in clause.split():
            word = _WORD.fullmatch(token)
            plain = token.lower()
            if (
                word
                and plain not in STOP_WORDS
                and 2 < len(plain) < 40
                and not plain.endswith("ly")
            ):
                run.append(token if token.isupper() else plain)
            elif run:
                runs.append(run)
                run = []
        if run:
            runs.append(run)
    return runs


def _parts(run: list[str]) -> list[tuple[str, ...]]:
    """Return the pieces of a run of up to three words, shorter ones of a long run too."""
    if len(run) <= 3:
        whole = [tuple(run)]
        return whole + ([(word,) for word in run] if len(run) > 1 else [])
    return [tuple(run[start : start + 2]) for start in range(0, len(run) - 1)]


def _all_parts(runs: list[list[str]]) -> list[tuple[str, ...]]:
    return [part for run in runs for part in _parts(run)]


def _stem(word: str) -> str:
    plain = word.lower().rstrip("s")
    return plain[:6]


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers found in a text, ready for a chart."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    along: str
    """``scale`` where the labels are numbers (years, depths), ``index`` for a bare row, ``name``
    otherwise."""


_NUMBER = r"[-−+]?\d{1,3}(?:[,\u202f ]\d{3})+(?:\.\d+)?|[-−+]?\d+(?:\.\d+)?"
_FOUND = re.compile(
    rf"(?<![\w.])({_NUMBER})(?![\w]*\d)\s*(%|‰|°\s?C|°|[A-Za-zµμ]{{1,12}}(?:\s[A-Z]\b)?)?"
)
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")


def numbers(text: str) -> Series | None:
    """Return the best series a text holds, or None where it has fewer than two numbers."""
    return _by_table(text) or _by_year(text) or _by_name(text) or _bare_row(text)


def _clauses(text: str) -> list[str]:
    return re.split(r"[;\n]|\.\s|,\s(?!\d{3}\b)|\band\b", text)


def _by_table(text: str) -> Series | None:
    """Read the longest run of lines such as ``100 | 55.2``: their first two columns."""
    rows: list[tuple[str, float]] = []
    longest: list[tuple[str, float]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        cells = [cell.strip() for cell in line.split(" | ")]
        values = [re.fullmatch(rf"({_NUMBER})(?:\s*±.*)?", cell) for cell in cells]
        if len(cells) > 1 and cells[0] and (value := values[1]) is not None:
            rows.append((cells[0], as_number(value[1])))
            longest = max(longest, rows, key=len)
        else:
            rows = []
    if len(longest) < 3:
        return None
    longest = longest[:24]
    labels, numbers_ = zip(*longest, strict=True)
    steps = [re.fullmatch(_NUMBER, label) for label in labels]
    if all(steps) and len({as_number(label) for label in labels}) == len(labels):
        ordered = sorted(longest, key=lambda row: as_number(row[0]))
        return Series(tuple(x for x, _ in ordered), tuple(y for _, y in ordered), "", "scale")
    return Series(tuple(labels[:9]), tuple(numbers_[:9]), "", "name")


def _by_year(text: str) -> Series | None:
    pairs: dict[int, float] = {}
    units: Counter[str] = Counter()
    for clause in _clauses(text):
        found = [(match[1], match[2] or "") for match in _FOUND.finditer(clause)]
        years = [number for number, _ in found if _YEAR.fullmatch(number)]
        others = [(number, unit) for number, unit in found if not _YEAR.fullmatch(number)]
        # A row of a table begins with its year; of its columns the first is drawn.
        row = len(others) > 1 and found[0][0] in years and not _naming(clause)
        if len(years) == 1 and (len(others) == 1 or row):
            pairs.setdefault(int(years[0]), as_number(others[0][0]))
            units[_unit(others[0][1])] += 1
    if len(pairs) < 3:
        return None
    ordered = sorted(pairs.items())[:24]
    labels = tuple(str(year) for year, _ in ordered)
    return Series(labels, tuple(value for _, value in ordered), _commonest(units), "scale")


def _by_name(text: str) -> Series | None:
    named: dict[str, tuple[float, str]] = {}
    for clause in _clauses(text):
        found = [each for each in _FOUND.finditer(clause) if not _YEAR.fullmatch(each[1])]
        if not found:
            continue
        label = _label(clause, found[0])
        if label and label not in named:
            named[label] = (as_number(found[0][1]), _unit(found[0][2] or ""))
    units = Counter(unit for _, unit in named.values())
    unit = _commonest(units)
    # Only numbers of one kind stand beside each other.
    same = [(label, value) for label, (value, its) in named.items() if its == unit][:9]
    if len(same) < 2:
        return None
    return Series(tuple(label for label, _ in same), tuple(v for _, v in same), unit, "name")


def _label(clause: str, match: re.Match[str]) -> str:
    before = _naming(clause[: match.start()])
    after = _naming(clause[match.end() :])
    words = before[-2:] or after[:2]
    return " ".join(words)


def _naming(text: str) -> list[str]:
    words = [word for word in _WORD.findall(text) if len(word) > 1]
    return [word for word in words if word.lower() not in STOP_WORDS and not word.endswith("ly")]


def _bare_row(text: str) -> Series | None:
    values = [as_number(match[1]) for match in _FOUND.finditer(text)][:24]
    if len(values) < 2:
        return None
    labels = tuple(str(place + 1) for place in range(len(values)))
    return Series(labels, tuple(values), "", "index")


def as_number(number: str) -> float:
    """Return a written number, with any kind of thousands."""
    return float(re.sub(r"[,\u202f ]", "", number).replace("−", "-"))


def _unit(word: str) -> str:
    return "" if word.partition(" ")[0].lower() in STOP_WORDS else word


def _commonest(units: Counter[str]) -> str:
    return units.most_common(1)[0][0] if units else ""
