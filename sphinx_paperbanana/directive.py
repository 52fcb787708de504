"""The ``paperbanana`` directive: real figure nodes, and a note of what the author asked for."""

from __future__ import annotations

import linecache
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst.directives.images import Image
from docutils.parsers.rst.states import RSTState, SubstitutionDef
from docutils.statemachine import StringList
from sphinx.directives.patches import Figure
from sphinx.util.docutils import SphinxDirective

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.input_limits import TEXT_LIMIT
from pbfigure.figure.notice import Place, printable
from pbfigure.figure.options import OPTIONS
from pbfigure.figure.surrounding_text import WrittenText
from pbfigure.project.repository import is_own, root_of_own
from pbfigure.store.files import read_bounded
from sphinx_paperbanana.directive_options import OPTION_SPEC, BadValue
from sphinx_paperbanana.figures import PendingFigure
from sphinx_paperbanana.prompt_and_body import (
    filled_in_by_myst,
    is_in_myst_substitution,
    problems_of_body,
    problems_of_end,
    problems_of_prompt,
    without_roles,
)
from sphinx_paperbanana.registry import registry_of
from sphinx_paperbanana.several_pages import DOCSTRING, defining_docstring
from sphinx_paperbanana.unexpected_errors import in_one_line

URI = "paperbanana://figure"
"""A figure's image until its picture is known: with ``://`` no file is looked for."""
_OPTIONS = re.compile(r"\A(?:[^:\s].*\n)?[ \t]*(?::[a-zA-Z]|---\s*$)", re.MULTILINE)
"""What MyST takes for options, in the first or second line of a fence's whole text: which it is,
depends on the version of MyST."""
_UNREADABLE = "its options cannot be read, and it is not made without them"
_SHOWN = ("alt", "width", "height", "scale", "figwidth")
_FIGURE_ONLY = ("caption", "legend", "figwidth", "figclass")


def location_of(place: Place, srcdir: Path | str) -> str:
    """Return a place as Sphinx's warnings take one."""
    return printable(f"{Path(srcdir) / place.file}:{place.line}")


class GeneratedFigure(SphinxDirective, Figure):
    """One figure while its block is read."""

    required_arguments, optional_arguments = 0, 1
    option_spec = OPTION_SPEC

    def run(self) -> list[nodes.Node]:
        """Return the figure; what it asks for rides on its image until the text is known."""
        source, line = self.get_source_info()
        with in_one_line(printable(f"{source}:{line}")):
            return self._figure()
        return []

    def _figure(self) -> list[nodes.Node]:
        self._problems: list[str] = []
        self._is_fence = not isinstance(self.state, RSTState)
        if self._is_fence:
            self._continue_prompt()
        elif not isinstance(self.state, SubstitutionDef):
            self._problems += problems_of_end(self.state_machine)
        self._check_options()
        inline = self._is_inline()
        caption, legend = self._caption(), self._legend()
        context = self.options.pop("context", None)
        body = self._body(context)
        translate = {"true": True, "false": False}.get(self.options.pop("translate", ""))
        shown = {name: str(self.options[name]) for name in _SHOWN if name in self.options}
        shown |= {"caption": caption[0]} if caption[0] else {}
        is_in_file = "prompt-file" in self.options
        block = self._block(body)._replace(shown=shown)
        block = block._replace(problems=tuple(self._problems))
        asked = PendingFigure(block, context or "section", self.options.get("alt"), translate)
        asked.fills_in = not (self._is_fence or is_in_file)
        as_wide_as_image = self.options.get("figwidth") == "image"
        if as_wide_as_image:  # docutils would look for the file
            del self.options["figwidth"]
        self.arguments, self.content = [URI], StringList()
        result: list[nodes.Node] = list((Image if inline else Figure).run(self))
        for made in list(result):
            for image in made.findall(nodes.image):
                image["paperbanana-pending"] = asked
                if as_wide_as_image:  # known only when the picture is
                    image["paperbanana-figwidth"] = "image"
                registry_of(self.env).asked.append(image)
            if isinstance(made, nodes.figure):
                result += self._add_words(made, caption, legend)
        return result

    def _block(self, body: str) -> FigureBlock:
        """Return the figure as written; what is wrong with it goes to ``_problems``."""
        source, line = self.get_source_info()
        if self._is_fence and is_in_myst_substitution(self.state, self.config):
            source, line = "<myst_substitutions>", 1
        if DOCSTRING in source:
            source = defining_docstring(source)
        file = self._relative(source)
        line = self._line_in(source, line)
        prompt = self._prompt()
        urls = self._read("image-input-file")
        options = {name: self.options.pop(name) for name in OPTIONS if name in self.options}
        if "image-input" in options:  # it may be written as a list, which MyST makes one line
            options["image-input"] = re.sub(r"(?<!\S)-(?!\S)", "", options["image-input"])
        if urls is not None:
            options["image-input"] = f"{options.get('image-input', '')}\n{urls}".strip()
        return FigureBlock(
            document=self.env.current_document.docname,
            place=Place(file, line),
            prompt=prompt,
            content=WrittenText(self._filled_in(body, "body")) if body.strip() else None,
            options=options,
            name=self.options.get("name") or self.options.get("figname"),
        )

    # -- options ------------------------------------------------------------------------------

    def _continue_prompt(self) -> None:
        """Take the lines directly below a fence's first one as more of the prompt, as in reST."""
        if self.content_offset != 0:
            return
        from myst_parser.parsers.directives import parse_directive_text

        lines = list(self.content)
        is_end = re.compile(r"\s*\Z|\s*:[a-zA-Z][\w-]*:(\s|\Z)|---\s*\Z").match
        end = next((number for number, line in enumerate(lines) if is_end(line)), len(lines))
        if not end:
            return
        self.arguments = ["\n".join([*self.arguments, *lines[:end]])]
        parsed = parse_directive_text(type(self), "", "\n".join(lines[end:]))
        self.options.update(parsed.options)
        self.content = StringList(parsed.body, self.state.document["source"])
        self.content_offset = end + parsed.body_offset
        if parsed.warnings:
            self._problems.append(_UNREADABLE)

    def _check_options(self) -> None:
        """Remove options that do not exist or cannot be read; note a problem for each."""
        known = self.option_spec or {}
        head = self.block_text.partition("\n\n")[0] if self._is_fence else ""
        written = re.findall(r"^[ \t]*:?([a-z][a-z-]*):(?=\s)", head, re.MULTILINE)
        for name, value in list(self.options.items()):
            if written.count(name) > 1:  # MyST takes the last one, and says nothing
                self._problems.append(f"{name}: given more than once; remove all but one")
            elif name not in known:
                from pbfigure.figure.nearest_name import nearest_name

                self._problems.append(f"{name}: there is no such option{nearest_name(name, known)}")
            elif isinstance(value, BadValue):
                self._problems.append(f"{name}: {value}")
            else:
                continue
            del self.options[name]
        # MyST drops all of a block of options that it cannot read, and says so itself
        is_lost = self._is_fence and not self.options and not self._problems
        if is_lost and _OPTIONS.search(self.block_text):
            self._problems.append(_UNREADABLE)

    def _is_inline(self) -> bool:
        """Return whether the picture stands alone, in a line of text or in a figure of figures."""
        of_substitution = isinstance(self.state, SubstitutionDef)
        parent: Any = self.state_machine.node if self._is_fence else self.state.parent
        if of_substitution and self.options.get("alt") in parent["names"]:
            del self.options["alt"]  # docutils fills in the substitution's name
        # in MyST, a substitution's directive runs where the substitution is used
        in_use = self._is_fence and bool(getattr(self.state.document, "sub_references", None))
        in_line = in_use and isinstance(parent, nodes.TextElement)
        if not (of_substitution or in_line or isinstance(parent, nodes.figure)):
            return False
        for name in _FIGURE_ONLY:
            if self.options.pop(name, None) is not None:
                self._problems.append(
                    f"{name}: a picture in a substitution or in another figure has none"
                )
        return True

    def _prompt(self) -> str:
        argument = self.arguments[0] if self.arguments else None
        self._problems += problems_of_prompt(argument or "", self.option_spec or ())
        option = self.options.pop("prompt", None)
        file = self._read("prompt-file")
        given = [text for text in (argument, option, file) if text is not None]
        if len(given) > 1:
            self._problems.append(
                "prompt: given more than once; write it behind the directive, as :prompt: or as"
                " :prompt-file:"
            )
        prompt = given[0].strip() if given else ""
        return prompt if file is not None else self._filled_in(prompt, "prompt")

    def _filled_in(self, text: str, field: str) -> str:
        """Return a text as the page would show it, but for what reStructuredText substitutes."""
        try:
            text = filled_in_by_myst(text, self.state, self.env) if self._is_fence else text
            return without_roles(text)
        except ValueError as error:
            self._problems.append(f"{field}: {error}")
            return text

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
            return read_bounded(Path(absolute), limit=TEXT_LIMIT).decode("utf-8-sig")
        except UnicodeDecodeError:
            self._problems.append(f"{option}: {relative} is not UTF-8 text")
        except OSError as error:
            self._problems.append(
                f"{option}: {relative} cannot be read ({error.strerror or error})"
            )
        return ""

    # -- text ---------------------------------------------------------------------------------

    def _body(self, context: str | None) -> str:
        """Return the text in the block."""
        body = "\n".join(self.content).strip("\n")
        block = self.block_text if self._is_fence else ""
        self._problems += problems_of_body(body, context, self.option_spec or (), fence=block)
        return body if body.strip() else ""

    # -- words below the picture --------------------------------------------------------------

    def _caption(self) -> tuple[str, int]:
        """Return the caption and its line below the directive's first."""
        return " ".join(self.options.pop("caption", "").split()), self._line_of("caption")

    def _legend(self) -> tuple[StringList, int] | None:
        """Return the legend and its offset.

        Its further paragraphs stand below a blank line, so docutils and MyST take them for the
        beginning of the body; they are indented deeper than that.
        """
        below = self._line_of("legend")
        is_last = next(reversed(self.options), None) == "legend"
        rows = self.options.pop("legend", "").rstrip().splitlines()
        if not rows:
            return None
        first = self.lineno - 1 + below
        offset = below - 1 if self._is_fence else first
        source, line = self.state_machine.get_source_and_line(first + 1)
        end = 0
        while is_last and end < len(self.content) and self.content[end][:1] in ("", " "):
            end += 1
        more = self.content[:end]
        if indents := [len(row) - len(row.lstrip()) for row in more if row.strip()]:
            below_option = re.search(r"^( *):legend:\s*\n( +)", self.block_text, re.MULTILINE)
            if below_option and not self._is_fence:
                indents.append(len(below_option[2]) - len(below_option[1]))
            more.trim_left(min(indents))
            rows += [""] * (self.content_offset - offset - len(rows))
            self.content = self.content[end:]
            self.content_offset += end
        items = [(source or "", (line or 1) - 1 + number) for number in range(len(rows))]
        legend = StringList(rows, items=items)
        legend.extend(more)
        return legend, offset

    def _line_of(self, option: str) -> int:
        """Return how many lines below the directive's first an option's value begins."""
        text = self.block_text
        if self._is_fence and "{paperbanana}" not in text.partition("\n")[0]:
            text = f"\n{text}"  # before version 5, MyST's text of a block lacks its first line
        match = re.search(
            rf"^[ \t]*:?{option}:[ \t]*((?:[|>][-+\d]*)?[ \t]*$)?", text, re.MULTILINE
        )
        if match is None:
            return 0
        return text[: match.start()].count("\n") + (match[1] is not None)

    def _add_words(
        self, figure: nodes.figure, caption: tuple[str, int], legend: tuple[StringList, int] | None
    ) -> list[nodes.Node]:
        """Give a figure its caption and legend; return what went wrong in them.

        They are not parsed as the body of ``figure``, whose markup for "no caption" differs from
        language to language.
        """
        messages: list[nodes.Node] = []
        text, below = caption
        if text:
            line = self.lineno + below - self._is_fence  # MyST counts from the line before
            inline, problems = self.parse_inline(text, lineno=line)
            node = nodes.caption(text, "", *inline)
            node.source, node.line = figure.source, (figure.line or 0) + below
            figure += node
            messages += problems
        if legend:
            lines, offset = legend
            parsed = self.parse_text_to_nodes(lines, offset=offset)  # type: ignore[arg-type]
            figure += nodes.legend("", *parsed)
        return messages

    def _relative(self, source: str) -> str:
        folder = os.path.join(self.env.srcdir, "")  # noqa: PTH118 - for every figure
        if not source.startswith(folder):  # an included file's may be relative to where one stands
            absolute = os.path.abspath(source)  # noqa: PTH100
            if os.path.isfile(absolute.partition(f":{DOCSTRING}")[0]):  # noqa: PTH113
                source = absolute
        return source.removeprefix(folder).replace(os.sep, "/")

    def _line_in(self, source: str, line: int) -> int:
        """Return a line of a file; docutils counts from where an ``include`` begins to read it.

        Where it could be one of several lines, it stays as docutils counts it.
        """
        if source == str(self.env.doc2path(self.env.current_document.docname)):
            return line
        linecache.checkcache(source)
        rows = linecache.getlines(source)
        begins = " ".join(self.arguments).partition("\n")[0]
        found = [
            number
            for number, row in enumerate(rows, 1)
            if "paperbanana" in row.lower() and begins in "".join(rows[number - 1 : number + 1])
        ]
        return found[0] if len(found) == 1 else line
