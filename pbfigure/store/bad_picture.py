"""Why bytes are not accepted as a picture, in words for the author."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError


class BadPicture(FigureError):
    """Bytes that are no whole picture of a format that can be shown; ``str`` says why."""

    subtype = "picture"


class OverLimit(BadPicture):
    """More pixels, passes or memory than the limits allow: the picture may be whole."""


class Misdescribed(BadPicture):
    """The very bytes that were bought; their record describes them wrongly."""
