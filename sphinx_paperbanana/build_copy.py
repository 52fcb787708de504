"""Pictures as this builder can show them: the file itself where it can, a converted copy else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.store.files import publish, temporary_beside
from pbfigure.store.picture import MIME_TYPES
from pbfigure.store.record import Record

if TYPE_CHECKING:
    from sphinx.builders import Builder

FOLDER = "paperbanana"
"""In the doctree folder: what is made for builds, and can be made again."""


def shows(builder: Builder, picture_format: str) -> bool:
    """Whether a builder shows a format. Sphinx's lists leave out WebP, which browsers do show."""
    if builder.format == "html" and "epub" not in builder.name:
        return True
    return MIME_TYPES[picture_format] in builder.supported_image_types


def for_builder(builder: Builder, path: Path, record: Record) -> Path:
    """Return the file to show for a picture: itself, or a PNG of the same pixels."""
    picture = record.picture
    if shows(builder, picture.format):
        return path
    copy = Path(builder.doctreedir) / FOLDER / f"{path.stem}-{picture.sha256[:12]}.png"
    if not copy.exists():
        from PIL import Image

        copy.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(copy)
        with Image.open(path, formats=(picture.format.upper(),)) as image:
            image.save(temporary, format="PNG")
        publish(temporary, copy)
    return copy
