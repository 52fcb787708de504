"""The errors of the stores: what is not accepted, and what cannot be used."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError


class StateUnavailable(FigureError):
    """The cache or its state database cannot be opened or written: the disk is full or read-only,
    or a file is damaged.
    """

    subtype = "cache"


class BadRecord(FigureError):
    """A document that is not a valid record; ``str`` says why."""

    subtype = "record"


class BadPicture(FigureError):
    """The bytes are not a complete picture in a supported format; ``str`` says why."""

    subtype = "picture"


class OverLimit(BadPicture):
    """The picture may be complete but exceeds a limit of pixels, passes or memory."""


class Misdescribed(BadPicture):
    """The bytes are those that were bought, but their record describes them wrongly."""


class StoreFailed(FigureError):
    """A team's store did not do what it was asked; ``str`` says what it did instead."""

    def __init__(self, message: str, *, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.is_refusal = is_refusal
        """Whether it refused this machine's credentials."""
