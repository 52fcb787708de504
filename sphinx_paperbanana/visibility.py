"""Who sees what: the conditions under which a node is shown, judged for one builder.

Two questions are asked. Does *this build* show a figure? Then it is bought. And what does *a
reader* see beside it? That is its text, and it must not depend on who builds: it is judged for the
first of html, latex and the other builders that shows the figure, under the project's own tags and
settings.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, NamedTuple, cast

from docutils import nodes
from docutils.utils import new_document
from sphinx.util.tags import Tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.builders import Builder


class Condition(NamedTuple):
    """What decides whether a build shows the nodes within."""

    directive: str
    """``only``, ``ifconfig``, ``setting`` or ``dropped``."""
    expression: str = ""


DROPPED = Condition("dropped")
"""The condition of a node that was removed from its page while that was read: no build shows it."""


TODOS = ("todo_node", "todo")
"""Sphinx's nodes for todos, and those of the extension that its tutorial has one write."""
_SETTINGS = dict.fromkeys(TODOS, "todo_include_todos") | {"Need": "needs_include_needs"}
"""The setting that says whether a kind of node is shown: of todos, of sphinx-needs."""


def condition_of(node: nodes.Node) -> Condition | None:
    """Return the condition that a node puts on what stands in it."""
    # by name: most are of extensions, which a project need not have
    name = node.tagname if isinstance(node, nodes.Element) else ""
    if name in ("only", "ifconfig"):
        return Condition(name, str(cast("nodes.Element", node)["expr"]))
    if isinstance(node, nodes.decoration):  # the writers of Sphinx set no header and no footer
        return DROPPED
    return Condition("setting", _SETTINGS[name]) if name in _SETTINGS else None


def conditions_around(node: nodes.Node) -> tuple[Condition, ...]:
    """Return the conditions that a node itself stands under, the innermost first."""

    def up() -> Iterator[Condition]:
        above = node.parent
        while above is not None:
            if condition := condition_of(above):
                yield condition
            above = above.parent

    return tuple(up())


class Viewer:
    """What one builder shows."""

    def __init__(self, app: Sphinx, builder: str, tags: Tags) -> None:
        self._app = app
        self._builder = builder
        self._tags = tags
        self._seen: dict[Condition, bool] = {}

    def sees(self, conditions: Iterable[Condition]) -> bool:
        """Return whether what stands under all of these conditions is shown."""
        return all(self._holds(condition) for condition in conditions)

    def _holds(self, condition: Condition) -> bool:
        if condition not in self._seen:
            self._seen[condition] = self._judge(condition)
        return self._seen[condition]

    def _judge(self, condition: Condition) -> bool:
        if condition == DROPPED:
            return False
        if condition.directive == "setting":
            return bool(getattr(self._app.config, condition.expression, True))
        if condition.directive == "ifconfig":
            return self._holds_by_config(condition.expression)
        try:
            return bool(self._tags.eval_condition(condition.expression))
        except Exception:  # noqa: BLE001 - Sphinx itself warns of it, and shows what is within
            return True

    def _holds_by_config(self, expression: str) -> bool:
        """Return what ``ifconfig`` itself does with an expression, tried on an own document."""
        from sphinx.ext.ifconfig import ifconfig, process_ifconfig_nodes

        document, shown = new_document(""), nodes.paragraph()
        document.reporter.report_level = document.reporter.SEVERE_LEVEL  # Sphinx tells of errors
        document += ifconfig("", shown, expr=expression)
        asked = SimpleNamespace(
            config=self._app.config, builder=SimpleNamespace(name=self._builder)
        )
        process_ifconfig_nodes(cast("Sphinx", asked), document, "")
        return shown in document.children


def builder_kind(app: Sphinx) -> type[Builder]:
    """Return the builder whose output counts: a plan's is that of another one."""
    return app.registry.builders[getattr(app.builder, "judged_as", app.builder.name)]


def viewer_of_build(app: Sphinx) -> Viewer:
    """Return the viewer of what this build writes, or plans."""
    kind = builder_kind(app)
    return Viewer(app, kind.name, Tags([*app.tags, *tags_of(kind)]))


def tags_of(kind: type[Builder]) -> tuple[str, ...]:
    """Return the tags that Sphinx sets for a builder."""
    return (kind.name, kind.format, f"format_{kind.format}", f"builder_{kind.name}")


class Readers:
    """The readers of a project, whoever builds it: html's before latex's before all others'."""

    def __init__(self, app: Sphinx) -> None:
        self._app = app
        self._viewers: dict[str, Viewer] = {}
        # of a builder named twice the first counts
        self._builders = dict.fromkeys(("html", "latex", *sorted(app.registry.builders)))

    def first_of(self, conditions: tuple[Condition, ...]) -> Viewer:
        """Return the first reader who sees what stands under these conditions."""
        readers = map(self._viewer, self._builders)
        return next((r for r in readers if r.sees(conditions)), viewer_of_build(self._app))

    def see(self, conditions: tuple[Condition, ...]) -> bool:
        """Return whether any reader sees what stands under these conditions."""
        return any(self._viewer(name).sees(conditions) for name in self._builders)

    def verdicts(self, condition: Condition) -> list[bool]:
        """Return for each of them whether it holds."""
        return [self._viewer(name).sees((condition,)) for name in self._builders]

    def _viewer(self, name: str) -> Viewer:
        if name not in self._viewers:
            tags = [*self._project_tags(), *self._tags_of(name)]
            self._viewers[name] = Viewer(self._app, name, Tags(tags))
        return self._viewers[name]

    def _project_tags(self) -> list[str]:
        """Return the tags that do not name a builder."""
        of_builders = {tag for name in self._builders for tag in self._tags_of(name)}
        return sorted(set(self._app.tags) - of_builders)

    def _tags_of(self, name: str) -> tuple[str, ...]:
        return tags_of(self._app.registry.builders[name])
