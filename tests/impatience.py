"""Short waits between two looks at the sandbox, whose clock is fast: in tests' own builds, and in
what they fork.
"""

from __future__ import annotations

from typing import Any

from pbfigure.scheduler import delivery, polling

SHORT = (
    (delivery, "SHORTEST_INTERVAL", 0.05),
    (delivery, "ORDERING_INTERVAL", 0.5),
    (polling, "PRIOR_OF_EMULATORS", polling.Latency(0.05, 1.0)),
)


def begin(set_attribute: Any = setattr) -> None:
    """Look at the sandbox often from now on."""
    for module, name, value in SHORT:
        set_attribute(module, name, value)


def be_a_second() -> None:
    """Have a purchase take a second, so that TeX's runs before and after it are in two: latexmk
    tells apart by whole seconds what they wrote.
    """
    polling.PRIOR_OF_EMULATORS = polling.Latency(4.0, 1.0)
