"""The process in which Sphinx reads a project: it hands over the figures there are.

``python -m sphinx_paperbanana.opening_process SOURCE FOLDER BUILD`` writes no page. BUILD is a
:class:`~pbfigure.documents.document.SphinxBuild` as JSON. What it says goes to standard error, and
its exit status is 2 if the project cannot be read, 3 if its settings are wrong.
"""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.documents.document import SphinxBuild
from sphinx_paperbanana.builders import PLAN
from sphinx_paperbanana.opened_document import ANSWER, WRONG_SETTINGS
from sphinx_paperbanana.plan_builder import PlanBuilder, answer_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WRONG = 2


def main(arguments: list[str]) -> int:
    """Read the project in a folder, and leave its figures in another one."""
    from sphinx.errors import ExtensionError, SphinxError

    from sphinx_paperbanana.config import SettingsRefused

    source, folder, build = arguments
    try:
        _run_sphinx(Path(source), Path(folder), SphinxBuild(*json.loads(build)))
    except SphinxError as error:
        sys.stderr.write(f"{_words_of(error)}\n")
        if isinstance(error, ExtensionError):
            sys.stderr.write(f"run pbfigure where Sphinx builds the project; here {sys.prefix}\n")
        return WRONG_SETTINGS if isinstance(error, SettingsRefused) else WRONG
    return 0


def _words_of(error: Exception) -> str:
    if PLAN in str(error):
        return 'conf.py does not load the extension: extensions = ["sphinx_paperbanana"]'
    return str(error)


def _run_sphinx(source: Path, folder: Path, build: SphinxBuild) -> None:
    from sphinx.application import Sphinx

    def hand_over(app: Sphinx) -> None:
        (folder / ANSWER).write_bytes(pickle.dumps(answer_of(app)))

    PlanBuilder.judged_as, PlanBuilder.receive = build.builder, staticmethod(hand_over)
    app = Sphinx(
        source,
        source,
        folder / "out",
        folder / "doctrees",
        PLAN,
        # nothing is written beside the sources
        confoverrides={**dict(build.settings), "gettext_auto_compile": False},
        tags=build.tags,
        status=None,
        warning=None,  # what a page is warned of, its builds say
    )
    app.build()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
