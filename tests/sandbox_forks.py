"""Forks sandboxes, so that a test's own one starts in a hundredth of a second.

One process imports the sandbox once. For each line of JSON on its standard input, the options of
``python -m pbfigure.sandbox --json``, it forks a process, which says where it listens on the
standard output that all share, or prints an empty line. When its input ends, so do they.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from PIL import Image

import pbfigure.sandbox.drawing  # noqa: F401 - else each sandbox imports it at its first picture
from pbfigure.sandbox.program import sandbox

running: set[int] = set()


def reap(*_: object) -> None:
    for pid in list(running):
        if os.waitpid(pid, os.WNOHANG)[0]:
            running.discard(pid)


def main() -> None:
    Image.preinit()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest, whose end ends us
    signal.signal(signal.SIGCHLD, reap)
    for line in sys.stdin:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if not pid:
            serve(json.loads(line))
        running.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for pid in running:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


def serve(options: list[str]) -> None:
    """Be the sandbox, and never return."""
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
    os.close(sys.stdin.fileno())
    status = 1
    try:
        sandbox(options, standalone_mode=False)
        status = 0
    except Exception as error:  # noqa: BLE001 - whatever it is, the test that waits is told
        print(f"the sandbox did not start: {error!r}", file=sys.stderr)
        print(flush=True)
    finally:
        sys.stdout.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
