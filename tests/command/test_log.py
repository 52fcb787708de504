"""``pbfigure log`` after builds, against what the service itself charged; and the day's budget."""

from __future__ import annotations

import csv
import io
import subprocess

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
    assert "2 made, 18 credits spent" in said
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
