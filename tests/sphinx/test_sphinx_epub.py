"""Books with figures of every kind, and of the example: epubcheck finds nothing."""

from __future__ import annotations

import shutil
import subprocess
import zipfile

import pytest
from example import copy_docs
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs

KINDS = """\
:orphan:

.. _kinds:

Kinds
=====

Text with |pump| in it.

.. |pump| paperbanana:: A pump
   :context: document
   :width: 40px

.. paperbanana:: A pump
   :context: document
   :width: 50%
   :align: right
   :loading: lazy

.. paperbanana:: A pump
   :context: document
   :scale: 50
   :figwidth: image
   :target: kinds_
   :caption: A pump

.. paperbanana:: A pump
   :context: document
   :width: 900
   :alt:

.. paperbanana:: A pump
   :context: document
   :height: 100px
   :name: a b
   :output-format: webp

.. paperbanana:: A pump
   :context: document
   :height: 100
   :output-format: jpg

.. paperbanana:: What cannot be "<&>"
   :context: document
   :resolution: 9K

.. paperbanana-list::
   :thumbnails:
"""


def check(docs: Docs, builder: str) -> Build:
    """Build a book and have it checked."""
    program = shutil.which("epubcheck")
    assert program, "there is no epubcheck: 'make test' installs it, or says how"
    build = docs.build(builder)
    (book,) = build.outdir.glob("*.epub")
    # of Debian it is a JAR, which not every shell can start
    command = ["java", "-XX:TieredStopAtLevel=1", "-jar", program, book]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0 fatals / 0 errors / 0 warnings" in done.stdout + done.stderr
    return build


def endings(build: Build) -> set[str]:
    (book,) = build.outdir.glob("*.epub")
    with zipfile.ZipFile(book) as archive:
        return {name.rpartition(".")[2] for name in archive.namelist() if "_images/" in name}


@pytest.mark.parametrize("builder", ["epub"])
def test_a_book_with_every_kind_of_figure_is_valid(
    docs: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    docs.write("index.rst", KINDS)
    docs.conf("paperbanana_html_max_width = 300")  # not for books
    docs.conf("version = '1'\nepub_copyright = 'us'")
    build = check(docs, builder)
    assert [line for line in build.lines if "9K" not in line] == []
    assert endings(build) == {"png", "jpg", "svg"}


@pytest.mark.parametrize("builder", ["epub"])
def test_a_book_of_the_example_is_valid(
    docs: Docs, use_sandbox: SandboxProcess, builder: str
) -> None:
    copy_docs(docs.src)
    build = check(docs, builder)
    assert build.lines == []
    assert endings(build) == {"png", "jpg"}
