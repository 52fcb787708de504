"""What an author can write, in reStructuredText and in Markdown, and what comes of it."""

from __future__ import annotations

import re

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs, orders, prompts

LONG = "word " * 30_000


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


@pytest.fixture(params=["rst", "md"])
def lang(request: pytest.FixtureRequest, docs: Docs) -> Language:
    docs.conf("extensions.append('myst_parser')\nnumfig = True")
    return Language(request.param)


def write(docs: Docs, lang: Language, *parts: str, name: str = "index") -> str:
    """Write a page of a title, a sentence and the parts; return its path as warnings show it."""
    text = lang.title("Title") + "Some text.\n\n" + "".join(parts)
    docs.write(f"{name}.{lang.ending}", text)
    return f"{docs.src}/{name}.{lang.ending}"


def line_of(docs: Docs, lang: Language, piece: str) -> int:
    text = (docs.src / f"index.{lang.ending}").read_text()
    return text[: text.index(piece)].count("\n") + 1


def body_of(build: Build, page: str = "index.html") -> str:
    html = build.read(page)
    return html[html.index("<h1") :]


def test_every_option_of_figure_works(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    options = """
:alt: Words for it
:width: 300px
:height: 200px
:align: right
:figwidth: 400px
:figclass: frame
:class: picture
:name: my-figure
:target: https://example.org/
:loading: lazy
:caption: The *caption* of it
:legend: A legend with **strong** words.
"""
    write(docs, lang, lang.figure("A prompt", options), ":numref:`my-figure`\n" if lang.is_rst else
          "{numref}`my-figure`\n")  # fmt: skip
    build = docs.build(strict=True)
    assert build.warnings == ""
    html = body_of(build)
    figure = html[html.index("<figure") : html.index("</figure>")]
    start = figure[: figure.index(">")]
    assert 'class="frame align-right"' in start
    assert 'id="my-figure"' in start
    assert 'style="width: 400px"' in start
    assert 'href="https://example.org/"' in figure
    image = figure[figure.index("<img") :]
    image = image[: image.index(">")]
    assert 'alt="Words for it"' in image
    assert 'class="picture"' in image
    assert re.search(r'style="width: 300px; ?height: 200px;?', image)
    assert 'loading="lazy"' in image
    assert "The <em>caption</em> of it" in figure
    assert "<strong>strong</strong> words." in figure[figure.index('class="legend"') :]
    assert 'href="#my-figure"><span class="std std-numref">Fig. 1</span>' in html


def test_scale_and_figwidth_image_follow_the_picture(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(
        docs,
        lang,
        lang.figure("A prompt", ":scale: 50%\n:figwidth: image"),
        lang.figure("Other", ":caption: No legend"),
    )
    build = docs.build(strict=True)
    html = body_of(build)
    record = next(docs.figures.glob("*.json")).read_text()
    width = int(re.search(r'"width": (\d+)', record)[1])  # type: ignore[index]
    assert f'style="width: {width}px"' in html
    assert re.search(rf'width(="|: ){width // 2}', html), "as plain figures have it"
    assert 'class="legend"' not in html


def test_a_legend_needs_no_caption(docs: Docs, lang: Language, use_sandbox: SandboxProcess) -> None:
    write(docs, lang, lang.figure("A prompt", ":legend: Only a legend."))
    html = body_of(docs.build(strict=True))
    assert "<p>Only a legend.</p>" in html[html.index('class="legend"') :]
    assert "caption-number" not in html


def test_a_caption_may_begin_like_a_list(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("A prompt", ":caption: 1. First, and - then"))
    html = body_of(docs.build(strict=True))
    assert '<span class="caption-text">1. First, and - then</span>' in html


def test_alt_falls_back_to_the_caption_then_to_the_prompt(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(
        docs,
        lang,
        lang.figure("One prompt", ":alt: The words\n:caption: One caption"),
        lang.figure("Two prompt", ":caption: The *caption*"),
        lang.figure("The prompt itself"),
    )
    html = body_of(docs.build(strict=True))
    assert re.findall(r'alt="([^"]*)"', html) == ["The words", "The caption", "The prompt itself"]


def test_every_request_option_reaches_the_service(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(
        docs,
        lang,
        lang.figure(
            "",
            ":prompt: Standard, with a search\n:type: standard\n:model: nano-banana-2\n"
            ":resolution: 2k\n:aspect-ratio: 16:9\n:output-format: jpg\n:google-search:\n"
            ":image-input: https://example.org/a.png https://example.org/b.png",
        ),
        lang.figure("A plot", ":task-name: plot\n:output-format: webp", "The very text."),
    )
    assert docs.build(strict=True).warnings == ""
    standard, plot = sorted(orders(use_sandbox), key=lambda order: order["type"], reverse=True)
    assert standard == {
        "type": "standard",
        "scene": "image-to-image",
        "prompt": "Standard, with a search",
        "model": "nano-banana-2",
        "options": {
            "resolution": "2K",
            "output_format": "jpg",
            "aspect_ratio": "16:9",
            "google_search": True,
            "image_input": ["https://example.org/a.png", "https://example.org/b.png"],
        },
    }
    assert plot["options"] == {
        "resolution": "1K",
        "output_format": "webp",
        "task_name": "plot",
        "content": "The very text.",
    }


def test_another_variant_is_another_picture_of_the_same_request(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("Same"), lang.figure("Same", ":variant: 1"))
    docs.build(strict=True)
    one, other = orders(use_sandbox)
    assert one == other


def test_files_are_read_again_when_they_change(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    docs.write("parts/prompt.txt", "A prompt\nfrom a file\n")
    docs.write("parts/urls.txt", "https://example.org/1.png?a=b#c\nhttps://example.org/2.png\n")
    write(
        docs,
        lang,
        lang.figure(
            "", ":prompt-file: parts/prompt.txt\n:image-input-file: /parts/urls.txt\n"
            ":image-input: https://example.org/0.png"
        ),
    )  # fmt: skip
    docs.build(strict=True)
    docs.write("parts/prompt.txt", "A new prompt")
    docs.build(strict=True)
    docs.write("parts/urls.txt", "https://example.org/3.png")
    docs.build(strict=True)
    assert prompts(use_sandbox) == ["A prompt\nfrom a file", "A new prompt", "A new prompt"]
    urls = [order["options"]["image_input"] for order in orders(use_sandbox)]
    zero = "https://example.org/0.png"
    assert urls[0] == [zero, "https://example.org/1.png?a=b#c", "https://example.org/2.png"]
    assert urls[2] == [zero, "https://example.org/3.png"]


def test_the_context_is_what_was_asked_for(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    deep = "Deep\n~~~~\n\n" if lang.is_rst else "### Deep\n\n"
    toc = ".. toctree::\n\n   other\n" if lang.is_rst else "```{toctree}\nother\n```\n"
    write(
        docs,
        lang,
        lang.section("Inner") + "Inner text.\n\n",
        lang.figure("Default"),
        lang.figure("Section", ":context: section"),
        lang.figure("Document", ":context: document"),
        lang.figure("Label", ":context: label:last"),
        lang.figure("Loosely", ":context: label: Last"),
        lang.figure("Elsewhere", ":context: label:elsewhere"),
        deep + "Deep text.\n\n",
        lang.label("last") + lang.section("Last") + "Last text.\n\n",
        toc,
    )
    docs.write(
        f"other.{lang.ending}", lang.label("elsewhere") + lang.title("Other") + "Other text.\n"
    )
    assert docs.build(strict=True).warnings == ""
    inner = "Inner\n\nInner text.\n\nDeep\n\nDeep text."
    last = "Last\n\nLast text."
    assert {order["prompt"]: order["options"]["content"] for order in orders(use_sandbox)} == {
        "Default": inner,
        "Section": inner,
        "Document": f"Title\n\nSome text.\n\n{inner}\n\n{last}",
        "Label": last,
        "Loosely": last,
        "Elsewhere": "Other\n\nOther text.",
    }
    requests = len(use_sandbox.log())
    docs.build(strict=True)
    assert len(use_sandbox.log()) == requests


def test_no_context_needs_an_own_text(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    path = write(docs, lang, lang.figure("Prompt", ":context: none"))
    build = docs.build()
    assert orders(use_sandbox) == []
    line = line_of(docs, lang, "Prompt")
    assert build.lines[0].startswith(f"{path}:{line}: WARNING: paperbanana: text: ")
    docs.edit(f"index.{lang.ending}", "context: none", "context: none\n\nOwn" if not lang.is_rst
              else "context: none\n\n   Own")  # fmt: skip
    assert docs.build(strict=True).warnings == ""
    assert orders(use_sandbox)[0]["options"]["content"] == "Own"


def test_an_unknown_label_is_named_with_the_nearest_one(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    path = write(
        docs, lang, lang.figure("P", ":context: label:detials"), lang.label("details"),
        lang.section("Details") + "Text.\n",
    )  # fmt: skip
    build = docs.build()
    line = line_of(docs, lang, "P\n")
    assert len(build.lines) == 1
    assert build.lines[0].startswith(f"{path}:{line}: WARNING: paperbanana: context: no label")
    assert "'detials'" in build.lines[0]
    assert "did you mean 'details'?" in build.lines[0]
    assert orders(use_sandbox) == []


def test_the_text_of_a_label_is_followed_through_its_page(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    toc = ".. toctree::\n\n   other\n" if lang.is_rst else "```{toctree}\nother\n```\n"
    write(docs, lang, lang.figure("Prompt", ":context: label:there"), toc)
    other = lang.label("there") + lang.title("Other") + "First text.\n"
    docs.write(f"other.{lang.ending}", other)
    docs.build(strict=True)
    docs.edit(f"other.{lang.ending}", "First", "Second")
    build = docs.build(strict=True)
    assert "the text around this figure changed" in build.status
    regenerate = {"paperbanana_on_text_change": "regenerate"}
    docs.build(strict=True, overrides=regenerate)
    docs.write(f"moved.{lang.ending}", lang.label("there") + lang.title("Moved") + "Third text.\n")
    docs.write(f"other.{lang.ending}", lang.title("Other") + "Nothing.\n")
    docs.build(overrides=regenerate)
    texts = [order["options"]["content"] for order in orders(use_sandbox)]
    assert texts == ["Other\n\nFirst text.", "Other\n\nSecond text.", "Moved\n\nThird text."]


def test_options_that_became_text_are_warned_of(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    # in reStructuredText a blank line does it, in a fence a prompt of two lines
    lost = "\n   :width: 50%\n" if lang.is_rst else "A second line\n:width: 50%\n"
    path = write(docs, lang, lang.figure("Prompt").replace("Prompt\n", f"Prompt\n{lost}"))
    build = docs.build()
    assert len(build.lines) == 1
    where, _, text = build.lines[0].partition(": WARNING: ")
    assert where == f"{path}:{line_of(docs, lang, 'Prompt')}"
    assert "looks like the option :width:" in text
    assert text.endswith("[paperbanana.body]")
    docs.conf("suppress_warnings = ['paperbanana.body']")
    assert docs.build(fresh=True).warnings == ""


def test_a_body_that_begins_with_a_role_is_no_option(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    body = ":math:`x` is the unknown" if lang.is_rst else "{math}`x` is the unknown"
    write(docs, lang, lang.figure("Prompt", ":variant: 1", body))
    assert docs.build(strict=True).warnings == ""


WRONG = [
    ("A", ":resolution: 8K", "resolution: '8K' is not one of 1K, 2K, 4K"),
    ("A", ":type: other", "type: 'other' is not one of pipeline, standard"),
    ("A", ":model: nano-banana-2", "model: for standard figures only"),
    ("A", ":aspect-ratio: 16:9", "aspect-ratio: for standard figures only"),
    ("A", ":google-search:", "google-search: for standard figures only"),
    ("A", ":type: standard", "model: a standard figure needs one"),
    ("", ":caption: None", "prompt: a pipeline figure needs one"),
    ("A", ":prompt: B", "prompt: given more than once"),
    ("A", ":variant: -1", "variant: '-1' is not a whole number"),
    ("A", ":pin: xyz", "pin: 'xyz' is not 8 to 64 hex digits"),
    ("A", ":context: chapter", "context: 'chapter' is not one of section, document, none, label"),
    ("A", ":on-text-change: maybe", "on-text-change: 'maybe' is not one of keep, regenerate"),
    ("A", ":prompt-file: missing.txt", "prompt-file: missing.txt cannot be read (No such file"),
    ("A", ":image-input: http://example.org/a.png", "does not begin with https://"),
    ("A", ":image-input: https://127.0.0.1/a.png", "is a private or internal address"),
    ("A", ":image-input: https://0x7f.1/a.png", "is a private or internal address"),
    ("A", ":image-input: https://example.org:8443/a.png", "names the port 8443"),
    ("A", ":image-input: " + "https://example.org/a.png " * 11, "11 images, over the limit of 10"),
    ("A " + "b" * 10_000, ":caption: C", "prompt: 10,002 characters, over the limit of 10,000"),
    ("A", ":type: standard\n:model: nano-banana-pro\n:google-search:", "for the model nano-"),
    ("A", ":type: standard\n:model: nano-banana-pro\n:task-name: plot", "task-name: for pipeline"),
    ("A", ":id: " + "x" * 201, "id: 201 characters; it takes 1 to 200"),
]  # fmt: skip


def test_what_is_wrong_is_said_with_its_place_before_anything_is_sent(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    path = write(docs, lang, *(lang.figure(prompt, options) for prompt, options, _ in WRONG))
    build = docs.build()
    text = (docs.src / f"index.{lang.ending}").read_text().splitlines()
    places = [number for number, line in enumerate(text, 1) if "{paper" in line or ".. pap" in line]
    assert len(places) == len(WRONG)
    for line, (_, _, message) in zip(places, WRONG, strict=True):
        start = f"{path}:{line}: WARNING: paperbanana: "
        said = [each for each in build.lines if each.startswith(start)]
        assert any(message in each for each in said), message
        assert all(each.endswith("[paperbanana.option]") for each in said)
    assert use_sandbox.log() == []
    assert len(build.images) == len(WRONG), "a placeholder for each"


def test_a_text_of_its_own_that_is_too_long_is_an_error(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("A", "", LONG))
    build = docs.build()
    assert re.search(
        "text: 1[45][09],[09]{3} characters, over the limit of 100,000", build.warnings
    )
    assert use_sandbox.log() == []


def test_a_long_section_is_cut_around_the_figure_and_the_cut_is_noted(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    paragraph = "word " * 4_000
    before = "".join(f"Before {number} {paragraph}\n\n" for number in range(4))
    after = "".join(f"After {number} {paragraph}\n\n" for number in range(4))
    write(docs, lang, before, lang.figure("A"), after)
    build = docs.build(strict=True)
    content = orders(use_sandbox)[0]["options"]["content"]
    assert 80_000 < len(content) <= 100_000
    assert "Before 3" in content
    assert "After 0" in content
    assert "Before 0" not in content
    assert "After 3" not in content
    assert "over the API's limit" in build.status


def test_several_problems_of_a_figure_are_all_named(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(docs, lang, lang.figure("A", ":resolution: 8K\n:variant: x\n:task-name: map"))
    build = docs.build()
    assert len(build.lines) == 3


def test_a_figure_in_an_included_file_is_warned_of_there(docs: Docs) -> None:
    docs.write("parts/inc.txt", "Words.\n\n.. paperbanana:: A\n   :resolution: 8K\n")
    docs.write("index.rst", "Title\n=====\n\n.. include:: parts/inc.txt\n")
    build = docs.build()
    assert build.lines[0].startswith(f"{docs.src}/parts/inc.txt:3: WARNING: paperbanana: ")


def test_the_section_is_taken_whole_and_without_other_figures(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("photo.png", "")
    docs.write(
        "index.rst",
        """\
Title
=====

A paragraph with *emphasis*, ``code`` and :math:`x^2`, a :ref:`genindex`\\ [#note]_ and
`a link <https://example.org/>`_.

.. A comment says nothing.

* One
* Two

  - Nested

1. First

Term
   Definition

======  ======
Name    Value
======  ======
Carbon  12
======  ======

.. code-block:: python

   print("code")

.. math::

   E = mc^2

.. note:: A note.

.. figure:: photo.png
   :alt: A photo

   A caption of a photo

.. paperbanana:: Another figure
   :caption: Not to be sent
   :legend: Nor this

.. paperbanana:: The figure

.. [#note] A footnote.
""",
    )
    docs.build()
    texts = {order["prompt"]: order["options"]["content"] for order in orders(use_sandbox)}
    assert texts["The figure"].split("\n\n") == [
        "Title",
        "A paragraph with emphasis, code and x^2, a genindex and\na link.",
        "- One",
        "- Two",
        "- Nested",
        "- First",
        "Term",
        "Definition",
        "Name | Value",
        "Carbon | 12",
        'print("code")',
        "E = mc^2",
        "A note.",
        "A photo",
        "A caption of a photo",
    ]
    assert texts["Another figure"] == texts["The figure"]
