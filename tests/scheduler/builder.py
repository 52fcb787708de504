"""A build as a process of its own: ``python builder.py BASE_URL KEY FOLDER SPEED PROMPT…``.

Prints a line of JSON for each outcome, and a last one when it is over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from program_forks import forked
from workbench import Bench, order

from pbfigure.scheduler.batch import run_batch
from pbfigure.scheduler.jobs import Made, Order, Outcome


def start(
    bench: Bench, prompts: Iterable[str], *, is_fork: bool = True, **limits: float
) -> subprocess.Popen[str]:
    """Start a build of these prompts: a fork; or, to be stopped or limited, a Python of its own."""
    where = [bench.base_url, bench.key, str(bench.folder), str(bench.speed)]
    environ = {**os.environ, "LIMITS": json.dumps(limits)}
    if not is_fork:
        folders = [Path(__file__).parent, Path(__file__).parents[1], os.environ["PYTHONPATH"]]
        environ["PYTHONPATH"] = os.pathsep.join(map(str, folders))
    return subprocess.Popen(
        [forked() if is_fork else sys.executable, __file__, *where, *prompts],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    )


def outcomes(process: subprocess.Popen[str]) -> dict[str, dict[str, object]]:
    """Wait for a build's end; return its outcomes by prompt."""
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    lines = [json.loads(line) for line in out.splitlines()]
    return {line["prompt"]: line for line in lines}


def _main(base_url: str, key: str, folder: str, speed: str, *prompts: str) -> None:
    def tell(wanted: Order, outcome: Outcome) -> None:
        line: dict[str, object] = {"prompt": wanted.request.prompt}
        if isinstance(outcome, Made):
            line |= {"sha256": outcome.record.picture.sha256, "credits": outcome.credits}
        else:
            line["error"] = str(outcome)
        print(json.dumps(line), flush=True)

    limits = json.loads(os.environ["LIMITS"])
    read_timeout = limits.pop("read_timeout", Bench.read_timeout)
    bench = Bench(base_url, key, Path(folder), float(speed), read_timeout=read_timeout)
    run_batch([order(prompt) for prompt in prompts], bench.services(**limits), on_outcome=tell)


if __name__ == "__main__":
    _main(*sys.argv[1:])
