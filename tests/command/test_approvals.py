"""``pbfigure approve``: who said of which picture that it is right, and what depends on that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from documents import Site
from json_schemas import valid
from sandbox_process import SandboxProcess
from test_frozen import git


def figures(site: Site) -> dict[str, dict[str, Any]]:
    listed = valid("status", site.run("status", "docs", "--json"))["figures"]
    return {each["name"]: each for each in listed}


def digest_of(site: Site, figure: str) -> str:
    found = json.loads(site.run("inspect", "docs", figure, "--json").stdout)
    return str(found["shown"])


def approve(site: Site, figure: str, by: str = "Ada Lovelace") -> Path:
    done = site.run("approve", "docs", figure, digest_of(site, figure)[:12], "--by", by, "--json")
    return Path(valid("choice", done)["choice"]["path"])


def test_an_approval_is_a_small_file_beside_the_picture_and_is_of_that_picture(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    before = site.tree()
    path = approve(site, "fig-flow", by="  Ada\n Lovelace ")
    assert path == site.docs / "_paperbanana" / "index--fig-flow.approved"
    written = json.loads(path.read_text())
    assert set(written) == {"figure", "picture", "by", "at"}
    assert (written["figure"], written["by"]) == ("index:fig-flow", "Ada Lovelace")
    assert written["picture"] == digest_of(site, "fig-flow")
    assert set(site.tree()) - set(before) == {str(path)}
    found = figures(site)
    assert (found["fig-flow"]["approved"], found["fig-map"]["approved"]) == (True, False)
    listed = site.run("status", "docs").stdout
    assert "present, draft, approved" in listed
    assert "1 of 2 pictures approved" in listed
    site.edit("index.rst", "left to right", "top to bottom")
    site.build()
    assert not figures(site)["fig-flow"]["approved"]
    site.edit("index.rst", "top to bottom", "left to right")
    site.build()
    assert figures(site)["fig-flow"]["approved"]
    taken = site.run("approve", "docs", "fig-flow", "--withdraw")
    assert taken.returncode == 0, taken
    assert not path.exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("0" * 12, "--by", "Ada"), "does not show the picture 000000000000 but"),
        (("123", "--by", "Ada"), "is not 8 to 64 hex digits"),
        (("SHOWN",), "git has no user.name here: add --by NAME"),
        (("SHOWN", "--by", "A" * 201), "by: 201 characters"),
        (("--withdraw",), "nobody approved a picture of fig-flow"),
    ],
)
def test_nobody_approves_what_they_did_not_see_or_without_a_name(
    site: Site, use_sandbox: SandboxProcess, arguments: tuple[str, ...], why: str
) -> None:
    site.build()
    shown = digest_of(site, "fig-flow")[:12]
    given = [shown if each == "SHOWN" else each for each in arguments]
    nobody = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    refused = site.run("approve", "docs", "fig-flow", *given, **nobody)
    assert refused.returncode == 2
    assert why in " ".join(refused.stderr.split())
    assert not list(site.docs.glob("_paperbanana/*.approved"))


def test_frozen_fails_on_what_nobody_approved_where_that_is_required(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    git(site.folder, "init", "-q")
    site.build()
    frozen = {"PAPERBANANA_MODE": "frozen", "PAPERBANANA_REQUIRE_APPROVAL": "true"}
    said = " ".join(site.build(**frozen).split())
    assert "2 pictures not approved, and require_approval is set: index.rst:6 (nobody" in said
    assert "index.rst:9 (nobody approved its picture)" in said
    assert "'pbfigure review'" in said
    assert "build finished with problems" in said
    approve(site, "fig-flow")
    flow = approve(site, "fig-map")
    assert "not approved" not in site.build(**frozen)
    report = json.loads(next(site.folder.rglob("paperbanana.json")).read_text())
    assert [each["approved"] for each in report["figures"]] == [True, True]
    assert "not approved" not in site.build(**frozen)  # the short cut of a build without news
    flow.unlink()
    assert "1 picture not approved" in site.build(**frozen)
    flow.write_text("<<<<<<< HEAD\n")
    assert "index--fig-map.approved cannot be read" in " ".join(site.build(**frozen).split())


def test_a_clone_that_lacks_an_approval_is_told_of_before_the_commit(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    git(site.folder, "init", "-q")
    site.build()
    git(site.folder, "add", "docs")
    required = {"PAPERBANANA_REQUIRE_APPROVAL": "true"}

    def why() -> list[str]:
        told = valid("plan", site.run("plan", "docs", "--frozen", "--json", **required))
        return [each["why"] for each in told["unready"]]

    assert why() == ["nobody approved its picture: 'pbfigure review' shows it"] * 2
    approve(site, "fig-flow")
    approve(site, "fig-map")
    assert why() == [f"git does not have index--fig-{n}.approved: git add docs/_paperbanana"
                     for n in ("flow", "map")]  # fmt: skip
    git(site.folder, "add", "docs")
    assert why() == []
    assert site.run("plan", "docs", "--frozen").returncode == 0


def test_a_figure_that_moves_takes_its_approval_along_and_a_gone_ones_is_unused(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    page = "Page\n====\n\nText.\n\n.. paperbanana:: A boat\n   :name: fig-boat\n"
    site.write("more/one.rst", page)
    site.build()
    approve(site, "fig-boat")
    (site.docs / "more" / "one.rst").rename(site.docs / "more" / "two.rst")
    site.build()
    assert figures(site)["fig-boat"]["approved"]
    assert site.run("prune", "docs", "--rename", "--yes").returncode == 0
    moved = site.docs / "_paperbanana" / "more--two--fig-boat.approved"
    assert json.loads(moved.read_text())["figure"] == "more/two:fig-boat"
    site.build(PAPERBANANA_MODE="frozen")
    assert figures(site)["fig-boat"]["approved"]
    shutil.rmtree(site.docs / "more")
    assert "it is about more/two:fig-boat, which is gone" in " ".join(
        site.run("status", "docs", columns=200).stdout.split()
    )
    assert site.run("prune", "docs", "--yes").returncode == 0
    assert not moved.exists()
