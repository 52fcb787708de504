"""The command of ``pbfigure sandbox -- COMMAND``: its address, key and cache, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import click

from pbfigure.sandbox.settings import SANDBOX_KEY


def client_environment(base_url: str, cache_dir: Path) -> dict[str, str]:
    """Return the environment variables that make a client use this sandbox."""
    return {
        "PAPERBANANA_BASE_URL": base_url,
        "PAPERBANANA_API_KEY": SANDBOX_KEY,
        "PAPERBANANA_ALLOW_DRAFTS": "1",
        "PAPERBANANA_CACHE_DIR": str(cache_dir),
    }


def run_command(command: list[str], base_url: str, cache_dir: Path) -> int:
    """Run a command against this sandbox; return its exit status."""
    environment = os.environ | client_environment(base_url, cache_dir)
    try:
        child = subprocess.Popen(command, env=environment)  # noqa: S603 (the user's own command)
    except OSError as problem:
        raise click.ClickException(f"cannot run {command[0]}: {problem.strerror}") from None
    # Ctrl-C reaches the command by itself, and it decides; SIGTERM has to be passed on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    status = child.wait()
    return 128 - status if status < 0 else status
