"""The documentation trees of ``real_trees.py``: which they are, and how they are had."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Tree(NamedTuple):
    """A project whose documentation is built."""

    sdist: str
    """What pip downloads."""
    docs: str
    """The folder of conf.py in it."""
    packages: tuple[str, ...] = ()
    """What its conf.py and its pages import, beside what the tests need."""
    conf: str = ""
    """Lines added to conf.py: what needs a network is left out, and most pages of a large tree."""
    language: str = ""
    """A language that it is translated into."""
    fetched: str = ""
    """The page that conf.py would fetch, unless it is there."""


TREES = {
    "sphinx": Tree(
        "sphinx==9.0.4",
        "doc",
        conf="exclude_patterns += ['changes', 'changes.rst', 'extdev/deprecated.rst']",
    ),
    "flask": Tree(
        "flask==3.1.3", "docs", ("pallets-sphinx-themes", "sphinxcontrib-log-cabinet")
    ),
    "click": Tree(
        "click==8.5.1", "docs", ("pallets-sphinx-themes", "sphinxcontrib-log-cabinet")
    ),
    "networkx": Tree(
        "networkx==3.6.1",
        "doc",
        ("texext", "sphinx-gallery", "myst-nb", "pandas", "intersphinx-registry"),
        "extensions.remove('sphinx_gallery.gen_gallery')\n"
        "exclude_patterns = ['release/*_*', 'auto_examples', 'reference/algorithms/[a-su-z]*',"
        " 'release/release_[0-3]*', 'reference/readwrite',"
        " 'developer/nexps', 'reference/classes', 'reference/drawing.rst', 'reference/function*']\n"
        "myst_enable_extensions = ['dollarmath', 'amsmath']\n"
        "latex_appendices = []",  # the tutorial, a notebook that the distribution leaves out
    ),
    "aiogram": Tree(
        "aiogram==3.31.0",
        "docs",
        ("aiogram==3.31.0", "sphinx-substitution-extensions"),
        "exclude_patterns += ['api/types', 'api/enums', 'api/methods/[b-z]*']",
        language="uk_UA",
    ),
    "xarray": Tree(
        "xarray==2026.9.0",
        "doc",
        (
            "xarray==2026.9.0", "myst-nb", "jupyter-sphinx", "sphinx-autosummary-accessors",
            "sphinxext-opengraph", "sphinxext-rediraffe", "sphinx-remove-toctrees",
        ),
        "for name in ('jupyterlite_sphinx', 'sphinx_llm.txt', 'jupyter_sphinx'):\n"
        "    extensions.remove(name)\n"
        "nb_execution_mode = 'off'\n"
        "exclude_patterns += ['api', 'api.rst', 'generated', 'whats-new.rst', 'examples',"
        " 'api-hidden.rst']\nautosummary_generate = False",
    ),
    "sphinx-book-theme": Tree(
        "sphinx-book-theme==1.4.0",
        "docs",
        (
            "myst-nb", "sphinxcontrib-youtube", "sphinx-examples", "sphinx-thebe",
            "sphinx-togglebutton", "sphinxcontrib-bibtex", "sphinxext-opengraph",
        ),
        "nb_execution_mode = 'off'\nextensions.remove('ablog')\n"
        "exclude_patterns += ['reference/blog', 'reference/blog.md']\n"
        "def without_footnotes(app, docname, source):  # on which Sphinx's latex builder fails\n"
        "    import re\n"
        "    notes = r'(?m)^\\[\\^\\w+\\]:.*|\\[\\^\\w+\\]|\\[[#*\\d]\\w*\\]_'\n"
        "    source[0] = re.sub(notes, '', source[0])\n"
        "setup_of_theme = setup\n"
        "def setup(app):\n"
        "    setup_of_theme(app)\n"
        "    app.connect('source-read', without_footnotes)",
        fetched="content/pydata-content-blocks.md",
    ),
    "rqalpha": Tree(
        "rqalpha==6.4.2",
        "docs/source",
        ("nbsphinx",),
        "extensions.remove('sphinx_autodoc_typehints')\nlanguage = 'zh_CN'",
    ),
    "pip": Tree(
        "pip==26.3", "docs/html", ("sphinxcontrib-towncrier", "sphinx-issues"),
    ),
    "pytest": Tree(
        "pytest==9.2.0",
        "doc/en",
        ("pygments-pytest", "sphinx-removed-in", "sphinxcontrib-trio"),
        "exclude_patterns += ['announce', 'changelog.rst', 'proposals', 'historical-notes.rst']",
    ),
}  # fmt: skip

ENVIRON = {
    "PYTHONPATH": str(ROOT),
    "SOURCE_DATE_EPOCH": "1750000000",
    "JUPYTER_PATH": f"{sys.prefix}/share/jupyter",
}
BOTH = "\nintersphinx_mapping = {}\n"
WITH = (
    "extensions = [*extensions, 'sphinx_paperbanana']\n"
    "paperbanana_on_text_change = 'regenerate'\n"  # so that another text is another order
)


def environment(folder: Path, tree: Tree) -> str:
    """Return the interpreter of an environment that has this program's packages and the tree's."""
    venv = folder / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        (site,) = venv.glob("lib/python*/site-packages")
        (site / "base.pth").write_text(sysconfig.get_path("purelib"))
    if tree.packages:
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*command, *tree.packages], check=True)
    return str(python)


def unpacked(folder: Path, sdist: str) -> Path:
    """Return the folder of a source distribution, downloaded once."""
    target = folder / sdist.replace("==", "-")
    if not target.exists():
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            ":all:",
        ]
        subprocess.run([*command, "-d", str(target), sdist], check=True)
        (archive,) = target.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
    (source,) = (path for path in target.iterdir() if path.is_dir())
    return source
