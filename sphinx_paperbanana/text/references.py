"""What references show that have no text of their own: known once all pages are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import docname_join

from sphinx_paperbanana.text.conditional import Reference

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


class WordsOfReferences:
    """The words of each reference, by the titles that pages have in one language."""

    def __init__(self, env: BuildEnvironment, titles: Mapping[str, Mapping[str, str]]) -> None:
        self._env = env
        self._titles = titles
        """By document, the titles of its labelled sections, and under no label its own."""

    def __call__(self, reference: Reference) -> str:
        """Return what a reference shows: a title, or the name of an object."""
        label = nodes.fully_normalize_name(reference.target)
        if not reference.any and reference.docname is not None:
            return self._title_in(reference.docname, reference.target)
        labels = self._env.domains.standard_domain.anonlabels
        if label in labels:
            return self._titles.get(labels[label][0], {}).get(label, "")
        if not reference.any:
            return ""
        docname = str(reference.docname)
        if slugs := self._title_in(docname, reference.target):
            return slugs
        if reference.target in self._env.domains.math_domain.equations:
            return ""  # the number of an equation
        other = docname_join(docname, reference.target.removesuffix(".md"))
        return self._title_in(other, "") if other in self._titles else reference.name

    def _title_in(self, docname: str, place: str) -> str:
        """Return the title of a document, or that of a section in it, by label or MyST's slug."""
        title = self._titles.get(docname, {}).get(place.lower())
        if title is None:
            slugs = self._env.metadata.get(docname, {}).get("myst_slugs", {})
            named = (title for slug, (_, node, title) in slugs.items() if place in (slug, node))
            title = str(next(named, ""))
        return title
