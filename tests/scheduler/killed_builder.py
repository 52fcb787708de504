"""A build that is killed between the journal and the ledger: started as builder.py is."""

from __future__ import annotations

import os
import signal
import sys

import builder

from pbfigure.store.ledger import Ledger
from pbfigure.store.purchase import Purchase


def die(_ledger: Ledger, _purchase: Purchase) -> None:
    """End the process in the place of the ledger's line."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Ledger.enter = die  # type: ignore[method-assign]
    builder._main(*sys.argv[1:])
