"""``html_max_width``: a wide picture is shown as a smaller copy, which leads to the whole one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs

WIDTH = "paperbanana_html_max_width"
TITLE = "Title\n=====\n\nText.\n\n"
PUMP = ".. paperbanana:: A pump\n   :name: pump\n   :context: document\n"


@pytest.fixture
def pump(docs: Docs, use_sandbox: SandboxProcess) -> Docs:
    """A page with a picture of 1024 × 576 pixels."""
    docs.conf(f"{WIDTH} = 400\nversion = '1'\nepub_copyright = 'us'")
    docs.write("sub/page.rst", TITLE + PUMP)
    docs.write("index.rst", "Index\n=====\n\n.. toctree::\n\n   sub/page\n")
    return docs


def sizes(build: Build) -> dict[str, tuple[int, int]]:
    found = {}
    for path in sorted(build.outdir.glob("_images/*")):
        with Image.open(path) as image:
            found[path.name] = image.size
    return found


def images(page: str) -> list[str]:
    return re.findall(r"<a [^>]*><img [^>]*></a>|<img [^>]*>", page.replace("\n", ""))


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml"])
def test_a_wide_picture_is_shown_as_a_smaller_copy_that_leads_to_it(
    pump: Docs, builder: str
) -> None:
    build = pump.build(builder, strict=True)
    copy, whole = sorted(sizes(build), key=len, reverse=True)
    assert sizes(build) == {whole: (1024, 576), copy: (400, 225)}
    assert len(build.images[copy]) < len(build.images[whole]) / 2
    file = {"html": "sub/page.html", "dirhtml": "sub/page/index.html", "singlehtml": "index.html"}
    page = build.outdir / file[builder]
    (shown,) = images(page.read_text("utf-8"))
    link, image = shown.split("<img ")
    assert 'title="Whole picture, 1024 × 576 pixels"' in link
    assert 'width="400" height="225"' in image
    assert 'alt="A pump"' in image
    for name, attribute in ((whole, f"{link} href"), (copy, f"{image} src")):
        (address,) = re.findall(r'(?:href|src)="([^"]*)"', attribute)
        assert (page.parent / address).resolve() == build.outdir / "_images" / name


@pytest.mark.parametrize("builder", ["epub", "latex", "qthelp"])
def test_only_pages_for_browsers_get_copies(pump: Docs, builder: str) -> None:
    build = pump.build(builder)
    (path,) = [p for p in build.outdir.rglob("*.png") if "_static" not in p.parts]
    with Image.open(path) as image:
        assert image.size == (1024, 576)


def test_a_copy_is_made_once_and_a_page_is_written_again_when_the_width_changes(
    pump: Docs, use_sandbox: SandboxProcess
) -> None:
    build = pump.build(strict=True)
    requests = len(use_sandbox.log())
    (copy,) = (build.doctrees / "paperbanana").glob("*/*-400px.png")
    page, before = build.outdir / "sub" / "page.html", copy.stat().st_mtime_ns
    written = page.stat().st_mtime_ns
    pump.build(strict=True)
    assert (page.stat().st_mtime_ns, copy.stat().st_mtime_ns) == (written, before)
    pump.edit("sub/page.rst", "Text.", "Words.")
    pump.build(strict=True)
    assert copy.stat().st_mtime_ns == before
    wider = pump.build(strict=True, overrides={WIDTH: "600"})
    assert sorted(size[0] for size in sizes(wider).values()) == [600, 1024]
    off = pump.build(strict=True, overrides={WIDTH: "0"})
    assert list(sizes(off).values()) == [(1024, 576)]
    assert "Whole picture" not in page.read_text("utf-8")
    assert len(use_sandbox.log()) == requests


@pytest.mark.parametrize("which", ["whole", "copy", "copy of the doctrees"])
def test_a_lost_file_is_there_again_after_the_next_build(pump: Docs, which: str) -> None:
    build = pump.build(strict=True)
    before = build.images
    copy, whole = sorted(before, key=len, reverse=True)
    folder = build.outdir / "_images"
    (made,) = (build.doctrees / "paperbanana").glob("*/*-400px.png")
    {"whole": folder / whole, "copy": folder / copy}.get(which, made).unlink()
    assert pump.build(strict=True).images == before
    assert made.exists()


@pytest.mark.parametrize(
    ("options", "size", "style"),
    [
        (":scale: 50", (400, 225), "width: 512px; height: auto"),  # a share of the whole
        (":width: 50%", (400, 225), "width: 50%; height: auto"),
        (":width: 200px", (400, 225), "width: 200px; height: auto"),
        (":height: 100px", (400, 225), "height: 100px; width: auto"),
    ],
)
def test_a_size_of_the_authors_is_that_of_the_whole(
    pump: Docs, options: str, size: tuple[int, int], style: str
) -> None:
    pump.write("sub/page.rst", f"{TITLE}{PUMP}   {options}\n")
    (shown,) = images(pump.build(strict=True).read("sub/page.html"))
    assert shown.count("<a ") == 1
    assert f'href="../_images/{next(pump.figures.glob("*.png")).name}"' in shown
    assert f'width="{size[0]}" height="{size[1]}"' in shown
    assert f'style="{style}"' in shown


@pytest.mark.parametrize(
    ("option", "link"),
    [(":target: https://example.org/", 'href="https://example.org/"'),
     (":figwidth: image\n   :target: https://example.org/", 'href="https://example.org/"'),
     (":class: no-scaled-link", None)],
)  # fmt: skip
def test_where_the_author_has_it_lead_comes_first(
    pump: Docs, option: str, link: str | None
) -> None:
    pump.write("sub/page.rst", f"{TITLE}{PUMP}   {option}\n")
    (shown,) = images(pump.build(strict=True).read("sub/page.html"))
    assert shown.count("<a ") == (link is not None)
    assert (link or "<img ") in shown
    assert "-400px.png" in shown


def test_with_scaled_links_off_the_whole_is_not_published(pump: Docs) -> None:
    off = {"html_scaled_image_link": False}
    build = pump.build(strict=True, overrides=off)
    assert list(sizes(build).values()) == [(400, 225)]
    (shown,) = images(build.read("sub/page.html"))
    assert "<a " not in shown
    written = (build.outdir / "sub" / "page.html").stat().st_mtime_ns
    pump.build(strict=True, overrides=off)
    assert (build.outdir / "sub" / "page.html").stat().st_mtime_ns == written
    assert len(sizes(pump.build(strict=True))) == 2


def test_a_link_around_a_picture_without_words_has_a_name(pump: Docs) -> None:
    pump.write("sub/page.rst", f"{TITLE}{PUMP}   :alt:\n")
    (shown,) = images(pump.build(strict=True).read("sub/page.html"))
    assert 'title="Whole picture' in shown
    assert 'alt=""' in shown


def test_a_picture_in_a_line_of_text_and_a_narrower_one(
    pump: Docs, use_sandbox: SandboxProcess
) -> None:
    pump.write(
        "sub/page.rst",
        f"{TITLE}See |pump| here.\n\n.. |pump| paperbanana:: A pump\n   :context: document\n",
    )
    (shown,) = images(pump.build(strict=True).read("sub/page.html"))
    assert "-400px.png" in shown
    build = pump.build(strict=True, overrides={WIDTH: "1024"})
    (shown,) = images(build.read("sub/page.html"))
    assert "<a " not in shown
    assert len(build.images) == 1


def test_in_parallel_the_pages_and_pictures_are_the_same(pump: Docs) -> None:
    names = [f"page{number}" for number in range(12)]
    for name in names:
        pump.write(f"{name}.rst", TITLE.replace("Title", name) + PUMP)
    pump.write("index.rst", "Index\n=====\n\n.. toctree::\n\n   " + "\n   ".join(names) + "\n")
    (pump.src / "sub" / "page.rst").unlink()

    def tree(build: Build) -> dict[str, bytes]:
        pages = {p.name: p.read_bytes() for p in build.outdir.glob("page*.html")}
        return pages | build.images

    serial = tree(pump.build(strict=True))
    assert len(serial) == 12 + 24
    pump.out = Path(f"{pump.out}-parallel")
    assert tree(pump.build(strict=True, jobs=3)) == serial


@pytest.mark.parametrize("value", ["-1", "wide", "1.5"])
def test_a_wrong_width_is_one_clear_error(pump: Docs, value: str) -> None:
    with pytest.raises(Exception, match=r"html_max_width.*whole number from 0 to 999,999"):
        pump.build(overrides={WIDTH: value})
