"""The same page in reStructuredText and in Markdown."""

from __future__ import annotations

from sphinx_docs import Docs


class Language:
    """How a page is written in one of the two languages."""

    def __init__(self, ending: str) -> None:
        self.ending = ending
        self.is_rst = ending == "rst"

    def title(self, text: str) -> str:
        return f"{text}\n{'=' * len(text)}\n\n" if self.is_rst else f"# {text}\n\n"

    def section(self, text: str) -> str:
        return f"{text}\n{'-' * len(text)}\n\n" if self.is_rst else f"## {text}\n\n"

    def label(self, name: str) -> str:
        return f".. _{name}:\n\n" if self.is_rst else f"({name})=\n"

    def figure(self, prompt: str = "", options: str = "", body: str = "") -> str:
        lines = options.strip().splitlines()
        body_lines = ["", *body.splitlines()] if body else []
        if self.is_rst:
            inner = "".join(f"   {line}\n" if line else "\n" for line in [*lines, *body_lines])
            return f".. paperbanana:: {prompt}".rstrip() + f"\n{inner}\n"
        inner = "".join(f"{line}\n" for line in [*lines, *body_lines])
        return f"```{{paperbanana}} {prompt}".rstrip() + f"\n{inner}```\n\n"


def write(docs: Docs, lang: Language, *parts: str, name: str = "index") -> str:
    """Write a page of a title, a sentence and the parts; return its path as warnings show it."""
    text = lang.title("Title") + "Some text.\n\n" + "".join(parts)
    docs.write(f"{name}.{lang.ending}", text)
    return f"{docs.src}/{name}.{lang.ending}"


def line_of(docs: Docs, lang: Language, piece: str) -> int:
    text = (docs.src / f"index.{lang.ending}").read_text()
    return text[: text.index(piece)].count("\n") + 1
