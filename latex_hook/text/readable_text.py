r"""LaTeX source as a reader would read it: what is sent as a pipeline figure's text.

One walk over the source, by tables of commands and environments; what they do not know a rule
decides: a command goes, the prose in its braces stays. pylatexenc's parser recurses deeply, is
slow on definitions and lets one strange construct spoil the rest, so that only its tables of
symbols are used. The work grows with the length of the text alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from latex_hook.sources.definitions import Macro
from latex_hook.text import formulas, quantities
from latex_hook.text.characters import (
    ACCENTS,
    ENGLISH_QUOTES,
    LETTERS,
    LIGATURES,
    QUOTES,
    SPACES,
    WORDS,
    accented,
    german_shorthand,
    symbols,
)
from latex_hook.text.code import without_code
from latex_hook.text.commands import COMMANDS, Command
from latex_hook.text.conventions import Conventions, Term
from latex_hook.text.environments import ENVIRONMENTS, FLOATS, STATEMENTS, Environment, Kind
from latex_hook.text.extract import Extract, put_back
from latex_hook.text.listings import shown
from latex_hook.text.marks import BREAK, HIDDEN, INDENT, PARAGRAPH
from latex_hook.text.markup import argument, matching, skip_space
from latex_hook.text.own_commands import expand
from latex_hook.text.prose_rule import LENGTH, OVERLAY, is_prose
from latex_hook.text.tidy import paragraphs

DEPTH = 30
"""Arguments within arguments whose commands are read; deeper ones are left out."""


def readable_paragraphs(extract: Extract, macros: Mapping[str, Macro]) -> list[str]:
    """Return the paragraphs of a stretch of source as text; ``macros`` are the document's own."""
    text = expand(without_code(extract.text), macros)
    reader = Reader(text, extract.conventions, macros)
    read = reader.read(0, len(text))
    agreed = extract.conventions
    verbatim = [
        shown(piece, agreed.excluded, lambda source: plain(source, agreed))
        for piece in extract.verbatim
    ]
    found = (put_back(paragraph, verbatim) for paragraph in paragraphs(read))
    return [paragraph for paragraph in found if paragraph.strip()]


_TOKEN = re.compile(
    r"""
      \\(?P<edge>begin|end)[ ]*\{(?P<name>[^{}\\\n]*)\}
    | \\(?P<word>[a-zA-Z]+)
    | \\(?P<symbol>.|\Z)
    | (?P<formula>\$\$?)
    | (?P<ligature>---?|``|''|,,|<<|>>|[!?]`|~)
    | (?P<mark>[{}&"`'])
    | (?P<blank>\n[ \t]*\n\s*)
    """,
    re.VERBOSE | re.DOTALL,
)
_XSPACE_STOPS = frozenset(".,'/?;:!~-)]\u2019\u201d\ue009")
_CHARACTER = re.compile(r"\s*(?:\"([0-9A-F]+)|'([0-7]+)|([0-9]+)|`\\?(.))")
_ADDRESS_ESCAPE = re.compile(r"\\([%#&_~{}\\$])")


class Reader:
    """One walk over a source whose own commands are expanded."""

    def __init__(
        self,
        text: str,
        agreed: Conventions,
        macros: Mapping[str, Macro],
        depth: int = 0,
    ) -> None:
        self._text = text
        self._ends = matching(text)
        self._agreed = agreed
        self._macros = macros
        self._depth = depth
        self._lists: list[tuple[str, Kind, int]] = []
        """Name, kind and number of items of each environment around."""
        self._out: list[str] = []
        self._quotes = 0
        self._single = False

    def read(self, start: int, end: int) -> str:
        """Return what the source between two offsets says, with marks in it."""
        before, self._out = self._out, []
        self._depth += 1
        at = start
        while at < end and (match := _TOKEN.search(self._text, at, end)):
            self._out.append(self._text[at : match.start()])
            at = max(self._token(match, end), match.start() + 1)
        if at < end:
            self._out.append(self._text[at:end])
        self._depth -= 1
        said, self._out = "".join(self._out), before
        return said

    def _token(self, match: re.Match[str], end: int) -> int:
        """Read a token; return where to go on."""
        if word := match["word"]:
            return self._word(word, match.end(), end)
        if match["edge"] == "begin":
            return self._begin(match["name"].strip(), match.start(), match.end(), end)
        if match["edge"] == "end":
            return self._end(match["name"].strip(), match.end())
        if match["symbol"] is not None:
            return self._symbol(match["symbol"], match.end(), end)
        if match["formula"]:
            return self._formula(match["formula"], match.start(), end)
        if match["blank"]:
            self._out.append(PARAGRAPH)
        elif match["ligature"]:
            self._out.append(LIGATURES[match[0]])
        else:
            return self._mark(match["mark"], match.start(), end)
        return match.end()

    def _mark(self, mark: str, at: int, end: int) -> int:
        if mark == "&":
            self._out.append(" | ")
        elif mark == '"' and self._agreed.language == "german":
            if shorthand := german_shorthand(self._text, at):
                self._out.append(shorthand[0])
                return shorthand[1]
        elif mark == "`":
            self._single = True
            self._out.append("‘")
        elif mark == "'" and self._single and not self._text[at + 1 : at + 2].isalnum():
            self._single = False
            self._out.append("’")
        elif mark in "'\"":
            self._out.append(mark)
        return at + 1

    def _symbol(self, symbol: str, at: int, end: int) -> int:
        if symbol in "([":
            close = {"(": "\\)", "[": "\\]"}[symbol]
            return self._formula(close, at - 2, end)
        around = self._lists[-1][0] if self._lists else ""
        in_tabbing = around == "tabbing"
        if symbol in ACCENTS and symbol and not (in_tabbing and symbol in "='`"):
            return self._accent(symbol, at, end)
        if symbol == "\\":
            self._out.append(BREAK)
            at += self._text.startswith("*", at)
            if self._text.startswith("[", at) and self._text[at + 1 : at + 2] in "-.0123456789\\":
                return self._ends.get(at, at)
            return at
        if symbol == ";" and around.startswith("algorithm"):
            self._out.append(BREAK)
            return at
        self._out.append(
            " " if in_tabbing else SPACES.get(symbol, symbol if symbol not in ")]" else "")
        )
        return at

    def _accent(self, accent: str, at: int, end: int) -> int:
        base = argument(self._text, at, end, self._ends)
        if base is None or self._depth > DEPTH:
            return at
        said = self.read(base.start, base.stop).strip(" ")
        self._out.append(accented(accent, said))
        behind = self._behind(base)
        if self._text[base.start] == "\\" and behind == base.stop:
            behind = skip_space(self._text, behind, end)
        return behind

    def _behind(self, span: slice) -> int:
        """Return the offset behind an argument."""
        begin: int = span.start - 1
        if self._text.startswith("{", begin) and self._ends.get(begin) == span.stop + 1:
            return span.stop + 1
        return int(span.stop)

    def _formula(self, opening: str, at: int, end: int) -> int:
        inside = at + (1 if opening == "$" else 2)
        close = formulas.formula_end(self._text, inside, end, opening, self._ends)
        if close is None:
            return inside
        source = self._in_formula(inside, close)
        shown = opening in ("$$", "\\]")
        self._out.append(formulas.displayed(source) if shown else formulas.inline(source))
        return close + len(opening)

    def _in_formula(self, start: int, end: int) -> str:
        """Return a formula's source, its quantities as they are read."""
        pieces: list[str] = []
        at = start
        for match in re.finditer(r"\\([a-zA-Z]+)", self._text[start:end]):
            begin = start + match.start()
            if match[1] in quantities.QUANTITIES and begin >= at:
                read = self._quantity(match[1], start + match.end(), end)
                if read is not None:
                    pieces += (self._text[at:begin], read[0])
                    at = read[1]
        return "".join((*pieces, self._text[at:end]))

    # -- environments ---------------------------------------------------------------------------

    def _begin(self, name: str, start: int, at: int, end: int) -> int:
        known = ENVIRONMENTS.get(name) or ENVIRONMENTS.get(name.rstrip("*"))
        close = self._ends.get(start)
        whole = close is not None and close <= end
        if name in self._agreed.excluded:
            known = Environment("", Kind.HIDDEN)
        if known is not None and known.kind is Kind.HIDDEN:
            return close if whole and close is not None else at
        if known is not None and known.kind is Kind.FORMULA:
            _, at = self._arguments(known.arguments, at, end)
            if not whole or close is None:
                return at
            inside_end = self._text.rfind("\\end", at, close)
            self._out.append(formulas.displayed(self._in_formula(at, inside_end)))
            return close
        bare = name.rstrip("*")
        title = self._agreed.statements.get(bare) or STATEMENTS.get(bare)
        if title or (known is not None and known.kind is Kind.STATEMENT):
            return self._statement(title or bare.capitalize(), name, at, end)
        kind = known.kind if known is not None else Kind.BLOCK
        nested = kind in _LISTS and any(each[1] in _LISTS for each in self._lists)
        self._lists.append((name, kind, 0))
        if kind is not Kind.INLINE and kind not in _LISTS:
            self._out.append(PARAGRAPH)
        elif not nested:
            self._out.append(BREAK)
        if known is None:
            kept, at = self._unknown_arguments(at, end, count=self._own_arguments(name))
        else:
            kept, at = self._arguments(known.arguments, at, end)
        if said := " ".join(filter(None, map(self._said, kept))):
            self._out += (said, PARAGRAPH)
        return at

    def _own_arguments(self, name: str) -> int | None:
        macro = self._macros.get(name)
        return len(macro.arguments) if macro is not None and macro.environment else None

    def _end(self, name: str, at: int) -> int:
        for back in range(1, min(8, len(self._lists)) + 1):
            if self._lists[-back][0] == name:
                kind = self._lists[-back][1]
                del self._lists[-back:]
                if kind is not Kind.INLINE:
                    self._out.append(BREAK if kind in _LISTS else PARAGRAPH)
                return at
        return at

    def _statement(self, title: str, name: str, at: int, end: int) -> int:
        self._lists.append((name, Kind.STATEMENT, 0))
        kept, at = self._arguments("O", at, end)
        given = self._said(kept[0]) if kept else ""
        if title in ("Proof", "Beweis") and given:
            title, given = given, ""
        self._out += (PARAGRAPH, f"{title} ({given}). " if given else f"{title}. ")
        return at

    def _item(self, at: int, end: int) -> int:
        kept, at = self._arguments("O", at, end)
        label = self._said(kept[0]) if kept else ""
        around = [number for number, each in enumerate(self._lists) if each[1] in _LISTS]
        self._out.append(BREAK + INDENT * (len(around) - 1))
        if not around:
            return at
        name, kind, count = self._lists[around[-1]]
        self._lists[around[-1]] = (name, kind, count + (not label))
        if kind is Kind.TERMS:
            self._out.append(f"{label.rstrip(':')}: " if label else "")
        elif label:
            self._out.append(f"{label} ")
        else:
            self._out.append("- " if kind is Kind.ITEMS else f"{count + 1}. ")
        return at

    # -- commands -------------------------------------------------------------------------------

    def _word(self, word: str, at: int, end: int) -> int:
        if special := _SPECIAL.get(word):
            return special(self, at, end)
        if word in _GLOSSARY:
            return self._term(word, at, end)
        if word in quantities.QUANTITIES and (read := self._quantity(word, at, end)):
            self._out.append(read[0])
            return read[1]
        if command := COMMANDS.get(word):
            return self._known(command, at, end)
        if len(word) == 1 and word in ACCENTS:
            return self._accent(word, at, end)
        letter = LETTERS.get(word) or symbols().get(word)
        if letter is not None:
            self._out.append(letter)
            behind = skip_space(self._text, at, end)
            if letter == "…" and behind > at:
                self._space_between(behind)
            return behind
        if word in WORDS:
            self._out.append(WORDS[word])
            return at
        kept, behind = self._unknown_arguments(at, end)
        if kept:
            self._out.append(" ".join(filter(None, map(self._said, kept))))
        elif behind == at and (behind := skip_space(self._text, at, end)) > at:
            self._space_between(behind)
        return behind

    def _space_between(self, at: int) -> None:
        """Where a command and the space behind it go, two words do not become one."""
        last = next((piece for piece in reversed(self._out) if piece), "")
        if (last[-1:].isalnum() or last == "…") and self._text[at : at + 1].isalnum():
            self._out.append(" ")

    def _known(self, command: Command, at: int, end: int) -> int:
        kept, behind = self._arguments(command.arguments, at, end)
        if behind == at:
            behind = skip_space(self._text, at, end)
        if command.template == HIDDEN:
            self._out.append(HIDDEN)
        elif command.template:
            said = [self._said(each) for each in kept]
            self._out.append(command.template.format(*said) if any(said) or not kept else "")
        return behind

    def _said(self, span: slice | None) -> str:
        """Return what an argument says."""
        if span is None or self._depth > DEPTH:
            return ""
        return self.read(span.start, span.stop).strip(" ")

    def _arguments(self, kinds: str, at: int, end: int) -> tuple[list[slice | None], int]:
        """Return those arguments whose text stays, and where the last one ends."""
        kept: list[slice | None] = []
        text = self._text
        if overlay := OVERLAY.match(text, at, end):
            at = overlay.end()
        for kind in kinds:
            span: slice | None = None
            behind = skip_space(text, at, end)
            if kind == "*":
                at = behind + 1 if text.startswith("*", behind) else at
            elif kind in "oO":
                close = self._ends.get(behind) if text.startswith("[", behind) else None
                if close is not None and close <= end:
                    span, at = slice(behind + 1, close - 1), close
            elif kind == "p":
                close = text.find(")", behind, min(end, behind + 80))
                at = close + 1 if text.startswith("(", behind) and close > 0 else at
            elif kind == "d":
                length = LENGTH.match(text, at, end)
                at = length.end() if length else at
            elif (span := argument(text, at, end, self._ends)) is not None:
                at = self._behind(span)
            if kind.isupper():
                kept.append(span)
        return kept, at

    def _unknown_arguments(
        self, at: int, end: int, count: int | None = None
    ) -> tuple[list[slice | None], int]:
        """Return the prose among the arguments of what no table knows, and where they end."""
        text = self._text
        groups: list[slice] = []
        at += text.startswith("*", at)
        while at < end and (count is None or len(groups) < count):
            close = self._ends.get(at)
            if overlay := OVERLAY.match(text, at, end):
                at = overlay.end()
            elif close is not None and close <= end and text[at] in "[{":
                if text[at] == "{":
                    groups.append(slice(at + 1, close - 1))
                at = close
            else:
                break
        if not groups and (length := LENGTH.match(text, at, end)):
            at = length.end()
        several = len(groups) > 1
        kept = [span for span in groups if is_prose(text[span.start : span.stop], several=several)]
        return list(kept), at

    # -- commands with a rule of their own --------------------------------------------------------

    def _caption(self, at: int, end: int) -> int:
        kept, at = self._arguments("*oM", at, end)
        floats = (FLOATS.get(name.rstrip("*")) for name, _, _ in reversed(self._lists))
        label = next(filter(None, floats), "Figure")
        if said := self._said(kept[0]):
            self._out += (PARAGRAPH, f"{label}: {said}", PARAGRAPH)
        return at

    def _caption_of(self, at: int, end: int) -> int:
        kept, at = self._arguments("*MoM", at, end)
        label = self._said(kept[0]).capitalize() or "Figure"
        if said := self._said(kept[1]):
            self._out += (PARAGRAPH, f"{label}: {said}", PARAGRAPH)
        return at

    def _enquote(self, at: int, end: int) -> int:
        outer = 2 * (self._quotes % 2)
        self._quotes += 1
        kept, at = self._arguments("*oM", at, end)
        said = self._said(kept[0])
        self._quotes -= 1
        marks = QUOTES.get(self._agreed.language, ENGLISH_QUOTES)
        self._out.append(f"{marks[outer]}{said}{marks[outer + 1]}")
        return at

    def _address(self, at: int, end: int) -> int:
        span = argument(self._text, at, end, self._ends)
        if span is None:
            return at
        self._out.append(_ADDRESS_ESCAPE.sub(r"\1", self._text[span.start : span.stop]))
        return self._behind(span)

    def _in_mathematics(self, at: int, end: int) -> int:
        span = argument(self._text, at, end, self._ends)
        if span is None:
            return at
        self._out.append(formulas.inline(self._in_formula(span.start, span.stop)))
        return self._behind(span)

    def _xspace(self, at: int, end: int) -> int:
        text = self._text
        ahead = skip_space(text, at, len(text))
        while text.startswith("}", ahead):
            ahead += 1
        following = text[ahead : ahead + 1]
        if following and following not in _XSPACE_STOPS and not text.startswith("\\foot", ahead):
            self._out.append(" ")
        return skip_space(text, at, end)

    def _character(self, at: int, end: int) -> int:
        match = _CHARACTER.match(self._text, at, end)
        if match is None:
            return at
        if match[4]:
            self._out.append(match[4])
        else:
            digits, base = (
                (match[1], 16) if match[1] else (match[2] or match[3], 8 if match[2] else 10)
            )
            number = int(digits[:7], base)
            self._out.append(chr(number) if 32 <= number < 0xD800 else "")
        return match.end()

    def _skip_definition(self, at: int, end: int) -> int:
        brace = self._text.find("{", at, min(end, at + 200))
        return self._ends.get(brace, at)

    def _skip_let(self, at: int, end: int) -> int:
        match = re.compile(r"\s*\\(?:[a-zA-Z@]+|.)\s*=?\s*(?:\\(?:[a-zA-Z@]+|.)|.)").match(
            self._text, at, end
        )
        return match.end() if match else at

    def _skip_path(self, at: int, end: int) -> int:
        r"""Skip ``\tikz … ;`` outside a picture."""
        _, at = self._arguments("o", at, end)
        if self._text.startswith("{", skip_space(self._text, at, end)):
            return self._arguments("m", at, end)[1]
        close = self._text.find(";", at, min(end, at + 2000))
        return close + 1 if close >= 0 else at

    def _skip_input(self, at: int, end: int) -> int:
        if match := re.compile(r"[ ]+[^\s{}\\]+").match(self._text, at, end):
            return match.end()
        return self._arguments("*om", at, end)[1]

    # -- quantities and glossaries ----------------------------------------------------------------

    def _quantity(self, word: str, at: int, end: int) -> tuple[str, int] | None:
        kinds = quantities.QUANTITIES[word]
        kept, behind = self._arguments(
            "o" + "".join("o" if k == "o" else "M" for k in kinds), at, end
        )
        if any(span is None for span in kept) or not self._text.startswith("}", behind - 1):
            return None  # another package's command of this name
        values = [self._text[span.start : span.stop] for span in kept if span is not None]
        return quantities.quantity(kinds.replace("o", ""), values), behind

    def _term(self, word: str, at: int, end: int) -> int:
        kept, at = self._arguments("*oM" + "m" * (word == "glsdisp"), at, end)
        span = kept[0]
        if span is None:
            return at
        key = self._text[span.start : span.stop].strip()
        form = _GLOSSARY[word]
        if form == "shown":
            text = argument(self._text, at, end, self._ends)
            self._out.append(self._said(text))
            return self._behind(text) if text else at
        term = self._agreed.terms.get(key) or Term(key, key)
        said = (term.long or term.short) if "long" in form else term.short
        if "plural" in form:
            said = term.plural or f"{said}s"
        said = plain(said, self._agreed)
        if "full" in form and term.long and term.long != term.short:
            said = f"{plain(term.long, self._agreed)} ({said})"
        self._out.append(said[:1].upper() + said[1:] if word[:1].isupper() else said)
        return at


def plain(source: str, agreed: Conventions) -> str:
    """Return a short piece of source, such as a name, as text."""
    if not re.search(r"[\\{}$~`'\"-]", source):
        return source
    reader = Reader(source, agreed._replace(terms={}), {})
    return " ".join(paragraphs(reader.read(0, len(source))))


_LISTS = (Kind.ITEMS, Kind.NUMBERS, Kind.TERMS)
_GLOSSARY = {
    **dict.fromkeys(("gls", "Gls", "GLS", "ac", "Ac", "acs", "Acs", "glsentryshort"), "short"),
    **dict.fromkeys(("acrshort", "Acrshort", "glsentrytext", "glsentryname", "glsname"), "short"),
    **dict.fromkeys(("glstext", "glssymbol", "glsxtrshort", "iac", "Iac", "glsfirst"), "short"),
    **dict.fromkeys(("glspl", "Glspl", "acp", "Acp", "acsp", "acrshortpl"), "short plural"),
    **dict.fromkeys(("acl", "Acl", "acrlong", "Acrlong", "glsentrylong", "glsxtrlong"), "long"),
    **dict.fromkeys(("aclp", "acrlongpl", "glsdesc"), "long plural"),
    **dict.fromkeys(("acf", "Acf", "acrfull", "Acrfull", "glsxtrfull"), "full"),
    **dict.fromkeys(("glslink", "glsdisp"), "shown"),
}
_SPECIAL: dict[str, Callable[[Reader, int, int], int]] = {
    "item": Reader._item,
    "ex": Reader._item,
    "caption": Reader._caption,
    "subcaption": Reader._caption,
    "captionof": Reader._caption_of,
    "enquote": Reader._enquote,
    "textquote": Reader._enquote,
    "blockquote": Reader._enquote,
    "url": Reader._address,
    "path": Reader._address,
    "nolinkurl": Reader._address,
    "ensuremath": Reader._in_mathematics,
    "xspace": Reader._xspace,
    "char": Reader._character,
    "let": Reader._skip_let,
    "tikz": Reader._skip_path,
    "input": Reader._skip_input,
    **dict.fromkeys(("def", "gdef", "edef", "xdef"), Reader._skip_definition),
}
