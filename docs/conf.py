"""Sphinx settings of sphinx-paperbanana's documentation: ``make docs`` builds it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from pbfigure import __version__

project = "sphinx-paperbanana"
author = "The sphinx-paperbanana developers"
copyright = "2026, the sphinx-paperbanana developers"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx_click",
    "sphinx_design",
    "sphinx_paperbanana",
    "declared_reference",
    "repository_links",
]
exclude_patterns = ["ctan"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# -- The figures: committed, so that a build needs no key and no network ------------------
#
# PAPERBANANA_MODE=generate pbfigure sandbox -- pbfigure make docs --yes    # draws a new one

paperbanana_mode = "frozen"
paperbanana_allow_drafts = True  # each caption says that its picture is one

# -- HTML ---------------------------------------------------------------------------------

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_logo = html_favicon = "_static/logo.svg"
html_copy_source = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#7a5200",
        "color-brand-content": "#7a5200",
        "color-brand-visited": "#6b4a7a",
        "color-api-name": "#7a5200",
        "color-api-pre-name": "#7a5200",
    },
    "dark_css_variables": {
        "color-brand-primary": "#ffc61a",
        "color-brand-content": "#ffc61a",
        "color-brand-visited": "#d5b3e6",
        "color-api-name": "#ffc61a",
        "color-api-pre-name": "#ffc61a",
    },
}
