"""Runs a page as a reader would: writes its files and gives its commands in order, in one shell.

In a block of ``console``, a line after ``$`` is a command, lines after ``>`` go on with it, and all
other lines are what it prints; ``…`` stands for anything, alone in a line for any lines. A command
must end well, unless it is one that answers with its status, or the next one is ``echo $?``. Where
a value is ``…`` (``export KEY=…``), the test puts its own.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from program_forks import forked
from snippets import Block

SAMPLES = Path(__file__).parent / "samples"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_ANSWERS = re.compile(r"\bpbfigure (plan|status|check|disclose|bundle)\b")
"""Verbs that end with 1 if a figure lacks its picture."""
_OWN_VALUE = re.compile(r"^(\s*export )(\w+)=…(\s.*)?$", re.M)


@dataclass
class Step:
    """Commands of a page, and what they are to print; None is anything."""

    place: str
    commands: str
    expected: str | None


class Page:
    """A folder, and a machine of its own, that a page's blocks are run in."""

    def __init__(self, folder: Path, env: dict[str, str], own_values: dict[str, str]) -> None:
        self.home = folder
        self.folder = folder / "project"
        self.folder.mkdir(parents=True)
        self._own_values = own_values
        programs = _programs(folder / "bin")
        self._env = {
            **os.environ,
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PAPERBANANA_CACHE_DIR": str(folder / "machine-cache"),
            "SAMPLES": str(SAMPLES),
            "COLUMNS": "80",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": str(SAMPLES / "gitconfig"),
            **env,
        }
        self._env.pop("PBFIGURE_DEBUG", None)

    def run(self, blocks: list[Block]) -> None:
        """Run the blocks; raise AssertionError with all that is not as the page shows it."""
        steps = [step for block in blocks for step in self._steps(block)]
        script = "".join(
            f"printf '\\036'; (exit $status); {step.commands}\n"
            "status=$?; printf '\\036%d' $status\n"
            for step in steps
        )
        done = subprocess.run(
            ["bash", "-c", f"status=0\n{script}"], cwd=self.folder, env=self._env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=600, check=False,
        )  # fmt: skip
        said = _COLOUR.sub("", done.stdout.decode()).replace("\r", "\n").split("\x1e")[1:]
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

    def _steps(self, block: Block) -> list[Step]:
        if block.not_run is not None:
            return []
        if block.file is not None:
            return [Step(block.place, self._writing(block.file, block.text), "")]
        if block.language in ("first", "sh"):
            return [Step(block.place, self._with_own_values(block.text), None)]
        if block.language == "console":
            return [
                Step(f"{block.page.name}:{block.line + line}", self._with_own_values(command), said)
                for line, command, said in commands(block.text)
            ]
        return []

    def _writing(self, file: str, text: str) -> str:
        """Return the commands that write a file newer than all that was built before."""
        kept = self.home / "files" / str(len(list((self.home / "files").glob("*"))))
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
        name = shlex.quote(file)
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


def _programs(folder: Path) -> Path:
    """Write the programs that pages start: in forks, and with a sandbox whose clock runs fast."""
    folder.mkdir()
    for name, text in {
        "pbfigure": 'if [ "$1" = sandbox ]; then shift; set -- sandbox --speed 20 "$@"; fi\n'
        f'exec {forked("pbfigure")} "$@"',
        "sphinx-build": f'exec {forked()} -m sphinx "$@"',
    }.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    return folder
