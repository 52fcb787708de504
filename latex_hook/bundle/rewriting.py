r"""Sources in which every figure shows its picture by name: what a bundle holds.

A ``\pbfigure`` that stands in the text and has one picture becomes an ``\includegraphics`` of it.
Any other, in a definition or a loop, becomes ``\pbfigureshown``, a command of the preamble that
chooses a picture by the prompt as TeX reads it. Comments and verbatim text stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from latex_hook.bundle.list_table import table_commands
from latex_hook.sources.document import Document, SourceFile
from latex_hook.sources.pbfigure_call import read_call
from latex_hook.sources.tokens import split_items, without_comments
from latex_hook.tex.keys import OURS, REFUSED, REQUEST, SETTINGS
from pbfigure.disclosure.venues import VENUES, venue
from pbfigure.figure.notice import FigureError


class CannotBundle(FigureError):
    """The bundle cannot be made; ``str`` says why, and what to do."""

    subtype = "bundle"


Places = Mapping[tuple[Path, int], set[str | None]]
"""By file and offset of a call: the pictures that TeX asks for there; None for a missing one."""
_CALL = re.compile(r"\\pbfigure(?![a-zA-Z@])")
_SETUP = re.compile(r"\\pbsetup\s*(?=\{)")
_LIST = re.compile(r"\\pbfigurelist(?![a-zA-Z@])(?:\[\s*style\s*=\s*([a-z-]{1,30})\s*\])?")
_MARK = re.compile(r"\\(begin|end)\s{0,9}\{pbcontext(\*?)\}")
_PACKAGE = re.compile(
    r"\\(usepackage|RequirePackage)(?:WithOptions)?(?![a-zA-Z])\s{0,9}(?:(\[[^\]]{0,2000}\])\s{0,9})?"
    r"\{([^{}]{0,2000})\}"
)
_ITS_NAME = re.compile(
    r"\\PassOptionsToPackage\s{0,9}\{[^{}]{0,2000}\}\s{0,9}\{\s*paperbanana\s*\}"
    r"|\\(?:IfFileExists|@ifpackage(?:loaded|with|later)|IfPackage(?:Loaded|AtLeast)\w{0,20})\s{0,9}\{"
    r"(?P<name>paperbanana)(?=(?:\.sty)?\})"
)
r"""Options for the package, and its name elsewhere, as in ``\IfFileExists{paperbanana.sty}``."""
_INPUT_PATH = re.compile(r"\\input@path\s*(?:\}\s*)?\{")
_DEFINES = re.compile(r"\\(?:(?:re)?newcommand|providecommand|[gex]?def|let|string)\*?\s*\{?\Z")
_NOT_GRAPHICS = frozenset((*OURS, *REQUEST)) - {"alt"}
IDENTITY = ("id", "prompt-file", "variant")
"""Keys that tell figures apart which have one prompt, in the order in which they follow it."""
_MISSING = r"\fbox{\parbox{.5\linewidth}{\centering a figure is missing here}}"
_COMMANDS = r"""
\ExplSyntaxOn
\tl_new:N \pbfigurekeys
\NewDocumentCommand \pbfigureset { m } { \tl_put_right:Nn \pbfigurekeys { #1 , } }
\NewDocumentCommand \pbfigurepicture { +m m }
  { \tl_gset:cn { g_pbfigure_ \tl_trim_spaces_apply:nN {#1} \tl_to_str:n _tl } {#2} }
\clist_map_inline:nn { IDENTITY } { \tl_new:c { l_pbfigure_ #1 _tl } }
\NewDocumentCommand \pbfigurekey { m m }
  {
    \tl_if_exist:cT { l_pbfigure_ \tl_to_str:n {#1} _tl }
      {
        \use:c { protected@edef } \l_tmpb_tl { |#1=#2 }
        \tl_set_eq:cN { l_pbfigure_ \tl_to_str:n {#1} _tl } \l_tmpb_tl
      }
  }
\NewDocumentCommand \pbfigurefind { m }
  {
    \tl_if_exist:cF { g_pbfigure_ \l_tmpa_tl _tl }
      {
        \tl_set:Nx \l_tmpa_tl {#1}
        \clist_map_inline:nn { IDENTITY }
          { \tl_put_right:Nx \l_tmpa_tl { \use:c { l_pbfigure_ ##1 _tl } } }
        \tl_if_exist:cF { g_pbfigure_ \l_tmpa_tl _tl } { \tl_set:Nx \l_tmpa_tl {#1} }
      }
  }
\NewDocumentCommand \pbfigureshown { O{} +m }
  {
    \group_begin:
      \clist_map_inline:nn { OUR_KEYS } { \use:c { define@key } { Gin } {##1} [ ] { } }
      \keyval_parse:NNn \use_none:n \pbfigurekey {#1}
      \tl_set:Nn \l_tmpa_tl { ~ }
      \pbfigurefind { \tl_trim_spaces_apply:nN {#2} \tl_to_str:n }
      \pbfigurefind { \exp_args:Ne \tl_to_str:n { \text_purify:n {#2} } }
      \tl_if_exist:cF { g_pbfigure_ \l_tmpa_tl _tl }
        {
          \use:c { protected@edef } \l_tmpb_tl {#2}
          \pbfigurefind { \exp_args:Ne \tl_to_str:n { \exp_args:NV \text_purify:n \l_tmpb_tl } }
        }
      \tl_if_exist:cTF { g_pbfigure_ \l_tmpa_tl _tl }
        {
          \tl_put_right:Nn \pbfigurekeys {#1}
          \use:x
            {
              \cs_if_exist:NTF \adjincludegraphics
                { \exp_not:N \adjincludegraphics } { \exp_not:N \includegraphics }
                [ \exp_not:V \pbfigurekeys ] { \tl_use:c { g_pbfigure_ \l_tmpa_tl _tl } }
            }
        }
        { \fbox { \parbox { .5 \linewidth } { \centering a~figure~is~missing~here } } }
    \group_end:
  }
\cs_set_eq:cN { pbfigure } \pbfigureshown
\ExplSyntaxOff
""".replace("OUR_KEYS", ", ".join(sorted({*OURS, *REQUEST} - {"alt"}))).replace(
    "IDENTITY", ", ".join(IDENTITY)
)
"""The preamble commands, if a document needs them; they trim prompts as the style does."""


def _sentence(style: str | None) -> str:
    """Return what a list's style sets before its table; nothing for a style that there is not."""
    return f"\\par {venue(style).list}\\par\n" if style in VENUES else ""


@dataclass(slots=True)
class Rewriter:
    """Rewrites the files of one document."""

    document: Document
    places: Places
    by_prompt: Mapping[str, set[str]]
    """The pictures that only TeX can choose, by prompt: as it is written or purified, with keys
    behind it if it is not enough."""
    table: str
    """What stands in the place of ``\\pbfigurelist``."""
    needs_commands: bool
    """Whether there are figures whose calls are not in the sources."""
    searched: Sequence[str] = ()
    """Folders in which TeX is to look for files."""
    _has_defaults: bool = False
    _has_adjustbox: bool = False
    _has_list: bool = False
    _edits: dict[Path, list[tuple[int, int, str]]] = field(default_factory=dict)

    def rewritten(self) -> dict[Path, str]:
        """Return the new text of every file. Raises :exc:`CannotBundle`."""
        files = self.document.files.values()
        packages = (match[3] for file in files for match in _PACKAGE.finditer(file.masked.text))
        self._has_adjustbox = any("adjustbox" in names for names in packages)
        setups = {file.path: list(self._setups(file)) for file in files}
        self._has_defaults = any(keys for edits in setups.values() for *_, keys in edits)
        for file in files:
            self.needs_commands = self.needs_commands or _writes_calls(file)
            edits = [(start, end, _set(keys)) for start, end, keys in setups[file.path]]
            edits += self._calls(file)
            edits += _contexts(file)
            lists = [
                (*match.span(), _sentence(match[1]) + self.table)
                for match in _LIST.finditer(file.masked.text)
            ]
            self._has_list = self._has_list or bool(lists)
            edits += lists
            self._edits[file.path] = edits
        self._search()
        self._load()
        return {file.path: _applied(file.source, self._edits[file.path]) for file in files}

    def _search(self) -> None:
        """Have TeX look into the folders that no source names."""
        path = "".join(f"{{{folder}/}}" for folder in self.searched)
        files = self.document.files.values() if path else ()
        line = f"\\makeatletter\\def\\input@path{{{path}}}\\makeatother\n"
        for number, file in enumerate(files):
            edits = self._edits[file.path]
            starts = (mark.start for mark in file.masked.marks if mark.name == "documentclass")
            edits += [(start, start, line) for start in starts if number == 0]
            # one of the author's own replaces that
            found = _INPUT_PATH.finditer(file.masked.text)
            edits += [(match.end(), match.end(), path) for match in found]

    def _load(self) -> None:
        """Load graphicx in the place of paperbanana, and define the commands that are needed."""
        files = self.document.files.values()
        main = next(iter(files))
        bodies = [mark.start for mark in main.masked.marks if mark.name == "begin document"]
        commands = self._commands() if self.needs_commands or self._has_defaults else ""
        if self._has_list:
            commands += "\n\\usepackage{longtable}\n" + table_commands()
        if commands and sum(len(list(_packages(file))) for file in files) > 1:
            commands = rf"\ifdefined\pbfigureready\else\def\pbfigureready{{}}{commands}\fi"
        for file in files:
            edits, text = self._edits[file.path], file.masked.text
            for match in _ITS_NAME.finditer(text):
                named = match["name"] is not None
                edits.append((*match.span("name" if named else 0), "graphicx" if named else ""))
            depth = at = 0
            for start, end, load in _packages(file):
                braces = re.findall(r"(?s)\\.|([{}])", text[at:start])
                depth, at = depth + braces.count("{") - braces.count("}"), start
                if depth > 0:  # in an argument, where nothing can be defined
                    self._edits[main.path] += [(body, body, commands) for body in bodies]
                edits.append((start, end, load if depth > 0 else load + commands))

    def _setups(self, file: SourceFile) -> Iterator[tuple[int, int, str]]:
        """Yield start, end and the keys for pictures of every ``\\pbsetup``."""
        for match in _SETUP.finditer(file.masked.text):
            end = file.groups.end(match.end())
            if end:
                yield match.start(), end, _graphics(file.source[match.end() + 1 : end - 1])

    def _calls(self, file: SourceFile) -> Iterator[tuple[int, int, str]]:
        for match in _CALL.finditer(file.masked.text):
            if _DEFINES.search(file.masked.text, max(0, match.start() - 40), match.start()):
                continue  # for who has no package
            pictures = self.places.get((file.path, match.start()), set())
            call = read_call(file.source, file.groups, match.start(), match.end())
            if len(pictures) == 1 and call.prompt is not None:
                (name,) = pictures
                yield call.start, call.end, self._picture(_graphics(call.keys), name)
            else:
                self.needs_commands = True
                yield *match.span(), r"\pbfigureshown"

    def _picture(self, keys: str, name: str | None) -> str:
        if name is None:
            return _MISSING
        command = r"\adjincludegraphics" if self._has_adjustbox else r"\includegraphics"
        if self._has_defaults:
            return rf"\expandafter{command}\expandafter[\pbfigurekeys {keys}]{{{name}}}"
        return rf"{command}[{keys}]{{{name}}}" if keys else rf"\includegraphics{{{name}}}"

    def _commands(self) -> str:
        lines = [_COMMANDS]
        for prompt, names in sorted(self.by_prompt.items()):
            if len(names) > 1:
                raise CannotBundle(
                    f"{', '.join(sorted(names))}: plain LaTeX cannot tell which of these pictures"
                    " to show, because a command or a loop of the document makes their prompts:"
                    " give them prompts that differ, or write the calls out"
                )
            lines.append(f"\\pbfigurepicture{{{prompt}}}{{{next(iter(names))}}}\n")
        return "".join(lines)


def _writes_calls(file: SourceFile) -> bool:
    """Whether there are calls in verbatim text, which TeX may write to a file and read again."""
    verbatim = (
        file.source[start:end] for start, end, kind in file.masked.hidden if kind != "comment"
    )
    return any("\n" in text and _CALL.search(text) for text in verbatim)


def _contexts(file: SourceFile) -> Iterator[tuple[int, int, str]]:
    """Yield the edits that remove the marks of ``pbcontext``, and text that is not printed."""
    begun: int | None = None
    for match in _MARK.finditer(file.masked.text):
        if not match[2]:
            yield *match.span(), ""
        elif match[1] == "begin":
            begun = match.start() if begun is None else begun
        elif begun is not None:
            yield begun, match.end(), ""
            begun = None


def _graphics(keys: str) -> str:
    """Return the keys of a list that ``\\includegraphics`` takes, as they are written."""
    items = split_items(without_comments(keys))
    ours = {*_NOT_GRAPHICS, *SETTINGS, *REFUSED}
    kept = [item.strip() for item in items if item.partition("=")[0].strip() not in ours]
    return ",".join(filter(None, kept))


def _set(keys: str) -> str:
    return rf"\pbfigureset{{{keys}}}" if keys else ""


def _packages(file: SourceFile) -> Iterator[tuple[int, int, str]]:
    """Yield the edits that load graphicx in the place of paperbanana."""
    for match in _PACKAGE.finditer(file.masked.text):
        names = [name.strip() for name in match[3].split(",")]
        if "paperbanana" in names:
            names[names.index("paperbanana")] = "graphicx"
            options = (match[2] or "") if len(names) > 1 else ""
            yield *match.span(), rf"\{match[1]}{options}{{{','.join(names)}}}"


def _applied(source: str, edits: list[tuple[int, int, str]]) -> str:
    """Return a source with its edits made; of edits within edits the outer counts."""
    pieces: list[str] = []
    at = 0
    for start, end, text in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start >= at:
            pieces += (source[at:start], text)
            at = end
    return "".join([*pieces, source[at:]])
