"""Languages: what translators get, what their readers see, and what is bought for them."""

from __future__ import annotations

import os
import subprocess
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po, write_po
from program_forks import forked
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs, orders, prompts
from sphinx_intl import basic as intl
from sphinx_languages import Language, write

WORDS = {
    "Title": "Titel",
    "Some text.": "Etwas Text.",
    "A pump with its valve": "Eine Pumpe mit Ventil",
    "A map": "Eine Karte",
    "The stages": "Die Stufen",
    "More of it.": "Mehr davon.",
    "In words": "In Worten",
    "What it does.": "Was sie tut.",
    "And how.": "Und wie.",
    "Section": "Abschnitt",
    "See Other.": "Siehe Other.",
    "The other page": "Die andere Seite",
    "See :ref:`there`.": "Siehe :ref:`there`.",
}
FIGURES = (
    (
        "A pump with its valve",
        ":name: pump\n:alt: In words\n:caption: The stages\n:legend: More of it.",
    ),
    ("A map", ":name: map"),
    ("Untranslated", ":name: plain"),
)


class Translated(Docs):
    """A project with a German catalog, as sphinx-intl makes and compiles it."""

    def translate(self, words: dict[str, str] = WORDS, language: str = "de") -> str:
        """Extract what is to be translated, and translate what ``words`` has; return the .pot."""
        built = copy(self)
        built.out = self.folder / "pot"  # Sphinx wants a doctree folder apart for it
        templates = built.build("gettext", strict=True).outdir
        intl.update(os.fspath(self.src / "locale"), os.fspath(templates), (language,))
        for path in self.src.glob(f"locale/{language}/LC_MESSAGES/*.po"):
            with path.open("rb") as file:
                catalog = read_po(file, locale=language)
            for message in catalog:
                if message.id in words:
                    message.string = words[str(message.id)]
            with path.open("wb") as file:
                write_po(file, catalog)
        intl.build(os.fspath(self.src / "locale"), os.fspath(self.src / "locale"), (language,))
        return "\n".join(path.read_text() for path in sorted(templates.glob("*.pot")))

    def german(
        self, builder: str = "html", *, jobs: int = 0, fresh: bool = False, **settings: Any
    ) -> Build:
        """Build it in German, into folders of its own."""
        built = copy(self)
        built.out = self.folder / "out-de"
        given = {"language": "de", **settings}
        return built.build(builder, overrides=given, strict=True, jobs=jobs, fresh=fresh)


@pytest.fixture
def docs(tmp_path: Path) -> Translated:
    made = Translated(tmp_path)
    made.conf("locale_dirs = ['locale']\nexclude_patterns = ['locale']\nnumfig = True")
    return made


def test_captions_alts_legends_and_prompts_are_translated_and_nothing_is_bought(
    docs: Translated, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, *(lang.figure(*each) for each in FIGURES))
    english = docs.build(strict=True)
    requests = len(use_sandbox.log())
    template = docs.translate()
    for message in ("The stages", "More of it.", "In words", "A map", "Untranslated"):
        assert f'msgid "{message}"' in template
    assert "A pump with its valve" not in template, "no reader meets it"
    german = docs.german()
    html = german.read("index.html")
    for word in ("Etwas Text.", "Die Stufen", "Mehr davon."):
        assert word in html
    for alt in ("In Worten", "Eine Karte", "Untranslated"):
        assert f'alt="{alt}"' in html
    assert "raw" not in html
    assert set(german.images) == set(english.images)
    latex = docs.german("latex").outdir
    text = next(latex.glob("*.tex")).read_text()
    assert r"\caption{Die Stufen}" in text
    assert "Mehr davon." in text
    assert len(use_sandbox.log()) == requests


def test_with_translate_a_language_has_pictures_of_its_own_beside_the_sources(
    docs: Translated, lang: Language, use_sandbox: SandboxProcess
) -> None:
    docs.conf("paperbanana_translate = True")
    body = "What it does.\n\nAnd how."
    written = lang.figure("A pump with its valve", ":name: own\n:context: body", body)
    write(docs, lang, *(lang.figure(*each) for each in FIGURES), written)
    english = docs.build(strict=True)
    assert len(prompts(use_sandbox)) == 4
    template = docs.translate()
    assert "A pump with its valve" in template
    files = {path.name for path in docs.figures.iterdir()}
    german = docs.german()
    bought = orders(use_sandbox)[4:]
    assert sorted(each["prompt"] for each in bought) == [
        "Eine Karte",
        "Eine Pumpe mit Ventil",
        "Eine Pumpe mit Ventil",
    ]
    texts = {each["options"]["content"] for each in bought}
    assert texts == {"Titel\n\nEtwas Text.", "Was sie tut.\n\nUnd wie."}
    assert files < {path.name for path in docs.figures.iterdir()}, "the source's stay"
    shown = set(german.images)
    assert len(shown) == 4
    assert len(shown & set(english.images)) == 1, "the untranslated one"
    requests = len(use_sandbox.log())
    assert set(docs.german(jobs=2, fresh=True).images) == shown
    assert set(docs.build(strict=True).images) == set(english.images)
    latex = docs.german("latex")
    assert len(list(latex.outdir.glob("*.png"))) == 4
    assert len(use_sandbox.log()) == requests


def test_the_option_decides_for_one_figure(docs: Translated, use_sandbox: SandboxProcess) -> None:
    rst = Language("rst")
    write(
        docs,
        rst,
        rst.figure("A pump with its valve", ":translate: true"),
        rst.figure("A map", ":translate: false"),
    )
    docs.build(strict=True)
    docs.translate()
    docs.german(paperbanana_translate=False)
    assert prompts(use_sandbox)[2:] == ["Eine Pumpe mit Ventil"]
    docs.german(paperbanana_translate=True)
    assert len(prompts(use_sandbox)) == 3
    write(docs, rst, rst.figure("A map", ":translate: perhaps"))
    assert any("translate: 'perhaps' cannot be read (" in line for line in docs.build().lines)


def test_a_translated_text_has_translated_titles_and_labelled_sections(
    docs: Translated, use_sandbox: SandboxProcess
) -> None:
    docs.conf("paperbanana_translate = True")
    docs.write(
        "index.rst",
        "Title\n=====\n\nSee :ref:`there`.\n\n.. paperbanana:: A map\n   :name: a\n\n"
        ".. paperbanana:: A pump with its valve\n   :context: label:there\n\n"
        ".. toctree::\n\n   other\n",
    )
    docs.write("other.rst", ".. _there:\n\nThe other page\n==============\n\nSome text.\n")
    docs.build(strict=True)
    docs.translate()
    docs.german()
    texts = [each["options"]["content"] for each in orders(use_sandbox)]
    assert sorted(texts[:2]) == ["The other page\n\nSome text.", "Title\n\nSee The other page."]
    assert sorted(texts[2:]) == [
        "Die andere Seite\n\nEtwas Text.",
        "Titel\n\nSiehe Die andere Seite.",
    ]


def test_the_translations_figures_are_not_unused_in_the_source(
    docs: Translated, use_sandbox: SandboxProcess
) -> None:
    rst = Language("rst")
    docs.conf("paperbanana_translate = True")
    write(docs, rst, *(rst.figure(*each) for each in FIGURES))
    docs.build()
    docs.translate()
    docs.german()
    before = sorted(path.name for path in docs.figures.iterdir())
    for settings in ((), ("-D", "language=de")):
        pruned = subprocess.run(
            [forked("pbfigure"), "prune", "src", "--yes", *settings],
            cwd=docs.folder,
            env={**os.environ, "XDG_CACHE_HOME": str(docs.folder / "user")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert pruned.returncode == 0, pruned.stderr
    assert sorted(path.name for path in docs.figures.iterdir()) == before
    plan = subprocess.run(
        [forked("pbfigure"), "plan", "src", "-D", "language=de"],
        cwd=docs.folder,
        env={**os.environ, "XDG_CACHE_HOME": str(docs.folder / "user")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "pump@de" in plan.stdout
    assert plan.returncode == 0


def test_one_directive_on_two_pages_is_one_figure_in_each_language(
    docs: Translated, use_sandbox: SandboxProcess
) -> None:
    docs.conf("paperbanana_translate = True")
    docs.write("pump.txt", ".. paperbanana:: A pump with its valve\n")
    docs.write(
        "index.rst",
        "Title\n=====\n\nSome text.\n\n.. include:: pump.txt\n\n.. toctree::\n\n   two\n",
    )
    docs.write("two.rst", "Section\n=======\n\n.. include:: pump.txt\n")
    docs.build(strict=True)
    docs.translate()
    german = docs.german()
    assert [(each["prompt"], each["options"]["content"]) for each in orders(use_sandbox)] == [
        ("A pump with its valve", "Title\n\nSome text."),
        ("Eine Pumpe mit Ventil", "Titel\n\nEtwas Text."),
    ]
    assert 'alt="Eine Pumpe mit Ventil"' in german.read("two.html")
    assert "1 figure: 1 present" in german.status
