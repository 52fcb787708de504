"""The ``paperbanana`` directive: real figure nodes, and a note of what the author asked for."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.directives.patches import Figure
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.content import WrittenText
from pbfigure.figure.notice import Place
from pbfigure.figure.options import OPTIONS, nearest_name
from pbfigure.project.repository import is_own, root_of_own
from pbfigure.store.files import read_bounded
from sphinx_paperbanana.domain import PendingFigure, paperbanana_domain

if TYPE_CHECKING:
    from sphinx.util.typing import OptionSpec

logger = logging.getLogger(__name__)

URI = "paperbanana://figure"
"""A figure's image until its picture is known: with ``://`` no file is looked for."""
_OPTIONS = re.compile(r"\A(?:[^:\s].*\n)?[ \t]*(?::[a-zA-Z][\w-]*:(?:\s|\Z)|---\s*$)", re.MULTILINE)
"""An option in the first or second line of a directive's whole text: which it is, depends on the
version of MyST."""
FILE_LIMIT = 1_000_000
"""Bytes of a prompt file; the prompt's own limit comes later, with a better message."""


def location_of(place: Place, srcdir: Path | str) -> str:
    """Return a place as Sphinx's warnings take one."""
    return f"{Path(srcdir) / place.file}:{place.line}"


def _flag_or_value(argument: str | None) -> str:
    return argument or "true"


class _OptionSpec(dict[str, Any]):
    """Takes every option, so that one misspelt makes the figure wrong: MyST drops what it does not
    know, and the figure would be bought without it.
    """

    def __missing__(self, name: str) -> Any:  # noqa: ANN401
        return directives.unchanged


class PaperbananaDirective(SphinxDirective, Figure):
    """A figure that is drawn from its prompt; the body, if any, is the text it is drawn from."""

    required_arguments = 0
    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[OptionSpec] = _OptionSpec(
        {
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
    )

    def run(self) -> list[nodes.Node]:
        """Return the figure; what it asks for rides on its image until the text is known."""
        self._problems: list[str] = self._option_problems()
        source, line = self.get_source_info()
        place = Place(self._relative(source), line)
        body = "\n".join(self.content)
        self._warn_of_options(body, place)
        context = " ".join(self.options.pop("context", "section").split())
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
            problems=(*self._problems, *self._context_problems(context)),
        )
        caption, legend = (self.options.pop(name, "").strip() for name in ("caption", "legend"))
        as_wide_as_image = self.options.get("figwidth") == "image"
        self.arguments, self.content = [URI], StringList()
        result: list[nodes.Node] = super().run()
        for figure in list(result):
            if isinstance(figure, nodes.figure):
                result += self._add_words(figure, caption, legend)
                for image in figure.findall(nodes.image):
                    image["paperbanana"] = PendingFigure(block, context)
                    if as_wide_as_image:  # known only when the picture is
                        image["paperbanana-figwidth"] = "image"
                    paperbanana_domain(self.env).asked.append(image)
        return result

    def _option_problems(self) -> list[str]:
        """Take out the options that there are not; tell of them, and of options that were lost."""
        known = self.option_spec or {}
        unknown = [name for name in self.options if name not in known]
        for name in unknown:
            del self.options[name]
        problems = [
            f"{name}: there is no such option{nearest_name(name, known)}" for name in unknown
        ]
        # MyST drops all of a block of options that it cannot read, and says so itself
        if not self.options and not problems and _OPTIONS.search(self.block_text):
            problems.append("its options cannot be read, and it is not made without them")
        return problems

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
        if not self.state.document.settings.file_insertion_enabled:
            self._problems.append(f"{option}: this build inserts no files (file_insertion_enabled)")
            return ""
        root = root_of_own(Path(self.env.srcdir).resolve())
        if not is_own(Path(absolute).resolve(), root):  # it is sent to the service
            self._problems.append(
                f"{option}: {relative} is outside {root}, or hidden in it, and is not sent; move it"
            )
            return ""
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

    def _context_problems(self, context: str) -> tuple[str, ...]:
        if context in ("section", "document", "none") or re.fullmatch(r"label:\s*\S.*", context):
            return ()
        return (f"context: {context!r} is not one of section, document, none, label:NAME",)

    def _warn_of_options(self, body: str, place: Place) -> None:
        """Warn of options that a blank line, or in a MyST fence a second line, made text."""
        for number, line in enumerate(body.strip("\n").partition("\n\n")[0].splitlines()):
            match = re.match(r"\s*:([a-z][a-z-]*):(\s|$)", line)
            if match and (number == 0 or match[1] in (self.option_spec or ())):
                logger.warning(
                    "paperbanana: what looks like the option :%s: is in the body of the figure, and"
                    " is sent as text. Options stand directly below the directive, with no blank"
                    " line between; in a MyST fence the prompt is one line",
                    match[1],
                    location=location_of(place, self.env.srcdir),
                    type="paperbanana",
                    subtype="body",
                )
                return

    def _add_words(self, figure: nodes.figure, caption: str, legend: str) -> list[nodes.Node]:
        """Give a figure its caption and legend; return what went wrong in them.

        They are not parsed as the body of ``figure``, whose markup for "no caption" differs from
        language to language.
        """
        messages: list[nodes.Node] = []
        if caption:
            inline, problems = self.parse_inline(" ".join(caption.split()), lineno=self.lineno)
            node = nodes.caption(caption, "", *inline)
            node.source, node.line = figure.source, figure.line
            figure += node
            messages += problems
        if legend:
            figure += nodes.legend("", *self.parse_text_to_nodes(legend))
        return messages

    def _relative(self, source: str) -> str:
        folder = os.path.join(self.env.srcdir, "")  # noqa: PTH118 - for every figure
        if not source.startswith(folder):  # an included file's may be relative to where one stands
            source = os.path.abspath(source)  # noqa: PTH100
        return source.removeprefix(folder).replace(os.sep, "/")
