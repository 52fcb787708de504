r"""What is wanted: the figures of the sources and those that TeX asked for, made one list.

A call of the scan and a request of TeX are the same figure if they have the same name to TeX (the
``id``, and the MD5 of keys and prompt that TeX itself computed), or else if they say the same. The
scan knows file and line, and the section; TeX knows what really came out of the author's macros.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from latex_hook.sources.boundary import Outside, own_bytes
from latex_hook.sources.definitions import expand_own
from latex_hook.sources.scan import Call, Scan
from latex_hook.sources.tokens import FILE_KEYS, as_written, identity, names_of
from latex_hook.tex.keys import KNOWN, REQUEST, unknown_keys
from latex_hook.tex.picture_map import is_safe_id
from latex_hook.tex.request_file import Requests, TexRequest
from latex_hook.text.plain_text import plain_text
from latex_hook.text.section import Sections, UnknownContext
from pbfigure.figure.block import FigureBlock
from pbfigure.figure.content import Content
from pbfigure.figure.notice import Place

FILE_LIMIT = 1_000_000
"""Bytes of a prompt file; the API takes 10,000 characters of prompt (Request Limits)."""
SEARCH_LENGTH = 120
"""Characters of a prompt that are looked for in the sources where nothing else tells its place."""


class Phase(Enum):
    """When the hook runs, and so whom it believes."""

    BEFORE = "before"
    """Before TeX: the sources are newer than the request file."""
    AFTER = "after"
    """After TeX: the request file is the truth."""
    ALONE = "alone"
    """Started by hand: the sources, and what TeX asked for besides when it ran last."""


class Wanted(NamedTuple):
    """A figure to be shown, and the names by which TeX will look for its picture."""

    block: FigureBlock
    id: str
    md5s: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """A call of the scan, with the names that TeX should come to."""

    call: Call
    md5s: tuple[str, ...]
    asked: TexRequest | None = None

    @property
    def id(self) -> str:
        return self.call.values.get("id", "")

    @property
    def said(self) -> tuple[str, str]:
        return self.id, _folded(_prompt_of(self.call.prompt, self.call.values))


def collect(  # noqa: PLR0913
    scan: Scan,
    requests: Requests,
    folder: Path,
    document: str,
    *,
    phase: Phase,
    default_type: str = "pipeline",
) -> list[Wanted]:
    """Return the figures that are to be shown, in the order of the sources."""
    return _Collector(scan, requests, folder, document, phase, default_type).collect()


class _Collector:
    def __init__(  # noqa: PLR0913, PLR0917 - it is collect() taken apart
        self,
        scan: Scan,
        requests: Requests,
        folder: Path,
        document: str,
        phase: Phase,
        default_type: str,
    ) -> None:
        self._scan = scan
        self._requests = requests
        self._folder = folder
        self._document = document
        self._phase = phase
        self._default_type = default_type
        self._sections = Sections(scan)
        self._files: dict[str, bytes | OSError] = {}

    def collect(self) -> list[Wanted]:
        found = [self._named(call) for call in self._scan.calls]
        left = self._join(found)
        wanted: list[tuple[int, Wanted]] = []
        for figure in found:
            if self._counts(figure):
                wanted.append((figure.call.start, self._wanted(figure)))
        for asked in left:
            at = self._search(asked)
            if at is not None or self._phase is not Phase.BEFORE:
                # before TeX, what is nowhere in the sources any more is not wanted any more
                wanted.append((at if at is not None else self._scan.body[1], self._lost(asked, at)))
        figures = [figure for _, figure in sorted(wanted, key=lambda pair: pair[0])]
        return _told_apart(figures)

    def _named(self, call: Call) -> _Found:
        digests = {
            call.values[key]: self._digest(call.values[key])
            for key in FILE_KEYS
            if key in call.values
        }
        file, _ = self._scan.document.locate(call.start)
        prompt = _prompt_of(call.prompt, call.values)
        names = names_of(identity(call.values, prompt, digests), file.encoding)
        return _Found(call, names)

    def _join(self, found: list[_Found]) -> list[TexRequest]:
        """Give each call the request that is the same figure; return the requests left over."""
        by_name: dict[tuple[str, str], TexRequest] = {
            (asked.id, asked.md5): asked for asked in self._requests.asked
        }
        used: set[tuple[str, str]] = set()
        for figure in found:
            for md5 in figure.md5s:
                if asked := by_name.get((figure.id, md5)):
                    figure.asked = asked
                    used.add((asked.id, asked.md5))
                    break
        left = [a for a in self._requests.asked if (a.id, a.md5) not in used]
        by_words: dict[tuple[str, str], list[_Found]] = {}
        for figure in found:
            if figure.asked is None:
                by_words.setdefault(figure.said, []).append(figure)
        rest: list[TexRequest] = []
        for asked in left:
            same = by_words.get((asked.id, _folded(asked.prompt)))
            if same:
                figure = same.pop(0)
                figure.asked = asked
            else:
                rest.append(asked)
        return rest

    def _counts(self, figure: _Found) -> bool:
        if figure.call.problem and not figure.call.conditional:
            return True  # TeX may have lost it
        if self._phase is Phase.AFTER:
            return figure.asked is not None
        return figure.asked is not None or not figure.call.conditional

    def _wanted(self, figure: _Found) -> Wanted:
        call, asked = figure.call, figure.asked
        values, prompt = call.values, _prompt_of(call.prompt, call.values)
        md5s = figure.md5s
        if asked is not None and asked.md5 not in md5s:
            md5s = (*md5s, asked.md5)
            if self._phase is Phase.AFTER:
                # the scan's own keys say what TeX never sees: those it does not know
                strangers = {k: v for k, v in values.items() if k not in asked.values}
                values = {**_unknown(strangers), **asked.values}
                prompt = asked.prompt
        place = self._scan.document.place(call.start)
        problems = unknown_keys(values, call.defaults)
        if call.problem:
            problems.append(call.problem)
        return self._block(place, call.start, values, prompt, md5s, problems)

    def _lost(self, asked: TexRequest, at: int | None) -> Wanted:
        """Return a figure of which only TeX knows; ``at`` is where its prompt was found."""
        if at is not None:
            place = self._scan.document.place(at)
        else:
            main = self._scan.document.spans[0].file.name if self._scan.document.spans else ""
            place = Place(asked.file or main, asked.line)
        position = at if at is not None else self._near(place)
        return self._block(place, position, asked.values, asked.prompt, (asked.md5,), [])

    def _block(  # noqa: PLR0913, PLR0917 - what a figure is, in full
        self,
        place: Place,
        at: int,
        values: Mapping[str, str],
        prompt: str,
        md5s: tuple[str, ...],
        problems: list[str],
    ) -> Wanted:
        options = {name: plain_value(values[name]) for name in REQUEST if name in values}
        meaning = self._scan.meanings.at(at, own=True)
        text = plain_text(expand_own(as_written(prompt), meaning))
        if "prompt-file" in values:
            text = self._text_of(values["prompt-file"], "prompt-file", problems).strip()
        if "image-input-file" in values:
            addresses = self._text_of(values["image-input-file"], "image-input-file", problems)
            options["image-input"] = f"{options.get('image-input', '')} {addresses}".strip()
        id_ = values.get("id", "")
        if id_ and not is_safe_id(id_):
            problems.append(
                f"id: {id_!r} has characters that it cannot have; it takes letters, digits, spaces"
                " and . : / + - _ @ * ( )"
            )
        content: Content | None = None
        if options.get("type", self._default_type).strip().lower() != "standard":
            try:
                content = self._sections.content(at, values.get("context", "section"))
            except UnknownContext as error:
                problems.append(str(error))
        block = FigureBlock(
            document=self._document,
            place=place,
            prompt=text,
            content=content,
            options=options,
            problems=tuple(problems),
        )
        return Wanted(block, id_ if is_safe_id(id_) else "", md5s)

    # -- places ---------------------------------------------------------------------------------

    def _search(self, asked: TexRequest) -> int | None:
        """Return where the sources have the words of a prompt, if they are long enough to tell."""
        words = as_written(asked.prompt)[:SEARCH_LENGTH].split()
        if sum(map(len, words)) < 8:
            return None
        pattern = r"\s+".join(map(re.escape, words))
        match = re.compile(pattern).search(self._scan.document.masked, self._scan.body[0])
        return match.start() if match else None

    def _near(self, place: Place) -> int:
        """Return the offset in the document of a line, or of its end where there is none such."""
        for span in self._scan.document.spans:
            if span.file.name == place.file:
                offset = span.file.offset(place.line)
                if span.start <= offset < span.end:
                    return span.at + offset - span.start
        return self._scan.body[1]

    # -- files ----------------------------------------------------------------------------------

    def _bytes(self, name: str) -> bytes | OSError:
        if name not in self._files:
            try:
                path = self._folder / name
                self._files[name] = own_bytes(path, self._scan.document.root, limit=FILE_LIMIT)
            except OSError as error:
                self._files[name] = error
            except ValueError:  # no name that a file can have
                self._files[name] = OSError("no such file")
        return self._files[name]

    def _digest(self, name: str) -> str:
        data = self._bytes(name)
        return "" if isinstance(data, OSError) else _digest(data)

    def _text_of(self, name: str, key: str, problems: list[str]) -> str:
        data = self._bytes(name)
        if isinstance(data, Outside):
            root = self._scan.document.root
            problems.append(
                f"{key}: {name} is outside the project ({root}) and is not read: move it there if"
                " it may be sent"
            )
            return ""
        if isinstance(data, OSError):
            problems.append(
                f"{key}: {name} cannot be read; it must be a file of at most {FILE_LIMIT:,} bytes"
            )
            return ""
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            problems.append(f"{key}: {name} is not UTF-8 text")
            return ""


def _told_apart(figures: list[Wanted]) -> list[Wanted]:
    """Return the figures; those that TeX takes for one, though they ask for different pictures,
    with that problem.

    It names a call by its source. Where commands in that meant something else before, only we know.
    """
    by_name: dict[tuple[str, str], list[Wanted]] = {}
    for figure in figures:
        for md5 in figure.md5s:
            by_name.setdefault((figure.id, md5), []).append(figure)
    others: dict[int, set[str]] = {}
    for same in by_name.values():
        for figure in same:
            words = figure.block.prompt.split()
            there = {str(f.block.place) for f in same if f.block.prompt.split() != words}
            if there:
                others.setdefault(id(figure), set()).update(there)
    return [
        _indistinct(figure, others[id(figure)]) if id(figure) in others else figure
        for figure in figures
    ]


def _indistinct(figure: Wanted, places: set[str]) -> Wanted:
    problem = (
        f"to TeX it is the same figure as that at {', '.join(sorted(places))}, but its commands"
        " stand for something else there, so that picture is another; give each an id of its own"
    )
    block = figure.block
    return figure._replace(block=block._replace(problems=(*block.problems, problem)))


def digest_of_file(path: Path, root: Path) -> str:
    """Return the MD5 of one of the document's own files as TeX writes it.

    An empty string where it cannot be read.
    """
    try:
        return _digest(own_bytes(path, root, limit=FILE_LIMIT))
    except (OSError, ValueError):
        return ""


def _digest(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()


def _prompt_of(prompt: str, values: Mapping[str, str]) -> str:
    return prompt or values.get("prompt", "")


def _folded(prompt: str) -> str:
    return " ".join(plain_text(as_written(prompt)).split())


def _unknown(values: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if key not in KNOWN}


def plain_value(value: str) -> str:
    """Return an option's value without TeX's escapes; it is no prose, so ``~`` and ``--`` stay."""
    return re.sub(r"\\([#$%&_{}~])", r"\1", as_written(value)).strip()
