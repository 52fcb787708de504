r"""LaTeX source as a reader would read it: what is sent as a pipeline figure's text.

pylatexenc's parser recurses deeply, is slow on definitions and lets one strange construct spoil the
rest of a section, so that its table of symbols is used, and not its parser.
"""

from __future__ import annotations

from collections.abc import Mapping

from latex_hook.sources.definitions import Macro
from latex_hook.text.author_macros import expand_all
from latex_hook.text.conditions import without_conditions
from latex_hook.text.extract import Extract, put_back
from latex_hook.text.listings import shown
from latex_hook.text.paragraphs import paragraphs
from latex_hook.text.reader import Reader


def readable_paragraphs(extract: Extract, macros: Mapping[str, Macro]) -> list[str]:
    """Return the paragraphs of a stretch of source as text; ``macros`` are the document's own."""
    text = without_conditions(expand_all(extract.text, macros))
    reader = Reader(text, extract.conventions, macros)
    read = reader.read(0, len(text))
    verbatim = [shown(piece, reader.aside) for piece in extract.verbatim]
    found = (put_back(paragraph, verbatim) for paragraph in paragraphs(read))
    return [paragraph for paragraph in found if paragraph.strip()]
