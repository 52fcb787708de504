"""What ``real_trees.py`` compares: the pages of two builds, and a section with the text sent."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from bs4 import BeautifulSoup, Tag

RAW = re.compile(r":[a-z:+-]+:`|\{[a-z:-]+\}`|^\.\. [\w:-]+::|"
                 r"^(?:`{3}|:{3})\{|</?(?:div|span|p|a)\b|\]\(|`_\b|\0",
                 re.MULTILINE)  # fmt: skip
"""What looks like markup that was not read."""
FURNITURE = (
    ".headerlink, .copybtn, .viewcode-link, .viewcode-back, .linenos, script, style, noscript,"
    " .footnote-list, .citation-list, aside.footnote, .sphinx-tabs-tab[aria-hidden],"
    " .toctree-wrapper, .caption-number, .sd-hide-link-text, .contents, nav, .docutils.footnote,"
    " .footnote-reference, .system-message, .backlinks, .colon, .eqno"
)
"""What a page shows that is not its author's text, or stands apart from it."""
OPTIONAL = ".admonition-title, .versionmodified, dl.field-list > dt, summary, .rubric, .enumerated"
"""What may be Sphinx's words or the author's, and is sent as it is written."""
BLOCKS = ["p", "li", "button", "div", "td", "th", "dt", "dd", "summary", "label", "pre"]
"""What stands apart from the words before and after it."""
FIELDS = "param type rtype returns raises Returns Raises Parameters"
"""Fields, which are sent as an author writes them and shown as Sphinx words them."""
PROMPT = re.compile(r"^Sketch \d+ of ")
TYPED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "--", "—": "---", "…": "..."})
LATEX_FIGURE = re.compile(
    r"\n\\begin\{figure\}(?:(?!\\end\{figure\}).)*(?:--[\w-]+-\w{12}|sketch).*?\\end\{figure\}\n",
    re.DOTALL,
)


def seen(section: Tag) -> tuple[str, str, str]:
    """Return the title of a section, what a reader sees of it, and what may be Sphinx's own."""
    copy = BeautifulSoup(str(section), "lxml")
    for image in copy.find_all("img", alt=PROMPT):
        (image.find_parent("figure") or image).decompose()
    for furniture in copy.select(FURNITURE):
        furniture.decompose()
    for block in copy.find_all(BLOCKS):
        block.append("\n")
    title = copy.find(re.compile(r"^h[1-6]$"))
    heading = title.get_text() if title else ""
    alts = " ".join(str(image.get("alt") or "") for image in copy.find_all("img"))
    optional = f"{FIELDS} " * 99 + alts
    for numbered in copy.find_all("ol"):
        start = int(str(numbered.get("start", "1")))
        items = len(numbered.find_all("li", recursive=False))
        optional += " " + " ".join(map(str, range(start, start + items)))
    for words_of_sphinx in copy.select(OPTIONAL):
        optional += " " + words_of_sphinx.get_text()
        words_of_sphinx.decompose()
    return heading, copy.get_text(), optional


def squeezed(text: str) -> str:
    """Return a text without its spaces, and with the quotes of a keyboard."""
    return "".join(text.translate(TYPED).split())


def words(text: str) -> Counter[str]:
    """Return the words of a text."""
    return Counter(re.findall(r"\w+", text))


def without_figures(html: str) -> str:
    """Return a page without its generated figures."""
    figure = r"<figure(?:(?!</figure>).)*?alt=\"Sketch \d+ of .*?</figure>\n?"
    return re.sub(figure, "", html, flags=re.DOTALL)


def settled(html: str) -> str:
    """Return a page without its empty lines, and without what a build counts or dates."""
    html = re.sub(r"0x[0-9a-f]{8,}|\?v=[0-9a-f]{8}|\b[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}", "", html)
    return re.sub(r"\n\s*", "\n", html)


def same_pages(first: Path, second: Path, report: Path) -> bool:
    """Return whether two builds wrote the same pages and pictures."""
    names = [path.relative_to(first) for path in first.rglob("*") if path.is_file()]
    different = [
        str(name)
        for name in sorted(names)
        if name.suffix in (".html", ".png") and "_modules" not in name.parts
        if not (second / name).exists() or content(first / name) != content(second / name)
    ]
    report.write_text("\n".join(different))
    return not different


def content(path: Path) -> bytes | str:
    """Return what a build wrote, without what every build writes anew."""
    return (
        settled(path.read_text(encoding="utf-8")) if path.suffix == ".html" else path.read_bytes()
    )
