"""The few words that a reader sees and no author wrote, in the language of the documents."""

from __future__ import annotations

from pathlib import Path

from sphinx.locale import get_translation

CATALOG = "sphinx_paperbanana"
LOCALE_DIR = Path(__file__).parent / "locale"
"""One folder per language, with the messages (.po) and their compiled form (.mo)."""

_ = get_translation(CATALOG)
