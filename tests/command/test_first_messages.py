"""What a newcomer reads who writes something wrong: the one thing, once, and what is right."""

from __future__ import annotations

from pathlib import Path

from documents import Site
from sandbox_process import SandboxProcess


def test_a_wrong_setting_is_no_trouble_of_sphinx(site: Site) -> None:
    site.write("paperbanana.toml", "max_credit = 3\n")
    refused = site.run("plan", "docs")
    assert refused.returncode == 2
    assert refused.stderr.startswith("pbfigure: docs: ")
    assert refused.stderr.endswith(
        "paperbanana.toml: max_credit: there is no such setting; did you mean 'max_credits'?\n"
    )
    assert "cannot read" not in refused.stderr


def test_a_style_that_is_too_long_for_any_figure_is_told_once(site: Site) -> None:
    refused = site.run("plan", "docs", PAPERBANANA_STYLE="x" * 10_000)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("a sentence of fewer than 10,000 characters") == 1


def test_a_venue_that_is_misspelt_is_named_with_those_that_there_are(site: Site) -> None:
    refused = site.run("disclose", "docs", "--venue", "elsevir")
    assert refused.returncode == 2
    assert "'elsevir' is not one of 'elsevier', " in refused.stderr


def test_cache_sync_says_that_drafts_are_not_shared(
    site: Site, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    assert site.run("make", "docs", "--yes").returncode == 0
    folder = tmp_path / "shared"
    folder.mkdir()
    done = site.run("cache", "sync", PAPERBANANA_SHARED_CACHE=folder.as_uri())
    assert "not shared: 2 drafts of the sandbox; drafts never are\n" in done.stdout
    assert not list(folder.rglob("*.png"))
