"""Valves for a test of what is read from docstrings by numpydoc."""

from __future__ import annotations


class Valve:
    """A valve.

    Parameters
    ----------
    size : int
        Its size.

    Attributes
    ----------
    size : int
        Its size.

    Methods
    -------
    turn(angle)
        Turn it.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def turn(self, angle: float) -> None:
        """Turn it.

        Parameters
        ----------
        angle : float
            By how much.
        """


def close(now: bool, later: int | None = None) -> float:
    """Close it.

    A longer description [1]_.

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

    Raises
    ------
    ValueError
        Too late.

    See Also
    --------
    Valve : What is closed.

    Notes
    -----
    It is :math:`x^2`.

    References
    ----------
    .. [1] A book on valves.

    Examples
    --------
    >>> close(True)
    1.0
    """
    return float(now) + (later or 0)
