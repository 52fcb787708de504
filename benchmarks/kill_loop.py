"""Kill builds at random moments, and ask the sandbox's ledger whether anything was paid twice.

    python benchmarks/kill_loop.py --kills 1000 --seconds 900

Bare engine runs and Sphinx builds, 2 to 8 at once, all wanting overlapping sets of pictures over
one cache folder, are killed with SIGKILL while the service loses answers, takes orders late,
resets connections, answers 429, 500 and 503 and spoils downloads. Each round ends with builds that
are let come to their end; where the protocol stops and asks, the ledger answers through
``pbfigure settle``, as a user who looks would.

The service and the scheduler run 25 times as fast as the clock on the wall, grace and rate limits
included; processes and sockets are real.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "scheduler")]

from sandbox_process import SandboxProcess  # noqa: E402
from workbench import Bench, order  # noqa: E402

from pbfigure.scheduler import clock as clocks  # noqa: E402
from pbfigure.scheduler.batch import make  # noqa: E402

SPEED = 25.0
PROMPTS = 40
"""New pictures a round."""
KILLS_A_ROUND = 60
FINISHING = 25
"""Builds that a round may take to be complete when nothing is killed any more."""

FAULTS: list[tuple[str, float, dict[str, object]]] = [
    ("generate", 0.06, {"fault": "drop_after"}),
    ("generate", 0.03, {"fault": "drop_after", "reset": True}),
    ("generate", 0.04, {"fault": "late", "seconds": 30}),
    ("generate", 0.03, {"fault": "drop_before", "reset": True}),
    ("generate", 0.03, {"fault": "status", "status": 500}),
    ("generate", 0.03, {"fault": "status", "status": 503, "after": True}),
    ("generate", 0.03, {"fault": "status", "status": 429, "retry_after": 2}),
    ("tasks", 0.04, {"fault": "status", "status": 503, "retry_after": 2}),
    ("tasks", 0.04, {"fault": "drop_before", "reset": True}),
    ("tasks", 0.04, {"fault": "unordered"}),
    ("task", 0.05, {"fault": "broken_json"}),
    ("task", 0.05, {"fault": "status", "status": 429, "retry_after": 1}),
    ("download", 0.08, {"fault": "truncated"}),
    ("download", 0.05, {"fault": "corrupt"}),
    ("download", 0.05, {"fault": "drop_before", "reset": True}),
]
"""Endpoint, share of its calls, and what goes wrong with them."""


def spread(sandbox: SandboxProcess, chance: random.Random) -> None:
    """Order the faults, each for its share of the calls to come."""
    for endpoint, share, fault in FAULTS:
        calls = [call for call in range(1, 20_000) if chance.random() < share]
        sandbox.order(endpoint=endpoint, calls=calls, **fault)


def in_child(work: Callable[[], None], noise: Path) -> int:
    """Run ``work`` in a process of its own, forked while there is no thread here."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        quiet = os.open(noise, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        work()
        status = 0
    finally:
        os._exit(status)


def engine(bench: Bench, prompts: list[str]) -> None:
    """One build without any front end."""
    make(
        [order(prompt) for prompt in prompts],
        bench.workshop(retry_failed_after=0),
        on_outcome=lambda wanted, outcome: print(wanted.request.prompt, outcome, flush=True),
    )


def write_docs(folder: Path, prompts: list[str]) -> None:
    """Write a small Sphinx project with a figure for each prompt."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conf.py").write_text("extensions = ['sphinx_paperbanana']\n")
    blocks = [
        f".. paperbanana:: {prompt}\n   :type: standard\n   :model: nano-banana-2\n"
        "   :output-format: jpg\n"
        for prompt in prompts
    ]
    (folder / "index.rst").write_text("Ships\n=====\n\n" + "\n".join(blocks))


def sphinx(source: Path) -> None:
    """One Sphinx build."""
    from sphinx.cmd.build import build_main

    clocks.SystemClock = functools.partial(  # type: ignore[misc, assignment]
        clocks.SystemClock, speed=SPEED, origin=ORIGIN
    )
    build_main(["-b", "html", str(source), str(source / "_build")])


ORIGIN = time.time()


class Loop:
    """One run: its sandbox, its machine, and what is counted."""

    def __init__(self, folder: Path, sandbox: SandboxProcess, seed: int) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.bench = Bench(sandbox.base_url, sandbox.key, folder / "cache", speed=SPEED)
        self.bench.clock = lambda: clocks.SystemClock(SPEED, ORIGIN)  # type: ignore[method-assign]
        self.environment = sandbox.env | {"PAPERBANANA_CACHE_DIR": str(folder / "cache")}
        os.environ.update(self.environment)
        self.noise = folder / "noise.txt"

    def round(self, number: int, kills: int, pictures: int) -> None:
        """Kill builds of new pictures, then let them finish, and compare with the ledger."""
        prompts = [f"ship {number} {each}" for each in range(pictures)]
        shares = [self.chance.sample(prompts, pictures // 2) for _ in range(3)]
        docs = [self.folder / f"docs-{number}-{each}" for each in range(3)]
        for source, share in zip(docs, shares, strict=True):
            write_docs(source, share)
        works: list[tuple[str, Callable[[], None]]] = [
            ("sphinx", functools.partial(sphinx, source)) for source in docs
        ]
        works += [("engine", functools.partial(engine, self.bench, share)) for share in shares]
        works += [("engine", functools.partial(engine, self.bench, prompts))]
        self._kill(works, kills)
        self._finish(prompts, docs)
        self._compare(prompts, dict(zip(docs, shares, strict=True)))

    def _kill(self, works: list[tuple[str, Callable[[], None]]], kills: int) -> None:
        running: dict[int, float] = {}
        done = 0
        at_once = self.chance.randint(2, 8)
        busy: set[Callable[[], None]] = set()
        who: dict[int, tuple[str, Callable[[], None]]] = {}
        while done < kills or running:
            free = [each for each in works if each[1] not in busy]
            if len(running) < at_once and done + len(running) < kills and free:
                kind, work = self.chance.choice(free)
                pid = in_child(work, self.noise)
                longest = 2.5 if kind == "sphinx" else 1.5
                running[pid] = time.monotonic() + self.chance.uniform(0.02, longest)
                who[pid] = kind, work
                if kind == "sphinx":  # two of them in one output folder is another matter
                    busy.add(work)
                continue
            time.sleep(0.003)
            for pid, moment in list(running.items()):
                ended, _ = os.waitpid(pid, os.WNOHANG)
                if not ended and time.monotonic() < moment:
                    continue
                if not ended:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    self.counts[f"kills of {who[pid][0]}"] += 1
                    done += 1
                else:
                    self.counts["ended before the kill"] += 1
                    done += self.chance.random() < 0.35  # all made: come to an end
                del running[pid]
                busy.discard(who[pid][1])

    def _finish(self, prompts: list[str], docs: list[Path]) -> None:
        for _ in range(FINISHING):
            if not self._missing(prompts):
                break
            os.waitpid(in_child(functools.partial(engine, self.bench, prompts), self.noise), 0)
            self._settle(prompts)
        for source in docs:
            os.waitpid(in_child(functools.partial(sphinx, source), self.noise), 0)

    def _missing(self, prompts: list[str]) -> list[str]:
        cache = self.bench.cache()
        return [prompt for prompt in prompts if cache.find(order(prompt).key.all) is None]

    def _settle(self, prompts: list[str]) -> None:
        """Answer what the protocol asks, from the ledger, through the command."""
        shown = self._command("settle", "--json")
        keys = {order(prompt).key.digest: prompt for prompt in prompts}
        for entry in json.loads(shown or "[]"):
            if entry["state"] != "unknown" or entry["key"] not in keys:
                continue
            prompt = keys[entry["key"]]
            own = [task for task in self.sandbox.tasks() if task["request"]["prompt"] == prompt]
            answer = ["--adopt", own[0]["task_id"]] if own else ["--retry"]
            self._command("settle", entry["key"], *answer)
            self.counts["asked, and adopted by the ledger" if own else "asked, and retried"] += 1

    def _command(self, *words: str) -> str:
        command = [sys.executable, "-c", "from pbfigure.command import main; main()", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        return done.stdout

    def _compare(self, prompts: list[str], docs: dict[Path, list[str]]) -> None:
        cache = self.bench.cache()
        tasks: dict[str, list[dict[str, Any]]] = {prompt: [] for prompt in prompts}
        for task in self.sandbox.tasks():
            if task["request"]["prompt"] in tasks:
                tasks[task["request"]["prompt"]].append(task)
        right: dict[str, str] = {}
        for prompt, bought in tasks.items():
            found = cache.find(order(prompt).key.all)
            self.counts["pictures"] += 1
            self.counts["adopted"] += found is not None and found[0].adopted
            if len(bought) > 1:
                self._tell("paid twice", prompt, bought)
            if found is None:
                self._tell("lost" if bought else "incomplete", prompt, bought)
            elif found[0].picture.sha256 != bought[0]["images"][0]["sha256"]:
                self._tell("wrong picture", prompt, bought)
            else:
                right[prompt] = found[0].picture.sha256
        for source, share in docs.items():
            shown = {
                hashlib.sha256(path.read_bytes()).hexdigest()
                for path in (source / "_build" / "_images").glob("*")
            }
            self.counts["documents"] += 1
            if not {right.get(prompt) for prompt in share} <= shown:
                self._tell("document incomplete", str(source), [])

    def _tell(self, what: str, prompt: str, bought: list[dict[str, Any]]) -> None:
        self.counts[what] += 1
        self.trouble.append(f"{what}: {prompt}: {[(t['task_id'], t['faults']) for t in bought]}")


def run(kills: int, seconds: float, seed: int, pictures: int) -> tuple[Counter[str], list[str]]:
    """Run rounds until so many kills or seconds are over."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="kill-loop-") as name,
        SandboxProcess(speed=SPEED, latency=4, credits=1_000_000) as sandbox,
    ):
        # all processes share an address and a key here; the pace is what is tried, not the limit
        loop = Loop(Path(name), sandbox, seed)
        spread(sandbox, loop.chance)
        number = killed = 0
        while killed < kills and time.monotonic() - began < seconds:
            number += 1
            loop.round(number, min(KILLS_A_ROUND, kills - killed), pictures)
            killed = loop.counts["kills of engine"] + loop.counts["kills of sphinx"]
            if sys.stderr.isatty() or os.environ.get("KILL_LOOP_VERBOSE"):
                print(f"{time.monotonic() - began:5.0f} s", dict(loop.counts), file=sys.stderr)
        counts = loop.counts
        log = sandbox.log()
        counts["rounds"] = number
        counts["requests"] = len(log)
        counts["answered 429 without a fault"] = sum(
            each["status"] == 429 and not each["fault"] for each in log
        )
        counts["faults"] = sum(bool(each["fault"]) for each in log)
        counts["seconds"] = round(time.monotonic() - began)
        if loop.trouble and os.environ.get("KILL_LOOP_VERBOSE"):
            print((Path(name) / "noise.txt").read_text()[-5000:], file=sys.stderr)
        return counts, loop.trouble


BAD = ("paid twice", "lost", "incomplete", "wrong picture", "document incomplete")


def main() -> int:
    """Run the loop and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=900, help="no new round after that")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=PROMPTS, help="new ones a round")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    counts, trouble = run(given.kills, given.seconds, given.seed, given.pictures)
    result = dict(sorted(counts.items())) | {bad: counts[bad] for bad in BAD}
    if given.json:
        print(json.dumps(result | {"trouble": trouble}))
    else:
        print(*(f"{count:7} {name}" for name, count in result.items()), *trouble, sep="\n")
    return int(any(counts[bad] for bad in BAD))


if __name__ == "__main__":
    sys.exit(main())
