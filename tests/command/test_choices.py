"""``pbfigure variants``, ``pin`` and ``unpin``: a figure's pictures, and the choice that counts."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from documents import Site
from json_schemas import fits, valid
from sandbox_process import SandboxProcess
from terminal import Terminal


def variants(site: Site, count: int = 3) -> list[dict[str, Any]]:
    done = site.run("variants", "docs", "fig-flow", "--count", str(count), "--yes", "--json")
    found: list[dict[str, Any]] = valid("variants", done)["variants"]
    return found


@pytest.fixture(autouse=True)
def _unlabelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages show the very bytes that were bought."""
    monkeypatch.setenv("PAPERBANANA_LABEL", "false")


def shown(site: Site) -> bytes:
    """The bytes of the picture that the page shows for fig-flow."""
    page = (site.folder / "out-html" / "index.html").read_text()
    image = re.search(r'<img[^>]*alt="A flow[^>]*', page)
    source = re.search(r'src="([^"]*)"', image[0]) if image else None
    assert source is not None
    return (site.folder / "out-html" / source[1]).read_bytes()


def test_variants_are_bought_once_and_stay_out_of_the_project(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    before = site.tree()
    found = variants(site)
    assert [each["state"] for each in found] == ["present"] * 3
    assert [each["made"] for each in found] == [False, True, True]
    assert len({each["picture"] for each in found}) == 3
    assert len(use_sandbox.tasks()) == 4
    assert len(variants(site, 4)) == 4
    assert len(use_sandbox.tasks()) == 5
    assert site.tree() == before
    assert site.build().count("2 present")
    assert len(use_sandbox.tasks()) == 5
    ledger = json.loads(site.run("log", "--json").stdout)["purchases"]
    assert [e["request"]["variant"] for e in ledger if e["build"] == "variants"] == [1, 2, 3]
    assert {e["figure"] for e in ledger if e["build"] == "variants"} == {"index:fig-flow"}


def test_a_variant_that_is_ordered_already_is_offered_for_nothing(
    site: Site, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.build()
    use_sandbox.order(endpoint="generate", fault="slow", seconds=600)
    monkeypatch.setenv("PAPERBANANA_TASK_TIMEOUT", "0.1")
    assert [each["state"] for each in variants(site, 2)] == ["present", "pending"]
    offered = site.run("variants", "docs", "fig-flow", "--count", "2")
    assert "1 variant of fig-flow, 0 sandbox credits" in offered.stderr


def test_a_kept_picture_whose_file_is_lost_is_no_variant_to_buy(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    site.build()
    site.edit("index.rst", "through the pump", "slowly")
    for folder in (site.docs / "_paperbanana", tmp_path / "machine-cache"):
        for path in folder.rglob("*.png"):
            path.unlink()
    variants(site, 1)
    assert len(use_sandbox.tasks()) == 2


def test_variants_ask_once_on_a_terminal_and_want_yes_elsewhere(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    refused = site.run("variants", "docs", "fig-flow", "--count", "2")
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    terminal = Terminal(site.folder, "variants", "docs", "fig-flow", "--count", "2")
    terminal.see("Buy 2 variants of fig-flow, 12 sandbox credits? [y/N]")
    assert use_sandbox.tasks() == []
    terminal.type("n\n")
    assert terminal.end() == 1
    assert use_sandbox.tasks() == []
    terminal = Terminal(site.folder, "variants", "docs", "fig-flow", "--count", "2")
    terminal.see("[y/N]")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert len(use_sandbox.tasks()) == 2
    assert "choose one: pbfigure pin docs fig-flow DIGITS" in terminal.said


def test_a_pinned_picture_is_shown_whatever_changes_and_every_clone_shows_it(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    chosen = variants(site)[2]
    done = site.run("pin", "docs", "fig-flow", chosen["picture"][:12])
    assert done.returncode == 0, done
    assert "commit docs/_paperbanana/index--fig-flow.pin" in " ".join(done.stdout.split())
    bought = len(use_sandbox.tasks())
    site.build()
    assert shown(site) == Path(chosen["path"]).read_bytes()
    site.edit("index.rst", "left to right", "top to bottom")
    site.build()
    assert shown(site) == Path(chosen["path"]).read_bytes()
    (planned,) = json.loads(site.run("plan", "docs", "fig-flow", "--json").stdout)["figures"]
    assert (planned["pinned"], planned["action"]) == (True, "none")
    assert "Plan: nothing to buy, 2 present; pinned: fig-flow." in site.plan()
    assert len(use_sandbox.tasks()) == bought
    clone = Site(site.folder / "clone")
    shutil.rmtree(clone.docs)
    shutil.copytree(site.docs, clone.docs)
    clone.build(PAPERBANANA_CACHE_DIR=str(clone.folder / "cache"), PAPERBANANA_MODE="frozen")
    assert shown(clone) == shown(site)


def test_a_folder_that_cannot_be_written_is_what_a_pin_complains_of(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    chosen = variants(site, 2)[1]
    (site.docs / "_paperbanana" / f"index--fig-flow-{chosen['key'][:12]}.png").mkdir()
    refused = site.run("pin", "docs", "fig-flow", chosen["picture"][:12])
    assert refused.returncode == 2
    assert "fig-flow is not pinned: " in refused.stderr
    assert "_paperbanana cannot be written (Is a directory)" in refused.stderr
    assert "damaged" not in refused.stderr
    assert "Usage" not in refused.stderr


def test_unpinned_it_shows_the_picture_of_its_own_prompt_again(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    own = shown(site)
    chosen = variants(site, 2)[1]
    key = valid("choice", site.run("pin", "docs", "fig-flow", chosen["key"][:8], "--json"))
    assert key["choice"]["picture"] == chosen["picture"]
    site.build()
    assert shown(site) != own
    assert valid("choice", site.run("unpin", "docs", "fig-flow", "--json"))
    site.build()
    assert shown(site) == own
    assert site.run("unpin", "docs", "fig-flow").returncode == 2


def test_a_pin_in_the_source_outranks_the_choice(site: Site, use_sandbox: SandboxProcess) -> None:
    site.build()
    own = shown(site)
    first, second = variants(site, 2)
    pin = first["picture"][:16]
    site.edit("index.rst", ":name: fig-flow", f":name: fig-flow\n   :pin: {pin}")
    done = site.run("pin", "docs", "fig-flow", second["picture"])
    assert done.returncode == 0
    assert f"its source has a pin of its own, {pin}, which outranks this" in done.stderr
    site.build()
    assert shown(site) == own


@pytest.mark.parametrize(
    ("digits", "why"),
    [
        ("12", "is not 8 to 64 hex digits"),
        ("xyzxyzxyz", "is not 8 to 64 hex digits"),
        ("0" * 12, "no picture here has a sha256 or a key that begins with 000000000000"),
    ],
)
def test_digits_that_name_no_picture_are_refused(
    site: Site, use_sandbox: SandboxProcess, digits: str, why: str
) -> None:
    refused = site.run("pin", "docs", "fig-flow", digits)
    assert refused.returncode == 2
    assert why in refused.stderr
    assert not list(site.docs.glob("_paperbanana/*.pin"))


def test_what_cannot_be_decided_says_why(site: Site, use_sandbox: SandboxProcess) -> None:
    def refused(*arguments: str, **environ: str) -> str:
        done = site.run(*arguments, **environ)
        assert done.returncode == 2, done
        return " ".join(done.stderr.split())

    unseen = refused("approve", "docs", "fig-flow", "0" * 12, "--by", "Ada")
    assert "fig-flow shows no picture that could be approved" in unseen
    site.build()
    digits = hashlib.sha256(shown(site)).hexdigest()[:12]
    assert "name a FIGURE and the DIGITS of a picture" in refused("pin", digits)
    assert "no .tex file that TeX has run in this folder" in refused("pin", "fig-flow", digits)
    for verb, more in (("pin", ()), ("approve", ("--by", "Ada"))):
        off = refused(verb, "docs", "fig-flow", digits, *more, PAPERBANANA_FIGURES_DIR="")
        assert "figures_dir is off" in off
    site.edit("index.rst", ":name: fig-flow", f":name: fig-flow\n   :pin: {digits}")
    assert "fig-flow is pinned in its source: remove it there" in refused(
        "unpin", "docs", "fig-flow"
    )
    assert not [*site.docs.glob("_paperbanana/*.pin"), *site.docs.glob("_paperbanana/*.approved")]


def test_a_choice_that_cannot_be_read_is_told_of_and_nothing_is_bought(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    variants(site, 2)
    (site.docs / "_paperbanana" / "index--fig-flow.pin").write_text("<<<<<<< HEAD\n")
    site.edit("index.rst", "left to right", "top to bottom")
    said = " ".join(site.build().split())
    assert "index--fig-flow.pin cannot be read; nothing is bought in its place" in said
    assert len(use_sandbox.tasks()) == 3


def test_a_figure_that_moves_with_its_page_takes_its_choice_along(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    page = "Page\n====\n\nText.\n\n.. paperbanana:: A boat\n   :name: fig-boat\n"
    site.write("more/one.rst", page)
    site.build()
    done = site.run("variants", "docs", "fig-boat", "--count", "2", "--yes", "--json")
    chosen = valid("variants", done)["variants"][1]
    site.run("pin", "docs", "fig-boat", chosen["picture"])
    bought = len(use_sandbox.tasks())
    (site.docs / "more" / "one.rst").rename(site.docs / "more" / "two.rst")
    site.build()
    figures = valid("status", site.run("status", "docs", "--json"))["figures"]
    (moved,) = [each for each in figures if each["name"] == "fig-boat"]
    assert moved["pinned"]
    assert Path(moved["picture"]).read_bytes() == Path(chosen["path"]).read_bytes()
    assert len(use_sandbox.tasks()) == bought
    assert site.run("prune", "docs", "--rename", "--yes").returncode == 0
    assert (site.docs / "_paperbanana" / "more--two--fig-boat.pin").is_file()
    assert not list(site.docs.glob("_paperbanana/more--one*"))
    site.build(PAPERBANANA_MODE="frozen")
    (still,) = [
        each
        for each in valid("status", site.run("status", "docs", "--json"))["figures"]
        if each["name"] == "fig-boat"
    ]
    assert Path(still["picture"]).read_bytes() == Path(chosen["path"]).read_bytes()


def test_the_screens_fit(site: Site, use_sandbox: SandboxProcess) -> None:
    variants(site, 2)
    for columns in (80, 140):
        listed = site.run("variants", "docs", "fig-flow", "--count", "2", columns=columns)
        assert fits(listed.stdout, columns), listed.stdout


def test_a_variant_whose_text_changed_is_there_and_not_bought_again(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    site.edit("index.rst", "Water flows", "Cold water flows")
    (only,) = variants(site, 1)
    assert (only["state"], only["made"]) == ("kept", False)
    assert len(use_sandbox.tasks()) == 2


def test_a_variant_that_was_pruned_is_kept_when_its_text_changes(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    first = shown(site)
    found = variants(site, 2)
    assert site.run("pin", "docs", "fig-flow", found[1]["picture"][:12]).returncode == 0
    site.build()
    assert site.run("prune", "docs", "--yes").returncode == 0
    assert site.run("unpin", "docs", "fig-flow").returncode == 0
    site.edit("index.rst", "Water flows", "Cold water flows")
    site.build()
    assert len(use_sandbox.tasks()) == 3
    assert shown(site) == first
