"""The builder ``paperbanana-plan``: it reads the documents and writes none.

What it read is handed to whoever asked: to the author, as a plan of what a build would make and
cost; or to the command, which has the documents of one plan read each by Sphinx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from typing import TYPE_CHECKING, ClassVar

from sphinx.builders import Builder

from sphinx_paperbanana.builders import PLAN

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def print_plan(app: Sphinx) -> None:
    """Print what a build would make."""


class PlanBuilder(Builder):
    """Reads the documents as another builder does, and hands over; writes no page."""

    name = PLAN
    epilog = ""
    allow_parallel = True
    supported_image_types: ClassVar[list[str]] = []
    """None, so that no picture is made."""
    judged_as: ClassVar[str] = "html"
    """The builder whose output is planned."""
    receive: ClassVar[Callable[[Sphinx], None]] = staticmethod(print_plan)
    """Takes the application once all documents are read."""

    def __init__(self, app: Sphinx, env: BuildEnvironment) -> None:
        super().__init__(app, env)
        self._sphinx = app
        app.preload_builder(self.judged_as)

    def get_outdated_docs(self) -> Iterator[str]:
        """Return none: nothing is ever written."""
        return iter(())

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return nothing: there are no pages to lead to."""
        return ""

    def write_documents(self, docnames: Set[str]) -> None:
        """Write nothing."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write nothing."""

    def finish(self) -> None:
        """Hand over what was read."""
        type(self).receive(self._sphinx)
