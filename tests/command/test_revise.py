"""Revised figures: each version is drawn from the one before, bought once, and told beforehand."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from documents import CONF, Site
from json_schemas import check
from sandbox_process import SandboxProcess
from wait_for import wait_for

THICKER, BLUE = 'Make the arrows thicker; call the second box "Encoder"', "Use blue"
CHAIN = f"""\
Pumps
=====

Water flows.

.. paperbanana:: A flow chart
   :name: flow
   :revise:
     - Make the arrows thicker;
       call the second box "Encoder"
     - {BLUE}
"""


def sent(sandbox: SandboxProcess) -> list[str]:
    return [entry["body"]["prompt"] for entry in sandbox.log("generate")]


def records(site: Site) -> list[dict[str, Any]]:
    """The records of the project's folder, in the order of the versions."""
    found = [json.loads(path.read_text()) for path in (site.docs / "_paperbanana").glob("*.json")]
    return sorted(found, key=lambda record: len(record["request"].get("revise", ())))


def make(site: Site, *arguments: str, **environ: str) -> None:
    done = site.run("make", "docs", *arguments, "--yes", **environ)
    assert done.returncode == 0, done


@pytest.fixture
def chain(site: Site) -> Site:
    site.write("index.rst", CHAIN)
    return site


@pytest.fixture
def made(chain: Site, use_sandbox: SandboxProcess) -> Site:
    make(chain)
    return chain


def test_a_plan_shows_each_step_with_its_cost_and_what_is_sent(
    chain: Site, use_sandbox: SandboxProcess
) -> None:
    lines = chain.run("plan", "docs", columns=120).stdout.splitlines()
    assert lines[0].startswith(
        "+ flow 18 credits (new; 6 for the picture, 6 for revision 1 and 6 for revision 2)"
    )
    assert "Plan: 1 to buy for 18 sandbox credits." in lines
    plan = json.loads(chain.run("plan", "docs", "--json").stdout)
    check(plan, "plan")
    (figure,) = plan["figures"]
    steps = [(each["instruction"], each["credits"]) for each in figure["versions"]]
    assert steps == [(None, 6), (THICKER, 6), (BLUE, 6)]
    text = chain.plan("--text")
    assert [line for line in text if line.startswith("  prompt: ")] == [
        "  prompt: A flow chart",
        f"  prompt: {THICKER}",
        f"  prompt: {BLUE}",
    ]
    assert sent(use_sandbox) == []


def test_each_version_is_drawn_from_the_one_before_and_a_second_build_is_idle(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    assert sent(use_sandbox) == ["A flow chart", THICKER, BLUE]
    bodies = [entry["body"] for entry in use_sandbox.log("generate")]
    assert [body["scene"] for body in bodies] == ["text-to-image", *["image-to-image"] * 2]
    assert "image_input" not in bodies[0]["options"]
    assert len({body["options"]["content"] for body in bodies}) == 1
    first, second, third = records(made)
    assert (second["request"]["base"], third["request"]["base"]) == (first["key"], second["key"])
    requests = len(use_sandbox.log())
    said = made.build()
    assert "1 figure: 1 present; 0 credits spent" in said
    assert third["key"][:12] in (made.folder / "out-html/index.html").read_text("utf-8")
    assert len(use_sandbox.log()) == requests


def test_another_second_instruction_buys_one_picture(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    made.edit("index.rst", BLUE, "Use green")
    assert "~ flow 6 credits (revision changed)" in made.plan()
    made.build()
    assert sent(use_sandbox)[3:] == ["Use green"]
    made.edit("index.rst", "Use green", BLUE)
    assert "1 present" in made.build()
    assert len(sent(use_sandbox)) == 4


def test_another_prompt_buys_the_chain_after_the_plan_shows_it(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    made.edit("index.rst", "A flow chart", "A flow diagram")
    (line,) = [line for line in made.plan(columns=200) if line.startswith("~")]
    assert "18 credits" in line
    assert 'prompt changed: "…chart" → "…diagram"; 6 for the picture, 6 for revision 1' in line
    make(made)
    assert sent(use_sandbox)[3:] == ["A flow diagram", THICKER, BLUE]


def test_a_budget_holds_the_whole_chain_and_nothing_of_it_is_bought(
    chain: Site, use_sandbox: SandboxProcess
) -> None:
    said = chain.build(PAPERBANANA_MAX_CREDITS="17")
    assert "expected to cost 18 credits" in said
    assert "1 held" in said
    assert sent(use_sandbox) == []
    assert "1 present; 1 made, 18 sandbox credits spent" in chain.build(
        PAPERBANANA_MAX_CREDITS="18"
    )


def test_a_base_that_the_service_does_not_have_any_more_is_one_clear_error(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    with SandboxProcess() as other:  # which knows none of the tasks
        environ = {"PAPERBANANA_BASE_URL": other.base_url}
        made.edit("index.rst", BLUE, "Use green")
        said = made.build(**environ)
        assert said.count("warning" if "warning" in said else "WARNING") == 1, said
        task = records(made)[1]["task_id"]
        assert f"revision 1 is needed from the service (task {task})" in said
        assert ":variant: 1 0" in said
        assert "1 outdated" in said
        assert other.tasks() == []
        # what the error advises: another roll of what is lost
        made.edit("index.rst", ":name: flow\n", ":name: flow\n   :variant: 0 1 0\n")
        assert "its unrevised picture is needed from the service" in made.build(**environ)
        made.edit("index.rst", ":variant: 0 1 0\n", ":variant: 1 0 0\n")
        assert "1 present" in made.build(**environ)
        assert sent(other) == ["A flow chart", THICKER, "Use green"]


def test_one_variant_rolls_the_last_step_alone(made: Site, use_sandbox: SandboxProcess) -> None:
    made.edit("index.rst", ":name: flow\n", ":name: flow\n   :variant: 1\n")
    make(made)
    assert sent(use_sandbox)[3:] == [BLUE]
    made.edit("index.rst", ":variant: 1\n", ":variant: 0 1\n")
    assert "variant: 2 numbers for the picture and 2 revisions of it" in made.build()
    variants = made.run("variants", "docs", "flow", "--count", "2")
    assert variants.returncode == 2


def test_where_only_the_text_changed_nothing_is_bought_and_a_new_step_starts_from_what_is_kept(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    made.edit("index.rst", "Water flows.", "Water runs downhill.")
    assert "1 kept" in made.build()
    made.edit("index.rst", f"- {BLUE}\n", f"- {BLUE}\n     - Add a title\n")
    assert "~ flow 6 credits (revised)" in made.plan()
    before = {record["key"]: record for record in records(made)}
    assert "1 present" in made.build()
    assert sent(use_sandbox)[3:] == ["Add a title"]
    *_, last = records(made)
    assert before[last["request"]["base"]]["request"]["revise"] == [THICKER, BLUE]


def test_every_version_counts_as_used_and_is_listed(made: Site) -> None:
    pruned = made.run("prune", "docs", "--yes")
    assert "nothing" in pruned.stdout.lower(), pruned
    assert len(records(made)) == 3
    made.edit("index.rst", ":name: flow", ":name: stream")
    assert "1 present" in made.build(PAPERBANANA_MODE="offline")
    made.run("prune", "docs", "--yes")
    assert len(records(made)) == 3
    shown = made.run("inspect", "docs", "stream", columns=160).stdout
    assert f"revised:  {THICKER}; {BLUE}" in shown
    assert "all its pictures (3):" in shown
    bought = json.loads(made.run("log", "--json").stdout)["purchases"]
    words = [each["request"]["prompt"] for each in bought]
    assert sorted(words) == sorted(["A flow chart", THICKER, BLUE])


def test_what_a_new_revision_will_be_drawn_from_is_used_and_the_one_it_replaces_is_not(
    made: Site,
) -> None:
    def uses() -> list[tuple[str, str]]:
        told = json.loads(made.run("status", "docs", "--json").stdout)["files"]
        return sorted((each["use"], each["why"]) for each in told)

    made.edit("index.rst", BLUE, "Use red")
    assert uses() == [("used", "")] * 3
    made.build()
    assert uses() == [("unused", "another revision"), *[("used", "")] * 3]
    made.edit("index.rst", ":name: flow", ":name: flow\n   :style: flat")
    assert uses() == [("unused", "an earlier style"), *[("used", "")] * 3]
    made.edit("index.rst", ":style: flat", ":resolution: 2K")
    assert uses() == [("unused", "another revision"), *[("used", "")] * 3]
    made.edit("index.rst", "Use red", BLUE)
    assert uses() == [("unused", "earlier options"), *[("used", "")] * 3]


def test_the_machines_cache_keeps_what_a_shown_picture_is_drawn_from(
    chain: Site, use_sandbox: SandboxProcess
) -> None:
    make(chain, PAPERBANANA_FIGURES_DIR="")
    found = chain.run("cache", "prune", "--older-than", "0", "--dry-run", "--json")
    assert json.loads(found.stdout)["pictures"] == []


def test_a_revision_of_what_only_a_damaged_record_tells_of_is_left_to_its_author(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    made.edit("index.rst", BLUE, "Use red")
    shutil.rmtree(os.environ["PAPERBANANA_CACHE_DIR"])
    base = records(made)[1]["key"][:12]
    (record,) = (made.docs / "_paperbanana").glob(f"*{base}.json")
    whole = record.read_text()
    record.write_text("{}")
    said = made.build()
    assert f"what it revises was bought, but {record} cannot be read" in said
    assert "it is not bought again: restore the file" in said
    assert len(sent(use_sandbox)) == 3
    record.write_text(whole)
    assert "1 present" in made.build()
    assert sent(use_sandbox)[3:] == ["Use red"]


def test_lists_and_statements_name_the_revisions_and_the_alternative_text_does_not(
    made: Site,
) -> None:
    made.write("more/list.rst", "List\n====\n\n.. paperbanana-list::\n")
    made.write("index.rst", CHAIN + "\n.. toctree::\n\n   more/list\n")
    made.build("text")
    words = (made.folder / "out-text/more/list.txt").read_text("utf-8")
    assert "(1) Make the arrows" in words
    assert f"(2) {BLUE}" in words
    made.build()
    page = (made.folder / "out-html/index.html").read_text("utf-8")
    assert 'alt="A flow chart"' in page
    said = json.loads(made.run("disclose", "docs", "--venue", "plain", "--json").stdout)
    (figure,) = said["figures"]
    assert all(words in figure["prompt"] for words in ("A flow chart", THICKER, BLUE))
    assert "an earlier version of the figure" in figure["drawn_from"]


def test_a_clone_shows_the_last_picture_with_its_record_alone(
    made: Site, use_sandbox: SandboxProcess
) -> None:
    *others, last = records(made)
    for record in others:
        for path in (made.docs / "_paperbanana").glob(f"*{record['key'][:12]}*"):
            path.unlink()
    shutil.rmtree(os.environ["PAPERBANANA_CACHE_DIR"])
    requests = len(use_sandbox.log())
    said = made.build(PAPERBANANA_MODE="frozen", PAPERBANANA_API_KEY="")
    assert "1 present" in said
    assert last["key"][:12] in (made.folder / "out-html/index.html").read_text("utf-8")
    assert len(use_sandbox.log()) == requests


def test_a_step_that_fails_leaves_the_version_before_it_shown_as_outdated(
    chain: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", prompt=BLUE, fault="failed")
    said = chain.build()
    assert sent(use_sandbox) == ["A flow chart", THICKER, BLUE]
    assert "failed" in said
    shown = (chain.folder / "out-html/index.html").read_text("utf-8")
    assert records(chain)[-1]["request"]["revise"] == [THICKER]
    assert records(chain)[-1]["key"][:12] in shown
    assert "is shown" in said
    assert len(sent(use_sandbox)) == 3, "and the next build asks for nothing"
    chain.build()
    assert len(sent(use_sandbox)) == 3


def test_where_the_picture_itself_fails_nothing_is_revised_and_nothing_planned(
    chain: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", fault="failed")
    said = chain.build()
    assert "what it revises was not made: task" in said
    assert "1 failed" in said
    assert sent(use_sandbox) == ["A flow chart"]
    assert "Plan: nothing to buy, 1 blocked." in chain.plan()
    assert "1 failed" in chain.build()
    assert "1 failed" in chain.build(PAPERBANANA_MODE="offline")
    assert sent(use_sandbox) == ["A flow chart"]


@pytest.mark.parametrize("base_is_here", [True, False])
def test_a_revision_that_a_restarted_sandbox_lost_is_told_or_begun_anew(
    made: Site, use_sandbox: SandboxProcess, base_is_here: bool
) -> None:
    last = records(made)[-1]["key"]
    cache = Path(os.environ["PAPERBANANA_CACHE_DIR"], "v1")
    for picture in records(made)[-1]["pictures"]:  # bought before, and its file is lost
        for path in cache.glob(f"pictures/*/{picture['sha256']}*"):
            path.unlink()
    for path in (made.docs / "_paperbanana").glob(f"*{last[:12]}*"):
        path.unlink()
    if not base_is_here:
        shutil.rmtree(made.docs / "_paperbanana")
        for record in cache.glob("records/*/*.json"):
            if record.stem != last:
                record.unlink()
    with SandboxProcess(speed=50) as other:  # which knows none of the tasks
        said = made.build(PAPERBANANA_BASE_URL=other.base_url)
        assert "Traceback" not in said
        assert ("is needed from the service" in said) == base_is_here
        assert ("it is not among what is made now" in said) == (not base_is_here)
        assert other.tasks() == []


@pytest.mark.parametrize("orders", [1, 2, 3])
def test_a_killed_build_goes_on_with_the_chain_and_nothing_is_paid_twice(
    chain: Site, use_sandbox: SandboxProcess, orders: int
) -> None:
    use_sandbox.order(endpoint="generate", calls=[orders], fault="slow", seconds=100)
    command = [sys.executable, "-m", "pbfigure", "make", "docs", "--yes"]
    building = subprocess.Popen(
        command, cwd=chain.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ledger = Path(os.environ["PAPERBANANA_CACHE_DIR"], "v1", "ledger.jsonl")
    wait_for(lambda: ledger.exists() and ledger.read_text().count('"purchase"') == orders)
    building.send_signal(signal.SIGKILL)
    building.wait(60)
    assert len(use_sandbox.tasks()) == orders
    plan = json.loads(chain.run("plan", "docs", "--json").stdout)
    assert plan["credits"] == 18 - 6 * orders
    assert "1 present" in chain.build()
    assert sent(use_sandbox) == ["A flow chart", THICKER, BLUE]


def test_the_real_service_revises_no_draft_of_the_sandbox(made: Site) -> None:
    made.edit("index.rst", BLUE, "Use green")
    real = {"PAPERBANANA_API_KEY": "sk-team-real", "PAPERBANANA_BASE_URL": ""}
    (line,) = [line for line in made.plan(columns=200, **real) if line.startswith("~")]
    assert "18 credits" in line


def test_a_line_that_was_wrapped_is_no_revision_of_its_own(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.write("index.rst", CHAIN.replace("     - ", "     ").replace(";\n       ", "\n     "))
    said = site.build()
    assert "revise: every line is a revision of its own, and 'call the second box" in said
    site.edit("index.rst", "thicker\n     call", "thicker\n     Call")
    assert "1 present" in site.build()
    assert sent(use_sandbox) == [
        "A flow chart",
        "Make the arrows thicker",
        'Call the second box "Encoder"',
        BLUE,
    ]


@pytest.mark.parametrize(
    "options",
    [
        f":name: flow\n:revise: {BLUE}",
        f"---\nname: flow\nrevise: |\n  {BLUE}\n  Add a title\n---",
    ],
)
def test_markdown_takes_one_instruction_or_lines_of_them(
    site: Site, use_sandbox: SandboxProcess, options: str
) -> None:
    site.write("conf.py", CONF + "extensions.append('myst_parser')\n")
    page = f"# Pumps\n\nWater flows.\n\n```{{paperbanana}} A flow chart\n{options}\n```\n"
    (site.docs / "index.rst").unlink()
    site.write("index.md", page)
    assert "1 present" in site.build()
    steps = [BLUE, "Add a title"] if "---" in options else [BLUE]
    assert sent(use_sandbox) == ["A flow chart", *steps]
