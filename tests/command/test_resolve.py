"""``pbfigure resolve --jsonl``: the figures of other front ends, through the same door as ours."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hostile_text import EVIL, raw_in
from json_schemas import DOCS, check
from program_forks import forked
from sandbox_process import SandboxProcess

SCHEMA = json.loads((DOCS / "resolve.schema.json").read_text())
PUMP = {
    "document": "paper",
    "name": "fig-pump",
    "prompt": "A pump",
    "text": "Water flows.\n\nThe pump turns.",
    "position": 1,
    "file": "paper.md",
    "line": 3,
}
MAP = {
    "document": "paper",
    "prompt": "A map",
    "options": {"type": "standard", "model": "nano-banana-pro", "variant": 1},
}


class Door:
    """A folder, and calls of the verb in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = ""

    def send(
        self, lines: bytes, *arguments: str, status: int = 0, **environ: str
    ) -> list[dict[str, Any]]:
        """Send lines; return the answers, each of which is what the schema says."""
        done = subprocess.run(
            [forked("pbfigure"), "resolve", "--jsonl", *arguments],
            input=lines,
            capture_output=True,
            cwd=self.folder,
            env={**os.environ, **environ},
            timeout=300,
            check=False,
        )
        self.said = done.stderr.decode()
        assert done.returncode == status, self.said
        assert not raw_in(done.stdout)
        assert not raw_in(done.stderr)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        for answer in answers:
            check(answer, SCHEMA)
        return answers

    def ask(
        self, *requests: dict[str, Any], status: int = 0, **environ: str
    ) -> list[dict[str, Any]]:
        """Send valid requests."""
        valid = {"$defs": SCHEMA["$defs"], "$ref": "#/$defs/request"}
        for request in requests:
            check(request, valid)
        lines = b"".join(json.dumps(each).encode() + b"\n" for each in requests)
        return self.send(lines, status=status, **environ)


@pytest.fixture
def door(tmp_path: Path, use_sandbox: SandboxProcess) -> Door:
    folder = tmp_path / "project"
    folder.mkdir()
    return Door(folder)


def text(answer: dict[str, Any]) -> str:
    return " ".join(message["text"] for message in answer["messages"])


def test_figures_are_bought_together_once_and_shown_in_their_order(
    door: Door, sandbox: SandboxProcess
) -> None:
    pump, chart, again = door.ask(PUMP, MAP, PUMP)
    assert [each["request"] for each in (pump, chart, again)] == [1, 2, 3]
    assert (pump["name"], pump["full_name"], pump["state"]) == (
        "fig-pump",
        "paper:fig-pump",
        "present",
    )
    assert pump["alt"] == "A pump"
    assert pump["media_type"] == "image/png"
    assert pump["credits"] == pump["cost_credits"] == 6
    assert min(pump["width"], pump["height"]) > 100
    assert Path(pump["picture"]) == door.folder / pump["relative"]
    assert Path(pump["relative"]).parent == Path("_paperbanana")
    assert again["sha256"] == pump["sha256"] != chart["sha256"]
    bodies = {entry["body"]["prompt"]: entry["body"] for entry in sandbox.log("generate")}
    assert sorted(bodies) == ["A map", "A pump"]
    assert bodies["A pump"]["options"]["content"] == "Water flows.\n\nThe pump turns."
    requests = len(sandbox.log())
    answers = door.ask(PUMP, MAP)
    assert [each["state"] for each in answers] == ["present", "present"]
    assert [each["credits"] for each in answers] == [0, 0]
    assert len(sandbox.log()) == requests


def test_a_figure_is_the_one_that_sphinx_would_buy(door: Door, sandbox: SandboxProcess) -> None:
    """The same name, text and options: what one front end bought, the other finds."""
    (asked,) = door.ask({**PUMP, "text": "Title\n\nWater flows."})
    docs = door.folder / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text("extensions = ['sphinx_paperbanana']\n")
    (docs / "index.rst").write_text(
        "Title\n=====\n\nWater flows.\n\n.. paperbanana:: A pump\n   :name: fig-pump\n"
    )
    requests = len(sandbox.log())
    build = [forked(), "-m", "sphinx", "-q", "docs", "out"]
    subprocess.run(build, cwd=door.folder, check=True, timeout=300)
    assert len(sandbox.log()) == requests
    (picture,) = docs.glob("_paperbanana/*.png")
    assert picture.read_bytes() == Path(asked["picture"]).read_bytes()


def test_only_the_text_around_it_changed_keeps_the_picture_and_a_body_does_not(
    door: Door, sandbox: SandboxProcess
) -> None:
    own = {"document": "paper", "name": "own", "prompt": "A valve", "body": "It opens."}
    door.ask(PUMP, own)
    kept, again = door.ask(
        {**PUMP, "text": ["Other words."], "position": 0}, {**own, "body": "It shuts."}
    )
    assert (kept["state"], again["state"]) == ("kept", "present")
    assert len(sandbox.log("generate")) == 3


def test_settings_modes_and_budgets_are_those_of_every_front_end(
    door: Door, sandbox: SandboxProcess
) -> None:
    (door.folder / "paperbanana.toml").write_text(
        'max_credits = 6\nstyle = "Flat colours."\nfigures_dir = "figures"\n'
        '[defaults]\nresolution = "2K"\n'
    )
    (held, over) = door.ask(PUMP, {**PUMP, "name": "b", "prompt": "Another"}, status=1)
    assert {held["state"], over["state"]} == {"held"}
    assert "max_credits" in text(held) + door.said
    assert sandbox.log("generate") == []
    (made,) = door.ask(PUMP, PAPERBANANA_MAX_CREDITS="20")
    assert made["style"] == "Flat colours."
    assert made["relative"].startswith("figures/")
    assert sandbox.log("generate")[0]["body"]["options"]["resolution"] == "2K"
    changed = {**PUMP, "prompt": "A new pump"}
    requests = len(sandbox.log())
    (outdated,) = door.ask(changed, status=1, PAPERBANANA_MODE="offline")
    assert (outdated["state"], outdated["must_fail"]) == ("outdated", False)
    assert outdated["picture"] == made["picture"]
    assert outdated["messages"][0]["type"] == "outdated"
    (missing,) = door.ask(MAP, status=1, PAPERBANANA_MODE="frozen")
    assert (missing["state"], missing["picture"], missing["must_fail"]) == ("missing", None, True)
    assert len(sandbox.log()) == requests
    door.send(b"", status=2, PAPERBANANA_MODE="quick")
    assert "PAPERBANANA_MODE" in door.said


def test_a_wrong_line_is_told_by_number_and_field_and_the_others_are_served(
    door: Door, sandbox: SandboxProcess
) -> None:
    wrong = {
        b"nonsense": "it is not JSON",
        b"[]": "it is no object",
        b'"\xff"': "it is not UTF-8",
        b'{"promt": 1}': "promt: there is no such field; did you mean 'prompt'?",
        b'{"prompt": "A"}': "document: it is missing",
        b'{"document": " "}': "document: it is missing",
        b'{"document": 5}': "document: it takes a text",
        b'{"document": "d", "prompt": ["A"]}': "prompt: it takes a text",
        b'{"document": "d", "line": -1}': "line: it takes a whole number",
        b'{"document": "d", "line": true}': "line: it takes a whole number",
        b'{"document": "d", "line": 1e3}': "line: it takes a whole number",
        b'{"document": "d", "text": "T", "position": 2}': "position: 2, and the text has 1",
        b'{"document": "d", "text": {}}': "text: it takes a text, or a list of paragraphs",
        b'{"document": "d", "text": "a", "body": "b"}': "body: there is a text as well",
        b'{"document": "d", "options": []}': "options: it takes an object",
        b'{"document": "d", "options": {"style": {}}}': "options.style: it takes a text,",
        b'{"document": "d", "options": {"variant": 1.5}}': "options.variant: it takes a text,",
        b'{"document": "d", "id": "a", "options": {"id": "b"}}': "id: it is given twice",
        b'{"document": "d", "name": "' + b"n" * 201 + b'"}': "name: 201 characters, over the limit",
        b'{"document": "\\ud800"}': "document: it has half of a character",
        b'{"document": "d", "options": {"style": "\\udfff"}}': "options: it has half of",
        b'{"document": "d", "options": {"revise": ["a\\u0000b"]}}': "options: it has half of",
        b'{"document": "d\\u0000e", "name": "f"}': "document: it has half of",
        b"[" * 100_000: "it nests deeper than",
        b'{"document": "d", "line": ' + b"1" * 5000 + b"}": "it has a number of more than",
    }
    pump = json.dumps(PUMP).encode()
    lines = b"\n".join([b"", *wrong, pump])
    *answers, last = door.send(lines, status=2)
    assert last["state"] == "present"
    assert [each["request"] for each in answers] == [*range(2, len(wrong) + 2)]
    for answer, why in zip(answers, wrong.values(), strict=True):
        assert answer["state"] == "invalid"
        assert text(answer).startswith(f"line {answer['request']}: {why}")
        assert text(answer) in door.said
    assert len(sandbox.log("generate")) == 1


def test_a_figure_that_cannot_be_made_says_so_and_nothing_is_sent(
    door: Door, sandbox: SandboxProcess
) -> None:
    answers = door.ask(
        {"document": "d", "prompt": "No text"},
        {**PUMP, "options": {"resolution": "3K"}},
        {**PUMP, "options": {"resolutoin": "2K"}},
        {**MAP, "id": "twice"},
        {**MAP, "id": "twice", "prompt": "Another"},
        status=1,
    )
    assert {each["state"] for each in answers} == {"invalid"}
    assert "a pipeline figure is drawn from the text around it" in text(answers[0])
    assert "'3K' is not one of 1K, 2K, 4K" in text(answers[1])
    assert "did you mean 'resolution'" in text(answers[2])
    assert "twice" in text(answers[3])
    assert sandbox.log("generate") == []


def test_lists_and_numbers_are_options_as_authors_write_them(
    door: Door, sandbox: SandboxProcess
) -> None:
    (made,) = door.ask(
        {
            **MAP,
            "options": {**MAP["options"], "aspect_ratio": "16:9", "revise": ["Red", "Blue\nsky"]},
        }
    )
    assert made["revise"] == ["Red", "Blue sky"]
    first = sandbox.log("generate")[0]["body"]
    assert first["options"]["aspect_ratio"] == "16:9"


def test_published_copies_say_that_ai_made_them_and_the_project_keeps_the_original(
    door: Door, sandbox: SandboxProcess
) -> None:
    line = json.dumps({**PUMP, "alt": "Die Pumpe"}).encode()
    (copy,) = door.send(line, "--publish", "public")
    assert copy["relative"].startswith("public/")
    assert b"trainedAlgorithmicMedia" in Path(copy["picture"]).read_bytes()
    assert b"Die Pumpe" in Path(copy["picture"]).read_bytes()
    (original,) = door.send(line)
    assert b"trainedAlgorithmicMedia" not in Path(original["picture"]).read_bytes()
    assert original["sha256"] == copy["sha256"]
    (unmarked,) = door.send(line, "--publish", "public", PAPERBANANA_LABEL="false")
    assert unmarked["picture"] == original["picture"]


def test_another_folder_may_be_the_project(door: Door, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    (made,) = door.send(json.dumps(PUMP).encode(), "--project", str(elsewhere))
    assert Path(made["picture"]).is_relative_to(elsewhere)
    assert list(door.folder.iterdir()) == []


def test_text_of_anyone_controls_nothing(door: Door) -> None:
    """``Door.send`` looks for raw controls in all that is said."""
    lines = [
        {**PUMP, "name": EVIL, "document": EVIL, "file": EVIL, "prompt": f"A {EVIL}", "alt": EVIL},
        {**PUMP, "options": {EVIL: EVIL}},
        {**PUMP, "options": {"resolution": EVIL}},
        {**PUMP, EVIL: EVIL},
        {**PUMP, "prompt": "A \U0001f4a7", "name": "drop"},
    ]
    answers = door.send(b"\n".join(json.dumps(each).encode() for each in lines), status=2)
    assert [each["state"] for each in answers] == [
        *("present", "invalid", "invalid", "invalid", "present")
    ]


def test_an_input_without_end_is_read_to_a_limit_and_what_was_read_is_served(
    door: Door, sandbox: SandboxProcess
) -> None:
    lines = json.dumps(PUMP).encode() + b"\n" + b"x" * 70_000_000
    first, second = door.send(lines + b"\n{}\n{}", status=2)
    assert (first["state"], second["state"]) == ("present", "invalid")
    assert text(second).startswith(
        "line 2: it is beyond a limit (10,000 requests, 64,000,000 bytes"
    )
    assert "nothing is read from here on" in text(second)


def test_the_format_has_to_be_named(door: Door) -> None:
    done = subprocess.run(
        [forked("pbfigure"), "resolve"],
        capture_output=True,
        text=True,
        cwd=door.folder,
        check=False,
    )
    assert done.returncode == 2
    assert "--jsonl" in done.stderr
