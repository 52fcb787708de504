"""What Sphinx is given to call: each imports what does the work when there is work.

Most builds read no page and make no picture; their start is all that they notice of this extension.
"""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.transforms.post_transforms.images import ImageDownloader
from sphinx.util.docutils import SphinxDirective

from sphinx_paperbanana.registry import registry_of
from sphinx_paperbanana.unexpected_errors import going_on

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import OptionSpec


class _OptionSpec:
    """Imports the options when the first figure is read."""

    def __get__(self, directive: object, owner: type) -> OptionSpec:
        from sphinx_paperbanana.directive_options import OPTION_SPEC

        return OPTION_SPEC


class PaperbananaDirective(SphinxDirective):
    """A figure that is drawn from its prompt; the body, if any, is the text it is drawn from."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _OptionSpec()

    def run(self) -> list[nodes.Node]:
        """Return the figure."""
        from sphinx_paperbanana.directive import GeneratedFigure

        return GeneratedFigure(
            self.name,
            self.arguments,
            self.options,
            self.content,
            self.lineno,
            self.content_offset,
            self.block_text,
            self.state,
            self.state_machine,
        ).run()


def _venue(argument: str) -> str:
    from pbfigure.disclosure.venues import VENUES

    return directives.choice(argument, VENUES)


class FigureListDirective(SphinxDirective):
    """The place of the table; ``:thumbnails:`` shows small pictures in HTML, ``:style:`` sets a
    venue's sentence before it.
    """

    option_spec: ClassVar[OptionSpec] = {"thumbnails": directives.flag, "style": _venue}

    def run(self) -> list[nodes.Node]:
        """Leave a node to be filled in when all documents are read."""
        from sphinx_paperbanana.figure_list import place_of_list

        registry_of(self.env).lists.add(self.env.current_document.docname)
        made = place_of_list(self.options)
        for node in made:
            self.set_source_info(node)
        return made


def set_builder(app: Sphinx) -> None:
    """Tell the registry of the builder before anything is read."""
    registry_of(app.env).builder = app.builder


def forget_document(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what is known of a document that is gone, or about to be read again."""
    registry_of(env).clear_doc(docname)


def note_document(app: Sphinx, document: nodes.document) -> None:
    """Note what a build may hide of a document that is read."""
    registry_of(app.env).document_read(app.env.current_document.docname, document)


def merge_documents(
    app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: BuildEnvironment
) -> None:
    """Take over what another process read."""
    registry_of(env).merge(docnames, registry_of(other))


def import_readers(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Import what reads figures before Sphinx forks, for it forks for every few documents."""
    if app.parallel > 1 and docnames and registry_of(env).pickled:
        import sphinx_paperbanana.directive
        import sphinx_paperbanana.single_file_builders
        import sphinx_paperbanana.text.figure_text  # noqa: F401


class TakeText(SphinxTransform):
    """Complete every figure of a document with its text, and register it."""

    default_priority = 5
    """Before PreserveTranslatableMessages (10), Locale (20) and the substitutions (210): from
    there on the text is no longer the author's.
    """

    @going_on
    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Register the document's figures, and the labelled sections that figures ask for."""
        from sphinx_paperbanana.text.figure_text import TextTaker

        TextTaker(self.document, self.env).take()


class TranslateAlt(SphinxTransform):
    """Pass a generated figure's alternative text to translation, and nothing else of its image."""

    default_priority = 21
    """After messages are translated (20), before translations are counted (25)."""

    @going_on
    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Take the image's address from the messages; count its translated text as translated."""
        registry = registry_of(self.env)
        written = registry.figures_of(self.env.current_document.docname)
        for image, figure in zip(registry.taken, written, strict=False):
            image.attributes.pop("translatable", None)
            if not figure.alt:
                image.attributes.pop("translated", None)
            elif image.get("translated") is False and image["alt"] != figure.alt:
                image["translated"] = True


class TakeTranslations(SphinxTransform):
    """Note what the figures of a page say in the language of a translated build."""

    default_priority = 22
    """After messages are translated (20), before the substitutions (210)."""

    @going_on
    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Take translated prompts with the text around them, titles, and labelled sections."""
        if registry_of(self.env).is_translated:
            from sphinx_paperbanana.text.figure_text import TextTaker

            TextTaker(self.document, self.env).take_translations()


class RemoveWords(SphinxPostTransform):
    """Leave the words of figures to translators alone, and to them those that some reader needs."""

    default_priority = 1

    @going_on
    def run(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Remove what is not to be translated."""
        registry = registry_of(self.env)
        if registry.is_for_translation:
            from sphinx_paperbanana.text.translating import remove_words

            remove_words(self.document, registry)


class ShowPictures(SphinxPostTransform):
    """Resolve the images of generated figures."""

    default_priority = ImageDownloader.default_priority - 1
    """Before anything fetches or converts images: from here on ours are files like any other."""

    @going_on
    def run(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Give every generated figure's image its file and its alternative text."""
        _show_pictures(self.env, self.document, self.env.current_document.docname)


def show_copies(app: Sphinx, document: nodes.document, docname: str) -> None:
    """Do the same for what a plugin copied to a page when all else of it was resolved."""
    _show_pictures(app.env, document, docname)


def _show_pictures(env: BuildEnvironment, document: nodes.document, docname: str) -> None:
    if registry_of(env).pickled:
        from sphinx_paperbanana.image_nodes import PicturesOfPage

        PicturesOfPage(document, env, docname).show()


class FillLists(SphinxPostTransform):
    """Put the table where it goes."""

    default_priority = 8
    """Before references are resolved (10) and ``only`` is (50): nothing of it is theirs."""

    @going_on
    def run(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Replace every place of a table by the table."""
        registry = registry_of(self.env)
        if registry.lists:
            from sphinx_paperbanana.figure_list import fill_lists

            fill_lists(self.document, registry)


def finish_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Give a page's images their sizes, and its table of figures its style."""
    registry = registry_of(app.env)
    if registry.sizes:
        from sphinx_paperbanana.html_image_attributes import set_image_sizes

        set_image_sizes(context, registry.sizes)
    if registry.lists:
        from sphinx_paperbanana.figure_list import style_lists

        style_lists(context)
