"""``pbfigure inspect``: a picture of a store, of a build, of no one, and a figure's own."""

from __future__ import annotations

import hashlib
from pathlib import Path

from documents import Site
from json_schemas import fits, valid
from PIL import Image
from sandbox_process import SandboxProcess


def built(site: Site) -> Path:
    """The picture of fig-flow in the output of a build."""
    site.build()
    (found,) = (site.folder / "out-html" / "_images").glob("index--fig-flow-*.png")
    return found


def test_a_picture_of_a_build_or_a_store_is_found_by_its_bytes(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    image = built(site)
    elsewhere = site.folder / "attachment.png"
    elsewhere.write_bytes(image.read_bytes())
    (task,) = [t for t in use_sandbox.tasks() if t["request"]["prompt"].startswith("A flow")]
    (kept,) = site.docs.glob("_paperbanana/index--fig-flow-*.png")
    for path in (image, elsewhere, kept):
        known = site.run("inspect", str(path))
        assert known.returncode == 0, known
        found = valid("inspect", site.run("inspect", str(path), "--json"))
        assert found["match"] == "bytes"
        (picture,) = found["pictures"]
        assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert picture["sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
        assert picture["task_id"] == picture["purchase"]["task_id"] == task["task_id"]
        assert picture["figures"] == ["index:fig-flow"]
        assert picture["purchase"]["build"] == "html"
    for word in (task["task_id"], picture["key"], picture["sha256"], "draft", "pipeline", "6"):
        assert word in known.stdout
    assert "A flow chart of the pump from left to right in three steps" in known.stdout


def test_a_picture_whose_pixels_alone_are_left_is_known_by_them(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    image, again = built(site), site.folder / "again.png"
    with Image.open(image) as picture:
        picture.convert("RGB").save(again, compress_level=1)
    found = valid("inspect", site.run("inspect", str(again), "--json"))
    assert found["match"] == "pixels"
    assert [each["figures"] for each in found["pictures"]] == [["index:fig-flow"]]


def test_a_picture_that_nobody_bought_is_status_1(site: Site, use_sandbox: SandboxProcess) -> None:
    image, other = built(site), site.folder / "other.png"
    with Image.open(image) as picture:
        Image.new("RGB", picture.size, "red").save(other)
    unknown = site.run("inspect", str(other))
    assert unknown.returncode == 1
    assert "is unknown" in unknown.stdout
    assert valid("inspect", site.run("inspect", str(other), "--json"))["match"] is None
    (site.folder / "no-picture.png").write_text("text")
    assert site.run("inspect", "no-picture.png").returncode == 2
    assert site.run("inspect", "docs", "no-figure").returncode == 2


def test_a_clone_that_bought_nothing_knows_its_pictures_too(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    built(site)
    (kept,) = site.docs.glob("_paperbanana/index--fig-map-*.png")
    shown = site.run("inspect", str(kept), PAPERBANANA_CACHE_DIR=str(site.folder / "machine-cache"))
    assert shown.returncode == 0
    assert "bought:   not on this machine" in shown.stdout


def test_of_a_figure_it_lists_all_that_was_ever_bought_for_it(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    site.edit("index.rst", "left to right", "top to bottom")
    site.build()
    for path in site.docs.glob("_paperbanana/index--fig-flow-*"):
        path.unlink()  # the cache and the ledger know them all the same
    found = valid("inspect", site.run("inspect", "docs", "fig-flow", "--json"))
    prompts = [each["request"]["prompt"] for each in found["pictures"]]
    assert len(prompts) == 2
    assert "top to bottom" in prompts[0]
    assert found["shown"] == found["pictures"][0]["sha256"]
    shown = site.run("inspect", "docs", "fig-flow").stdout
    table = shown[shown.index("all its pictures (2):") :]
    assert fits(table)
    assert all(each["sha256"][:12] in table for each in found["pictures"])
