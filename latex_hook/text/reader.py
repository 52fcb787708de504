r"""One walk over a source: what each character, command and environment says.

Tables say what commands and environments leave (``commands``, ``environments``); some commands have
a rule of their own (``special_commands``); of those that no table knows the prose in braces stays
(``unknown_commands``). Nothing is undone or read twice: the work grows with the length alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from latex_hook.sources.definitions import Macro
from latex_hook.text import formulas
from latex_hook.text.arguments import ArgumentReader
from latex_hook.text.characters import (
    ACCENTS,
    LETTERS,
    LIGATURES,
    SPACES,
    WORDS,
    accented,
    shorthand,
    symbols,
)
from latex_hook.text.commands import COMMANDS
from latex_hook.text.environments import ENVIRONMENTS, LISTS, STATEMENTS, Environment, Kind
from latex_hook.text.paragraphs import paragraphs
from latex_hook.text.preamble import Conventions
from latex_hook.text.private_use import BREAK, FIGURE_OPEN, HIDDEN, PARAGRAPH
from latex_hook.text.special_commands import NOTE, SPECIAL, of_unknown
from latex_hook.text.unknown_commands import OVERLAY, SPACING, is_prose, may_hide

DEPTH = 30
"""Arguments within arguments, and environments within environments, that are read."""
_TOKEN = re.compile(
    r"""
      \\(?P<edge>begin|end)[ ]*\{(?P<name>[^{}\\\n]*)\}
    | \\(?P<word>(?:@[a-zA-Z@]+|[a-zA-Z]+)(?:_[a-zA-Z_]*:[a-zA-Z]+)?)
    | \\(?P<symbol>.|\Z)
    | (?P<formula>\$\$?)
    | (?P<ligature>---?|``|''|,,|<<|>>|[!?]`|~)
    | (?P<mark>[&"`'])
    | (?P<blank>\n[ \t]*\n\s*)
    """,
    re.VERBOSE | re.DOTALL,
)
_BEGIN = re.compile(r"\\begin\s*\{(?!lrbox\})(\w+\*?)\}")
_HEADING = re.compile(r"\\(?:@startsection|(?:sub)*section|chapter|part)(?![a-z])")
_LABEL = re.compile(r"\s*(?:<[^<>]{0,40}>)?\s*\[[^\]]{0,300}?\blabel\s*=\s*\{?([^,{}\]]*)")
_KEYWORD = re.compile(r"\s*[a-z]{1,20}\s*")
"""An unknown environment begins with a title; one small word is an option of its layout instead."""
_MARKED_UP = re.compile(r"[\\{}$~`'\"-]")


class Around(NamedTuple):
    """An environment around the place that is read."""

    name: str
    kind: Kind
    items: int = 0
    """Items of a list that were numbered so far."""


class Reader(ArgumentReader):
    """One walk over a source whose own commands are expanded."""

    def __init__(self, text: str, agreed: Conventions, macros: Mapping[str, Macro]) -> None:
        super().__init__(text)
        self.agreed = agreed
        self.around: list[Around] = []
        self.out: list[str] = []
        self.quotes = 0
        """How many quotations are around."""
        self._macros = macros
        self._depth = 0
        self._single = False

    def read(self, start: int, end: int) -> str:
        """Return what the source between two offsets says, with marks in it."""
        before, self.out = self.out, []
        self._depth += 1
        at = start
        while at < end and (match := _TOKEN.search(self.text, at, end)):
            self.out.append(_without_braces(self.text[at : match.start()]))
            at = max(self._token(match, end), match.start() + 1)
        if at < end:
            self.out.append(_without_braces(self.text[at:end]))
        self._depth -= 1
        said, self.out = "".join(self.out), before
        return said

    def _token(self, match: re.Match[str], end: int) -> int:  # noqa: PLR0911 - a way for each kind
        """Read a token; return where to go on."""
        if word := match["word"]:
            return self.command(word, match.end(), end)
        if match["edge"] == "begin":
            return self._begin(match["name"].strip(), match.start(), match.end(), end)
        if match["edge"] == "end":
            return self._end(match["name"].strip(), match.end())
        if match["symbol"] is not None:
            return self._symbol(match["symbol"], match.end(), end)
        if match["formula"]:
            return self._formula(match["formula"], match.start(), end)
        if match["blank"]:
            self.out.append(self._paragraph())
        elif match["ligature"]:
            self.out.append(LIGATURES[match[0]])
        else:
            return self._mark(match["mark"], match.start(), end)
        return match.end()

    def _mark(self, mark: str, at: int, end: int) -> int:
        language = self.agreed.language if self.agreed.shorthands else ""
        said = shorthand(language, self.text, at) if mark == '"' else None
        if mark == "&":
            self.out.append(" | ")
        elif said:
            self.out.append(said[0])
            return said[1]
        elif mark == "`":
            self._single = True
            self.out.append("‘")
        elif mark == "'" and self._single and not self.text[at + 1 : at + 2].isalnum():
            self._single = False
            self.out.append("’")
        else:
            self.out.append(mark)
        return at + 1

    def _symbol(self, symbol: str, at: int, end: int) -> int:
        if symbol and symbol in "([":
            close = {"(": "\\)", "[": "\\]"}[symbol]
            return self._formula(close, at - 2, end)
        around = self.around[-1].name if self.around else ""
        in_tabbing = around == "tabbing"
        if symbol in ACCENTS and not (in_tabbing and symbol in "='`"):
            return self._accent(symbol, at, end)
        if symbol == "\\":
            self.out.append(BREAK)
            at += self.text.startswith(("*", "!"), at)
            space = SPACING.match(self.text, at, end)
            return space.end() if space else at
        if symbol == ";" and around.startswith("algorithm"):
            self.out.append(BREAK)
        elif symbol not in (")", "]"):
            self.out.append(" " if in_tabbing else SPACES.get(symbol, symbol))
        return at

    def _accent(self, accent: str, at: int, end: int) -> int:
        base, behind = self.argument(at, end)
        if base is None or self._depth > DEPTH:
            return at
        said = self.read(base.start, base.stop).strip(" ")
        alone = "" if accent.isalpha() else accent
        self.out.append(accented(accent, said) if said else alone)
        if self.text[base.start] == "\\" and behind == base.stop:
            behind = self.skip_space(behind, end)
        return behind

    def _formula(self, opening: str, at: int, end: int) -> int:
        inside = at + (1 if opening == "$" else 2)
        close = formulas.formula_end(self.text, inside, end, opening, self.groups)
        if close is None:
            return inside
        source = formulas.read(self, inside, close)
        shown = opening in ("$$", "\\]")
        self.out.append(formulas.displayed(source) if shown else formulas.inline(source))
        return close + len(opening)

    def _begin(self, name: str, start: int, at: int, end: int) -> int:
        known = ENVIRONMENTS.get(name) or ENVIRONMENTS.get(name.rstrip("*")) or self._own(name)
        kind = known.kind if known is not None else Kind.BLOCK
        close = self.environments.get(start)
        if close is None or close > end:
            close = at  # it never ends: what follows is read on
        hides = self._hides(name, at) or (known is None and NOTE.search(name))
        if kind is Kind.HIDDEN or (hides and FIGURE_OPEN not in self.text[at:close]):
            return close
        if known is not None and kind is Kind.FORMULA:
            _, at = self.arguments(known.arguments, at, end)
            if close > at:
                source = formulas.read(self, at, self.text.rfind("\\end", at, close))
                shown = formulas.inline if name == "math" else formulas.displayed
                self.out.append(shown(source))
            return max(at, close)
        if title := self._title_of(name, kind):
            return self._statement(title, name, at, end)
        nested = kind in LISTS and any(each.kind in LISTS for each in self.around)
        self.out.append("" if nested else BREAK if kind in LISTS else self._paragraph())
        self._enter(name, kind)
        if known is None:
            kept, at = self.unknown_arguments(at, end, count=self._own_arguments(name))
            kept = [span for span in kept if span and not _KEYWORD.fullmatch(self.text[span])]
        else:
            kept, at = self.arguments(known.arguments, at, end)
        if said := " ".join(filter(None, map(self.said, kept))):
            self.out += (said, self._paragraph())
        return at

    def _paragraph(self) -> str:
        """Return the end of a paragraph; within a cell of a table it is a space."""
        return " " if any(each.kind is Kind.TABLE for each in self.around) else PARAGRAPH

    def _enter(self, name: str, kind: Kind) -> None:
        if len(self.around) < DEPTH:
            self.around.append(Around(name, kind))

    def _end(self, name: str, at: int) -> int:
        for back in range(1, len(self.around) + 1):
            if self.around[-back].name == name:
                listed = self.around[-back].kind in LISTS
                del self.around[-back:]
                self.out.append(BREAK if listed else self._paragraph())
                break
        return at

    def _own(self, name: str) -> Environment | None:
        """Return the document's own environment if it begins a list, a formula or a drawing."""
        macro = self._macros.get(name)
        begun = _BEGIN.search(macro.body) if macro is not None and macro.environment else None
        known = ENVIRONMENTS.get(begun[1]) if begun else None
        if macro is None or known is None or known.kind not in (*LISTS, Kind.FORMULA, Kind.HIDDEN):
            return None
        arguments = "".join("m" if default is None else "o" for default in macro.arguments)
        return Environment(arguments, known.kind)

    def _hides(self, name: str, at: int) -> bool:
        """Whether an environment is left out, unless TeX asked for a figure in it."""
        if (overlay := OVERLAY.match(self.text, at)) and may_hide(overlay[0]):
            return True
        if name == "frame" and self.agreed.frames:
            label = _LABEL.match(self.text, at)
            return label is None or label[1].strip() not in self.agreed.frames
        macro = self._macros.get(name)
        return name in self.agreed.hidden or (macro is not None and macro.hides)

    def _own_arguments(self, name: str) -> int | None:
        macro = self._macros.get(name)
        return len(macro.arguments) if macro is not None and macro.environment else None

    def _title_of(self, name: str, kind: Kind) -> str:
        """Return what a statement is called; nothing for other environments."""
        bare = name.rstrip("*")
        title = self.agreed.statements.get(bare) or STATEMENTS.get(bare)
        return title or (bare.capitalize() if kind is Kind.STATEMENT else "")

    def _statement(self, title: str, name: str, at: int, end: int) -> int:
        self._enter(name, Kind.STATEMENT)
        kept, at = self.arguments("Mm" if name in self.agreed.boxes else "O", at, end)
        option = kept[0]
        keys = option is None or not is_prose(self.text[option.start : option.stop], several=False)
        given = "" if keys else self.said(option)
        if given and name.startswith(("proof", "beweis")):
            title, given = given, ""
        self.out += (PARAGRAPH, f"{title} ({given}). " if given else f"{title}. ")
        return at

    # -- commands -------------------------------------------------------------------------------

    def command(self, word: str, at: int, end: int) -> int:  # noqa: PLR0911 - in turn
        """Read a command whose name ends at ``at``; return where to go on."""
        if special := SPECIAL.get(word):
            return special(self, word, at, end)
        if word in COMMANDS:
            return self.known(word, at, end)
        if len(word) == 1 and word in ACCENTS:
            return self._accent(word, at, end)
        letter = LETTERS.get(word) or symbols().get(word)
        if letter is not None:
            self.out.append(letter)
            behind = self.skip_space(at, end)
            if letter == "…" and behind > at:
                self._space_between(behind)
            return behind
        if word in WORDS:
            self.out.append(WORDS[word])
            return at
        if special := of_unknown(word, self.following(at, end)):
            return special(self, word, at, end)
        kept, behind = self.unknown_arguments(at, end)
        if kept:
            macro = self._macros.get(word)
            edge = PARAGRAPH if macro and _HEADING.search(macro.body) else ""
            self.out += (edge, " ".join(filter(None, map(self.inline, kept))), edge)
        elif behind == at:
            if (behind := self.skip_space(at, end)) > at:
                self._space_between(behind)
            self.out.append(HIDDEN)
        return behind

    def _space_between(self, at: int) -> None:
        """Keep two words apart where a command and the space behind it go."""
        last = next((piece for piece in reversed(self.out) if piece), "")
        if (last[-1:].isalnum() or last == "…") and self.text[at : at + 1].isalnum():
            self.out.append(" ")

    def known(self, word: str, at: int, end: int) -> int:
        """Read a command of the table."""
        command = COMMANDS[word]
        kept, behind = self.arguments(command.arguments, at, end)
        if behind == at:
            behind = self.skip_space(at, end)
        if command.template == HIDDEN:
            self.out.append(HIDDEN)
        elif command.template:
            read = self.inline if command.template == "{0}" else self.said
            said = [read(each) for each in kept]
            self.out.append(command.template.format(*said) if any(said) or not kept else "")
        return behind

    def said(self, span: slice | None) -> str:
        """Return what an argument says."""
        return self.inline(span).strip(" ")

    def inline(self, span: slice | None) -> str:
        """Return what an argument says, with the spaces at its ends: a word may follow it."""
        return "" if span is None or self._depth > DEPTH else self.read(span.start, span.stop)

    def aside(self, source: str) -> str:
        """Return another piece of source, such as a term's name, as text."""
        if not _MARKED_UP.search(source):
            return source
        if self._depth > DEPTH:
            return ""
        reader = Reader(source, self.agreed._replace(terms={}), {})
        reader._depth = self._depth
        return " ".join(paragraphs(reader.read(0, len(source))))


def _without_braces(text: str) -> str:
    return text.replace("{", "").replace("}", "")
