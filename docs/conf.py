"""Sphinx settings of sphinx-paperbanana's documentation: ``make docs`` builds it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from pbfigure import __version__

project = "sphinx-paperbanana"
author = "The sphinx-paperbanana developers"
copyright = "2026, the sphinx-paperbanana developers"
version = release = __version__

extensions = ["myst_parser", "sphinx_design", "sphinx_paperbanana", "repository_links"]
exclude_patterns = ["_paperbanana", "ctan"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# -- The figures: committed, so that a build needs no key and no network ------------------

paperbanana_mode = "frozen"
paperbanana_allow_drafts = True  # each caption says that its picture is one

# -- HTML ---------------------------------------------------------------------------------

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
