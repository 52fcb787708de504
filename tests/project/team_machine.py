"""A machine of a team as a process of its own: ``python team_machine.py FOLDER SPEED PROMPT…``.

It has a cache and a checkout of its own, and builds figures of these prompts with the settings of
its environment. Prints one line of JSON: what became of each, and what it was told.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from fast_clock import FastClock
from namespaces import use_doors
from program_forks import forked
from project_builds import BLOCK

from pbfigure.api.client import Client
from pbfigure.api.download import Downloads
from pbfigure.project.environment import environment_layer
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.settings import Layer, gather
from pbfigure.store import claim_log, object_store, shared_cache


def start(
    folder: Path,
    speed: float,
    prompts: Iterable[str],
    *,
    inside: Sequence[str] = (),
    is_fork: bool = True,
    **environ: str,
) -> subprocess.Popen[str]:
    """Start a build on this machine: a fork; or, to be stopped, a Python of its own, as also with
    ``inside``, a command that runs it.
    """
    environ = {**os.environ, **environ}
    is_fork = is_fork and not inside
    if not is_fork:
        folders = [Path(__file__).parent, Path(__file__).parents[1], os.environ["PYTHONPATH"]]
        environ["PYTHONPATH"] = os.pathsep.join(map(str, folders))
    return subprocess.Popen(
        [
            *inside, forked() if is_fork else sys.executable,
            __file__, str(folder), str(speed), *prompts,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environ,
    )  # fmt: skip


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a build's end; return what it printed."""
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, (process.returncode, out, err)
    printed: dict[str, Any] = json.loads(out)
    return printed


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), int(os.environ.get("SIGNAL", signal.SIGKILL)))


def _die_after(owner: type, name: str) -> None:
    """End the process as soon as a method has returned; or stop it, once."""
    method = getattr(owner, name)

    def dying(*args: Any, **named: Any) -> Any:
        setattr(owner, name, method)
        returned = method(*args, **named)
        _die()
        return returned

    setattr(owner, name, dying)


DEATHS: dict[str, Callable[[], None]] = {
    "claimed": lambda: _die_after(claim_log.Claims, "append"),
    "sent": lambda: _die_after(Client, "generate"),
    "ordered": lambda: setattr(Downloads, "fetch", _die),
    "stored": lambda: setattr(shared_cache.SharedCache, "upload", _die),
}
"""When a machine sends itself a signal, SIGKILL or that of ``SIGNAL``: ``DIES`` in its
environment."""


def _main(folder: str, speed: str, *prompts: str) -> None:
    if "IMPATIENT" not in os.environ:  # a busy machine is no slow store
        shared_cache.LOOK_UP_SECONDS = shared_cache.UPLOAD_SECONDS = 300.0
        claim_log.ANSWER_SECONDS, claim_log.PATIENCE = 100.0, 10_000.0
        object_store._CLIENT |= {"connect_timeout": "100s", "read_timeout": "100s"}
    use_doors()
    DEATHS.get(os.environ.get("DIES", ""), lambda: None)()
    root = Path(folder)
    root.mkdir(exist_ok=True)
    known = {**os.environ, "PAPERBANANA_CACHE_DIR": str(root / "cache")}
    layers = [environment_layer(known, root), Layer({}, "{}", root)]
    project = Project(root, gather(layers, figures_dir=root / "figures"), known)
    blocks = [BLOCK._replace(prompt=prompt, name=prompt) for prompt in prompts]
    try:
        resolution = resolve(project, blocks, clock=FastClock(float(speed)))
    finally:
        project.close()
    printed = {
        "states": [str(figure.state) for figure in resolution.figures],
        "tasks": [figure.record.task_id if figure.record else "" for figure in resolution.figures],
        "whys": [figure.why for figure in resolution.figures if figure.why],
        "credits": resolution.credits_spent,
        "notices": [notice.text for notice in resolution.notices],
    }
    print(json.dumps(printed))


if __name__ == "__main__":
    _main(*sys.argv[1:])
