"""The ``paperbanana`` directive: real figure nodes, and a note of what the author asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.directives.patches import Figure
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.content import WrittenText
from pbfigure.figure.notice import Place
from pbfigure.figure.options import OPTIONS
from pbfigure.store.files import read_bounded

if TYPE_CHECKING:
    from sphinx.util.typing import OptionSpec

logger = logging.getLogger(__name__)

URI = "paperbanana://figure"
"""A figure's image until its picture is known: with ``://`` no file is looked for."""
FILE_LIMIT = 1_000_000
"""Bytes of a prompt file; the prompt's own limit comes later, with a better message."""


def _flag_or_value(argument: str | None) -> str:
    return argument or "true"


class PaperbananaDirective(SphinxDirective, Figure):
    """A figure that is drawn from its prompt; the body, if any, is the text it is drawn from."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[OptionSpec] = {
        **(Figure.option_spec or {}),
        **dict.fromkeys(OPTIONS, directives.unchanged),
        "google-search": _flag_or_value,
        "prompt": directives.unchanged,
        "prompt-file": directives.unchanged_required,
        "image-input-file": directives.unchanged_required,
        "context": directives.unchanged_required,
        "caption": directives.unchanged,
        "legend": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the figure; what it asks for rides on its image until the text is known."""
        self._problems: list[str] = []
        source, line = self.get_source_info()
        place = Place(self._relative(source), line)
        body = "\n".join(self.content)
        self._warn_of_options(body, place)
        context = self.options.pop("context", "section").strip()
        prompt = self._prompt()
        urls = self._read("image-input-file")
        options = {name: self.options.pop(name) for name in OPTIONS if name in self.options}
        if urls is not None:
            options["image-input"] = f"{options.get('image-input', '')}\n{urls}".strip()
        block = FigureBlock(
            document=self.env.current_document.docname,
            place=place,
            prompt=prompt,
            content=WrittenText(body) if body.strip() else None,
            options=options,
            name=self.options.get("name"),
            problems=(*self._problems, *self._context_problems(context, options)),
        )
        self.arguments = [URI]
        self.content = self._caption_and_legend(source, line)
        result = super().run()
        for node in result:
            for image in node.findall(nodes.image):
                image["paperbanana"] = Asked(block, context)
        return result

    def _prompt(self) -> str:
        argument = self.arguments[0] if self.arguments else None
        option = self.options.pop("prompt", None)
        file = self._read("prompt-file")
        given = [text for text in (argument, option, file) if text is not None]
        if len(given) > 1:
            self._problems.append(
                "prompt: given more than once; write it behind the directive, as :prompt: or as"
                " :prompt-file:"
            )
        return given[0].strip() if given else ""

    def _read(self, option: str) -> str | None:
        """Return the text of the file that an option names, noting the document's dependency."""
        name = self.options.pop(option, None)
        if name is None:
            return None
        relative, absolute = self.env.relfn2path(name.strip())
        self.env.note_dependency(relative)
        try:
            return read_bounded(Path(absolute), limit=FILE_LIMIT).decode("utf-8-sig")
        except UnicodeDecodeError:
            self._problems.append(f"{option}: {relative} is not UTF-8 text")
        except OSError as error:
            self._problems.append(
                f"{option}: {relative} cannot be read ({error.strerror or error})"
            )
        return ""

    def _context_problems(self, context: str, options: dict[str, str]) -> tuple[str, ...]:
        if context in ("section", "document", "none") or re.fullmatch(r"label:\S.*", context):
            return ()
        return (f"context: {context!r} is not one of section, document, none, label:NAME",)

    def _warn_of_options(self, body: str, place: Place) -> None:
        first = next((line for line in body.splitlines() if line.strip()), "")
        if match := re.match(r"\s*:([a-z][a-z-]*):(\s|$)", first):
            logger.warning(
                "the body of this paperbanana figure begins with what looks like the option :%s:;"
                " it is sent as text. Options stand directly below the directive, with no blank"
                " line between; in a MyST fence the prompt takes one line",
                match[1],
                location=(self.env.current_document.docname, place.line),
                type="paperbanana",
                subtype="body",
            )

    def _caption_and_legend(self, source: str, line: int) -> StringList:
        """Return what ``figure`` takes as its body: a caption's paragraph, then the legend."""
        caption = " ".join(self.options.pop("caption", "").split())
        legend = self.options.pop("legend", "").splitlines()
        lines = (
            [caption or ".." if caption or legend else "", "", *legend] if caption or legend else []
        )
        return StringList(lines, items=[(source, line - 1)] * len(lines))

    def _relative(self, source: str) -> str:
        try:
            return Path(source).relative_to(self.env.srcdir).as_posix()
        except ValueError:
            return source


class Asked:
    """What a figure's image carries from the directive to the transform that takes its text."""

    def __init__(self, block: FigureBlock, context: str) -> None:
        self.block = block
        self.context = context

    def __repr__(self) -> str:
        return f"<figure asked for at {self.block.place}>"
