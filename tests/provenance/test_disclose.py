"""``pbfigure disclose``: a statement for each venue, filled in from records alone."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources

import pytest
from json_schemas import check
from published import Site

from pbfigure.command.arguments import open_documents
from pbfigure.disclosure.statement import LATEX, Statement
from pbfigure.disclosure.venues import VENUES, venue
from pbfigure.documents.document import DocumentFigure, SphinxBuild, figures_of

INDEX = """\
Title
=====

Water flows.

.. paperbanana:: % A pump with 50% of its {parts} & "valves"
   :name: zz-pump
   :revise: Make the arrows thicker
   :style: Muted colours only.
   :caption: The pump.

.. toctree::

   zero
   again

.. only:: latex

   .. paperbanana:: Not in HTML
"""
ZERO = """\
Zero
====

Text.

.. paperbanana:: A curve
   :name: curve
   :task-name: plot
   :caption: The curve.

.. paperbanana:: A map of the sea
   :name: map
   :type: standard
   :model: nano-banana-pro
   :image-input: https://example.org/sea.png
"""
AGAIN = """\
Again
=====

.. paperbanana:: A map of the sea
   :name: map-again
   :type: standard
   :model: nano-banana-pro
   :image-input: https://example.org/sea.png
   :caption: The map again.

.. paperbanana:: Never made
   :name: absent
   :type: standard
   :model: nano-banana-pro
   :variant: 3
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("disclosed"))
    with (site.source / "conf.py").open("a") as conf:
        conf.write("numfig = True\n")
    site.write("index.rst", INDEX)
    site.write("zero.rst", ZERO)
    site.write("again.rst", AGAIN.partition(".. paperbanana:: Never")[0])
    site.online("sphinx-build", "-q", "docs", "first")
    site.write("again.rst", AGAIN)
    return site


@pytest.fixture(scope="module")
def figures(site: Site) -> list[DocumentFigure]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.environ", site.environ)
        return figures_of(open_documents([str(site.source)], SphinxBuild()))


@pytest.mark.parametrize("key", VENUES)
def test_every_venue_gets_its_statement(figures: list[DocumentFigure], key: str) -> None:
    statement = Statement(venue(key), figures)
    text = statement.as_text(LATEX if key == "aidisclose" else "text")
    words = " ".join(re.sub(r"^(?:>>>|%) ", "", text, flags=re.MULTILINE).split())
    assert "CHECK THE LIVE PAGE" in text
    assert statement.venue.source in text
    assert statement.venue.as_of in words
    assert ('\n% A pump with 50% of its {parts} & "valves"' in text) == (key != "aidisclose")
    assert not re.search(r"\ballow", text, re.IGNORECASE)
    assert "Fig. 1, Fig. 2, Figure map and Fig. 3" in words  # in the order of the pages
    assert "4 drafts of the sandbox: not the pictures you publish" in words
    assert "1 figure without a picture, not in this statement: absent (" in words
    assert "Not in HTML" not in text
    assert "A map of the sea" in text
    assert "Style: Muted colours only. Revision 1: Make the arrows thicker" in words
    assert all(line == line.rstrip() for line in text.splitlines())
    assert all(len(line) < 80 or "://" in line for line in text.splitlines())
    check(statement.as_json(), "disclose")


def test_a_venue_says_what_it_does_not_take(figures: list[DocumentFigure]) -> None:
    def said(key: str) -> str:
        return " ".join(Statement(venue(key), figures).as_text().split())

    assert "must not be used to create graphical abstracts" in said("elsevier")
    assert "Images of primary research" in said("elsevier")
    assert "not derived from independently verifiable data" in said("springer-nature")
    assert "Drawn from the authors' prompt and the text around it in this manuscript." in said(
        "springer-nature"
    )
    assert "an earlier version of the figure" in said("springer-nature")
    assert "content: the authors' prompt and other images [say whose]." in said("springer-nature")
    for key in VENUES:
        assert "perhaps not the authors': add whose to map, map-again" in said(key)
    assert "which may show data: look at curve" in said("wiley")
    assert "which may show data" not in said("ieee")


def test_what_only_the_authors_know_stays_a_blank_until_a_picture_is_approved(
    site: Site, figures: list[DocumentFigure]
) -> None:
    plain = Statement(venue("plos"), figures)
    assert "[Say who checked them against the science, and how.]" in plain.declaration()
    assert "Validity: [say how it was checked]." in plain.as_text()
    for each in plain.figures:
        names = ("docs", each.figure.name, each.record.picture.sha256[:12])
        done = site.run("pbfigure", "approve", *names, "--by", "Ada Lovelace")
        assert done.returncode == 0, done
    done = site.run("pbfigure", "disclose", "docs", "--venue", "plos", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1  # drafts, and one without a picture
    assert "They were reviewed and approved by Ada Lovelace." in document["declaration"]
    assert {each["approved_by"] for each in document["figures"]} == {"Ada Lovelace"}
    assert (
        "Validity: reviewed and approved by Ada Lovelace on 2" in document["figures"][0]["caption"]
    )


def test_latex_is_escaped_and_aidisclose_gets_its_own_commands(
    figures: list[DocumentFigure],
) -> None:
    text = Statement(venue("aidisclose"), figures).as_text(LATEX)
    assert r'\% A pump with 50\% of its \{parts\} \& "valves"' in " ".join(text.split())
    for command in (r"\usepackage{aidisclose}", r"\AIDactivate{v:chart}", r"\AIDtoolsUsed{{Paper"):
        assert command in text
    assert r"\begin{AIDcomment*}" in text
    assert r"\AIDrenderDeclaration{[" in text


def test_the_command_prints_it(site: Site) -> None:
    done = site.run("pbfigure", "disclose", "docs", "--venue", "ieee")
    assert done.stdout.startswith("STATEMENT OF AI USE, for IEEE\n")
    latex = site.run("pbfigure", "disclose", "docs", "--venue", "ieee", "--format", "latex")
    assert r"\section*{Acknowledgments}" in latex.stdout
    wrong = site.run("pbfigure", "disclose", "docs", "--venue", "nature")
    assert wrong.returncode == 2
    assert "springer-nature" in wrong.stderr


def test_a_list_of_figures_begins_with_the_sentence_of_its_style(site: Site) -> None:
    site.write(
        "list.rst", ":orphan:\n\nL\n=\n\n.. paperbanana-list::\n   :style: springer-nature\n"
    )
    site.build("text", "-D", "paperbanana_mode=offline")
    text = " ".join((site.out("text") / "list.txt").read_text().split())
    assert text.index(venue("springer-nature").list) < text.index("Prompt")
    site.write("list.rst", ":orphan:\n\nL\n=\n\n.. paperbanana-list::\n   :style: nature\n")
    done = site.run("sphinx-build", "-q", "docs", "wrong", "-D", "paperbanana_mode=offline")
    assert "springer-nature" in done.stderr
    (site.source / "list.rst").unlink()


def test_the_list_of_venues_is_the_data_file() -> None:
    text = (resources.files("pbfigure.disclosure") / "venues.toml").read_text("utf-8")
    data = tomllib.loads(text)
    assert tuple(key for key, value in data.items() if isinstance(value, dict)) == VENUES
