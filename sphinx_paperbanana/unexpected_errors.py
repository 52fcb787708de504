"""Unexpected errors in a Sphinx build: one line for the author, and the traceback in a file.

Sphinx would end the build at an error of an extension. Errors of its own, and of docutils, pass.
"""

from __future__ import annotations

import functools
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from docutils import ApplicationError
from docutils.parsers.rst import DirectiveError
from sphinx.errors import SphinxError
from sphinx.util import logging

from pbfigure.figure.unexpected import Unexpected, boundary

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def explained() -> Iterator[None]:
    """Raise :exc:`Unexpected`, with the name of the file that has the traceback."""
    try:
        with boundary(SphinxError, ApplicationError, DirectiveError):
            yield
    except Unexpected as error:
        raise Unexpected(f"{error}; the traceback is in {_file_of(error)}") from error


@contextmanager
def in_one_line(location: str | None = None) -> Iterator[None]:
    """Log an unexpected error, and go on behind it."""
    try:
        with explained():
            yield
    except Unexpected as error:
        logger.error("paperbanana: %s", error, location=location)


def going_on(function: Callable[P, R]) -> Callable[P, R | None]:
    """Decorate a handler or transform: an unexpected error is logged and does not end the build."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception:  # only now: for every page, what waits for errors takes its time
            with in_one_line():
                raise
        return None

    return run


def _file_of(error: Unexpected) -> str:
    """Keep the traceback as Sphinx keeps those of its own errors, and return the file's name."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="sphinx-err-", suffix=".log", delete=False, encoding="utf-8", errors="replace"
    ) as file:
        traceback.print_exception(error, file=file)
    return file.name
