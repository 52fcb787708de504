"""``pbfigure make``: it shows the plan, asks once, and makes what is missing without a build."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from documents import CONF, Site
from json_schemas import check
from sandbox_process import SandboxProcess
from terminal import Terminal


def pictures(site: Site) -> list[str]:
    return sorted(path.stem.rpartition("-")[0] for path in site.docs.glob("_paperbanana/*.png"))


def test_without_a_terminal_it_wants_yes_and_orders_nothing(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    refused = site.run("make", "docs")
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    assert "+ fig-flow 6 credits (new)" in refused.stdout
    assert use_sandbox.tasks() == []


def test_with_yes_it_makes_what_is_missing_and_a_build_asks_nothing_more(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    made = site.run("make", "docs", "--yes")
    assert made.returncode == 0, made
    assert "made 2 of 2 figures for 18 sandbox credits" in made.stderr
    assert "commit _paperbanana/" in made.stderr
    assert pictures(site) == ["index--fig-flow", "index--fig-map"]
    requests = len(use_sandbox.log())
    assert "2 figures: 2 present" in site.build()
    again = site.run("make", "docs")
    assert again.returncode == 0
    assert again.stdout.startswith("Plan: nothing to buy, 2 present.\n")
    assert len(use_sandbox.log()) == requests


def test_what_only_the_machine_s_cache_has_is_put_beside_the_sources_for_nothing(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    assert site.run("make", "docs", "--yes").returncode == 0
    before, tasks = pictures(site), len(use_sandbox.tasks())
    shutil.rmtree(site.docs / "_paperbanana")  # as for the same figures in another checkout
    assert site.run("make", "docs", PAPERBANANA_FIGURES_DIR="").returncode == 0
    assert pictures(site) == []
    again = site.run("make", "docs")
    assert again.returncode == 0
    assert "took 2 pictures from this machine's cache" in again.stderr
    assert pictures(site) == before
    assert site.run("make", "docs").stderr == ""
    assert len(use_sandbox.tasks()) == tasks


def test_figures_are_made_by_name_and_the_others_are_left(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    made = site.run("make", "fig-map", "docs", "--yes")
    assert made.returncode == 0
    assert "fig-flow" not in made.stdout + made.stderr
    assert pictures(site) == ["index--fig-map"]
    assert site.run("make", "docs", "nonsense", "--yes").returncode == 2
    assert len(use_sandbox.tasks()) == 1


def test_a_figure_that_shows_the_same_picture_is_not_counted(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    same = ".. paperbanana:: A ship\n   :type: standard\n   :model: nano-banana-2\n   :name: {}\n\n"
    site.write("more/ships.rst", "Ships\n=====\n\n" + same.format("one") + same.format("other"))
    made = site.run("make", "docs", "one", "--yes")
    assert "made 1 of 1 figure for 5 sandbox credits" in made.stderr, made
    assert len(use_sandbox.tasks()) == 1


def test_on_a_terminal_it_asks_once_and_no_buys_nothing(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    terminal = Terminal(site.folder, "make", "docs")
    terminal.see("Make 2 figures for 18 sandbox credits? [y/N]")
    terminal.type("n\n")
    assert terminal.end() == 1
    assert "Nothing was ordered." in terminal.said
    assert use_sandbox.tasks() == []


def test_on_a_terminal_a_bar_names_what_is_drawn_its_stage_and_the_credits(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.settings(latency=60)  # of its own clock: some 3 s
    terminal = Terminal(site.folder, "make", "docs")
    terminal.see("[y/N]")
    terminal.type("y\n")
    for words in ("0/2", "18 sandbox credits", "fig-map: ", "fig-flow: ", "made 2 of 2 figures"):
        terminal.see(words)
    assert terminal.end() == 0
    assert terminal.said.count("[y/N]") == 1


def test_a_sphinx_build_on_a_terminal_shows_the_same_bar(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.settings(latency=60)
    build = (sys.executable, "-m", "sphinx")
    terminal = Terminal(site.folder, "docs", "out", program=build)
    for words in ("0/2", "18 sandbox credits", "fig-map: ", "2 figures: 2 present; 2 made"):
        terminal.see(words)
    assert terminal.end() == 0


def test_ctrl_c_is_130_and_the_next_one_fetches_without_paying_again(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.settings(latency=100_000)
    terminal = Terminal(site.folder, "make", "docs")
    terminal.see("[y/N]")
    terminal.type("y\n")
    terminal.see("fig-map: ")
    terminal.see("fig-flow: ")
    terminal.interrupt()
    assert terminal.end() == 130
    assert terminal.said.count("interrupted") == 1
    assert "nothing that was paid for is lost" in terminal.said
    assert len(use_sandbox.tasks()) == 2
    assert "! fig-flow (ordered before; fetched, free)" in site.plan()


def test_it_buys_what_a_build_holds_and_the_build_says_so(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.write("conf.py", CONF + "paperbanana_max_credits = 10\n")
    said = site.build()
    (line,) = [line for line in said.splitlines() if "max_credits is 10" in line]
    assert "2 figures held" in line
    assert "18 credits" in line
    assert "'pbfigure make'" in line
    assert "failed" not in said
    assert use_sandbox.tasks() == []
    assert site.run("make", "docs", "--yes").returncode == 0
    assert "2 present" in site.build()


def test_what_a_day_s_limit_holds_is_not_made_and_nothing_is_waited_for(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    limit = {"PAPERBANANA_MAX_CREDITS_PER_DAY": "14"}
    held = site.run("make", "docs", "--yes", **limit)
    assert held.returncode == 1
    said = (
        "docs: 2 figures held (18 sandbox credits): of max_credits_per_day (14), 14 are left today;"
        " nothing of it is ordered"
    )
    assert held.stderr == f"pbfigure: {said}\n"
    assert use_sandbox.tasks() == []
    assert site.run("make", "docs", "fig-map", "--yes", **limit).returncode == 0
    held = site.run("make", "docs", "--yes", **limit)
    assert (
        "1 figure held (6 sandbox credits): of max_credits_per_day (14), 2 are left today"
        in held.stderr
    )
    assert len(use_sandbox.tasks()) == 1
    built = site.build(**limit)
    assert "waiting for" not in built
    assert "1 figure held" in built


def test_what_was_paid_for_is_fetched_for_free_and_said_so(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.settings(latency=100_000)
    site.run("make", "docs", "fig-flow", "--yes", PAPERBANANA_TASK_TIMEOUT="1")
    use_sandbox.settings(latency=0)
    terminal = Terminal(site.folder, "make", "docs", "fig-flow")
    terminal.see("Fetch 1 figure that was paid for, for free? [y/N]")
    terminal.type("n\n")
    assert terminal.end() == 1
    terminal = Terminal(site.folder, "make", "docs")
    terminal.see(
        "Make 1 figure for 12 sandbox credits, and fetch 1 figure that was paid for? [y/N]"
    )
    terminal.type("n\n")
    assert terminal.end() == 1


def test_no_page_is_spoken_of_and_no_more_where_there_was_none(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="status", status=403)
    made = site.run("make", "docs", "--yes")
    assert made.returncode == 1
    assert "placeholder" not in made.stderr
    assert "no more" not in made.stderr
    assert "not ordered: " in made.stderr


def test_it_makes_what_mode_offline_keeps_builds_from_making(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.write("conf.py", CONF + "paperbanana_mode = 'offline'\n")
    assert "Builds buy nothing (mode is offline); 'pbfigure make docs' does" in " ".join(
        site.run("plan", "docs").stdout.split()
    )
    assert site.run("make", "docs", "--yes").returncode == 0
    assert len(use_sandbox.tasks()) == 2


def test_without_credits_enough_nothing_is_ordered(site: Site, use_sandbox: SandboxProcess) -> None:
    use_sandbox.settings(credits=17)
    refused = site.run("make", "docs", "--yes")
    assert refused.returncode == 1
    assert "cost 18 credits, and 17 sandbox credits are left" in refused.stderr
    assert use_sandbox.log("generate") == []
    assert site.run("make", "docs", "fig-map", "--yes").returncode == 0


def test_without_a_key_it_says_which_variable_is_missing(site: Site) -> None:
    refused = site.run("make", "docs", "--yes")
    assert refused.returncode == 2
    assert "PAPERBANANA_API_KEY is not set" in refused.stderr


def test_what_the_service_fails_is_told_and_status_1(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", prompt="map", fault="failed", error="no")
    made = site.run("make", "docs", "--yes")
    assert made.returncode == 1
    assert "index.rst:9: warning: fig-map: failed" in made.stderr
    assert "made 1 of 2 figures for 6 sandbox credits" in made.stderr
    assert pictures(site) == ["index--fig-flow"]


def test_the_json_says_what_came_of_it(site: Site, use_sandbox: SandboxProcess) -> None:
    done = site.run("make", "docs", "--yes", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    check(document, "plan")
    assert document["credits_spent"] == 18
    assert document["complete"]
    assert [figure["state"] for figure in document["figures"]] == ["present", "present"]
    assert all((site.folder / figure["picture"]).is_file() for figure in document["figures"])


@pytest.mark.parametrize("other", ["HTTP://LocalHost", "http://LOCALHOST"])
def test_an_address_in_other_letters_is_the_same_service_and_nothing_is_bought_again(
    site: Site, use_sandbox: SandboxProcess, other: str
) -> None:
    address = use_sandbox.base_url.replace("127.0.0.1", "localhost")
    pending = {"PAPERBANANA_BASE_URL": address, "PAPERBANANA_TASK_TIMEOUT": "0.01"}
    assert "2 pending" in site.build(**pending)
    written = address.replace("http://localhost", other)
    assert "2 figures: 2 present" in site.build(PAPERBANANA_BASE_URL=written)
    assert len(use_sandbox.log("generate")) == 2
