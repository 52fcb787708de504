"""A revised figure: a chain of pictures, each drawn from the one before, each bought once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders, prompts

PAGE = """\
Pumps
=====

Water flows through the pump.

.. paperbanana:: A flow chart
   :name: flow
   :revise: Make the arrows thicker; call the second box "Encoder"
"""
FIRST = 'Make the arrows thicker; call the second box "Encoder"'
CHAIN = ":revise:\n     - " + FIRST + "\n     - Use blue"


def records(docs: Docs) -> list[dict]:
    found = [json.loads(path.read_text()) for path in docs.figures.glob("*.json")]
    return sorted(found, key=lambda record: len(record["request"].get("revise", [])))


@pytest.fixture
def revised(docs: Docs, use_sandbox: SandboxProcess) -> Docs:
    docs.write("index.rst", PAGE)
    assert "1 figure: 1 present" in docs.build().status
    return docs


def test_the_picture_is_made_first_and_the_revision_starts_from_it(
    revised: Docs, use_sandbox: SandboxProcess
) -> None:
    base, revision = orders(use_sandbox)
    assert (base["scene"], base["prompt"]) == ("text-to-image", "A flow chart")
    assert (revision["scene"], revision["prompt"]) == ("image-to-image", FIRST)
    (source,) = revision["options"].pop("image_input")
    assert source.startswith("http://127.0.0.1:")
    assert revision["options"] == base["options"]
    picture, last = records(revised)
    assert last["request"]["base"] == picture["key"]
    assert (last["request"]["prompt"], last["request"]["revise"]) == ("A flow chart", [FIRST])
    assert source not in "".join(path.read_text() for path in revised.figures.glob("*.json"))
    page = revised.build()
    assert "1 figure: 1 present; 0 credits spent" in page.status
    assert last["key"][:12] in page.read("index.html")
    assert 'alt="A flow chart"' in page.read("index.html")
    assert len(use_sandbox.log("generate")) == 2
