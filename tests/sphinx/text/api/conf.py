import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
extensions = [
    "sphinx_paperbanana",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
]
autosummary_generate = False
napoleon_use_admonition_for_examples = True
napoleon_use_admonition_for_references = True
