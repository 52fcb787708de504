"""Sphinx settings of "How the ocean takes up carbon", the example of sphinx-paperbanana.

Build it with ``sphinx-build -M html example_docs example_docs/_build`` (or ``latexpdf``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils.nodes import SkipNode
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

# -- The document ----------------------------------------------------------------------

project = "How the ocean takes up carbon"
author = "The sphinx-paperbanana authors"
copyright = "2026, the sphinx-paperbanana authors"
version = "2026.1"
release = "2026.1"  # what |release| stands for in the pages

extensions = [
    "myst_parser",  # pages may be Markdown as well as reStructuredText
    "sphinx_paperbanana",  # the ``paperbanana`` directive
]

myst_enable_extensions = ["dollarmath"]  # $…$ and $$…$$ in the Markdown pages
myst_footnote_transition = False

exclude_patterns = ["_build", "_paperbanana", "paper"]

numfig = True  # number figures and tables, so that :numref: can name them
numfig_secnum_depth = 0  # …straight through: Fig. 1, Fig. 2, and not Fig. 2.1

# -- The figures -----------------------------------------------------------------------
#
# Nothing has to be set here. The key is read from the environment, PAPERBANANA_API_KEY;
# without one, a figure that has not been made yet shows a placeholder. In a project of
# your own you may want one of these:
#
# paperbanana_max_credits = 200       # never spend more than this in one build
# paperbanana_mode = "frozen"         # for CI: never generate, fail if a picture is missing
# paperbanana_defaults = {"resolution": "2K"}   # options of every figure they apply to

# -- HTML ------------------------------------------------------------------------------

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["ocean.css"]
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b5a78",
        "color-brand-content": "#0b6e8f",
        "color-brand-visited": "#0b6e8f",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7cc8e0",
        "color-brand-content": "#7cc8e0",
        "color-brand-visited": "#7cc8e0",
    },
}

# Formulas are written as MathML, which browsers show by themselves: no page loads a script or a
# font from another site, so that the pages are whole offline.
html_math_renderer = "mathml"


def setup(app: Sphinx) -> None:
    """Register what writes formulas in HTML."""
    app.add_html_math_renderer("mathml", (formula_in_text, None), (displayed_formula, None))
    app.connect("builder-inited", formulas_of_books)


def formulas_of_books(app: Sphinx) -> None:
    """Have formulas in an EPUB as Sphinx writes them: it cannot declare MathML there."""
    if app.builder.name == "epub":
        app.config.html_math_renderer = "mathjax"


def formula_in_text(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    self.body.append(tex2mathml(node.astext()).strip())
    raise SkipNode


def displayed_formula(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula in a paragraph of its own, with its number."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(tex2mathml(node.astext(), as_block=True).strip())
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>")
    raise SkipNode


# -- PDF -------------------------------------------------------------------------------

latex_engine = "pdflatex"
latex_documents = [("index", "ocean-carbon.tex", project, author, "howto")]
latex_show_urls = "no"  # links are links; the references spell out their DOI
latex_elements = {
    "papersize": "a4paper",
    "pointsize": "11pt",
    # Palatino, Helvetica and a typewriter face: part of every TeX installation that Sphinx can use.
    "fontpkg": r"""
\usepackage[sc]{mathpazo}
\usepackage[scaled=0.9]{helvet}
\renewcommand{\ttdefault}{txtt}
\linespread{1.05}
""",
    "sphinxsetup": ",".join(
        [
            "hmargin={30mm,30mm}",
            "vmargin={28mm,30mm}",
            "TitleColor={RGB}{11,90,120}",
            "InnerLinkColor={RGB}{11,90,120}",
            "OuterLinkColor={RGB}{11,90,120}",
            "VerbatimColor={RGB}{244,248,250}",
            "VerbatimBorderColor={RGB}{205,222,230}",
        ]
    ),
    "fvset": r"\fvset{fontsize=\small}",  # code blocks
    # pdflatex knows Latin letters only; these are the other characters in the pages.
    "preamble": r"""
\DeclareUnicodeCharacter{2080}{\textsubscript{0}}
\DeclareUnicodeCharacter{2081}{\textsubscript{1}}
\DeclareUnicodeCharacter{2082}{\textsubscript{2}}
\DeclareUnicodeCharacter{2083}{\textsubscript{3}}
\DeclareUnicodeCharacter{2084}{\textsubscript{4}}
\DeclareUnicodeCharacter{207A}{\textsuperscript{+}}
\DeclareUnicodeCharacter{207B}{\textsuperscript{\textminus}}
\DeclareUnicodeCharacter{2212}{\textminus}
\DeclareUnicodeCharacter{2192}{\ensuremath{\rightarrow}}
\DeclareUnicodeCharacter{202F}{\,}
\usepackage[font=small,labelfont=bf]{caption}
% do not leave a table's caption alone at the foot of a page
\AddToHook{cmd/sphinxattablestart/before}{\Needspace{14\baselineskip}}
""",
}
