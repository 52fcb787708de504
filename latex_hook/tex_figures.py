"""The figures that TeX asked for, as the engine takes them.

TeX says which figures there are and what their prompts say; the sources say where each stands, and
so which text it is drawn from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from latex_hook.sources.appearance import shown
from latex_hook.sources.locate import Located, locate
from latex_hook.sources.own_files import Outside, own_bytes
from latex_hook.sources.scan import Scan
from latex_hook.sources.tokens import as_written
from latex_hook.tex.keys import REQUEST, WORDS
from latex_hook.tex.picture_map import is_safe_id
from latex_hook.tex.request_file import Requests, TexRequest
from latex_hook.text.characters import shorthand
from latex_hook.text.context import Sections, UnknownContext
from latex_hook.text.preamble import LANGUAGES
from pbfigure.figure.block import Appearance, FigureBlock
from pbfigure.figure.input_limits import TEXT_LIMIT, composed
from pbfigure.figure.options import PIPELINE, takes_text
from pbfigure.figure.surrounding_text import Content
from pbfigure.figure.unexpected import Unexpected, boundary
from pbfigure.project.renamed_figures import Hidden

TEXT_WIDTH = 345.0
"""Points of a line of article; a picture's own width is what TeX set."""
_ENGLISH = frozenset(("", "english", "american", "british", "ukenglish", "usenglish"))
_MARKS = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "?`": "¿", "!`": "¡", ",,": "„"}
_MARK = re.compile(r"\$[^$]*\$|---?|``|''|[?!]`|,,|`")
_SHORTHAND = re.compile(r'\$[^$]*\$|"(?:--[-~* ]|.)?', re.DOTALL)
_FORMULA = re.compile(r"\$[^$]+\$")
_COMMAND = re.compile(r"\$[^$]*\$|(?P<command>\\[a-zA-Z@]+|[{}])")


def alt_of(asked: TexRequest, prompt: str) -> str:
    """Return a figure's alternative text: its own, or its prompt."""
    return readable(plain_value(asked.values["alt"])) if "alt" in asked.values else prompt


class TexFigure(NamedTuple):
    """A figure that TeX asked for."""

    block: FigureBlock
    id: str
    md5: str
    """With the id, the name by which TeX looks for its picture."""
    part: str = ""
    """The externalized picture that it stands in, if any."""
    is_placed: bool = True
    """Whether it surely stands in the sources, as TeX asked for it."""


def collect(
    scan: Scan, requests: Requests, folder: Path, document: str, default_type: str = PIPELINE
) -> list[TexFigure]:
    """Return the figures that TeX asked for, in its order; it ran in ``folder``.

    ``default_type`` is the type of those that name none.
    """
    return _Collector(scan, requests, folder, document, default_type).collect()


def hidden_of(
    scan: Scan, requests: Requests, figures: Sequence[TexFigure], figures_dir: Path | None
) -> Hidden | None:
    """Return that a document has no figures but those that TeX set; None if it may have others."""
    starts = [*(call.start for call in scan.calls), *(use.start for use in scan.uses)]
    shown = {figure.block.place for figure in figures}
    if (
        not figures
        or requests.partial
        or any(scan.document.place(start) not in shown for start in starts)
    ):
        return None
    main = next(iter(scan.document.files))
    is_alone = figures_dir is not None and figures_dir.parent.resolve() == main.parent
    for path in main.parent.iterdir() if is_alone else ():
        if path.suffix.lower() == main.suffix.lower() and path not in scan.document.files:
            is_alone = False
    # alone in its folder, a document owns also what its former name left there
    return Hidden(document="" if is_alone else figures[0].block.document)


class _Collector:
    def __init__(
        self, scan: Scan, requests: Requests, folder: Path, document: str, default_type: str
    ) -> None:
        self._scan = scan
        self._requests = requests
        self._folder = folder
        self._document = document
        self._default_type = default_type
        self._sections = Sections(scan, requests)
        self._labels = Counter(asked.label for asked in requests.asked)
        self._files: dict[str, bytes | OSError] = {}

    def collect(self) -> list[TexFigure]:
        places = locate(self._scan, self._requests, self._sections.outline)
        return [self._safely(*pair) for pair in zip(self._requests.asked, places, strict=True)]

    def _safely(self, asked: TexRequest, located: Located) -> TexFigure:
        """Return a figure; where something unexpected comes up, one that is not made."""
        try:
            with boundary():
                return self._figure(asked, located)
        except Unexpected as error:
            block = FigureBlock(
                self._document, located.place, asked.prompt, None, problems=(str(error),)
            )
            return TexFigure(block, "", asked.md5, asked.part)

    def _figure(self, asked: TexRequest, located: Located) -> TexFigure:
        values = asked.values
        problems = list(asked.problems)
        if located.problem:
            problems.append(located.problem)
        options = {name: plain_value(values[name]) for name in REQUEST if name in values}
        if made := {name: options.pop(name) for name in asked.defaults & options.keys()}:
            from pbfigure.figure.figure import with_defaults  # few documents have any

            options = with_defaults(options, {"type": self._default_type, **made})
        for name in options.keys() & set(WORDS):
            options[name] = self._readable(values[name].replace("##", "#"))
            if left := _residue(options[name]):
                problems.append(f"{name}: TeX left {left} in it: write what is to be sent")
        prompt = self._readable(asked.prompt)
        if "prompt-file" in values:
            prompt = self._text_of(values["prompt-file"], "prompt-file", problems)
        elif not problems and (left := _residue(prompt)):
            problems.append(
                f"prompt: TeX left {left} in it: write what a reader is to see, or put it into a"
                " file (prompt-file=), which is sent as it is"
            )
        if "image-input-file" in values:
            addresses = self._text_of(values["image-input-file"], "image-input-file", problems)
            options["image-input"] = f"{options.get('image-input', '')} {addresses}".strip()
        if asked.id and not is_safe_id(asked.id):
            problems.append(
                f"id: {asked.id[:80]!r} has characters that it cannot have; it takes letters,"
                " digits, spaces and . : / + - _ @ * ( )"
            )
        block = FigureBlock(
            document=self._document,
            place=located.place,
            prompt=prompt,
            content=self._content(values, options, located.at, problems),
            options=options,
            name=asked.label if asked.label and self._labels[asked.label] == 1 else None,
            shown=self._shown(values, located.at),
            problems=tuple(problems),
            appearance=self._appearance(asked),
        )
        id_ = asked.id if is_safe_id(asked.id) else ""
        is_placed = located.at is not None
        return TexFigure(block, id_, asked.md5, asked.part, is_placed)

    def _readable(self, prompt: str) -> str:
        language = LANGUAGES.get(self._requests.language.lower(), "")
        if language and self._requests.shorthands:
            prompt = _SHORTHAND.sub(partial(_without_shorthand, language), prompt)
        text = readable(prompt)
        if "\\" not in text:
            return text
        from latex_hook.text.author_macros import expand_all  # few prompts have formulas

        macros = self._scan.macros
        return _FORMULA.sub(lambda match: expand_all(match[0], macros), text)

    def _shown(self, values: Mapping[str, str], at: int | None) -> dict[str, str]:
        found = {} if at is None else shown(self._scan, at)
        return {**found, "alt": values["alt"]} if "alt" in values else found

    def _appearance(self, asked: TexRequest) -> Appearance:
        """Return how the figure stands in print, for the figure check."""
        language = self._requests.language.lower()
        if LANGUAGES.get(language) == "german":
            language = "de"
        elif language in _ENGLISH:
            language = "en"
        return Appearance(asked.width, TEXT_WIDTH, "pt", language=language)

    def _content(
        self,
        values: Mapping[str, str],
        options: Mapping[str, str],
        at: int | None,
        problems: list[str],
    ) -> Content | None:
        if not takes_text({"type": self._default_type, **options}):
            return None
        context = values.get("context", "section")
        try:
            return self._sections.content(at, context)
        except UnknownContext as error:
            problems.append(str(error))
            return None

    # -- files ----------------------------------------------------------------------------------

    def _text_of(self, name: str, key: str, problems: list[str]) -> str:
        path = self._folder / name
        root = self._scan.document.root
        if name not in self._files:
            try:
                self._files[name] = own_bytes(path, root, limit=TEXT_LIMIT)
            except OSError as error:
                self._files[name] = error
        data = self._files[name]
        if isinstance(data, Outside):
            problems.append(
                f"{key}: {name} is outside the project ({root}) and is not read: move it there if"
                " it may be sent"
            )
        elif isinstance(data, OSError):
            problems.append(
                f"{key}: {path} cannot be read; it must be a file of at most {TEXT_LIMIT:,} bytes,"
                " and its name is relative to the folder where TeX runs"
            )
        else:
            try:
                return data.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                problems.append(f"{key}: {name} is not UTF-8 text")
        return ""


def _without_shorthand(language: str, match: re.Match[str]) -> str:
    said = shorthand(language, match[0], 0) if match[0][0] == '"' else None
    return said[0] + match[0][said[1] :] if said else match[0]


def readable(prompt: str) -> str:
    """Return a purified prompt as Sphinx has it: what TeX's fonts join is one character."""
    text = _MARK.sub(lambda match: _MARKS.get(match[0], match[0]), prompt)
    return composed(text).strip()


def _residue(prompt: str) -> str:
    """Return the first thing in a purified prompt that looks like TeX, outside mathematics."""
    found = (match["command"] for match in _COMMAND.finditer(prompt) if match["command"])
    first = next(found, "")
    if first in ("{", "}") and prompt.count("{") == prompt.count("}"):
        return next((each for each in found if each not in ("{", "}")), "")
    return first


def plain_value(value: str) -> str:
    """Return an option's value without TeX's escapes; it is no prose, so ``~`` and ``--`` stay."""
    return re.sub(r"\\([#$%&_{}~])", r"\1", as_written(value)).strip()
