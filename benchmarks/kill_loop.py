"""Kill builds at random moments, and ask the sandbox's ledger whether anything was paid twice.

    python benchmarks/kill_loop.py --kills 1000 --seconds 900

Bare engine runs, Sphinx builds and LaTeX hooks, 2 to 8 at once, all wanting overlapping sets of
pictures over one cache folder, are killed with SIGKILL while the service loses answers, takes
orders late, resets connections, answers 429, 500 and 503 and spoils downloads. Meanwhile, and
between the builds, the state database is cut to nothing, removed, or replaced by an older copy.
Each round ends with builds that are let come to their end; where the protocol stops and asks, the
ledger answers through ``pbfigure settle``, as a user who looks would, and where a build names
``pbfigure cache verify --repair``, that is run.

The service and the scheduler run 25 times as fast as the clock on the wall, grace and rate limits
included; processes and sockets are real.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "scheduler")]

from fast_clock import FastClock  # noqa: E402
from killed_builds_harm import StateHarm, spread  # noqa: E402
from killed_documents import Paper, SphinxDocs, order_of, shared  # noqa: E402
from sandbox_process import SandboxProcess  # noqa: E402
from workbench import Bench  # noqa: E402

from pbfigure.scheduler import clock as clocks  # noqa: E402
from pbfigure.scheduler.batch import run_batch  # noqa: E402

SPEED = 25.0
PROMPTS = 50
"""New pictures a round that all builds share."""
OWN = 3
"""New pictures a round that only one LaTeX document wants, for each of three."""
KILLS_A_ROUND = 120
HARM_EVERY = (0.5, 4.0)
"""Seconds from one harm to the state database to the next, while builds are killed."""
FINISHING = 25
"""Builds that a round may take to be complete when nothing is killed any more."""


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
    services = bench.services(retry_failed_after=0)
    run_batch(
        [order_of(prompt) for prompt in prompts],
        services,
        on_outcome=lambda wanted, outcome: print(wanted.request.prompt, outcome, flush=True),
    )
    print(services.journal.damage_notice, flush=True)


def hastened(build: Callable[[], None]) -> None:
    """Run a front end's build under the loop's clock."""
    clocks.SystemClock = functools.partial(  # type: ignore[misc, assignment]
        FastClock, SPEED, ORIGIN
    )
    build()


ORIGIN = time.time()
KINDS = ("engine", "sphinx", "latex")


class Loop:
    """One run: its sandbox, its machine, and what is counted."""

    def __init__(self, folder: Path, sandbox: SandboxProcess, seed: int) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.chance = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.trouble: list[str] = []
        self.bench = Bench(sandbox.base_url, sandbox.key, folder / "cache", speed=SPEED)
        self.bench.clock = lambda: FastClock(SPEED, ORIGIN)  # type: ignore[method-assign]
        self.environment = sandbox.env | {"PAPERBANANA_CACHE_DIR": str(folder / "cache")}
        os.environ.update(self.environment)
        self.noise = folder / "noise.txt"
        self.state = StateHarm(folder / "cache" / "v1" / "state", self.chance, self.counts)

    def round(self, number: int, kills: int, pictures: int) -> None:
        """Kill builds of new pictures, then let them finish, and compare with the ledger."""
        prompts = shared(number, pictures)
        shares = [self.chance.sample(prompts, pictures // 2) for _ in range(3)]
        docs = [
            SphinxDocs(self.folder / f"docs-{number}-{each}", share)
            for each, share in enumerate(shares)
        ]
        papers = self._papers(number, prompts)
        works: list[tuple[str, Callable[[], None]]] = [
            ("engine", functools.partial(engine, self.bench, share)) for share in [*shares, prompts]
        ]
        works += [("sphinx", functools.partial(hastened, each.build)) for each in docs]
        works += [("latex", functools.partial(hastened, each.build)) for each in papers]
        self._kill(works, kills)
        self._finish(prompts, docs, papers)
        self._compare(prompts, docs, papers)
        self.bench.close()

    def _papers(self, number: int, prompts: list[str]) -> list[Paper]:
        """Write LaTeX documents: two of them in one folder, with one map."""
        papers = []
        for each, place in enumerate(("both/one.tex", "both/other.tex", "alone/main.tex")):
            share = self.chance.sample(prompts, len(prompts) // 2)
            own = [f"part {number} {each} {part}" for part in range(OWN)]
            papers.append(Paper(self.folder / f"papers-{number}" / place, share, own))
        return papers

    def _kill(self, works: list[tuple[str, Callable[[], None]]], kills: int) -> None:
        running: dict[int, float] = {}
        done = 0
        at_once = self.chance.randint(2, 8)
        busy: set[Callable[[], None]] = set()
        who: dict[int, tuple[str, Callable[[], None]]] = {}
        harm_at = time.monotonic() + self.chance.uniform(*HARM_EVERY)
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
            if time.monotonic() > harm_at:
                self.state.harm("during builds" if running else "between builds")
                harm_at = time.monotonic() + self.chance.uniform(*HARM_EVERY)
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

    def _finish(self, prompts: list[str], docs: list[SphinxDocs], papers: list[Paper]) -> None:
        mine = {*prompts, *(prompt for paper in papers for prompt in paper.own)}
        for number in range(FINISHING):
            if number < 3 and self.chance.random() < 0.5:
                self.state.harm("between builds")
            works = [functools.partial(hastened, paper.build) for paper in papers if _lacks(paper)]
            if self._missing(prompts):
                works.append(functools.partial(engine, self.bench, prompts))
            if not works:
                break
            self._run_at_once(works)
            self._settle(mine)
        builds = [*(each.build for each in docs), *(each.build for each in papers)]
        self._run_at_once([functools.partial(hastened, build) for build in builds])

    def _run_at_once(self, works: Sequence[Callable[[], None]]) -> None:
        for pid in [in_child(work, self.noise) for work in works]:
            os.waitpid(pid, 0)

    def _missing(self, prompts: list[str]) -> list[str]:
        cache = self.bench.cache()
        return [prompt for prompt in prompts if cache.find(order_of(prompt).key.digest) is None]

    def _settle(self, prompts: set[str]) -> None:
        """Answer what the protocol asks, from the ledger, through the command."""
        shown, told = self._command("settle", "--json")
        if "cache verify --repair" in told:
            self._command("cache", "verify", "--repair")
            self.counts["state repaired, as a build said"] += 1
            shown, _ = self._command("settle", "--json")
        for entry in json.loads(shown)["orders"] if shown else ():
            prompt = entry["request"].get("prompt")
            if entry["state"] != "unknown" or prompt not in prompts:
                continue
            own = [task for task in self.sandbox.tasks() if task["request"]["prompt"] == prompt]
            answer = ["--adopt", own[0]["task_id"]] if own else ["--retry"]
            self._command("settle", entry["key"], *answer)
            self.counts["asked, and adopted by the ledger" if own else "asked, and retried"] += 1

    def _command(self, *words: str) -> tuple[str, str]:
        command = [sys.executable, "-c", "from pbfigure.command import main; main()", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        return done.stdout, done.stderr

    def _compare(self, prompts: list[str], docs: list[SphinxDocs], papers: list[Paper]) -> None:
        cache = self.bench.cache()
        own = [prompt for paper in papers for prompt in paper.own]
        tasks: dict[str, list[dict[str, Any]]] = {prompt: [] for prompt in (*prompts, *own)}
        for task in self.sandbox.tasks():
            if task["request"]["prompt"] in tasks:
                tasks[task["request"]["prompt"]].append(task)
        self.counts["pictures"] += len(tasks)
        right: dict[str, str] = {}
        for prompt, bought in tasks.items():
            if len(bought) > 1:
                self._tell("paid twice", prompt, bought)
            if bought:
                right[prompt] = bought[0]["images"][0]["sha256"]
        for prompt in prompts:
            found = cache.find(order_of(prompt).key.digest)
            self.counts["adopted"] += found is not None and found[0].adopted
            if found is None:
                self._tell("lost" if tasks[prompt] else "incomplete", prompt, tasks[prompt])
            elif found[0].picture.sha256 != right.get(prompt):
                self._tell("wrong picture", prompt, tasks[prompt])
        self._compare_documents(right, docs, papers)
        self._compare_ledger(tasks)

    def _compare_ledger(self, tasks: dict[str, list[dict[str, Any]]]) -> None:
        """Compare this machine's ledger with the service's: each task, and each once."""
        ledger = self.bench.cache().ledger
        self.bench.journal().complete_ledger()
        written = [each.task_id for each in ledger.purchases()]
        if ledger.path.read_text().count('"what": "purchase"') != len(written):
            self._tell("not in the ledger once", "a line twice, or a line that says nothing", [])
        for prompt, bought in tasks.items():
            if {task["task_id"] for task in bought} - set(written):
                self._tell("not in the ledger once", prompt, bought)

    def _compare_documents(
        self, right: dict[str, str], docs: list[SphinxDocs], papers: list[Paper]
    ) -> None:
        for source in docs:
            self.counts["Sphinx documents"] += 1
            if not {right.get(prompt) for prompt in source.prompts} <= source.shown():
                self._tell("document incomplete", str(source.folder), [])
        for paper in papers:
            self.counts["LaTeX documents"] += 1
            shown = paper.shown()
            for prompt in paper.prompts:
                if prompt not in shown:
                    self._tell("document incomplete", f"{paper.main}: {prompt}", [])
                elif shown[prompt] != right.get(prompt):
                    self._tell("wrong picture", f"{paper.main}: {prompt}", [])

    def _tell(self, what: str, prompt: str, bought: list[dict[str, Any]]) -> None:
        self.counts[what] += 1
        self.trouble.append(f"{what}: {prompt}: {[(t['task_id'], t['faults']) for t in bought]}")


def _lacks(paper: Paper) -> bool:
    return not set(paper.prompts) <= set(paper.shown())


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
            killed = sum(loop.counts[f"kills of {kind}"] for kind in KINDS)
            if sys.stderr.isatty() or os.environ.get("KILL_LOOP_VERBOSE"):
                print(f"{time.monotonic() - began:5.0f} s", dict(loop.counts), file=sys.stderr)
        counts = loop.counts
        log = sandbox.log()
        counts["rounds"] = number
        told = (Path(name) / "noise.txt").read_text().count("that it does not know are taken")
        counts["told that the state was harmed"] = told
        counts["requests"] = len(log)
        counts["answered 429 without a fault"] = sum(
            each["status"] == 429 and not each["fault"] for each in log
        )
        counts["faults"] = sum(bool(each["fault"]) for each in log)
        counts["seconds"] = round(time.monotonic() - began)
        if loop.trouble and os.environ.get("KILL_LOOP_VERBOSE"):
            print((Path(name) / "noise.txt").read_text()[-5000:], file=sys.stderr)
        return counts, loop.trouble


BAD = (
    "paid twice",
    "lost",
    "incomplete",
    "wrong picture",
    "document incomplete",
    "not in the ledger once",
)


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
