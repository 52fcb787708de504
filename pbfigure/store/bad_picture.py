"""The errors for bytes that are not accepted as a picture."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError


class BadPicture(FigureError):
    """The bytes are not a complete picture in a supported format; ``str`` says why."""

    subtype = "picture"


class OverLimit(BadPicture):
    """The picture may be complete but exceeds a limit of pixels, passes or memory."""


class Misdescribed(BadPicture):
    """The bytes are those that were bought, but their record describes them wrongly."""
