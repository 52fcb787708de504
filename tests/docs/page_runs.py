"""Runs a page as a reader would: writes its files and gives its commands in order, in one shell.

In a block of ``console``, a line after ``$`` is a command, lines after ``>`` go on with it, and all
other lines are what it prints; ``…`` stands for anything, alone in a line for any lines. A command
must end well, unless it is one that answers with its status, or the next one is ``echo $?``. Where
a value is ``…`` (``export KEY=…``), the test puts its own. Of a workflow (``yaml``), the steps that
run commands are run, in a clone of the project, with the environment that it sets.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from program_forks import forked
from snippets import Block

SAMPLES = Path(__file__).parent / "samples"
DIGITS = "772c64e06a6f"
"""What pages write for the first digits of the first figure's picture."""
_DIGITS = "$(sha256sum docs/_paperbanana/index--fig-*.png | head -n 1 | cut -c 1-12)"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ANSWERS = re.compile(r"\b(pbfigure (plan|status|check|disclose|bundle)|git merge)\b")
"""What ends with 1 and says why: a figure lacks its picture, branches conflict."""
_OWN_VALUE = re.compile(r"^((?:\$ )?export )(\w+)=[\w-]*…([ \t].*)?$", re.M)
_INSTALLS = re.compile(r"(\S+ -m )?(pip|pipx|apt-get|uv) (--\w+ )*install\b")
"""What needs the network; what it installs is there."""


@dataclass
class Step:
    """Commands of a page, and what they are to print; None is anything."""

    place: str
    commands: str
    expected: str | None


class Page:
    """A folder, and a machine of its own, that a page's blocks are run in."""

    def __init__(self, machine: Path, env: dict[str, str], own_values: dict[str, str]) -> None:
        self.machine = machine
        self.folder = machine / "project"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._own_values = own_values
        forks, bin = forked().parent, Path(sys.executable).parent
        self._env = {
            **os.environ,
            "PATH": f"{_programs(machine / 'bin')}:{forks}:{bin}:{os.environ['PATH']}",
            "HOME": str(machine),
            "XDG_CACHE_HOME": str(machine / "cache"),
            "PAPERBANANA_CACHE_DIR": str(machine / "machine-cache"),
            "COLUMNS": "80",
            "GIT_CONFIG_GLOBAL": str(SAMPLES / "gitconfig"),
            **env,
        }
        self._env.pop("PBFIGURE_DEBUG", None)

    def run(self, blocks: list[Block]) -> None:
        """Run the blocks; raise AssertionError with all that is not as the page shows it."""
        self.run_steps([step for block in blocks for step in self._steps(block)])

    def run_steps(self, steps: list[Step]) -> None:
        """Run the steps in one shell."""
        script = "".join(
            f"printf '\\036'; (exit $status); {step.commands}\n"
            "status=$?; printf '\\036%d' $status\n"
            for step in steps
        )
        done = subprocess.run(
            ["bash", "-c", f"status=0\n{script}"], cwd=self.folder, env=self._env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=200, check=False,
        )  # fmt: skip
        text = _COLOUR.sub("", done.stdout.decode()).replace("\r", "\n")
        if "PAPERBANANA_BASE_URL" in self._env:  # the sandbox plays the service
            text = text.replace("sandbox credits", "credits")
        said = text.split("\x1e")[1:]
        outputs, states = said[::2], [state.strip() for state in said[1::2]]
        assert len(states) == len(steps), f"{steps[len(states)].place}: the shell ended: {said[-1]}"
        wrong = []
        for n, (step, output, status) in enumerate(zip(steps, outputs, states, strict=True)):
            asked = n + 1 < len(steps) and "$?" in steps[n + 1].commands
            answers = status == "1" and _ANSWERS.search(step.commands)
            if status != "0" and not asked and not answers:
                wrong.append(f"{step.place}: {step.commands}\nended with {status}:\n{output}")
            elif step.expected is not None and not matches(step.expected, output):
                shown = difflib.unified_diff(
                    step.expected.splitlines(), output.splitlines(), "the page", "it prints", n=99
                )
                wrong.append(f"{step.place}: {step.commands}\n" + "\n".join(shown))
        assert not wrong, "\n\n".join(wrong)

    def _steps(self, block: Block) -> Iterator[Step]:
        if block.not_run is not None:
            return
        text = self._with_own_values(block.text)
        if block.file is not None:
            yield Step(block.place, self._writing(block.file, block.text), "")
        elif block.language in ("first", "sh"):
            lines = [line for line in text.splitlines() if not _INSTALLS.match(line)]
            yield Step(block.place, "\n".join(lines), None)
        elif block.language == "console":
            for line, command, said in commands(text):
                place = f"{block.page.name}:{block.line + line}"
                yield Step(place, command.replace(DIGITS, _DIGITS), said.replace(DIGITS, "…"))
        elif block.language == "yaml":
            yield from _jobs(block)

    def _writing(self, file: str, text: str) -> str:
        """Return the commands that write a file."""
        files = self.machine / "files"
        files.mkdir(exist_ok=True)
        kept = files / str(len(list(files.iterdir())))
        kept.write_text(text, encoding="utf-8")
        name = f"~/{shlex.quote(file.removeprefix('~/'))}" if "~" in file else shlex.quote(file)
        return f"mkdir -p $(dirname {name}) && cp {kept} {name}"

    def _with_own_values(self, text: str) -> str:
        return _OWN_VALUE.sub(
            lambda found: f"{found[1]}{found[2]}={shlex.quote(self._own_values[found[2]])}", text
        )


def commands(text: str) -> list[tuple[int, str, str]]:
    """Return the commands of a console block: line, command, what it prints."""
    found: list[tuple[int, str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("$ "):
            found.append((number, line[2:], ""))
            continue
        assert found, f"a block of console begins with a command, not with {line!r}"
        start, command, said = found[-1]
        if line.startswith("> ") and not said:
            found[-1] = (start, f"{command}\n{line[2:]}", said)
        else:
            found[-1] = (start, command, f"{said}{line}\n")
    return found


def matches(expected: str, output: str) -> bool:
    """Tell whether an output is as it is shown; blank lines at the ends do not count."""
    lines = [line.rstrip() for line in expected.strip("\n").splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in lines
    )
    said = "".join(f"{line.rstrip()}\n" for line in output.strip("\n").splitlines())
    return re.fullmatch(pattern, said) is not None


def _jobs(block: Block) -> Iterator[Step]:
    """Return the commands of each job of a workflow of GitHub or GitLab, each in a clone."""
    workflow = yaml.safe_load(block.text)
    if not isinstance(workflow, dict):
        return
    for name, job in (workflow.get("jobs") or workflow).items():
        if not isinstance(job, dict) or not (set(job) & {"steps", "script"}):
            continue
        env = [*workflow.get("env", workflow.get("variables", {})).items()]
        env += [*job.get("env", job.get("variables", {})).items()]
        runs = [
            (step.get("env", {}), step["run"]) for step in job.get("steps", []) if "run" in step
        ]
        runs += [({}, line) for line in (*job.get("before_script", []), *job.get("script", []))]
        script = "".join(
            "( "
            + "".join(_exported(*pair) for pair in [*env, *own.items()])
            + f"{line}\n) || exit\n"
            for own, line in runs
            if not _INSTALLS.match(line)
        )
        clone = "clone=$(mktemp -d) && git clone --quiet . $clone && ( cd $clone\n"
        yield Step(f"{block.place}, job {name}", f"{clone}{script})", None)


def _exported(name: str, value: Any) -> str:
    """Return the line that sets a variable; secrets are those of the page, other expressions no."""
    if "secrets." in str(value):
        return ""
    text = re.sub(r"\$\{\{ *github\.workspace *\}\}|\$CI_PROJECT_DIR", "$PWD", str(value))
    return f'export {name}="{text}"\n'


def _programs(folder: Path) -> Path:
    """Write a ``pbfigure`` whose sandbox's clock runs fast; return the folder with it."""
    folder.mkdir(exist_ok=True)
    path = folder / "pbfigure"
    path.write_text(
        '#!/bin/sh\nif [ "$1" = sandbox ]; then shift; set -- sandbox --speed 20 "$@"; fi\n'
        f'exec {forked("pbfigure")} "$@"\n'
    )
    path.chmod(0o755)
    return folder
