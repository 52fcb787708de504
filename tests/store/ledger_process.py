"""Enter tasks in a ledger: ``python ledger_process.py FOLDER KILL_AT TASK…``.

At system call number KILL_AT of those that write the file, the process kills itself; 0: never. A
write that is not survived is cut in half before.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pbfigure.store.ledger import Ledger
from pbfigure.store.purchase import Buyer, Purchase, ShortRequest


def purchase(task_id: str, **facts: object) -> Purchase:
    known = {"at": "2026-03-31T12:00:00Z", "api": "host", "key": "k" * 64, "credits": 6}
    fields = {**known, "buyer": Buyer(project="p", figure="guide:cycle"), **facts}
    return Purchase(task_id=task_id, request=ShortRequest(prompt="A flow chart"), **fields)  # type: ignore[arg-type]


def _main(folder: str, kill_at: str, *tasks: str) -> None:
    calls = 0
    write, fsync = os.write, os.fsync

    def count() -> bool:
        nonlocal calls
        calls += 1
        return calls == int(kill_at)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def writing(descriptor: int, data: bytes) -> int:
        if count():
            write(descriptor, data[: len(data) // 2])
            die()
        written = write(descriptor, data)
        if count():
            die()
        return written

    def syncing(descriptor: int) -> None:
        if count():
            die()
        fsync(descriptor)

    os.write, os.fsync = writing, syncing  # type: ignore[assignment]
    ledger = Ledger(Path(folder))
    for task_id in tasks:
        ledger.enter(purchase(task_id))
        ledger.correct("host", task_id, credits=7)


if __name__ == "__main__":
    _main(*sys.argv[1:])
