"""A LaTeX paper and its bundle destroy no mark either, and say where they had to leave one."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path

import pytest
from published import FORMATS, MARKS, TRAINED, Site, is_signed, pixels, xmp

from pbfigure.disclosure.venues import VENUES, venue

KEYS = "type=standard,model=nano-banana-2,width=2cm"
BODY = "\n\n".join(
    f"\\begin{{figure}}\\pbfigure[{KEYS},id={mark}-{form},output-format={form}]"
    f"{{A {mark} picture in {form}}}\\caption{{C}}\\label{{fig:{mark}-{form}}}\\end{{figure}}"
    for form in FORMATS
    for mark in MARKS
)
PAPER = (
    "\\documentclass{article}\n\\usepackage{graphicx}\n\\usepackage{paperbanana}\n"
    f"\\begin{{document}}\n{BODY}\n\\pbfigurelist[style=ieee]\n\\end{{document}}\n"
)


class Paper(Site):
    """A paper whose figures a marking sandbox drew, and its bundle."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.paper = folder / "paper"
        self.paper.mkdir()
        (self.paper / "paper.tex").write_text(PAPER)
        self.bundle = folder / "bundle"
        self.said = ""
        """What latexmk and the hook said."""

    def kept_file(self, name: str) -> Path:
        files = (self.paper / "paperbanana").glob(f"{name}-*")
        (path,) = (p for p in files if p.suffix != ".json" and "-shown" not in p.stem)
        return path

    def bundled(self, name: str) -> Path:
        (path,) = (self.bundle / "figures").glob(f"{name}-*")
        return path


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    paper = Paper(tmp_path_factory.mktemp("paper"))
    assert paper.run("pbfigure", "init", "paper.tex", folder=paper.paper).returncode == 0
    command = ("latexmk", "-pdf", "-interaction=nonstopmode", "paper.tex")
    paper.said = paper.online(*command, folder=paper.paper)
    made = paper.run("pbfigure", "bundle", "paper.tex", "../bundle", folder=paper.paper)
    assert made.returncode == 0, made
    return paper


def test_tex_shows_what_was_bought_and_of_a_webp_a_copy_that_says_where_it_comes_from(
    paper: Paper,
) -> None:
    folder = paper.paper / "paperbanana"
    for form in FORMATS:
        assert is_signed(paper.original(f"signed-{form}"), form)
        assert not xmp({"it": paper.kept_file(f"plain-{form}")})["it"]
    copies = {mark: next(folder.glob(f"{mark}-webp-*-shown.png")) for mark in MARKS}
    assert len(list(folder.glob("*-shown.*"))) == 3
    tags = xmp(copies)
    assert tags["described"]["Rights"] == "All mine"
    for mark in ("plain", "signed"):
        assert tags[mark]["DigitalSourceType"] == TRAINED
        assert tags[mark]["AltTextAccessibility"] == f"A {mark} picture in webp"
    assert (
        paper.run("pdfimages", "-all", "paper.pdf", "../image", folder=paper.paper).returncode == 0
    )
    in_pdf = [path.read_bytes() for path in paper.folder.glob("image-*.jpg")]
    assert paper.original("signed-jpg") in in_pdf  # TeX embeds a JPEG whole
    assert paper.said.count("PNG copies of 1 signed picture say in XMP") == 1


def test_the_bundle_passes_marked_pictures_on_and_labels_the_others(paper: Paper) -> None:
    for form in ("png", "jpg"):
        for mark in ("described", "signed"):
            name = f"{mark}-{form}"
            assert paper.bundled(name).read_bytes() == paper.original(name)
        assert is_signed(paper.bundled(f"signed-{form}").read_bytes(), form)
    plain = {form: paper.bundled(f"plain-{form}") for form in FORMATS}
    for form, tags in xmp(plain).items():
        record = json.loads(paper.kept_file(f"plain-{form}").with_suffix(".json").read_text())
        assert tags["DigitalSourceType"] == TRAINED
        assert tags["Identifier"] == record["task_id"]
        assert pixels(plain[form].read_bytes()) == pixels(paper.original(f"plain-{form}"))
    assert xmp({"it": paper.bundled("signed-webp")})["it"]["DigitalSourceType"] == TRAINED
    assert xmp({"it": paper.bundled("described-webp")})["it"]["Rights"] == "All mine"
    done = paper.run("pdflatex", "-interaction=nonstopmode", "paper.tex", folder=paper.bundle)
    assert done.returncode == 0, done.stdout


def test_a_list_begins_with_the_sentence_of_its_style_in_the_paper_and_its_bundle(
    paper: Paper,
) -> None:
    for folder in (paper.paper, paper.bundle):
        text = " ".join(paper.run("pdftotext", str(folder / "paper.pdf"), "-").stdout.split())
        assert venue("ieee").list in text.replace("- ", "")
    text = (resources.files("latex_hook.tex") / "paperbanana.sty").read_text("utf-8")
    style = " ".join(text.replace("~", " ").split())
    for key in VENUES:
        assert venue(key).list in style
        assert re.search(rf"[ {{]{key}[ ,]", style)


def test_a_label_is_left_out_of_the_bundle_if_the_paper_says_so(paper: Paper) -> None:
    paper.environ["PAPERBANANA_LABEL"] = "false"
    bare = paper.folder / "bare"
    assert (
        paper.run("pbfigure", "bundle", "paper.tex", "../bare", folder=paper.paper).returncode == 0
    )
    (png,) = (bare / "figures").glob("plain-png-*")
    assert png.read_bytes() == paper.original("plain-png")
    del paper.environ["PAPERBANANA_LABEL"]


def test_the_statement_has_the_numbers_that_tex_printed(paper: Paper) -> None:
    done = paper.run("pbfigure", "disclose", "paper.tex", "--venue", "acm", folder=paper.paper)
    assert done.returncode == 1  # they are drafts
    said = " ".join(done.stdout.split())
    assert "Figure 1–9 were generated with PaperBanana (model nano-banana-2)" in said
    assert r"\section*{Use of generative AI}" in done.stdout
    assert r"\item[{Figure 9 (signed-webp)}]" in done.stdout
    (paper.folder / "new.tex").write_text(PAPER)
    done = paper.run("pbfigure", "disclose", "new.tex", "--venue", "acm")
    assert done.returncode == 1
    assert "TeX has not run yet" in done.stdout
