"""``pbfigure sandbox``: the sandbox as a program, alone or around another command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from pbfigure.sandbox.exchange import ScaledClock
from pbfigure.sandbox.fault_rules import problems
from pbfigure.sandbox.servers import Servers
from pbfigure.sandbox.service import Service
from pbfigure.sandbox.settings import SANDBOX_KEY, Settings


@click.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the API; 0: any free one."
)
@click.option(
    "--speed",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=1.0,
    show_default=True,
    help="Run the service's clock so many times as fast: limits, latencies and dates.",
)
@click.option(
    "--latency",
    type=click.FloatRange(0, 1e9),
    default=3.0,
    show_default=True,
    help="Median seconds a task takes.",
)
@click.option(
    "--credits",
    type=click.IntRange(0, 999_999_999),
    default=12_000,
    show_default=True,
    help="Credits left.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Repeat task ids, latencies and pictures (default: others in each run).",
)
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file that says what goes wrong, and when (docs/reference/sandbox.md).",
)
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append every request to this file, as JSON lines.",
)
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="The cache that COMMAND gets (default: one for the sandbox in the user's cache folder).",
)
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as one line of JSON.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def sandbox(  # noqa: PLR0913, PLR0917 (click hands over every option)
    port: int,
    speed: float,
    latency: float,
    credits: int,
    seed: int | None,
    faults: Path | None,
    log: Path | None,
    cache_dir: Path | None,
    as_json: bool,
    command: tuple[str, ...],
) -> None:
    """Run the PaperBanana API on this machine, with no account and at no cost.

    Pictures are drafts, drawn by the sandbox and marked so. Without a COMMAND it serves until
    Ctrl-C. With one (`pbfigure sandbox -- make html`) it runs it with endpoint and key set and a
    cache of its own, and passes on its exit status.
    """
    settings = Settings(credits=credits, latency=latency)
    if seed is not None:
        settings.seed = seed
    cache_dir = (cache_dir or _own_cache()).absolute()
    service = Service(ScaledClock(speed), settings, log_file=log)
    if faults is not None:
        _place_faults(service, faults)
    try:
        servers = Servers(service, port)
    except OSError as problem:
        raise click.ClickException(f"cannot listen: {problem}") from None
    with servers:
        stop = None if command else _stop_event()  # before the address is printed
        if as_json:
            _print_json(servers)
        if stop is None:
            status = _run_command(list(command), servers.base_url, cache_dir)
            _print_summary(service)
            sys.exit(status)
        if not as_json:
            _print_instructions(servers, cache_dir, faults)
        stop.wait()
        if not as_json:
            _print_summary(service)


def _place_faults(service: Service, path: Path) -> None:
    """Place the orders of a file, one or a list of them, or end with every mistake in it."""
    orders, mistakes = [], []
    try:
        read = json.loads(path.read_text("utf-8"))
        orders = read if isinstance(read, list) else [read]
    except UnicodeDecodeError:
        mistakes.append("not in UTF-8")
    except json.JSONDecodeError as error:
        mistakes.append(f"line {error.lineno}: no JSON: {error.msg} (column {error.colno})")
    for number, order in enumerate(orders, 1):
        mistakes += [f"order {number}: {problem}" for problem in problems(order)]
    if mistakes:
        click.echo("\n".join(f"{path}: {mistake}" for mistake in mistakes), err=True)
        click.echo(f"Error: nothing was started: {len(mistakes)} to mend", err=True)
        sys.exit(2)
    for order in orders:
        service.faults.place(order)


def _print_json(servers: Servers) -> None:
    ready = {
        "base_url": servers.base_url,
        "storage_url": servers.storage_url,
        "key": SANDBOX_KEY,
        "pid": os.getpid(),
    }
    click.echo(json.dumps(ready))
    sys.stdout.flush()


def _print_instructions(servers: Servers, cache_dir: Path, faults: Path | None) -> None:
    settings = _client_environment(servers.base_url, cache_dir)
    lines = [
        "The PaperBanana sandbox: the API on this machine. It draws drafts, for free.",
        "",
        f"  API    {servers.base_url}",
        f"  key    {SANDBOX_KEY}",
        f"  drawn  {servers.page_url}  (open it in a browser)",
        "",
        "In the terminal that you build in:",
        "",
        *(f"  export {name}={value}" for name, value in settings.items()),
        "",
        "and there, as always, 'make html' or 'latexmk -pdf paper.tex'. By hand:",
        "",
        f'  curl -H "Authorization: Bearer {SANDBOX_KEY}" \\',
        f"    {servers.base_url}/credits",
        "",
        f"What goes wrong: as {faults} orders." if faults else "Nothing goes wrong (see --faults).",
        "Ctrl-C ends it.",
    ]
    click.echo("\n".join(lines))


def _print_summary(service: Service) -> None:
    ledger = service.ledger()
    requests = service.log.entries()
    made = sum(task["owner"] == "client" for task in ledger["tasks"])
    pictures = sum(entry["endpoint"] == "download" for entry in requests)
    click.echo(
        f"sandbox: {_counted(made, 'task')} made, {_counted(ledger['charged'], 'sandbox credit')}, "
        f"{_counted(len(requests) - pictures, 'API request')}, {_counted(pictures, 'download')}",
        err=True,
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _client_environment(base_url: str, cache_dir: Path) -> dict[str, str]:
    """Return the environment variables that make a client use this sandbox."""
    return {
        "PAPERBANANA_BASE_URL": base_url,
        "PAPERBANANA_API_KEY": SANDBOX_KEY,
        "PAPERBANANA_ALLOW_DRAFTS": "1",
        "PAPERBANANA_CACHE_DIR": str(cache_dir),
    }


def _run_command(command: list[str], base_url: str, cache_dir: Path) -> int:
    """Run a command against this sandbox; return its exit status."""
    environment = os.environ | _client_environment(base_url, cache_dir)
    try:
        child = subprocess.Popen(command, env=environment)  # noqa: S603 (the user's own command)
    except OSError as problem:
        raise click.ClickException(f"cannot run {command[0]}: {problem.strerror}") from None
    # Ctrl-C reaches the command by itself, and it decides; SIGTERM has to be passed on.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    status = child.wait()
    return 128 - status if status < 0 else status


def _stop_event() -> threading.Event:
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def _own_cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("paperbanana") / "sandbox"
