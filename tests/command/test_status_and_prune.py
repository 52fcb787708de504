"""``pbfigure status`` and ``prune``: what is used, what is not and why, and what is removed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from documents import CONF, Site
from json_schemas import fits, valid
from sandbox_process import SandboxProcess
from terminal import Terminal


def figures(site: Site) -> dict[str, dict[str, Any]]:
    """What status says of each figure."""
    found = valid("status", site.run("status", "docs", "--json"))["figures"]
    return {each["name"]: each for each in found}


def files(site: Site) -> list[tuple[str, str, str]]:
    """The figure, the use and the reason of what is in the folder."""
    found = valid("status", site.run("status", "docs", "--json"))["files"]
    return sorted((str(each["figure"]), each["use"], each["why"]) for each in found)


def names(site: Site) -> list[str]:
    return sorted(path.name for path in (site.docs / "_paperbanana").iterdir())


def changed(site: Site) -> Site:
    """A project with one picture of an earlier prompt, and one of a figure that is gone."""
    site.write("more/extra.rst", "Extra\n=====\n\nText.\n\n.. paperbanana:: A boat\n   :id: boat\n")
    site.build()
    site.edit("index.rst", "left to right", "top to bottom")
    (site.docs / "more" / "extra.rst").unlink()
    site.build()
    return site


def test_every_figure_has_its_state_and_every_file_its_use(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    missing = site.run("status", "docs")
    assert missing.returncode == 1
    assert missing.stdout.count("missing") == 2
    changed(site)
    site.edit("index.rst", "A map", "A new map")
    found = figures(site)
    assert {name: each["state"] for name, each in found.items()} == {
        "fig-flow": "present",
        "fig-map": "outdated",
    }
    assert found["fig-flow"]["draft"]
    assert found["fig-map"]["cost_credits"] == 12
    assert files(site) == [
        ("boat", "unused", "its figure boat is gone"),
        ("index:fig-flow", "unused", "an earlier prompt"),
        ("index:fig-flow", "used", ""),
        ("index:fig-map", "used", ""),
    ]


def test_held_and_failed_figures_are_called_so(site: Site, use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="failed", error="no", prompt="A map")
    site.build()
    site.edit("index.rst", "left to right", "top to bottom")
    done = site.run("status", "docs", "--json", PAPERBANANA_MAX_CREDITS="1")
    found = {each["name"]: each["state"] for each in valid("status", done)["figures"]}
    assert found == {"fig-flow": "held", "fig-map": "failed"}
    assert done.returncode == 1


def test_it_says_what_git_has(site: Site, use_sandbox: SandboxProcess) -> None:
    site.build()
    assert {each["git"] for each in figures(site).values()} == {None}
    for command in (["init", "-q"], ["add", "docs"]):
        subprocess.run(["git", *command], cwd=site.folder, check=True)
    assert {each["git"] for each in figures(site).values()} == {"not committed"}
    assert "not committed: 4 files in use; git add docs/_paperbanana" in (
        site.run("status", "docs").stdout
    )
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, "commit", "-qm", "all"], cwd=site.folder, check=True)
    assert {each["git"] for each in figures(site).values()} == {"committed"}
    assert "not committed" not in site.run("status", "docs").stdout
    site.edit("index.rst", "A map", "A new map")
    site.build()
    assert [e["git"] for e in figures(site).values()] == ["committed", "not committed"]
    (site.folder / ".gitignore").write_text("_paperbanana\n")
    assert figures(site)["fig-map"]["git"] == "ignored"


def test_prune_shows_and_then_removes_what_no_figure_uses(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    changed(site)
    before = names(site)
    dry = site.run("prune", "docs", "--dry-run")
    assert (dry.returncode, names(site)) == (0, before)
    assert "an earlier prompt" in dry.stdout
    assert "its figure boat is gone" in dry.stdout
    refused = site.run("prune", "docs")
    assert (refused.returncode, names(site)) == (2, before)
    done = valid("prune", site.run("prune", "docs", "--yes", "--json"))
    assert [each["action"] for each in done["files"]] == ["remove", "remove"]
    assert len(names(site)) == 4
    assert files(site) == [("index:fig-flow", "used", ""), ("index:fig-map", "used", "")]
    bought = len(use_sandbox.tasks())
    site.edit("index.rst", "top to bottom", "left to right")
    assert "2 present" in site.build()
    assert len(use_sandbox.tasks()) == bought, "the cache keeps what was pruned"


def test_prune_asks_on_a_terminal(site: Site, use_sandbox: SandboxProcess) -> None:
    changed(site)
    before = names(site)
    for answer, left in (("n\n", len(before)), ("y\n", 4)):
        terminal = Terminal(site.folder, "prune", "docs")
        terminal.see("Go on? [y/N]")
        terminal.type(answer)
        terminal.end()
        assert len(names(site)) == left


def test_what_exists_nowhere_else_stays_unless_its_owner_says_so(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    changed(site)
    shutil.rmtree(tmp_path / "machine-cache")
    before = names(site)
    assert "pbfigure prune" not in site.run("status", "docs").stdout, "it would leave them"
    done = site.run("prune", "docs", "--yes")
    assert names(site) == before
    assert "2 unused pictures left: the only copies" in done.stdout
    said = site.run("prune", "docs", "--yes", "--only-copies")
    assert "2 have no other copy: buying again costs 12 sandbox credits" in said.stdout
    assert len(names(site)) == 4


def test_nothing_is_removed_behind_a_link(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """No figure is looked up there, so all of it would seem to be unused."""
    site.build()
    folder = site.docs / "_paperbanana"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    before = names(site)
    assert "0 unused" in site.run("status", "docs").stdout
    assert "nothing to remove" in site.run("prune", "docs", "--yes", "--only-copies").stdout
    assert names(site) == before


def test_a_damaged_copy_in_the_cache_is_no_copy(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    changed(site)
    before = names(site)
    for path in (tmp_path / "machine-cache").glob("v1/pictures/*/*.png"):
        path.chmod(0o644)
        path.write_bytes(bytes(path.stat().st_size))
    said = site.run("prune", "docs", "--yes")
    assert names(site) == before
    assert "the cache's copy is damaged" in said.stderr


def test_the_newest_unused_pictures_of_a_figure_are_kept_on_request(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    for old, new in (("left to right", "top to bottom"), ("top to bottom", "in a circle")):
        site.edit("index.rst", old, new)
        site.build()
    newest = site.run("prune", "docs", "--keep", "1", "--yes", "--json")
    (removed,) = valid("prune", newest)["files"]
    assert removed["figure"] == "index:fig-flow"
    assert [why for _, use, why in files(site) if use == "unused"] == ["an earlier prompt"]
    site.edit("index.rst", "in a circle", "top to bottom")
    assert figures(site)["fig-flow"]["git"] is None
    assert "index--fig-flow" in str(figures(site)["fig-flow"]["picture"])


def test_a_figure_that_another_builder_shows_keeps_its_files(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    only = "\n.. only:: latex\n\n   .. paperbanana:: A plane\n      :name: fig-plane\n"
    site.write("more/extra.rst", f"Extra\n=====\n\nText.\n{only}")
    site.build("latex")
    before = names(site)
    assert any("fig-plane" in name for name in before)
    done = site.run("prune", "docs", "--yes")
    assert done.returncode == 0
    assert names(site) == before
    assert ("more/extra:fig-plane", "not judged", "the builder does not show its figure") in (
        files(site)
    )


def test_a_pinned_picture_is_used(site: Site, use_sandbox: SandboxProcess) -> None:
    site.build()
    done = site.run("variants", "docs", "fig-flow", "--count", "2", "--yes", "--json")
    second = valid("variants", done)["variants"][1]
    site.run("pin", "docs", "fig-flow", second["picture"])
    assert [why for _, use, why in files(site) if use == "unused"] == ["another picture is pinned"]
    site.run("prune", "docs", "--yes")
    assert any(name.endswith(f"{second['key'][:12]}.png") for name in names(site))
    assert "index--fig-flow.pin" in names(site)


def test_the_screens_fit_80_and_140_columns(site: Site, use_sandbox: SandboxProcess) -> None:
    changed(site)
    for columns in (80, 140):
        for verb in (("status", "docs"), ("prune", "docs", "--dry-run"), ("cache", "list")):
            shown = site.run(*verb, columns=columns).stdout
            assert fits(shown, columns), shown
    assert "A flow chart" in site.run("status", "docs", columns=140).stdout


def test_the_machines_cache_gives_up_what_no_known_project_uses(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    changed(site)
    other = Site(tmp_path / "other")
    other.write("conf.py", CONF)
    other.edit("index.rst", "A map", "Another map")
    other.build()
    listed = valid("cache", site.run("cache", "list", "--json"))["pictures"]
    assert len(listed) == 5
    later = ("cache", "prune", "--older-than", "0")
    assert valid("cache", site.run(*later, "--dry-run", "--json"))["pictures"] == []
    assert valid("cache", site.run("cache", "prune", "--yes", "--json"))["pictures"] == []
    site.run("prune", "docs", "--yes")
    (other.docs / "_paperbanana").rename(tmp_path / "away")  # as a checkout that was not built yet
    other.folder.rename(tmp_path / "clone")
    clone = str(tmp_path / "clone/docs")
    spared = valid("cache", site.run(*later, clone, "--dry-run", "--json"))["pictures"]
    assert "Another map" not in {each["request"]["prompt"] for each in spared}
    found = valid("cache", site.run(*later, "--dry-run", "--json"))["pictures"]
    assert sorted(each["request"]["prompt"] for each in found) == sorted(
        each["request"]["prompt"] for each in listed if _is_unused(each)
    )
    assert site.run(*later).returncode == 2, "it asks, and nobody is there"
    texts = tmp_path / "machine-cache" / "v1" / "texts"
    assert {path.stem for path in texts.glob("*/*.txt")} == {each["key"] for each in listed}
    assert valid("cache", site.run(*later, "--yes", "--json"))["removed"] == len(found)
    left = valid("cache", site.run("cache", "list", "--json"))["pictures"]
    assert len(left) == 5 - len(found)
    assert {path.stem for path in texts.glob("*/*.txt")} == {each["key"] for each in left}
    assert "0 faults left" in site.run("cache", "verify", "--figures-dir", "docs").stdout
    assert "2 present" in site.build()


def _is_unused(picture: dict[str, Any]) -> bool:
    prompt = picture["request"]["prompt"]  # the boat is what a project that is there showed last
    return prompt == "Another map" or "left to right" in prompt


def test_a_file_that_cannot_be_removed_is_told_without_a_lesson_in_usage(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    changed(site)
    (record,) = (path for path in site.docs.glob("_paperbanana/boat-*.json"))
    (record.parent / f"{record.stem}-shown.png").mkdir()
    done = site.run("prune", "docs", "--yes")
    assert done.returncode == 2
    assert f"{record.stem}-shown.png: Is a directory" in done.stderr
    assert "Usage" not in done.stderr


def test_a_figure_without_a_name_that_is_gone_is_told_by_its_page(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.edit("index.rst", "   :name: fig-flow\n", "")
    site.build()
    site.edit("index.rst", "in three steps", "in four steps")
    told = " ".join(site.run("status", "docs").stdout.split())
    assert "no figure of index asks for it any more" in told


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_why_a_figure_has_no_picture_is_told_in_whole_words(site: Site, columns: int) -> None:
    site.edit("index.rst", ":resolution: 2K", ":resolution: 3K")
    told = site.run("status", "docs", columns=columns).stdout
    assert fits(told, columns)
    assert "fig-map: resolution: '3K' is not one of 1K, 2K, 4K" in " ".join(told.split())


@pytest.mark.parametrize(
    ("old", "new"),
    [(":resolution: 2K", ":resolution: 9K"), (":name: fig-map\n", ":name: fig-flow\n")],
    ids=["option", "name"],
)
def test_the_picture_of_a_figure_that_became_invalid_stays(
    site: Site, use_sandbox: SandboxProcess, old: str, new: str
) -> None:
    site.build()
    before = names(site)
    site.edit("index.rst", old, new)
    done = site.run("prune", "docs", "--yes")
    assert "gone" not in done.stdout
    assert names(site) == before


def test_a_picture_without_its_record_goes_only_where_the_cache_has_a_whole_copy(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    site.build()
    flow, city = sorted((site.docs / "_paperbanana").glob("*.json"))
    flow.unlink()
    city.write_text("{}")
    (cached,) = (
        path
        for path in (tmp_path / "machine-cache").glob("v1/pictures/*/*.png")
        if path.read_bytes() == flow.with_suffix(".png").read_bytes()
    )
    whole = cached.read_bytes()
    cached.chmod(0o644)
    with (flow.parent / "huge.png").open("wb") as huge:
        huge.truncate(1 << 40)
    for content, left in ((bytes(len(whole)), True), (whole, False)):
        cached.write_bytes(content)
        assert site.run("prune", "docs", "--yes").returncode == 0
        assert flow.with_suffix(".png").exists() is left
        assert city.with_suffix(".png").exists(), "what its record says is not known"
        assert (flow.parent / "huge.png").exists()


def test_the_record_of_a_shown_picture_that_is_damaged_stays(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    site.build()
    shutil.rmtree(tmp_path / "machine-cache")
    (flow,) = site.docs.glob("_paperbanana/index--fig-flow-*.png")
    for harm in (lambda: flow.write_bytes(b""), flow.unlink):
        harm()
        assert figures(site)["fig-flow"]["state"] == "missing"
        assert {use for _, use, _ in files(site)} == {"used"}
        assert "nothing to remove" in site.run("prune", "docs", "--yes", "--only-copies").stdout
    assert flow.with_suffix(".json").exists()
