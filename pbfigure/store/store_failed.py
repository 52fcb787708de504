"""What goes wrong with a team's store, apart from what imports the library of its extra."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError


class StoreFailed(FigureError):
    """The store did not do what it was asked; ``str`` says what it did instead."""

    def __init__(self, message: str, *, is_refusal: bool = False) -> None:
        super().__init__(message)
        self.is_refusal = is_refusal
        """Whether it refused this machine's credentials."""


class BadName(StoreFailed):
    """It lists an object whose name is none: empty parts, control characters.

    Everything that came with it in one answer is lost to us.
    """
