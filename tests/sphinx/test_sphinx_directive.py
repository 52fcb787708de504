"""What an author can write, in reStructuredText and in Markdown, and what comes of it."""

from __future__ import annotations

import re

from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs, orders, prompts
from sphinx_languages import Language, write


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
    assert f'style="width: min(100% - 1em, {width // 2}px)"' in html
    assert f'style="width: {width // 2}px; height: auto"' in html
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


def test_alt_falls_back_to_the_prompt_and_an_empty_one_stays_empty(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    write(
        docs,
        lang,
        lang.figure("One prompt", ":alt: The words\n:caption: One caption"),
        lang.figure("Two prompt", ":caption: The *caption*"),
        lang.figure("The prompt itself"),
        lang.figure("A decoration", ":alt:\n:caption: Another"),
    )
    html = body_of(docs.build(strict=True))
    assert re.findall(r'alt="([^"]*)"', html) == [
        "The words",
        "Two prompt",
        "The prompt itself",
        "",
    ]


def test_addresses_of_images_may_be_written_as_a_list(
    docs: Docs, lang: Language, use_sandbox: SandboxProcess
) -> None:
    items = "\n".join(f"  - https://example.org/{name}.png" for name in ("a-1", "b"))
    options = f":image-input:\n{items}" if lang.is_rst else f"---\nimage-input:\n{items}\n---"
    write(docs, lang, lang.figure("A pump", options))
    assert docs.build(strict=True).warnings == ""
    (order,) = orders(use_sandbox)
    addresses = ["https://example.org/a-1.png", "https://example.org/b.png"]
    assert order["options"]["image_input"] == addresses


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
        lang.figure(
            "A plot", ":task-name: plot\n:output-format: webp\n:context: body", "The very text."
        ),
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
