"""``pbfigure refresh``: makes now what builds wait for, or keep."""

from __future__ import annotations

import json

from documents import CONF, Site
from json_schemas import check
from sandbox_process import SandboxProcess
from terminal import Terminal


def fail_map(sandbox: SandboxProcess) -> None:
    sandbox.order(endpoint="generate", calls="first", prompt="map", fault="failed", error="no")


def test_what_the_service_failed_is_ordered_again_at_once_and_by_nothing_else(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    fail_map(use_sandbox)
    said = site.build()
    assert "failed" in said
    assert "'pbfigure refresh'" in said
    site.build()
    assert site.run("make", "docs", "fig-map", "--yes").returncode == 1
    assert len(use_sandbox.log("generate")) == 2
    done = site.run("refresh", "docs", "fig-map", "--yes")
    assert done.returncode == 0, done
    assert "+ fig-map 12 credits (new)" in done.stdout
    assert "made 1 of 1 figure for 12 sandbox credits" in done.stderr
    assert len(use_sandbox.log("generate")) == 3
    assert "2 figures: 2 present; 0 credits spent" in site.build()


def test_whoever_says_no_has_builds_wait_as_before(site: Site, use_sandbox: SandboxProcess) -> None:
    fail_map(use_sandbox)
    site.build()
    terminal = Terminal(site.folder, "refresh", "docs", "fig-map")
    terminal.see("Make 1 figure for 12 sandbox credits? [y/N]")
    terminal.type("n\n")
    assert terminal.end() == 1
    assert "failed" in site.build()
    assert len(use_sandbox.log("generate")) == 2


def test_another_figure_that_failed_is_left(site: Site, use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="generate", calls=[1, 2], fault="failed", error="no")
    site.build()
    assert site.run("refresh", "docs", "fig-flow", "--yes").returncode == 0
    assert len(use_sandbox.log("generate")) == 3
    assert "1 present, 1 failed" in site.build()


def test_what_fails_again_waits_again(site: Site, use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="generate", calls="all", prompt="map", fault="failed", error="no")
    site.build()
    done = site.run("refresh", "docs", "fig-map", "--yes")
    assert done.returncode == 1
    assert "fig-map: failed" in done.stderr
    site.build()
    assert len(use_sandbox.log("generate")) == 3


def test_a_figure_kept_gets_a_picture_for_the_text_as_it_is_and_keeps_that(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    site.edit("index.rst", "Water flows", "A lot of water flows")
    assert "'pbfigure refresh'" in site.build()
    done = site.run("refresh", "docs", "fig-flow", "--yes")
    assert done.returncode == 0, done
    assert "~ fig-flow 6 credits (text around it changed, regenerate)" in done.stdout
    assert "A lot of water" in str(use_sandbox.tasks()[-1]["request"])
    assert "2 figures: 1 present, 1 kept; 0 credits spent" in site.build()
    assert len(use_sandbox.log("generate")) == 3


def test_the_figure_s_own_wish_to_keep_yields_to_who_names_it(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.edit("index.rst", ":name: fig-flow", ":name: fig-flow\n   :on-text-change: keep")
    site.build()
    site.edit("index.rst", "Water flows", "A lot of water flows")
    assert site.run("refresh", "docs", "fig-flow", "--yes").returncode == 0
    assert len(use_sandbox.log("generate")) == 3


def test_a_figure_with_its_picture_is_left_and_said_how_to_get_another(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    done = site.run("refresh", "docs", "fig-map")
    assert done.returncode == 0
    assert "fig-map has its picture; for another: 'pbfigure variants docs fig-map" in " ".join(
        done.stderr.split()
    )
    digits = next(site.docs.glob("_paperbanana/index--fig-map-*.json")).stem.rpartition("-")[2]
    assert site.run("pin", "docs", "fig-map", digits).returncode == 0
    done = site.run("refresh", "docs", "fig-map")
    assert "'pbfigure unpin docs fig-map'" in done.stderr
    assert len(use_sandbox.log("generate")) == 2


def test_it_wants_names_of_figures_and_takes_the_current_folder(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    unnamed = site.run("refresh", "docs")
    assert unnamed.returncode == 2
    assert "name the figures to refresh" in unnamed.stderr
    unknown = site.run("refresh", "docs", "fig-mpa")
    assert unknown.returncode == 2
    assert "fig-map" in unknown.stderr
    done = site.run("refresh", "-D", "paperbanana_mode=offline", "docs", "fig-map", "--yes")
    assert done.returncode == 0, done
    assert len(use_sandbox.log("generate")) == 1


def test_the_json_is_that_of_make(site: Site, use_sandbox: SandboxProcess) -> None:
    site.write("conf.py", CONF + "paperbanana_on_text_change = 'keep'\n")
    fail_map(use_sandbox)
    site.build()
    done = json.loads(site.run("refresh", "docs", "fig-map", "--yes", "--json").stdout)
    check("plan", done)
    assert done["credits_spent"] == 12
    assert [figure["name"] for figure in done["figures"]] == ["fig-map"]
