"""A project for the verbs that work on documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from documents import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    return Site(tmp_path / "site")
