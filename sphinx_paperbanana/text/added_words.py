"""The words that Sphinx adds to what an author wrote, in the language of the build.

They stand in the nodes like any others, so they are known by what Sphinx's own catalogue makes of
them. A field is called as it is written in reStructuredText instead, a heading of a docstring as it
is written there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import _

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

_HEADINGS = (
    "Attributes",
    "Default",
    "Example",
    "Examples",
    "Keyword Arguments",
    "Methods",
    "Notes",
    "Other Parameters",
    "Parameters",
    "Receives",
    "References",
    "Return type",
    "Returns",
    "Type",
    "Warns",
    "Yields",
)
"""What napoleon and the directives of the standard domain call parts of a description."""
_ONE_WORD = {"Example": "Examples", "retvals": "returns", "retval": "returns"}
"""What some language has one word for, so that its builds cannot tell which was written."""
_BY_NUMPYDOC = {"Parameters": "param", "Raises": "raises", "Returns": "returns"}
"""What numpydoc calls them, in English whatever the build's language, where it could be Sphinx."""
_OPENINGS = ("Bases: %s", "alias of %s")
"""How autodoc's own sentences go."""
_AUTHORS = ("Section author: ", "Module author: ", "Code author: ", "Author: ")
"""How ``sectionauthor`` and its like begin, where conf.py has them shown."""


class AddedWords:
    """What Sphinx adds in one build."""

    def __init__(self, env: BuildEnvironment) -> None:
        self._env = env
        self._labels: dict[tuple[str, str], dict[str, str]] = {}
        self._headings = {
            _(heading).strip(): _ONE_WORD.get(heading, heading) for heading in _HEADINGS
        }
        self._openings = [_(opening).lstrip().partition("%s")[::2] for opening in _OPENINGS]
        self._authors = {_(author) for author in _AUTHORS}

    def field_name(self, field: nodes.field, name: str) -> str:
        """Return what the author called a field whose name Sphinx may have worded."""
        description = field.parent.parent
        if not isinstance(description, addnodes.desc_content):
            return name
        labels = self._labels_of(cast("addnodes.desc", description.parent))
        for label in sorted(labels, key=len, reverse=True):
            if name == label or name.startswith(f"{label} "):
                return labels[label] + name.removeprefix(label)
        return self._headings.get(name, name)

    def heading(self, node: nodes.Element, text: str) -> str:
        """Return what the author called a part of a docstring, a rubric or an admonition."""
        block = node.parent if isinstance(node, nodes.title) else node
        in_description = isinstance(block.parent, addnodes.desc_content)
        return self._headings.get(text, text) if in_description else text

    def without_opening(self, paragraph: nodes.Element, text: str) -> str:
        """Return a text without the words that autodoc or ``sectionauthor`` put before it."""
        first = paragraph[0] if paragraph.children else None
        if isinstance(first, nodes.emphasis) and first.children:
            opening = first[0].astext()
            if opening in self._authors:
                return text.removeprefix(opening)
        # some language's words begin with spaces, which make a quotation of them
        if isinstance(paragraph.parent, addnodes.desc_content | nodes.block_quote):
            for before, after in self._openings:
                if text.startswith(before) and text.endswith(after):
                    return text[len(before) : len(text) - len(after)]
        return text

    def _labels_of(self, description: addnodes.desc) -> dict[str, str]:
        """Return what is written for the fields of a kind of object, by what Sphinx makes of it."""
        kind = (description.get("domain", ""), description.get("objtype", ""))
        if kind not in self._labels:
            domain = self._env.domains.get(kind[0])
            directive = domain.directives.get(kind[1]) if domain is not None else None
            labels = dict(_BY_NUMPYDOC)
            for field in getattr(directive, "doc_field_types", ()):
                name = _ONE_WORD.get(field.names[0], field.names[0])
                # what Sphinx cannot make sense of, it shows as written, with a capital
                labels |= {written[:1].upper() + written[1:]: name for written in field.names}
                labels[str(field.label).strip()] = name
            self._labels[kind] = labels
        return self._labels[kind]
