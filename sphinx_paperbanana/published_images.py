"""The image files that a build publishes: each picture itself, or a copy with a label, as PNG, or
smaller.

Copies lie in the folder of doctrees. They are made once, and Sphinx takes them as any other image.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.figure.notice import Notice
from pbfigure.provenance.label import label_of
from pbfigure.provenance.published_copies import (
    converted_bytes,
    digest_of_copy,
    labelled_copy,
    unsigned_smaller_text,
    unsigned_text,
)
from pbfigure.store.files import read_bounded, write_whole
from pbfigure.store.provenance_marks import Mark
from sphinx_paperbanana.builders import (
    copies_folder,
    is_web_page,
    scaled_images_are_links,
    shows_format,
)
from sphinx_paperbanana.figures import Whole

if TYPE_CHECKING:
    from sphinx.builders import Builder

    from pbfigure.provenance.label import Label
    from pbfigure.store.record import Record


class Published(NamedTuple):
    """What stands for a picture in a build."""

    path: Path
    size: tuple[int, int]
    """Width and height in pixels."""
    whole: Whole | None = None
    """What ``path`` is a smaller copy of."""


class PublishedPictures:
    """The files of one build."""

    def __init__(self, builder: Builder, *, labels: bool, html_max_width: int = 0) -> None:
        self._builder = builder
        self._max_width = html_max_width if is_web_page(builder) else 0
        self._labels = labels and bool(builder.supported_image_types)
        """Whether unmarked pictures are labelled: not for a builder that lists no image types, for
        its output may lead to the files where they are."""
        self._folder = copies_folder(builder)
        self._files: dict[Path, Published] = {}
        self._unsigned: list[str] = []
        """The names of PNG copies that lost a manifest."""
        self._unsigned_smaller: list[str] = []

    def file_of(self, path: Path, record: Record, alt: str) -> Published:
        """Return what to show for a picture.

        Where several figures show one picture, the label has the first one's alternative text.
        """
        if path not in self._files:
            self._files[path] = self._published(path, record, label_of(record, alt))
        return self._files[path]

    def _published(self, path: Path, record: Record, label: Label) -> Published:
        picture = record.picture
        whole = Published(self._whole(path, record, label), (picture.width, picture.height))
        if not 0 < self._max_width < picture.width:
            return whole
        from pbfigure.provenance.smaller_copy import SmallerCopies

        copies = SmallerCopies(self._folder, self._max_width, self._labels)
        copy = copies.of(path, picture, label)
        if not copy.is_smaller:
            return whole
        if picture.mark is Mark.C2PA and copy.is_new:
            self._unsigned_smaller.append(path.name)
        is_linked = scaled_images_are_links(self._builder)
        return Published(copy.path, copy.size, Whole(whole.path if is_linked else None, whole.size))

    def _whole(self, path: Path, record: Record, label: Label) -> Path:
        picture = record.picture
        if not shows_format(self._builder, picture.format):
            if picture.mark is Mark.C2PA:
                self._unsigned.append(path.name)
            return self._as_png(path, record, label)
        return labelled_copy(path, picture, label, self._folder) if self._labels else path

    def _as_png(self, path: Path, record: Record, label: Label) -> Path:
        picture = record.picture
        digest = digest_of_copy(picture, label, labels=self._labels)
        copy = self._folder / f"{path.stem}-{digest}.png"
        if not copy.exists():
            from PIL import Image

            original, png = read_bounded(path, limit=SIZE_LIMIT), BytesIO()
            with Image.open(BytesIO(original), formats=(picture.format.upper(),)) as image:
                image.info.pop("xmp", None)  # what it said of its origin follows
                image.save(png, format="PNG")
            said = converted_bytes(
                png.getvalue(), original, picture.format, label, labels=self._labels
            )
            write_whole(copy, said)
        return copy

    def notices(self) -> list[Notice]:
        """Return the notices about signatures that copies lose."""
        texts = []
        if self._unsigned:
            texts.append(unsigned_text(self._builder.name, self._unsigned))
        if self._unsigned_smaller:
            texts.append(unsigned_smaller_text(self._unsigned_smaller))
        return [Notice("provenance", text, "info") for text in texts]
