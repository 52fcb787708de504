"""What a prompt and a body are as they stand in a page: what does not belong to them, roles, and
MyST's substitutions.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

_OPTION = re.compile(r"[ \t]*:[ \t]?([a-zA-Z][\w-]*)(?::(?!`)|[ \t]|$)")
"""What an author may have meant as an option, well written or not; no role."""
_NO_COLON = re.compile(r"[ \t]*([a-z][a-z-]*):(?:[ \t]|$)")
"""An option without its first colon, which may stand below a prompt and not begin one."""
_WITHIN = re.compile(r"\s:([a-z][a-z-]*):(?=\s|$)")
"""An option on one line with the prompt."""
_MARKUP = re.compile(r"[ \t]*(?:(?:\.\.|[%#])[ \t]|`{3}|~{3}|:{3})")
_FILE = re.compile(r"https?://\S+|\S+\.(?:png|jpe?g|gif|svgz?|webp|pdf|eps|\*)", re.IGNORECASE)
_GOES_ON = re.compile(r"^[ \t]*:([a-z][a-z-]*):.*\n([ \t]+[^:\s].*)", re.MULTILINE)
"""An option, and a line that goes on with it: to reStructuredText one value, not so to MyST."""
_BODY_MARKUP = re.compile(r"^[ \t]*(?:\.\.(?:\s|$)|%|<!--|(?:`{3,}|:{3,})\{)", re.MULTILINE)
"""A directive or a comment: words of the latter are nobody's to read."""
_ROLE = re.compile(
    r"(?:\\\s)?(?<![`\\])(?:(?<!\w):([a-z][\w:.+-]*):|\{([a-z][\w:.+-]*)\})`([^`]+)`(?:\\\s)?"
)
"""Escaped spaces, of which nothing is shown, part a role from the word that it stands in."""
_LITERAL = ("code", "kbd", "literal", "math", "samp")
"""Roles without a target: ``<…>`` is of their text."""
_NUMBERED = ("cve", "cwe", "pep", "rfc")
"""Roles that show their name before a number."""
_SHOW_OTHER_WORDS = ("doc", "eq", "numref", "ref")
"""Roles that show a title or a number, unless they have a text of their own."""


def problems_of_prompt(argument: str, options: Container[str]) -> list[str]:
    """Return what in a directive's argument looks like something else than a prompt."""
    problems = []
    if _FILE.fullmatch(argument.strip()):
        problems.append("prompt: it is the address of a file; write what the picture is to show")
    for number, line in enumerate(argument.splitlines()):
        match = _OPTION.match(line) or (_NO_COLON.match(line) if number else None)
        if not (match and match[1].lower() in options):
            match = next((m for m in _WITHIN.finditer(line) if m[1] in options), None)
        if "<!--" in line or (number and _MARKUP.match(line)):
            what = "directive" if re.search("`{3}|~{3}|::", line) else "comment"
            problems.append(
                f"prompt: it holds {line.strip()[:80]!r}, which looks like a {what}, and would be"
                " sent; remove it, or write the prompt as :prompt:"
            )
        elif match:
            goes_on = "goes on" if number or match.re is _WITHIN else "begins"
            said = line[match.start() :].strip()[:80]
            problems.append(
                f"prompt: it {goes_on} with {said!r}, which looks like an option; write it as"
                f" :{match[1].lower()}: and its value, or the prompt as :prompt:"
            )
    return problems


def problems_of_end(state_machine: Any) -> list[str]:  # noqa: ANN401
    """Return what stands in reStructuredText directly below a block, where it was to go on."""
    at = state_machine.line_offset
    lines = [line.rstrip() for line in state_machine.input_lines[at : at + 2]]
    is_over = len(lines) < 2 or not all(lines)
    if is_over or re.match(r"(?:\.\.|__)(?:\s|$)", lines[1]):  # what docutils allows there
        return []
    return [
        f"prompt: below it stands {lines[1][:80]!r}, which is not indented; indent it if it belongs"
        " to the figure, or leave a blank line before it"
    ]


def problems_of_body(
    body: str, context: str | None, options: Container[str], *, fence: str
) -> list[str]:
    """Return why the text in a block is not surely meant to be drawn from; ``fence`` is MyST's.

    One paragraph may as well be a caption, as in ``figure``, or a paragraph of the page that is
    indented by accident; a directive would be sent as markup. So both have to be asked for; two or
    more paragraphs speak for themselves.
    """
    if not body.strip():
        is_asked_for = context == "body"
        return ["context: body asks for the text in the block; there is none"] * is_asked_for
    match = _GOES_ON.search(fence)
    if match and match[1] in options:
        return [
            f"{match[1]}: MyST takes one line of it, and {match[2].strip()[:80]!r} for text to draw"
            " from; write it on one line, or the options between two lines of ---"
        ]
    if option := _option_in(body, options):
        return [
            f"body: it holds what looks like the option :{option}:; options stand directly below"
            " the prompt, with no blank line between"
        ]
    if context not in (None, "body", "none"):
        return [
            f"context: it is {context[:80]!r}, but the block has a text of its own; remove one of"
            " them, or write :context: body"
        ]
    is_doubtful = _BODY_MARKUP.search(body) or not re.search(r"\n[ \t]*\n", body)
    if context is None and is_doubtful:
        return [
            "body: one paragraph, or what holds a directive or a comment, is not taken for the text"
            " to draw from. For a caption write :caption:; if it belongs to the page, indent it no"
            " deeper than the directive; to draw from it add :context: body"
        ]
    return []


def _option_in(body: str, options: Container[str]) -> str | None:
    """Return the name of an option in a body, or None."""
    for number, line in enumerate(body.splitlines()):
        match = re.match(r":([a-z][a-z-]*):(\s|$)", line if number else line.lstrip())
        if match and (number == 0 or match[1] in options):
            return match[1]
    return None


def without_roles(text: str) -> str:
    """Return a text with the words of its roles; raise ValueError where those stand elsewhere."""

    def words(role: re.Match[str]) -> str:
        name, said = role[1] or role[2], role[3]
        titled = re.fullmatch(r"(.+?)\s*<[^<>]+>", said, re.DOTALL)
        if titled and name not in _LITERAL:
            return titled[1]
        if name in _SHOW_OTHER_WORDS:
            raise ValueError(f"{role[0][:80]} shows words of another place; write those")
        if name in _NUMBERED:
            return f"{name.upper()} {said}"
        if name in ("guilabel", "menuselection"):
            return re.sub(r"&(?=\w)", "", said).replace("-->", "\N{TRIANGULAR BULLET}")
        return said.rpartition(".")[2] if said.startswith("~") else said.removeprefix("!")

    return _ROLE.sub(words, text)


def filled_in_by_myst(text: str, state: Any, env: BuildEnvironment) -> str:  # noqa: ANN401
    """Return a text with what MyST shows for substitutions, which it does not look for in prompts.

    Raises ValueError for whatever the author's expressions raise, and for a version or a day.
    """
    config = state._renderer.md_config
    opening, closing = (re.escape(sign * 2) for sign in config.sub_delimiters)
    pattern = re.compile(f"{opening}(.+?){closing}", re.DOTALL)
    if "substitution" not in config.enable_extensions or not pattern.search(text):
        return text
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined)  # noqa: S701 - words, no HTML
    known = {**config.substitutions, "env": env}

    def words(found: re.Match[str]) -> str:
        try:
            said = environment.from_string(f"{{{{{found[1]}}}}}").render(known)
        except Exception as error:  # noqa: BLE001 - an expression is code of the author's
            raise ValueError(f"a substitution of MyST cannot be filled in: {error}") from None
        names = re.findall(r"\w+", found[1].lower())
        if not OF_RELEASE.isdisjoint(names) or holds_release(said, env.config):
            raise changing(found[0])
        return pattern.sub(words, said)

    return pattern.sub(words, text)


OF_RELEASE = frozenset(("release", "version", "today"))
"""What Sphinx itself calls them, as names of substitutions."""


def holds_release(text: str, config: Config) -> bool:
    """Return whether a text holds the project's version or release, not as part of a number."""
    return any(
        version and re.search(rf"(?<![\d.]){re.escape(version)}(?!\.?\d)", text)
        for version in (config.version, config.release)
    )


def changing(name: str) -> ValueError:
    """Return the error for a substitution whose words are others with each release, or each day."""
    return ValueError(
        f"{name} stands for a version or a day, and each would buy the figure anew; write the words"
        " that you mean"
    )


def is_in_myst_substitution(state: Any, config: Config) -> bool:  # noqa: ANN401
    """Return whether a directive stands in a substitution that conf.py has for all pages."""
    used: set[str] = getattr(state.document, "sub_references", set())
    return not used.isdisjoint(config.myst_substitutions)
