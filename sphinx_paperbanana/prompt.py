"""What a prompt is as it stands in a page: what does not belong to it, and MyST's substitutions."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

_OPTION = re.compile(r"[ \t]*:([a-zA-Z][\w-]*)(?::(?!`)|[ \t]|$)")
"""What an author may have meant as an option, well written or not; no role."""
_NO_COLON = re.compile(r"[ \t]*([a-z][a-z-]*):(?:[ \t]|$)")
"""An option without its first colon, which may stand below a prompt and not begin one."""


def problems_of_prompt(argument: str, options: Container[str]) -> list[str]:
    """Return what in a directive's argument looks like something else than a prompt."""
    problems = []
    for number, line in enumerate(argument.splitlines()):
        match = _OPTION.match(line) or (_NO_COLON.match(line) if number else None)
        if "<!--" in line or (number and re.match(r"[ \t]*(?:\.\.|[%#])[ \t]", line)):
            problems.append(
                f"prompt: it holds {line.strip()[:80]!r}, which looks like a comment, and would be"
                " sent; remove it, or write the prompt as :prompt:"
            )
        elif match and match[1].lower() in options:
            goes_on = "goes on" if number else "begins"
            problems.append(
                f"prompt: it {goes_on} with {line.strip()[:80]!r}, which looks like an option;"
                f" write it as :{match[1].lower()}: and its value, or the prompt as :prompt:"
            )
    return problems


def filled_in_by_myst(text: str, state: Any, env: BuildEnvironment) -> str:  # noqa: ANN401
    """Return a text with what MyST shows for substitutions, which it does not look for in prompts.

    Raises whatever the author's expressions raise.
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
        said = environment.from_string(f"{{{{{found[1]}}}}}").render(known)
        return pattern.sub(words, said)

    return pattern.sub(words, text)


def is_in_myst_substitution(state: Any, config: Config) -> bool:  # noqa: ANN401
    """Return whether a directive stands in a substitution that conf.py has for all pages."""
    used: set[str] = getattr(state.document, "sub_references", set())
    return not used.isdisjoint(config.myst_substitutions)
