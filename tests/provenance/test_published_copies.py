"""No builder destroys what a picture says of its origin; one that says nothing gets a label."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest
from published import FORMATS, MARKS, PAGE, TRAINED, Site, by_figure, is_signed, pixels, xmp

from pbfigure.provenance.xmp_packet import with_xmp

HTML = ("html", "dirhtml", "singlehtml")
NO_WEBP = ("epub", "latexpdf")
LABEL = {
    "DigitalSourceType": TRAINED,
    "AISystemUsed": "PaperBanana sandbox (draft)",
    "CreatorTool": "PaperBanana sandbox (draft)",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A project whose pictures were made once, and built for every builder without the service."""
    site = Site(tmp_path_factory.mktemp("published"))
    site.online("sphinx-build", "-q", "docs", "first")
    return site


@pytest.fixture(scope="module")
def said(site: Site) -> dict[str, str]:
    """What each builder said."""
    return {each: site.build(each) for each in (*HTML, *NO_WEBP, "text", "man")}


@pytest.fixture
def published(site: Site, said: dict[str, str], tmp_path: Path, builder: str) -> dict[str, Path]:
    """The image files that a builder published, by figure."""
    folder = site.out(builder)
    if builder == "epub":
        zipfile.ZipFile(next(folder.glob("*.epub"))).extractall(tmp_path)
        folder = tmp_path
    return by_figure(folder.rglob("*.*"))


def records(site: Site) -> dict[str, dict[str, str]]:
    return {
        name: json.loads(path.with_suffix(".json").read_text())
        for name, path in by_figure(site.kept.iterdir()).items()
    }


def test_the_record_says_what_mark_came(site: Site) -> None:
    marks = {name: record["pictures"][0]["mark"] for name, record in records(site).items()}
    names = {"plain": "none", "described": "xmp", "signed": "c2pa"}
    assert marks == {f"{mark}-{form}": names[mark] for mark in MARKS for form in FORMATS}
    assert all(is_signed(site.original(f"signed-{form}"), form) for form in FORMATS)


@pytest.mark.parametrize("builder", [*HTML, *NO_WEBP])
def test_a_marked_picture_is_passed_on_byte_for_byte(
    site: Site, published: dict[str, Path], builder: str
) -> None:
    assert len(published) == 9
    forms = [form for form in FORMATS if form != "webp" or builder in HTML]
    for form in forms:
        for mark in ("described", "signed"):
            data = published[f"{mark}-{form}"].read_bytes()
            assert data == site.original(f"{mark}-{form}")
        assert is_signed(data, form)


@pytest.mark.parametrize("builder", [*HTML, *NO_WEBP])
def test_an_unmarked_picture_is_published_with_a_label_and_its_own_pixels(
    site: Site, published: dict[str, Path], builder: str
) -> None:
    plain = {f"plain-{form}": published[f"plain-{form}"] for form in FORMATS}
    tasks = {name: record["task_id"] for name, record in records(site).items()}
    for name, tags in xmp(plain).items():
        alt = f'A plain picture in {name[6:]} <&> "é"'
        assert tags == {**LABEL, "Identifier": tasks[name], "AltTextAccessibility": alt}
        assert pixels(plain[name].read_bytes()) == pixels(site.original(name))
    assert not any(xmp({name: site.kept_file(name) for name in plain}).values())


@pytest.mark.parametrize("builder", NO_WEBP)
def test_the_png_copy_of_a_webp_says_what_its_mark_said(
    site: Site, published: dict[str, Path], builder: str
) -> None:
    copies = {name: path for name, path in published.items() if name.endswith("-webp")}
    assert {path.suffix for path in copies.values()} == {".png"}
    tags = xmp(copies)
    assert tags["described-webp"]["Rights"] == "All mine"
    assert tags["signed-webp"]["DigitalSourceType"] == TRAINED
    assert tags["signed-webp"]["Identifier"] == records(site)["signed-webp"]["task_id"]
    for name, path in copies.items():
        assert pixels(path.read_bytes()) == pixels(site.original(name))


def test_one_note_tells_of_a_signature_that_a_copy_cannot_have(said: dict[str, str]) -> None:
    note = "PNG copies of 1 signed picture say in XMP where they come from"
    assert [said[each].count(note) for each in (*HTML, *NO_WEBP)] == [0, 0, 0, 1, 1]


def test_words_alone_stay_words(site: Site, said: dict[str, str]) -> None:
    assert not by_figure([*site.out("text").rglob("*.*"), *site.out("man").rglob("*.*")])


def test_a_label_is_made_once(site: Site, said: dict[str, str]) -> None:
    def stamps(folder: Path) -> dict[str, int]:
        files = folder.rglob("index--*")
        return {str(path): path.stat().st_mtime_ns for path in files}

    folder = site.out("html").parent
    before = stamps(folder)
    assert len(before) == 12  # nine in _images, and three copies
    site.write("index.rst", PAGE + "\nOne more word.\n")
    assert "9 present" in site.build("html")
    assert stamps(folder) == before


def test_a_smaller_copy_says_where_it_comes_from_and_the_whole_keeps_its_mark(
    site: Site, said: dict[str, str]
) -> None:
    told = site.build("dirhtml", "-D", "paperbanana_html_max_width=300")
    assert told.count("smaller copies of 3 signed pictures say in XMP where they come from") == 1
    images = list((site.out("dirhtml") / "_images").iterdir())
    assert len(images) == 18
    copies = by_figure(path for path in images if "-300px" in path.name)
    wholes = by_figure(path for path in images if "-300px" not in path.name)
    for name, tags in xmp(copies).items():
        assert pixels(copies[name].read_bytes())[1][0] == 300
        if name.startswith("described"):
            assert tags["Rights"] == "All mine"
            assert wholes[name].read_bytes() == site.original(name)
        else:
            assert tags["DigitalSourceType"] == TRAINED
            assert tags["Identifier"] == records(site)[name]["task_id"]
        if name.startswith("signed"):
            assert is_signed(wholes[name].read_bytes(), name[7:])
    assert "provenance" not in site.build("dirhtml", "-D", "paperbanana_html_max_width=300")


def test_without_label_pictures_are_published_as_they_came(
    site: Site, said: dict[str, str]
) -> None:
    for option in ("0", "1"):
        site.build("html", "-D", f"paperbanana_label={option}")
        shown = by_figure((site.out("html") / "_images").iterdir())
        assert {path.name for path in shown.values()} == {
            site.kept_file(name).name for name in shown
        }
        is_bare = [path.read_bytes() == site.original(name) for name, path in shown.items()]
        assert is_bare.count(False) == (3 if option == "1" else 0)


def test_the_label_follows_the_alternative_text(site: Site, said: dict[str, str]) -> None:
    spoken = PAGE.replace(
        "   :name: plain-png\n", "   :name: plain-png\n   :alt: A picture in words\n"
    )
    site.write(
        "index.rst", spoken.replace("   :name: plain-jpg\n", "   :name: plain-jpg\n   :alt:\n")
    )
    site.build("html")
    shown = by_figure((site.out("html") / "_images").iterdir())
    tags = xmp({name: shown[name] for name in ("plain-png", "plain-jpg")})
    assert tags["plain-png"]["AltTextAccessibility"] == "A picture in words"
    assert "AltTextAccessibility" not in tags["plain-jpg"]
    assert len(list((site.out("html") / "_images").iterdir())) == 9
    site.write("index.rst", PAGE)


def test_inspect_says_the_mark_and_who_signed(
    site: Site, said: dict[str, str], tmp_path: Path
) -> None:
    words = " ".join(site.run("pbfigure", "inspect", "docs", "signed-png").stdout.split())
    assert "mark: C2PA manifest, intact, signed by PaperBanana Test Signers" in words
    assert "made with Test Painter 2.1" in words
    labelled = site.out("html") / "_images" / site.kept_file("plain-jpg").name
    found = site.run("pbfigure", "inspect", "docs", str(labelled), "--json")
    document = json.loads(found.stdout)
    assert (document["match"], document["mark"], document["manifest"]) == ("bytes", "xmp", None)
    assert document["pictures"][0]["mark"] == "none"
    changed = site.folder / "changed.png"
    data = site.original("signed-png")
    changed.write_bytes(with_xmp(data, "png", b"<x/>"))
    assert "NOT intact" in site.run("pbfigure", "inspect", "docs", str(changed)).stdout
    (tmp_path / "c2pa.py").write_text("raise ImportError")
    path = f"PYTHONPATH={tmp_path}:{os.environ['PYTHONPATH']}"
    without = site.run("env", path, "pbfigure", "inspect", "docs", str(changed))
    assert "install the extra [c2pa] to see who signed it" in without.stdout
