"""An author who edits a project at random: the same seed, the same life of the project."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sphinx_docs import CONF, Docs

BUILDERS = (*("html",) * 5, "dirhtml", "singlehtml", "epub", "latex", "text", "man", "pseudoxml")
SETTINGS: dict[str, tuple[object, ...]] = {
    "paperbanana_on_text_change": ("keep", "regenerate"),
    "paperbanana_mode": ("generate", "generate", "offline"),
    "paperbanana_max_credits": (100_000, 100_000, 6),
    "paperbanana_style": (None, "Flat colours."),
    "paperbanana_label": (True, False),
    "paperbanana_require_alt": (False, True),
    "paperbanana_defaults": ({}, {"resolution": "2K"}),
    "paperbanana_picture_builders": ((), ("pseudoxml",)),
    "numfig": (True, False),
    "stage": ("early", "late"),
    "todo_include_todos": (False, True),
}
"""What may be set, with its values; the first is what a project begins with."""
OPTIONS = (
    {},
    {"resolution": "2K"},
    {"variant": "1"},
    {"type": "standard", "model": "nano-banana-pro"},
    {"style": "none"},
    {"on-text-change": "regenerate"},
    {"resolution": "3K"},  # wrong
)
SHOWN = ({}, {"alt": "In words"}, {"alt": ""}, {"width": "50%"}, {"scale": "40"}, {"width": "90px"})
AROUND = (
    "",
    ".. only:: html",
    ".. only:: not html",
    ".. only:: draft",
    ".. ifconfig:: stage == 'late'",
)
CONTEXTS = ("section", "section", "document", "label:alpha", "body")
LAYOUT = """\
{%- extends "basic/layout.html" %}
{%- block linktags %}{% endblock %}
{%- block relbar1 %}{% endblock %}{% block relbar2 %}{% endblock %}
{%- block sidebar2 %}{% endblock %}{% block sidebar1 %}{% endblock %}
"""
"""Without titles of other pages, which Sphinx itself leaves as they were."""


@dataclass
class Fig:
    """A figure, as it is written."""

    prompt: str
    name: str
    caption: str = ""
    context: str = "section"
    options: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    around: str = ""
    from_file: bool = False

    def text(self) -> str:
        """Return its directive."""
        options = {**self.options, **self.shown, "context": self.context}
        options |= {"caption": self.caption} if self.caption else {}
        options |= {"name": self.name} if self.name else {}
        options |= {"prompt-file": f"/{self.prompt}.txt"} if self.from_file else {}
        lines = [f".. paperbanana:: {'' if self.from_file else self.prompt}".rstrip()]
        lines += [f"   :{name}: {value}".rstrip() for name, value in options.items()]
        lines += ["", "   What it is drawn from."] if self.context == "body" else []
        if self.around:
            lines = [self.around, "", *(f"   {line}" for line in lines)]
        return "\n".join(lines) + "\n"


@dataclass
class Page:
    """A page: sections of text with figures between."""

    number: int
    words: list[str] = field(default_factory=lambda: ["Water flows.", "It turns."])
    figures: list[Fig] = field(default_factory=list)
    has_list: bool = False
    has_part: bool = False

    def text(self) -> str:
        """Return its source."""
        label = "alpha" if self.number == 1 else f"page-{self.number}"
        parts = [f".. _{label}:\n", f"Page {self.number}\n=======\n", f"{self.words[0]}\n"]
        parts += [figure.text() for figure in self.figures[::2]]
        parts += [f"Second of {self.number}\n-----------\n", f"{self.words[1]} |release|\n"]
        parts += [figure.text() for figure in self.figures[1::2]]
        parts += [".. include:: /part.inc\n"] if self.has_part else []
        parts += [".. paperbanana-list::\n"] if self.has_list else []
        return "\n".join(parts)


class Author:
    """Edits a project; ``told`` says what was done, for whoever reads a failure."""

    def __init__(self, docs: Docs, seed: int) -> None:
        self.docs = docs
        self.random = Random(seed)
        self.pages: dict[str, Page] = {}
        self.settings = {name: values[0] for name, values in SETTINGS.items()}
        self.part = Fig("Part", "fig-part")
        self.count = 0
        self.told: list[str] = []
        docs.write("_templates/layout.html", LAYOUT)
        for _ in range(2):
            self.add_page()
        for _ in range(3):
            self.add_figure()
        self.write()

    def edit(self) -> None:
        """Do one thing, or a few."""
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            edit = self.random.choice(EDITS)
            self.told.append(edit.__name__)
            edit(self)
        self.write()

    def build(self) -> tuple[str, int, tuple[str, ...]]:
        """Return with which builder, how many processes and which tags to build next."""
        jobs = self.random.choice((0, 0, 0, 2))
        tags = self.random.choice(((), (), ("draft",)))
        builder = self.random.choice(BUILDERS)
        self.told.append(f"build {builder} -j{jobs} {tags}")
        return builder, jobs, tags

    def write(self) -> None:
        """Write what differs from what is there, as an editor would."""
        names = "".join(f"   {name}\n" for name in sorted(self.pages))
        files = {f"{name}.rst": page.text() for name, page in self.pages.items()}
        files["index.rst"] = f"Start\n=====\n\nHello.\n\n.. toctree::\n\n{names}"
        files["part.inc"] = f"Of the part.\n\n{self.part.text()}"
        settings = "".join(f"{name} = {value!r}\n" for name, value in self.settings.items())
        files["conf.py"] = (
            f"{CONF}extensions += ['sphinx.ext.ifconfig', 'sphinx.ext.todo']\nrelease = '1'\n"
            "templates_path = ['_templates']\nexclude_patterns = ['_*']\n"
            "man_pages = [('index', 'test', 'Test', 'us', 1)]\nhtml_copy_source = False\n"
            f"def setup(app): app.add_config_value('stage', '', 'env')\n{settings}"
        )
        for figure in self.figures():
            if figure.from_file:
                files[f"{figure.prompt}.txt"] = f"{figure.prompt}, from a file"
        for path in self.docs.src.glob("*.rst"):
            if path.name not in files:
                path.unlink()
                for left in self.docs.out.glob(f"*/{path.stem}*"):  # Sphinx itself leaves it
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
        for name, text in files.items():
            path = self.docs.src / name
            if not path.exists() or path.read_text() != text:
                self.docs.write(name, text)

    def figures(self) -> list[Fig]:
        """Return every figure of the project."""
        return [*(each for page in self.pages.values() for each in page.figures), self.part]

    def a_page(self) -> Page:
        return self.pages[self.random.choice(sorted(self.pages))]

    def a_figure(self) -> Fig:
        return self.random.choice(self.figures())

    def a_number(self) -> int:
        self.count += 1
        return self.count

    # -- edits --------------------------------------------------------------------------------

    def add_page(self) -> None:
        number = self.a_number()
        self.pages[f"p{number}x"] = Page(number)

    def delete_page(self) -> None:
        if len(self.pages) > 2:
            del self.pages[self.random.choice(sorted(self.pages))]

    def rename_page(self) -> None:
        old, new = self.random.choice(sorted(self.pages)), f"p{self.a_number()}x"
        self.pages[new] = self.pages.pop(old)

    def add_figure(self) -> None:
        number = self.a_number()
        name = f"fig-{number}" if self.random.random() < 0.7 else ""
        self.a_page().figures.append(Fig(f"Prompt {number}", name))

    def copy_figure(self) -> None:
        figure = self.a_figure()
        self.a_page().figures.append(Fig(figure.prompt, "", options=dict(figure.options)))

    def delete_figure(self) -> None:
        page = self.a_page()
        if page.figures:
            page.figures.pop(self.random.randrange(len(page.figures)))

    def move_figure(self) -> None:
        page = self.a_page()
        if page.figures:
            figure = page.figures.pop(self.random.randrange(len(page.figures)))
            figures = self.a_page().figures
            figures.insert(self.random.randint(0, len(figures)), figure)

    def rename_figure(self) -> None:
        self.a_figure().name = f"fig-{self.a_number()}"

    def change_prompt(self) -> None:
        self.a_figure().prompt = f"Prompt {self.a_number()}"

    def change_options(self) -> None:
        self.a_figure().options = dict(self.random.choice(OPTIONS))

    def change_context(self) -> None:
        figure = self.a_figure()
        figure.context = self.random.choice(CONTEXTS)

    def change_looks(self) -> None:
        figure = self.a_figure()
        figure.shown = dict(self.random.choice(SHOWN))
        figure.caption = self.random.choice(("", f"Caption {self.a_number()}"))

    def change_condition(self) -> None:
        self.a_figure().around = self.random.choice(AROUND)

    def change_file(self) -> None:
        figure = self.a_figure()
        figure.from_file = not figure.from_file

    def change_text(self) -> None:
        words = self.a_page().words
        words[self.random.randrange(2)] = f"Words {self.a_number()}."

    def change_part(self) -> None:
        page = self.a_page()
        is_first = not any(each.has_part for each in self.pages.values())
        page.has_part = is_first and not page.has_part

    def change_list(self) -> None:
        page = self.a_page()
        page.has_list = not page.has_list

    def change_setting(self) -> None:
        name = self.random.choice(sorted(SETTINGS))
        self.settings[name] = self.random.choice(SETTINGS[name])

    def touch(self) -> None:
        self.write()
        self.random.choice(sorted(self.docs.src.glob("*.*"))).touch()

    def delete_output(self) -> None:
        outputs = sorted(path for path in self.docs.out.rglob("*") if _is_own_output(path))
        if outputs:
            self._remove(self.random.choice(outputs))

    def delete_folder(self) -> None:
        folders = (*self.docs.out.glob("*"), *self.docs.out.glob("*/_images"), self.docs.figures)
        if there := sorted(path for path in folders if path.is_dir()):
            self._remove(self.random.choice(there))

    def delete_picture(self) -> None:
        if there := sorted(self.docs.figures.glob("*")):
            self._remove(self.random.choice(there))

    def _remove(self, path: Path) -> None:
        self.told.append(f"rm {path.relative_to(self.docs.folder)}")
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_own_output(path: Path) -> bool:
    """Whether a file is a page, a picture, or a doctree: the rest is not made again by Sphinx."""
    if path.is_dir():
        return False
    is_page = path.suffix in (".html", ".txt", ".pseudoxml", ".doctree", ".pickle")
    return "_static" not in path.parts and (
        is_page or path.parent.name == "_images" or "paperbanana" in path.name
    )


EDITS = (
    *(Author.add_page, Author.delete_page, Author.rename_page),
    *(Author.add_figure, Author.add_figure, Author.copy_figure, Author.delete_figure),
    *(Author.move_figure, Author.move_figure, Author.rename_figure, Author.change_prompt),
    *(Author.change_options, Author.change_options, Author.change_context, Author.change_looks),
    *(Author.change_condition, Author.change_file, Author.change_text, Author.change_text),
    *(Author.change_part, Author.change_list, Author.change_setting, Author.change_setting),
    *(Author.touch, Author.delete_output, Author.delete_folder, Author.delete_picture),
)
