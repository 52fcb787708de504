"""The filter of contrib/ under Debian's Pandoc: figures of a document in one call."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from program_forks import forked
from sandbox_process import SandboxProcess

FILTER = Path(__file__).parents[2] / "contrib" / "pandoc_paperbanana.py"
PAPER = """\
---
title: Pumps
---

Before any section.

# Pumps

Water *flows* through "the" pump.[^1] <!-- secret comment -->

| one | two |
|-----|-----|
| three | four |

Term
:   Its definition

::: {.hidden}
Hidden words.
:::

::: {.paperbanana #fig-pump resolution=2K width=50% alt="In words"}
A pump with *valves*

The **caption**.
:::

## Deeper

Deep text.

```{.paperbanana #fig-map type=standard model=nano-banana-pro caption="A plain caption"}
A map
```

# Other

> Quoted.
>
> ```{.paperbanana alt=""}
> In a quote
> ```

[^1]: A note.
"""
TEXT = """\
Pumps

Water flows through “the” pump.

A note.

one

two

three

four

Term

Its definition

Deeper

Deep text."""


class Pandoc:
    """A document, and runs of Pandoc with the filter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""
        self.write(PAPER)

    def write(self, text: str) -> None:
        (self.folder / "paper.md").write_text(text)

    def run(self, output: str, *arguments: str, status: int = 0, **environ: str) -> bytes:
        """Convert the document; return what came out."""
        path = f"{forked('pbfigure').parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["pandoc", "paper.md", "--filter", FILTER, "-o", output, *arguments],
            cwd=self.folder,
            env={**os.environ, "PATH": path, **environ},
            stderr=subprocess.PIPE,
            timeout=300,
            check=False,
        )
        self.said = done.stderr.decode()
        assert done.returncode == status, self.said
        return b"" if status else (self.folder / output).read_bytes()

    def html(self, **environ: str) -> str:
        return " ".join(self.run("paper.html", **environ).decode().split())


@pytest.fixture
def paper(tmp_path: Path, use_sandbox: SandboxProcess) -> Pandoc:
    folder = tmp_path / "paper"
    folder.mkdir()
    return Pandoc(folder)


def test_figures_are_bought_once_for_every_format(paper: Pandoc, sandbox: SandboxProcess) -> None:
    html = paper.html()
    bodies = {entry["body"]["prompt"]: entry["body"] for entry in sandbox.log("generate")}
    assert sorted(bodies) == ["A map", "A pump with valves", "In a quote"]
    assert bodies["A pump with valves"]["options"]["content"] == TEXT
    assert bodies["A pump with valves"]["options"]["resolution"] == "2K"
    assert bodies["A map"]["type"] == "standard"
    assert bodies["In a quote"]["options"]["content"] == "Other\n\nQuoted."
    requests = len(sandbox.log())
    tags = re.findall(r"<img [^>]*>", html)
    assert ['alt="In words"' in tag for tag in tags] == [True, False, False]
    assert 'alt="A map"' in tags[1]
    captions = re.findall("<figcaption>.*?</figcaption>", html)  # Pandoc 3 has paragraphs in them
    assert re.sub("</?p>", "", captions[0]) == (
        "<figcaption>The <strong>caption</strong>.</figcaption>"
    )
    assert "<figcaption>A plain caption</figcaption>" in html
    assert 'id="fig-pump"' in html
    for tag in tags:
        (source,) = re.findall(r'src="([^"]*)"', tag)
        assert b"trainedAlgorithmicMedia" in (paper.folder / source).read_bytes()
    paper.run("paper.docx")
    with zipfile.ZipFile(paper.folder / "paper.docx") as docx:
        assert sum(name.startswith("word/media/") for name in docx.namelist()) == 3
    latex = paper.run("paper.tex").decode()
    assert latex.count(r"\includegraphics") == 3
    assert r"\caption{The \textbf{caption}.}" in latex
    paper.html()
    assert len(sandbox.log()) == requests


def test_a_pdf_shows_them(paper: Pandoc) -> None:
    paper.run("paper.pdf")
    listed = subprocess.run(
        ("pdfimages", "-list", "paper.pdf"), cwd=paper.folder, capture_output=True, check=True
    )
    assert listed.stdout.count(b"image") >= 3


def test_what_cannot_be_shown_has_a_placeholder_and_only_frozen_ends_the_build(
    paper: Pandoc, sandbox: SandboxProcess
) -> None:
    html = paper.html(PAPERBANANA_MODE="offline")
    assert html.count("paperbanana-missing") == 3
    assert "[figure missing: In words]" in html
    assert "The <strong>caption</strong>" in html
    assert 'id="fig-pump"' in html
    paper.run("frozen.html", status=83, PAPERBANANA_MODE="frozen")  # pandoc: its filter failed
    assert "3 figures not complete, and mode is frozen" in paper.said
    paper.run("wrong.html", status=83, PAPERBANANA_MODE="quick")
    assert "PAPERBANANA_MODE" in paper.said
    assert sandbox.log("generate") == []


def test_a_document_without_figures_stays_as_it_is_and_calls_nothing(
    paper: Pandoc, sandbox: SandboxProcess
) -> None:
    paper.write("# Title\n\nText.\n")
    assert paper.html() == '<h1 id="title">Title</h1> <p>Text.</p>'
    assert not paper.said
    assert sandbox.log() == []


def test_it_is_small_enough_to_be_read_and_copied() -> None:
    assert len(FILTER.read_text().splitlines()) <= 150
