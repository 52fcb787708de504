"""``pbfigure log`` after builds, against what the service itself charged; and the day's budget."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from documents import Site
from json_schemas import fits, valid
from sandbox_process import SandboxProcess


def git(site: Site, *command: str) -> str:
    done = subprocess.run(
        ["git", *command], cwd=site.folder, check=True, capture_output=True, text=True
    )
    return done.stdout


def with_git(site: Site) -> Site:
    git(site, "init", "-q")
    git(site, "config", "user.name", "Ada Lovelace")
    git(site, "config", "user.email", "ada@example.org")
    return site


def test_a_build_and_a_verb_leave_a_line_for_every_task_that_the_service_made(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    with_git(site)
    site.build()
    site.write("more/extra.rst", "Extra\n=====\n\nText.\n\n.. paperbanana:: A boat\n   :id: boat\n")
    site.run("make", "docs", "--yes")
    site.build()
    found = valid("log", site.run("log", "--json"))["purchases"]
    charged = {task["task_id"]: task["charged"] for task in use_sandbox.tasks()}
    assert {each["task_id"]: each["credits"] for each in found} == charged
    assert sorted((e["figure"], e["build"], e["document"]) for e in found) == [
        ("boat", "make", "more/extra"),
        ("index:fig-flow", "html", "index"),
        ("index:fig-map", "html", "index"),
    ]
    assert {each["who"] for each in found} == {"Ada Lovelace"}
    assert all(each["draft"] for each in found)


def test_the_table_has_ids_whole_and_credits_at_any_width(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    ids = [task["task_id"] for task in use_sandbox.tasks()]
    for columns in (80, 140):
        shown = site.run("log", columns=columns).stdout
        assert fits(shown, columns), shown
        assert all(each in shown for each in ids)
        assert "index:fig-flow" in shown
        (sums,) = [line.split() for line in shown.splitlines() if line.startswith("20")][-1:]
        assert sums[1:] == ["0", "0", "2", "18"]  # drafts: nobody paid for them
    assert "A flow chart of the pump" in site.run("log", columns=140).stdout


def test_purchases_are_filtered_by_project_and_time_and_printed_as_csv(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()

    def listed(*arguments: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(site.run("log", "--csv", *arguments).stdout)))

    assert [row["figure"] for row in listed()] == ["index:fig-flow", "index:fig-map"]
    assert listed()[0]["prompt"].startswith("A flow chart")
    assert len(listed("--project", "docs")) == len(listed("--project", ".")) == 2
    assert listed("--project", "elsewhere") == []
    assert listed("--since", "2999-01-01") == listed("--until", "2001-01-01") == []
    assert len(listed("--since", "2001-01-01", "--until", "2999-01-01")) == 2
    assert site.run("log", "--since", "soon").returncode == 2
    assert site.run("log", "--csv", "--json").returncode == 2


def test_without_purchases_it_says_so_and_makes_no_file(site: Site) -> None:
    before = site.tree()
    assert site.run("log").stdout.startswith("no purchases in ")
    assert valid("log", site.run("log", "--json"))["purchases"] == []
    assert site.tree() == before


def test_the_ledger_survives_pruning(site: Site, use_sandbox: SandboxProcess) -> None:
    site.build()
    site.edit("index.rst", "A map", "A new map")
    site.build()
    before = site.run("log", "--json").stdout
    assert site.run("prune", "docs", "--yes").returncode == 0
    assert site.run("cache", "prune", "--older-than", "0", "--yes").returncode == 0
    assert site.run("log", "--json").stdout == before


def test_what_is_over_the_days_budget_is_held_by_builds_and_by_make(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    said = site.build(PAPERBANANA_MAX_CREDITS_PER_DAY="18")
    assert "2 made, 18 sandbox credits spent" in said
    site.edit("index.rst", "A map", "A new map")
    for limit, why in (("20", "of max_credits_per_day (20) 18 are spent today"), ("30", "")):
        held = site.build(PAPERBANANA_MAX_CREDITS_PER_DAY=limit)
        assert why in " ".join(held.split())
        if why:
            assert "1 held" in held
            planned = site.run("plan", "docs", PAPERBANANA_MAX_CREDITS_PER_DAY=limit)
            assert "max_credits_per_day (20) leaves today" in " ".join(planned.stdout.split())
            made = site.run("make", "docs", "--yes", PAPERBANANA_MAX_CREDITS_PER_DAY=limit)
            assert made.returncode == 1
            assert len(use_sandbox.tasks()) == 2
    assert len(use_sandbox.tasks()) == 3


def test_what_the_cache_saved_is_each_picture_that_another_project_took_and_did_not_buy(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    site.build()
    none = {"pictures": 0, "credits": 0, "drafts": 0, "draft_credits": 0}
    assert valid("log", site.run("log", "--json"))["saved"] == none
    assert "saved" not in site.run("log").stdout
    other = Site(tmp_path / "other")
    for _ in range(2):
        other.build()
        assert len(use_sandbox.tasks()) == 2
        saved = valid("log", other.run("log", "--json"))["saved"]
        assert saved == {**none, "drafts": 2, "draft_credits": 18}
    assert "the cache saved other projects 2 drafts (18 sandbox credits)" in site.run("log").stdout
    # only of what is listed: by the project that paid
    for folder, drafts in ((site.folder, 2), (other.folder, 0)):
        told = valid("log", site.run("log", "--json", "--project", str(folder)))
        assert told["saved"]["drafts"] == drafts
    shutil.rmtree(other.folder)
    assert site.run("cache", "prune", "--older-than", "0", "--yes").returncode == 0
    assert valid("log", site.run("log", "--json"))["saved"] == saved


def test_a_picture_that_both_projects_paid_for_saved_nothing(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    site.build()
    shutil.rmtree(site.folder)
    other = Site(tmp_path / "other")
    assert other.run("cache", "prune", "--older-than", "0", "--yes").returncode == 0
    other.build()
    assert len(use_sandbox.tasks()) == 4
    assert valid("log", other.run("log", "--json"))["saved"]["drafts"] == 0


HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "  +1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-2+3",
    "\t=1+1",
    "\uff1d1+1",
    "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eabc",
    '"quoted", with\na line',
)


@pytest.mark.parametrize("text", HOSTILE)
def test_neither_a_user_nor_a_prompt_nor_a_folder_can_harm_a_terminal_or_a_spreadsheet(
    text: str, site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    hostile = Site(tmp_path / text.replace("/", "_"))
    git(with_git(hostile), "config", "user.name", text)
    one_line = text.replace("\n", " ")
    hostile.write(
        "index.rst", f"Title\n=====\n\nText.\n\n.. paperbanana::\n   :prompt: {one_line}\n"
    )
    hostile.build()
    controls = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
    for arguments in ((), ("--csv",), ("--json",)):
        done = site.run("log", *arguments, columns=1000)
        assert done.returncode == 0
        assert not controls.search(done.stdout), done.stdout
    (row,) = csv.DictReader(io.StringIO(site.run("log", "--csv").stdout))
    assert None not in row
    for value in row.values():
        assert not re.match(r"\s*[=+@\uff1d-]", value), value
    (told,) = valid("log", site.run("log", "--json"))["purchases"]
    assert told["who"] == text.strip()
    assert told["folder"] == str(hostile.docs)


def test_a_folder_whose_name_is_no_text_is_listed(site: Site, use_sandbox: SandboxProcess) -> None:
    site.build()
    ledger = Path(os.environ["PAPERBANANA_CACHE_DIR"], "v1/ledger.jsonl")
    ledger.write_text(ledger.read_text().replace(str(site.docs), "/caf\\udce9"))
    assert "/caf" in site.run("log", "--csv").stdout
    found = valid("log", site.run("log", "--json"))["purchases"]
    assert {each["folder"] for each in found} == {"/caf\udce9"}
