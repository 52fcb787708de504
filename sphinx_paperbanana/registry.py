"""The registry: which figures were written where, as Sphinx keeps it from build to build."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Set
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from pbfigure.figure.unexpected import Unexpected
from sphinx_paperbanana.unexpected_errors import explained

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from pbfigure.figure.block import Appearance, FigureBlock
    from pbfigure.project.renamed_figures import Hidden
    from sphinx_paperbanana.figures import RegisteredFigure, RenderedFigure
    from sphinx_paperbanana.pages_to_write import Names
    from sphinx_paperbanana.text.conditional import Reference, TakenText
    from sphinx_paperbanana.visibility import Condition, Readers

DATA_VERSION = 11
"""The version of what is pickled; it counts up with every change to its shape."""
BY_DOCUMENT = (
    *("pickled", "open", "labels_wanted", "toctrees"),
    *("labels", "titles", "translated_labels", "translated_titles"),
)
"""The attributes of a registry that are pickled, and say something of each document."""
_ATTRIBUTE = "paperbanana"
"""The attribute of the environment that holds the registry."""


class FigureRegistry:
    """Figures by document, and the text of the labelled sections that they ask for.

    No domain: where figures are numbered, Sphinx asks every domain about every node of the project,
    in each build.
    """

    env: BuildEnvironment
    builder: Builder

    def __init__(self) -> None:
        # what Sphinx keeps, by document
        self.pickled: dict[str, bytes] = {}
        """Its figures, pickled: most builds, and all processes that read other documents, only pass
        them on.
        """
        self.open: dict[str, set[Condition | Reference]] = {}
        """What its figures and the text around them leave open; see ``left_open``."""
        self.labels_wanted: dict[str, set[str]] = {}
        """The labels that its figures ask for."""
        self.toctrees: dict[str, Any] = {}
        """Its tables of contents; see :func:`single_file_builders.toctrees_of`."""
        self.labels: dict[str, dict[str, TakenText]] = {}
        """The text of labelled sections that some figure asks for."""
        self.titles: dict[str, dict[str, str]] = {}
        """The titles of its labelled sections, and under no label its own."""
        self.translated_labels: dict[str, dict[str, TakenText]] = {}
        self.translated_titles: dict[str, dict[str, str]] = {}
        """Both in the language of a translated build."""
        self.lists: set[str] = set()
        """The documents in which a table of all figures stands."""

        # of this build only
        self.translates = False
        """Whether the settings give a translated build pictures of its own, if it is one."""
        self.show(dict, {})
        self.is_complete = False
        """Whether it is known what this build shows: else no page's pictures are removed."""
        self.pages: tuple[Names, Names | None] = {}, None
        """What pages are to show, and what they showed when this build began; None: not known."""
        self.copies: dict[str, set[str]] = {}
        """By document, other ones whose figures its page shows too."""
        self.sizes: dict[str, tuple[int, int]] = {}
        """Width and height of the images in the build tree, by file name."""
        self.firsts: dict[object, RegisteredFigure] = {}
        """By source, the figure that counts for all places that show it."""
        self.asked: list[nodes.image] = []
        """The images that directives made and whose text is still to be taken."""
        self.taken: list[nodes.image] = []
        """The images of the document that is being read, by their figures' numbers."""
        self._read: dict[str, list[RegisteredFigure]] = {}
        """By document, its figures, while it is read or once they are unpickled."""

    def __reduce__(self) -> tuple[type[FigureRegistry], tuple[()], dict[str, Any]]:
        """Pickle what Sphinx keeps."""
        return FigureRegistry, (), {kind: vars(self)[kind] for kind in (*BY_DOCUMENT, "lists")}

    @cached_property
    def shown(self) -> dict[str, RenderedFigure]:
        """What this build shows, by figure's mark."""
        return self._recall()

    def show(
        self, recall: Callable[[], dict[str, RenderedFigure]], image_names: dict[str, list[str]]
    ) -> None:
        """Set what this build shows, recalled only when a page is written."""
        self._recall, self.image_names = recall, image_names
        vars(self).pop("shown", None)

    def figures_of(self, docname: str) -> list[RegisteredFigure]:
        """Return the figures of a document, in reading order."""
        if docname not in self._read:
            pickled = self.pickled.get(docname)
            self._read[docname] = pickle.loads(pickled) if pickled else []  # noqa: S301 - ours
        return self._read[docname]

    @property
    def figures(self) -> dict[str, list[RegisteredFigure]]:
        """The figures of each document that has any."""
        return {docname: self.figures_of(docname) for docname in self.pickled}

    @cached_property
    def is_translated(self) -> bool:
        """Whether there may be translations into the language of this build."""
        config = self.env.config
        folders = (Path(self.env.srcdir, folder) for folder in config.locale_dirs)
        return any((folder / str(config.language)).is_dir() for folder in folders)

    @cached_property
    def column(self) -> Appearance:
        """How a figure without a size of its own stands on its page, by the theme of this build."""
        from sphinx_paperbanana.page_width import column_of

        return column_of(self.env.config)

    @property
    def is_for_translation(self) -> bool:
        """Whether the words of figures are to be translated: a translated build, or one that writes
        messages, for which Sphinx asks for a folder of doctrees of its own.
        """
        return self.is_translated or self.builder.name == "gettext"

    @cached_property
    def wanted(self) -> set[str]:
        """The labels that figures ask for, as far as is known yet."""
        return set().union(*self.labels_wanted.values())

    def take_asked(self, document: nodes.document) -> list[nodes.image]:
        """Return the images that directives put into ``document``, in reading order.

        What a directive made and its parent dropped again is not among them.
        """
        asked, self.asked = self.asked, []
        if all(_stands_in(image, document) for image in asked):
            return asked
        return [image for image in document.findall(nodes.image) if "paperbanana-pending" in image]

    def note(self, docname: str, written: RegisteredFigure) -> None:
        """Register a figure."""
        self._read.setdefault(docname, []).append(written)
        if written.label:
            self.wanted.add(written.label)
            self.labels_wanted.setdefault(docname, set()).add(written.label)

    def label_text(
        self, label: str, labels: Mapping[str, Mapping[str, TakenText]]
    ) -> TakenText | None:
        """Return the text of a labelled section, or None if it is not known yet."""
        return next((texts[label] for texts in labels.values() if label in texts), None)

    def in_build(self, app: Sphinx) -> Iterator[tuple[str, RegisteredFigure]]:
        """Yield the mark and the figure of every one that a build shows, with its text.

        What one place in the sources shows several times has the same block each time.
        """
        if not self.pickled:
            return
        from sphinx_paperbanana.figures import mark_of
        from sphinx_paperbanana.several_pages import first_of_each_source, source_of
        from sphinx_paperbanana.single_file_builders import shown_documents
        from sphinx_paperbanana.visibility import Readers, viewer_of_build

        this_build, readers = viewer_of_build(app), Readers(app)
        self.firsts = first_of_each_source(self.figures, readers)
        blocks: dict[int, FigureBlock] = {}
        for docname in sorted(self.pickled.keys() & shown_documents(app, self.toctrees)):
            for number, written in enumerate(self.figures_of(docname)):
                if not this_build.sees(written.conditions):
                    continue
                mark = mark_of(docname, number)
                first = self.firsts[source_of(mark, written.block)]
                if id(first) not in blocks:
                    blocks[id(first)] = self._with_text(first, readers).block
                yield mark, written._replace(block=blocks[id(first)])

    def document_read(self, docname: str, document: nodes.document) -> None:
        """Note what a build may hide; forget figures that were removed from a document, and pickle
        the others.
        """
        if docname in self.env.toctree_includes:
            from sphinx_paperbanana.single_file_builders import toctrees_of

            if toctrees := toctrees_of(document):
                self.toctrees[docname] = toctrees
        taken, self.taken = self.taken, []
        if not (written := self._read.pop(docname, [])):
            return
        if not all(_is_shown_in(image, document) for image in taken):
            self._forget_removed(docname, document, written)
        self.pickled[docname] = pickle.dumps(written, pickle.HIGHEST_PROTOCOL)
        from sphinx_paperbanana.text.conditional import left_open

        if left := left_open((each.conditions, each.text, each.translation) for each in written):
            self.open[docname] = left

    def _forget_removed(
        self, docname: str, document: nodes.document, written: list[RegisteredFigure]
    ) -> None:
        from sphinx_paperbanana.figures import mark_of
        from sphinx_paperbanana.visibility import DROPPED

        # translations and substitutions leave copies
        copies = {
            image.get("paperbanana")
            for image in document.findall(nodes.image)
            if _is_shown_in(image, document)
        }
        for number, figure in enumerate(written):
            if mark_of(docname, number) not in copies:
                written[number] = figure._replace(conditions=(DROPPED,))

    def hidden(self, shown: Mapping[str, RegisteredFigure]) -> Hidden:
        """Return the figures that are not among those that a build shows, by their marks; also
        those of the source's language in whose place a translated one is shown.
        """
        from pbfigure.project.renamed_figures import Hidden
        from sphinx_paperbanana.figures import mark_of
        from sphinx_paperbanana.several_pages import source_of

        return Hidden(
            [
                self.firsts.get(source_of(mark, written.block), written).block
                for docname, figures in sorted(self.figures.items())
                for number, written in enumerate(figures)
                for mark in (mark_of(docname, number),)
                if mark not in shown or shown[mark].block.language
            ]
        )

    def clear_doc(self, docname: str) -> None:
        """Forget a document that is about to be read again."""
        self._read.pop(docname, None)
        for kind in BY_DOCUMENT:
            vars(self)[kind].pop(docname, None)
        self.lists.discard(docname)

    def merge(self, docnames: Set[str], other: FigureRegistry) -> None:
        """Take over what another process read."""
        for docname in docnames:
            for kind in BY_DOCUMENT:
                if docname in (theirs := vars(other)[kind]):
                    vars(self)[kind][docname] = theirs[docname]
        self.lists.update(other.lists & docnames)
        vars(self).pop("wanted", None)

    def _with_text(self, written: RegisteredFigure, readers: Readers) -> RegisteredFigure:
        try:
            with explained():
                return self._completed(written, readers)
        except Unexpected as error:
            return written._replace(block=written.block.with_problem(str(error)))

    def _completed(self, written: RegisteredFigure, readers: Readers) -> RegisteredFigure:
        """Return a figure with the text that the first reader who sees it sees around it."""
        from sphinx_paperbanana.page_width import with_size

        block, text = written.block, written.text
        block = block._replace(appearance=with_size(self.column, block.shown))
        labels, titles = self.labels, self.titles
        translate = self.translates if written.translate is None else written.translate
        if translate and written.translation is not None:
            block = written.translation.of(block, str(self.env.config.language))
            text = written.translation.text
            labels = labels | self.translated_labels  # pages without a catalog have none
            titles = titles | self.translated_titles
        if written.label is not None:
            text = self.label_text(written.label, labels)
            if text is None:
                problem = self._no_such_label(written.label)
                return written._replace(block=block.with_problem(problem))
        if text is None:
            return written._replace(block=block)
        from sphinx_paperbanana.text.references import WordsOfReferences

        sees = readers.first_of(written.conditions).sees
        content = text.as_read(sees, WordsOfReferences(self.env, titles))
        return written._replace(block=block._replace(content=content))

    def _no_such_label(self, label: str) -> str:
        from pbfigure.figure.nearest_name import nearest_name

        known = self.env.domains.standard_domain.anonlabels.keys() - {label}
        hint = nearest_name(label, known)
        return f"context: no label {label!r} stands before or in a section{hint}"


def registry_of(env: BuildEnvironment) -> FigureRegistry:
    """Return the registry of a build environment, which Sphinx pickles with it."""
    registry: FigureRegistry | None = getattr(env, _ATTRIBUTE, None)
    if registry is None:
        registry = FigureRegistry()
        setattr(env, _ATTRIBUTE, registry)
    registry.env = env
    return registry


def is_within(node: nodes.Node | None, kind: type[nodes.Node]) -> bool:
    """Return whether a node stands in a node of a kind."""
    while node is not None and not isinstance(node, kind):
        node = node.parent
    return node is not None


def _is_shown_in(image: nodes.image, document: nodes.document) -> bool:
    node: nodes.Element = image
    while node is not document:
        above = node.parent
        if above is None or isinstance(node, nodes.substitution_definition):
            return False
        if not any(child is node for child in above.children):  # it was removed
            return False
        node = above
    return True


def _stands_in(node: nodes.Node | None, document: nodes.document) -> bool:
    while node is not None and node is not document:
        node = node.parent
    return node is document
