"""Real builds of real projects, against the sandbox as a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import impatience
import pytest
from builder_table import BUILDER
from sphinx.util.logging import SphinxLoggerAdapter
from sphinx_docs import Docs
from sphinx_languages import Language


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    impatience.begin(monkeypatch.setattr)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Sphinx not note each setting, role and kind of node, a fifth of a build's time."""
    monkeypatch.setattr(SphinxLoggerAdapter, "debug", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def _builder_table(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    """Count a test of a builder in the table at the end of the run."""
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None and "builder" in callspec.params:
        record_property(BUILDER, callspec.params["builder"])


@pytest.fixture
def docs(tmp_path: Path) -> Docs:
    """A project with a conf.py and no pages yet."""
    return Docs(tmp_path)


@pytest.fixture(params=["rst", "md"])
def lang(request: pytest.FixtureRequest, docs: Docs) -> Language:
    docs.conf("extensions.append('myst_parser')\nnumfig = True")
    return Language(request.param)
