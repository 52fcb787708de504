"""Pumps for a test of what is read from docstrings."""

from __future__ import annotations

from collections.abc import Iterator

SPEED = 3
"""How fast, by default."""

Rotor = dict


class Device:
    """A device."""


class Pump(Device):
    """A pump, in Google's style.

    Attributes:
        size: Its size.

    Example:
        >>> Pump(3)
    """

    size: int = 3

    def __init__(self, size: int) -> None:
        self.size = size

    @property
    def fast(self) -> bool:
        """Whether it is fast."""
        return self.size > 3

    def run(self, speed: int = 1, *, back: bool = False) -> Iterator[float]:
        """Run the pump.

        Args:
            speed: In metres.
            back (bool): Backwards.

        Keyword Args:
            extra: More.

        Yields:
            The way.

        Raises:
            ValueError: Too fast.

        Warns:
            UserWarning: Fast.

        Note:
            A note.

        Notes:
            Many notes.

        Todo:
            To be done.

        See Also:
            stop

        References:
            A book.
        """
        yield speed * (-1 if back else 1)


def stop(now: bool, later: int | None = None) -> float:
    """Stop it, in NumPy's style.

    Parameters
    ----------
    now : bool
        At once.
    later : int, optional
        Later on.

    Returns
    -------
    way : float
        The way.

    Other Parameters
    ----------------
    never
        Not at all.

    Examples
    --------
    >>> stop(True)
    """
    return float(now) + (later or 0)
