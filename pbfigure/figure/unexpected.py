"""An unexpected error becomes one line: the failure of one figure or file, never of the build.

Each front end and the command has its boundaries. Whatever is raised within one, other than an
error that is expected there, becomes an :exc:`Unexpected`. An interrupt passes; where memory runs
out, what the figure took is free again behind the boundary. Developers, and all tests, set
``PBFIGURE_DEBUG`` (``pbfigure --debug`` does), and see the error itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pbfigure.figure.notice import FigureError

DEBUG = "PBFIGURE_DEBUG"
"""The environment variable under which unexpected errors are raised as they are."""


class Unexpected(FigureError):
    """An unexpected error, in one line; its cause is the error itself."""

    subtype = "unexpected"


@contextmanager
def boundary(*passing: type[Exception]) -> Iterator[None]:
    """Raise :exc:`Unexpected` for any error but a FigureError and those that are ``passing``."""
    try:
        yield
    except Exception as error:
        if isinstance(error, (FigureError, *passing)):
            raise
        if isinstance(error, OSError):
            name = f"{error.filename}: " if error.filename else ""
            raise Unexpected(f"{name}{error.strerror or error}") from error
        if os.environ.get(DEBUG):
            raise
        raise Unexpected(_words_of(error)) from error


def _words_of(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    from pbfigure.figure.wording import shortened

    what = f"{type(error).__name__}: {str(error)[:1000]}".removesuffix(": ")
    return (
        f"an unexpected error at {_place_of(error)} ({shortened(what, 200)}); this is a defect:"
        " 'pbfigure --debug', or PBFIGURE_DEBUG=1, shows the traceback"
    )


def _place_of(error: Exception) -> str:
    """Return the file and line that an error comes from."""
    import traceback

    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{Path(last.filename).name}:{last.lineno}"
