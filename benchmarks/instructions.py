"""What a command and all that it starts take in instructions, which no other work changes."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

VALGRIND = (
    *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--trace-children=yes"),
    "--cachegrind-out-file=/dev/null",
)


def instructions_of(
    command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
) -> list[tuple[str, float]]:
    """Run a command under valgrind; return for each process its command line, and millions."""
    with tempfile.TemporaryDirectory() as logs:
        subprocess.run(
            [*VALGRIND, f"--log-file={logs}/%p", *command],
            cwd=folder,
            env=environment,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        found = []
        for log in Path(logs).iterdir():
            said = log.read_text()
            line = re.search(r"Command: (.*)", said)
            count = re.search(r"I\s+refs:\s+([\d,]+)", said)
            if line and count:
                found.append((line[1], int(count[1].replace(",", "")) / 1e6))
        return found
