"""The table of every generated figure, and the plan of what a build would buy."""

from __future__ import annotations

import datetime
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from sandbox_process import SandboxProcess
from sphinx_docs import Docs

import sphinx_paperbanana

INDEX = """\
Contents
========

.. toctree::

   zebra
   apple
   figures
"""


@pytest.fixture
def project(docs: Docs) -> Docs:
    docs.conf("extensions.append('myst_parser')")
    docs.write("index.rst", INDEX)
    docs.write("zebra.rst", "Zebras & co\n===========\n\nText.\n\n.. paperbanana:: A zebra <run>\n")
    docs.write(
        "apple.md",
        "# Apples\n\n```{paperbanana} An apple\n:type: standard\n:model: nano-banana-pro\n"
        ":caption: The apple\n:name: the-apple\n```\n",
    )
    docs.write("figures.rst", "Figures\n=======\n\n.. paperbanana-list::\n")
    return docs


def table(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]*>", "", cell).strip() for cell in row] for row in cells]


def test_the_list_tells_where_what_by_which_model_when_and_for_how_much(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    build = project.build(strict=True)
    html = build.read("figures.html")
    made = datetime.datetime.fromtimestamp(use_sandbox.tasks()[0]["created_at"], datetime.UTC)
    today = made.date().isoformat()
    assert table(html) == [
        ["Where", "Prompt", "Model", "Made on", "Credits"],
        ["Zebras &amp; co", "A zebra &lt;run&gt;", "pipeline", today, "6"],
        ["Apples", "An apple", "nano-banana-pro", today, "10"],
    ]
    for page, anchor in re.findall(r'<td><p><a class="[^"]*" href="(\w+\.html)#([\w-]+)"', html):
        assert f'<figure class="align-default" id="{anchor}"' in build.read(page)
    assert html.count('href="zebra.html#') == 1
    assert 'href="apple.html#the-apple"' in html


def test_the_list_follows_the_figures_and_is_left_alone_otherwise(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    page = project.build().outdir / "figures.html"
    written = page.stat().st_mtime_ns
    project.build(strict=True)
    assert page.stat().st_mtime_ns == written
    project.edit("zebra.rst", "A zebra <run>", "A horse")
    build = project.build(strict=True)
    assert table(build.read("figures.html"))[1][1] == "A horse"
    project.write("zebra.rst", "Zebras\n======\n\nNone.\n")
    assert len(table(project.build(strict=True).read("figures.html"))) == 2
    project.write("apple.md", "# Apples\n\nNone.\n")
    assert "There are no generated figures." in project.build(strict=True).read("figures.html")


def test_the_list_says_what_is_not_known_yet(project: Docs) -> None:
    html = project.build(overrides={"paperbanana_mode": "offline"}).read("figures.html")
    assert table(html)[2] == ["Apples", "An apple", "nano-banana-pro", "–", "–"]


@pytest.mark.parametrize(
    ("builder", "file"),
    [("text", "figures.txt"), ("latex", "test.tex"), ("singlehtml", "index.html"),
     ("man", "test.1"), ("texinfo", "test.texi"), ("xml", "figures.xml")],
)  # fmt: skip
def test_every_builder_sets_the_list(
    project: Docs, use_sandbox: SandboxProcess, builder: str, file: str
) -> None:
    project.conf(
        "man_pages = [('index', 'test', 'Test', 'us', 1)]\n"
        "texinfo_documents = [('index', 'test', 'Test', 'us', 'test', 'T', 'M')]"
    )
    project.build()
    requests = len(use_sandbox.log())
    build = project.build(builder, strict=True)
    text = build.read(file)
    for words in ("Zebras", "A zebra", "An apple", "banana", "Made on"):
        assert words in text
    assert len(use_sandbox.log()) == requests


def test_the_list_takes_part_in_parallel_builds(project: Docs, use_sandbox: SandboxProcess) -> None:
    for number in range(8):
        project.write(f"more{number}.rst", f":orphan:\n\nMore {number}\n======\n\nText.\n")
    build = project.build(jobs=2, strict=True)
    assert len(table(build.read("figures.html"))) == 3


def test_a_picture_that_is_shown_twice_is_one_row_and_credits_are_summed(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    same = ".. paperbanana:: Same\n   :type: standard\n   :model: nano-banana-2\n\n"
    other = ".. paperbanana:: Other\n   :type: standard\n   :model: nano-banana-pro\n\n"
    docs.write("index.rst", f"One\n===\n\n{same}{other}.. toctree::\n\n   two\n   list\n")
    docs.write("two.rst", f"Two\n===\n\n{same}")
    docs.write("list.rst", "List\n====\n\n.. paperbanana-list::\n   :thumbnails:\n")
    build = docs.build(strict=True)
    html = build.read("list.html")
    rows = table(html)
    assert rows[0] == ["Picture", "Where", "Prompt", "Model", "Made on", "Credits"]
    assert [(row[2], row[5]) for row in rows[1:]] == [("Same", "5"), ("Other", "10")]
    assert rows[1][1].split() == ["One", "Two"]
    assert "<p>Pictures: 2. Credits: 15.</p>" in html
    thumbnails = re.findall(
        r'<img width="\d+" height="\d+" alt="" [^>]*src="_images/([^"]*)"', html
    )
    assert len(thumbnails) == 2
    assert set(thumbnails) <= set(build.images)
    tex = docs.build("latex", strict=True).read("test.tex")
    assert "Pictures: 2. Credits: 15." in tex
    assert "Picture\n" not in tex, "thumbnails are for HTML"


def test_the_list_reads_the_request_with_its_defaults(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("paperbanana_defaults = {'type': 'standard', 'model': 'nano-banana-2'}")
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A\n\n.. paperbanana-list::\n")
    html = docs.build(overrides={"paperbanana_mode": "offline"}).read("index.html")
    assert table(html)[1] == ["T", "A", "nano-banana-2", "–", "–"]
    assert "<p>Pictures: 0. Credits: 0.</p>" in html
    docs.build(strict=True)
    assert "nano-banana-2" in docs.build("text", strict=True).read("index.txt")


PROMPT = (
    "β-decay ≥ 5 °C of 日本 🚀👩\u200d🔬, naïve ∆ → Ж ﬁ é \u0301x ẞ α² ≪ ↝ 50 % & _x_ #1 {y} ~z"
)


@pytest.mark.tex
@pytest.mark.parametrize("engine", ["pdflatex", "xelatex"])
def test_the_list_compiles_whatever_is_in_a_prompt(
    docs: Docs, use_sandbox: SandboxProcess, engine: str
) -> None:
    docs.conf(f"latex_engine = {engine!r}")
    if engine == "xelatex":  # with the fonts that every TeX has
        docs.conf("latex_elements = {'fontpkg': ''}")
    docs.write("prompt.txt", PROMPT)
    docs.write(
        "index.rst",
        "T\n=\n\nText.\n\n.. paperbanana::\n   :prompt-file: prompt.txt\n\n.. paperbanana-list::\n",
    )
    build = docs.build("latex", strict=True)
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "test.tex"]
    done = subprocess.run(command, cwd=build.outdir, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-2000:]
    text = subprocess.run(
        ["pdftotext", "-raw", "test.pdf", "-"], cwd=build.outdir, capture_output=True, check=True
    ).stdout.decode()
    assert "-decay" in text
    assert "naïve" in text
    assert "50 % & _x_ #1 {y}" in " ".join(text.split())
    if engine == "pdflatex":
        assert "?" in text, "what the fonts do not have"


@pytest.mark.parametrize(
    ("language", "heading", "words", "todo"),
    [
        ("de", "Erstellt am", "Es gibt keine generierten Abbildungen.", "Was zu tun ist"),
        ("fr", "Créée le", "Il n’y a aucune figure générée.", "Que faire"),
    ],
)
def test_the_list_and_placeholders_speak_the_language_of_the_documents(
    docs: Docs, language: str, heading: str, words: str, todo: str
) -> None:
    docs.conf(f"language = {language!r}")
    docs.write("index.rst", "T\n=\n\nText.\n\n.. paperbanana:: A\n\n.. paperbanana-list::\n")
    build = docs.build()
    assert heading in build.read("index.html")
    (placeholder,) = build.images.values()
    assert todo.upper() in placeholder.decode()
    docs.write("index.rst", "T\n=\n\n.. paperbanana-list::\n")
    assert words in docs.build().read("index.html")


def test_every_message_is_translated_and_compiled() -> None:
    package = Path(sphinx_paperbanana.__file__).parent
    messages = {message for _, _, message, *_ in extract_from_dir(str(package))}
    assert len(messages) > 10
    for folder in sorted((package / "locale").iterdir()):
        base = folder / "LC_MESSAGES" / "sphinx_paperbanana"
        catalog = read_po(io.BytesIO(base.with_suffix(".po").read_bytes()), locale=folder.name)
        assert {message.id for message in catalog if message.id and message.string} == messages
        compiled = read_mo(io.BytesIO(base.with_suffix(".mo").read_bytes()))
        told = "run pybabel compile -d sphinx_paperbanana/locale -D sphinx_paperbanana"
        # not the bytes: the header names the version of Babel
        assert texts(compiled) == texts(catalog), told


def texts(catalog: Catalog) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalog if message.id}


# -- the plan -----------------------------------------------------------------------------------


def test_a_plan_names_what_would_be_bought_and_buys_nothing(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    plan = project.build("paperbanana-plan", strict=True)
    assert use_sandbox.log() == []
    assert plan.statuscode == 1, "a figure is missing"
    assert "+ the-apple 10 credits (new)" in plan.status
    assert re.search(r'\+ zebra:[0-9a-f]{12} 6 credits \(new\)  "A zebra <run>"', plan.status)
    assert "Plan: 2 to buy for 16 sandbox credits." in plan.status
    assert "picture_builders" not in plan.status
    assert list(plan.outdir.rglob("*.html")) == []
    project.build()
    assert project.build("paperbanana-plan").statuscode == 0


def test_a_plan_tells_what_is_there_and_what_changed(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    project.build()
    requests = len(use_sandbox.log())
    project.edit("zebra.rst", "Text.", "Other text.")
    project.edit("apple.md", "An apple", "A pear")
    plan = project.build("paperbanana-plan")
    assert re.search(r"= zebra:[0-9a-f]{12} \(text around it changed, kept\)", plan.status)
    assert '~ the-apple 10 credits (prompt changed: "An apple" → "A pear")' in plan.status
    assert "Plan: 1 to buy for 10 sandbox credits (1 outdated), 1 kept." in plan.status
    assert plan.warnings == ""
    again = project.build(
        "paperbanana-plan", overrides={"paperbanana_on_text_change": "regenerate"}
    )
    assert "2 to buy for 16 sandbox credits (2 outdated)" in again.status
    assert len(use_sandbox.log()) == requests


def test_a_plan_over_the_budget_or_with_a_wrong_figure_ends_with_1(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    plan = project.build("paperbanana-plan", overrides={"paperbanana_max_credits": "12"})
    assert plan.statuscode == 1
    assert "Held: 16 credits are over max_credits (12)" in plan.status
    project.edit("apple.md", ":model: nano-banana-pro", ":model: banana")
    plan = project.build("paperbanana-plan")
    assert plan.statuscode == 1
    said = " ".join(plan.status.split())
    assert "? the-apple (invalid: model: 'banana' is not one of" in said
    assert "apple.md:3" in said


def test_the_table_tells_of_the_picture_that_is_shown_and_numbers_it(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf("numfig = True")
    figure = ".. paperbanana:: A cat\n   :name: pet\n   :caption: A pet\n"
    docs.write("index.rst", "Start\n=====\n\n.. toctree::\n\n   pets\n   list\n")
    docs.write("list.rst", "List\n====\n\n.. paperbanana-list::\n")
    docs.write("pets.rst", f"Pets\n====\n\nText.\n\n{figure}")
    assert "Pets, Fig. 1" in docs.build(strict=True).read("list.html")
    shutil.copy(next(docs.figures.glob("*.png")), docs.src / "plain.png")
    docs.edit("pets.rst", "Text.", "Text.\n\n.. figure:: plain.png\n\n   First")
    assert "Pets, Fig. 2" in docs.build(strict=True).read("list.html")
    docs.edit("pets.rst", "A cat", "A dog")
    html = docs.build(overrides={"paperbanana_mode": "offline"}).read("list.html")
    table = html[html.index("<table") :]
    assert "A cat" in table
    assert "A dog" not in table


def test_what_was_ordered_before_and_is_still_to_be_fetched_costs_a_plan_nothing(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="never")
    project.build(overrides={"paperbanana_build_timeout": "6"})
    ordered = len(use_sandbox.tasks())
    requests = len(use_sandbox.log())
    plan = project.build("paperbanana-plan")
    assert ordered > 0
    assert plan.status.count("(ordered before; fetched, free)") == ordered
    assert f"Plan: nothing to buy, {ordered} to fetch for free" in plan.status
    offline = project.build(overrides={"paperbanana_mode": "offline"})
    assert offline.warnings.count("fetches without paying again") == ordered
    assert len(use_sandbox.log()) == requests


def test_a_plan_counts_a_shared_picture_once_and_heeds_tags(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    figure = ".. paperbanana:: Same\n   :type: standard\n   :model: nano-banana-2\n"
    docs.write("index.rst", f"A\n=\n\n{figure}\n.. toctree::\n\n   two\n")
    docs.write(
        "two.rst",
        f"B\n=\n\nText.\n\n{figure}\n.. only:: latex\n\n   .. paperbanana:: On paper\n",
    )
    plan = docs.build("paperbanana-plan")
    assert "Plan: 2 to buy for 5 sandbox credits." in plan.status
    assert "(new; one picture with index:" in plan.status
    plan = docs.build("paperbanana-plan", tags=("latex",))
    assert "Plan: 3 to buy for 11 sandbox credits." in plan.status
    assert use_sandbox.log() == []
