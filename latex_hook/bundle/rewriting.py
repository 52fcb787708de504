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

from latex_hook.sources.call import Call, read_call
from latex_hook.sources.definitions import expand
from latex_hook.sources.document import SourceFile
from latex_hook.sources.masking import mask
from latex_hook.sources.scan import Scan, Use, leading_macros
from latex_hook.sources.tokens import Groups, as_written
from latex_hook.tex.keys import GRAPHICS, KNOWN
from pbfigure.figure.notice import FigureError


class CannotBundle(FigureError):
    """The bundle cannot be made; ``str`` says why, and what to do."""

    subtype = "bundle"


ChooseFile = Callable[[Mapping[str, str], str], str | None]
"""From a call's values and its prompt as TeX reads it: the picture's name, or None."""
SHOW = r"\pbfigureshown"
_NAME = re.compile(r"\\(?:begin\s*\{[^{}]*\}|([a-zA-Z@]+))")
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
        leading = leading_macros(scan.document.definitions.values())
        plain = scan.macros
        self._plain = {name: each for name, each in leading.items() if name in plain}
        self._edits: dict[Path, Edits] = {}
        self._needs_show = False

    def rewritten(self, is_left: Callable[[], bool], *, table: str) -> dict[Path, str]:
        """Return the new text of every file.

        ``is_left`` says whether TeX asked for figures for which nothing was chosen; ``table``
        stands where ``\\pbfigurelist`` stood. Raises :exc:`CannotBundle`.
        """
        spots: list[Call | Use] = [*self._scan.calls, *self._scan.uses]
        for spot in spots:
            self._spot(spot)
        self._needs_show = self._needs_show or is_left()
        for file in self._scan.document.files.values():
            self._rest(file, table)
        return {
            path: self._edit(file).apply(file.source)
            for path, file in self._scan.document.files.items()
        }

    def _edit(self, file: SourceFile) -> Edits:
        return self._edits.setdefault(file.path, Edits())

    def _spot(self, spot: Call | Use) -> None:
        document = self._scan.document
        file, start = document.locate(spot.start)
        if isinstance(spot, Call):
            end = start + spot.end - spot.start
            text = self._picture(spot.values, spot.words)
        else:
            name = _NAME.match(file.source, start)
            known, at = self._plain.get(spot.macro.name), name.end() if name else start
            expanded = expand(known, file.source, file.groups, at) if known else None
            if expanded is None:  # only TeX knows what it comes to
                self._needs_show = True
                return
            end, text = expanded[1], self._written_out(expanded[0], spot)
            text = text if spot.macro.environment else f"{{{text}}}"
        if self._edit(file).changes.setdefault((start, end), text) != text:
            raise CannotBundle(
                f"{file.place(start)}: the file is read more than once, and the figure is not the"
                " same each time: write it out in a file for each"
            )

    def _written_out(self, body: str, use: Use) -> str:
        """Return an expanded body with its own calls, and those of commands in it, rewritten."""
        for _ in range(8):  # commands within commands
            groups = Groups(mask(body).text)
            match = next((m for m in _NAME.finditer(groups.text) if m[1] in self._plain), None)
            macro = self._plain[match[1]] if match else None
            inner = expand(macro, body, groups, match.end()) if macro and match else None
            if match is None or inner is None:
                break
            body = body[: match.start()] + inner[0] + body[inner[1] :]
        groups = Groups(mask(body).text)
        pieces: list[str] = []
        at = 0
        for match in _CALL.finditer(groups.text):
            call = read_call(body, groups, *match.span(), use.defaults)
            pieces += (body[at : call.start], self._picture(call.values, call.words))
            at = call.end
        return "".join([*pieces, body[at:]])

    def _picture(self, values: Mapping[str, str], prompt: str) -> str:
        name = self._choose(values, prompt)
        if name is None:
            return r"\fbox{\parbox{.5\linewidth}{\centering a figure is missing here}}"
        keys = [
            f"{key}={{{as_written(values[key])}}}"
            for key in values
            if key in GRAPHICS or key == "alt"
        ]
        return rf"\includegraphics[{','.join(keys)}]{{{name}}}"

    def _rest(self, file: SourceFile, table: str) -> None:
        """Rewrite what is left in a file: definitions, marks, the package, the list."""
        edit, masked = self._edit(file), file.masked.text
        for mark in file.masked.marks:
            if mark.name == "pbsetup" and (argument := file.groups.argument(mark.end)):
                edit.changes[mark.start, argument[1]] = ""
        for start, end, *_ in file.definitions:
            if _CALL.search(masked, start, end):  # every use is written out
                text = _CALL.sub(lambda _: SHOW, file.source[start:end])
                edit.changes[start, end] = text if self._needs_show else ""
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
