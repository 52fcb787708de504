r"""Sources in which every ``\pbfigure`` has become an ``\includegraphics``: what a bundle holds.

Calls are rewritten where they stand; a command of the author's own that leads to one is written
out at each use, so that tools which look for pictures by their names find them. Where only TeX
knows what a use comes to, the pictures' names stand in a small command of the preamble instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from latex_hook.sources.call import read_call
from latex_hook.sources.definitions import Macro, expand, read_definition
from latex_hook.sources.document import SourceFile
from latex_hook.sources.scan import Call, Scan
from latex_hook.sources.tokens import as_tex_reads, as_written, group_end
from latex_hook.tex.keys import GRAPHICS, KNOWN, read_keys
from pbfigure.figure.notice import FigureError


class CannotBundle(FigureError):
    """The bundle cannot be made; ``str`` says why, and what to do."""

    subtype = "bundle"


ChooseFile = Callable[[Mapping[str, str], str, SourceFile], str | None]
"""From a call's values, its prompt as TeX reads it and its file: the picture's name, or None."""
SHOW = r"\pbfigureshown"
_CALL = re.compile(r"\\pbfigure(?![a-zA-Z@])")
_MARKERS = re.compile(r"\\(?:begin|end)\s*\{pbcontext\}")
_UNPRINTED = re.compile(r"\\begin\s*\{pbcontext\*\}.*?\\end\s*\{pbcontext\*\}", re.DOTALL)
_PACKAGE = re.compile(r"\\(usepackage|RequirePackage)\s*(\[[^\]]*\])?\s*\{([^{}]*)\}")


@dataclass(slots=True)
class Edits:
    """What is to be changed in one file."""

    changes: dict[tuple[int, int], str] = field(default_factory=dict)

    def apply(self, source: str) -> str:
        """Return the file's new text; of changes within changes the outer counts."""
        pieces: list[str] = []
        at = 0
        for (start, end), text in sorted(
            self.changes.items(), key=lambda item: (item[0][0], -item[0][1])
        ):
            if start >= at:
                pieces += (source[at:start], text)
                at = end
        return "".join([*pieces, source[at:]])


class Rewriter:
    """Rewrites the files of one document."""

    def __init__(
        self, scan: Scan, choose: ChooseFile, shown_by_prompt: Mapping[str, set[str]]
    ) -> None:
        self._scan = scan
        self._choose = choose
        self._by_prompt = shown_by_prompt
        self._edits: dict[Path, Edits] = {}
        self._needs_show = False

    def rewritten(self, *, unforeseen: bool, table: str) -> dict[Path, str]:
        """Return the new text of every file.

        ``unforeseen`` says that TeX asked for figures that the sources do not show; ``table``
        stands where ``\\pbfigurelist`` stood. Raises :exc:`CannotBundle`.
        """
        for call in self._scan.calls:
            self._call(call)
        self._needs_show = unforeseen or self._has_unforeseen_uses()
        for file in self._scan.document.files.values():
            self._rest(file, table)
        return {
            path: self._edit(file).apply(file.source)
            for path, file in self._scan.document.files.items()
        }

    def _edit(self, file: SourceFile) -> Edits:
        return self._edits.setdefault(file.path, Edits())

    def _call(self, call: Call) -> None:
        document = self._scan.document
        file, start = document.locate(call.start)
        _, last = document.locate(call.end - 1)
        if call.through is None:
            text = self._picture(call.values, call.prompt, file)
        else:
            macro = call.through
            name = re.compile(r"\\(?:begin\s*\{[^{}]*\}|[a-zA-Z@]+)").match(file.source, start)
            expanded = expand(macro, file.source, name.end() if name else start)
            if expanded is None:
                return
            text = (
                "{" * (not macro.environment)
                + self._written_out(expanded[0], call, file)
                + "}" * (not macro.environment)
            )
        if self._edit(file).changes.setdefault((start, last + 1), text) != text:
            raise CannotBundle(
                f"{file.place(start)}: the file is read more than once, and the figure is not the"
                " same each time: write it out in a file for each"
            )

    def _written_out(self, body: str, call: Call, file: SourceFile) -> str:
        """Return an expanded body with its own calls, and those of commands in it, rewritten."""
        meaning = self._scan.meanings.at(call.start)
        for _ in range(8):  # commands within commands
            again = False
            for name in dict.fromkeys(macro.name for macro in self._scan.meanings):
                macro = meaning(name)
                if macro is None or macro.environment or "\\pbfigure" not in macro.body:
                    continue
                match = re.search(rf"\\{re.escape(name)}(?![a-zA-Z@])", body)
                inner = expand(macro, body, match.end()) if match else None
                if match and inner:
                    body = body[: match.start()] + inner[0] + body[inner[1] :]
                    again = True
            if not again:
                break
        pieces: list[str] = []
        at = 0
        while match := _CALL.search(body, at):
            read = read_call(body, match.end())
            if isinstance(read, str):
                break
            values, prompt = read_keys(read.keys, call.defaults), as_tex_reads(read.prompt)
            pieces += (body[at : match.start()], self._picture(values, prompt, file))
            at = read.end
        return "".join([*pieces, body[at:]])

    def _picture(self, values: Mapping[str, str], prompt: str, file: SourceFile) -> str:
        name = self._choose(values, prompt, file)
        if name is None:
            return r"\fbox{\parbox{.5\linewidth}{\centering a figure is missing here}}"
        keys = [
            f"{key}={{{as_written(values[key])}}}"
            for key in values
            if key in GRAPHICS or key == "alt"
        ]
        return rf"\includegraphics[{','.join(keys)}]{{{name}}}"

    def _has_unforeseen_uses(self) -> bool:
        """Whether a command that leads to a figure is used where it cannot be written out."""
        wrappers = [macro for macro in self._scan.meanings if "\\pbfigure" in macro.body]
        foreseen = {call.through.name for call in self._scan.calls if call.through}
        return any(m.name not in foreseen and self._is_used(m) for m in wrappers)

    def _is_used(self, macro: Macro) -> bool:
        uses = re.findall(rf"\\{re.escape(macro.name)}(?![a-zA-Z@])", self._scan.document.masked)
        return len(uses) > 1  # one is its definition

    def _rest(self, file: SourceFile, table: str) -> None:
        """Rewrite what is left in a file: definitions, marks, the package, the list."""
        edit, masked = self._edit(file), file.masked.text
        for mark in file.masked.marks:
            if mark.name == "pbsetup":
                brace = masked.find("{", mark.end)
                end = group_end(file.source, brace, comments=True) if brace >= 0 else None
                if end:
                    edit.changes[mark.start, end] = ""
            elif "new" in mark.name or mark.name.endswith(("def", "Command", "Environment")):
                self._definition(file, mark.name, mark.start, mark.end)
        for match in _UNPRINTED.finditer(masked):
            edit.changes[match.span()] = ""
        for match in _MARKERS.finditer(masked):
            edit.changes[match.span()] = ""
        for match in re.finditer(r"\\pbfigurelist(?![a-zA-Z@])", masked):
            edit.changes[match.span()] = table
        for match in _PACKAGE.finditer(masked):
            names = [name.strip() for name in match[3].split(",")]
            if "paperbanana" in names:
                names[names.index("paperbanana")] = "graphicx"
                options = (match[2] or "") if len(names) > 1 else ""
                text = rf"\{match[1]}{options}{{{','.join(names)}}}"
                edit.changes[match.span()] = text + (self._show() if self._needs_show else "")

    def _definition(self, file: SourceFile, command: str, start: int, end: int) -> None:
        definition = read_definition(command, file.source, end)
        if definition is None or "\\pbfigure" not in file.masked.text[start : definition.end]:
            return
        text = ""  # every use is written out
        if self._needs_show:
            text = _CALL.sub(lambda _: SHOW, file.source[start : definition.end])
        self._edit(file).changes[start, definition.end] = text

    def _show(self) -> str:
        """Return a command that shows the picture of a prompt, all names in so many words."""
        ours = "".join(
            rf"\define@key{{Gin}}{{{key}}}[]{{}}" for key in sorted(KNOWN - set(GRAPHICS))
        )
        cases = "".join(
            rf"\edef\pb@known{{\detokenize{{{as_written(prompt)}}}}}"
            rf"\ifx\pb@asked\pb@known\includegraphics[#1]{{{_only(names, prompt)}}}\fi" + "\n"
            for prompt, names in sorted(self._by_prompt.items())
        )
        return (
            "\n\\makeatletter\n"
            rf"\DeclareRobustCommand{SHOW}[2][]{{\begingroup{ours}%" + "\n"
            "\\edef\\pb@asked{\\detokenize{#2}}%\n"
            f"{cases}\\endgroup}}\n\\makeatother\n"
        )


def _only(names: set[str], prompt: str) -> str:
    """Return the picture of a prompt. Raises :exc:`CannotBundle` where it has several."""
    if len(names) > 1:
        raise CannotBundle(
            f"figures with one prompt and different pictures ({prompt[:60]}) are made by a command"
            " of the document's own that cannot be written out: give them prompts that differ, or"
            " write out its uses"
        )
    return next(iter(names))
