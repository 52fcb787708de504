"""What builds leave for programs: ``paperbanana.json`` in the doctree or aux folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from documents import Site
from json_schemas import check
from sandbox_process import SandboxProcess


def report(path: Path) -> dict[str, Any]:
    """A build's report, which is what its schema says."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    check(document, "build")
    return document


def test_a_build_leaves_what_became_of_every_figure(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    told = report(site.folder / "out-html/.doctrees/paperbanana.json")
    assert (told["builder"], told["complete"]) == ("html", True)
    tasks = {each["task_id"]: each["charged"] for each in use_sandbox.tasks()}
    assert told["credits_spent"] == sum(tasks.values())
    flow, land = told["figures"]
    assert (flow["name"], flow["full_name"], flow["state"]) == (
        "fig-flow",
        "index:fig-flow",
        "present",
    )
    assert (flow["file"], flow["line"]) == ("index.rst", 6)
    for each in (flow, land):
        assert each["cost_credits"] == tasks[each["task_id"]]
        assert hashlib.sha256(Path(each["picture"]).read_bytes()).hexdigest() == each["sha256"]
        assert each["draft"]
    published = list((site.folder / "out-html").rglob("paperbanana.json"))
    assert [path.parent.name for path in published] == [".doctrees"]


def test_a_build_in_which_nothing_changed_leaves_the_report_as_it_is(
    site: Site, use_sandbox: SandboxProcess
) -> None:
    site.build()
    path = site.folder / "out-html/.doctrees/paperbanana.json"
    site.build()
    before = path.stat()
    site.build()
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert report(path)["complete"]


def test_a_report_says_why_a_figure_has_no_picture(site: Site) -> None:
    site.build()
    told = report(site.folder / "out-html/.doctrees/paperbanana.json")
    assert not told["complete"]
    assert {each["state"] for each in told["figures"]} == {"missing"}
    assert all(each["why"] for each in told["figures"])
    assert [each["picture"] for each in told["figures"]] == [None, None]
    assert any("PAPERBANANA_API_KEY" in each["text"] for each in told["notices"])


def test_a_project_without_figures_has_no_report(site: Site) -> None:
    site.write("index.rst", "Title\n=====\n")
    site.build()
    assert list(site.folder.rglob("paperbanana.json")) == []


def test_a_report_goes_with_the_last_figure(site: Site) -> None:
    site.build()
    path = site.folder / "out-html/.doctrees/paperbanana.json"
    assert report(path)["tool"].startswith("sphinx-paperbanana ")
    before = path.stat()
    site.write("conf.py", (site.docs / "conf.py").read_text() + "# as before\n")
    site.build()  # it looks all figures up, and has the same to say
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    site.write("index.rst", "Title\n=====\n")
    site.build()
    assert not path.exists()


def test_a_report_that_cannot_be_written_fails_no_build(site: Site) -> None:
    (site.folder / "out-html/.doctrees/paperbanana.json").mkdir(parents=True)
    assert "build succeeded" in site.build()
