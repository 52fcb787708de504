"""The ready-made faults in examples/, each as its author sees it in a build."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGE = "Pumps\n=====\n\nA text.\n\n" + "".join(
    f".. paperbanana:: A {name}\n   :name: fig-{name}\n\n" for name in ("pump", "valve", "hose")
)


def build_with(faults: str, docs: Docs, monkeypatch: pytest.MonkeyPatch) -> tuple[Build, int]:
    """Build three figures while a file's faults happen; return also how many tasks were made."""
    docs.write("index.rst", PAGE)
    with SandboxProcess(speed=20, faults_file=EXAMPLES / faults) as sandbox:
        for name, value in sandbox.env.items():
            monkeypatch.setenv(name, value)
        build = docs.build()
        assert any(order["fired"] for order in sandbox.faults())
        return build, len(sandbox.tasks())


def test_without_credits_what_was_paid_for_is_shown_and_the_rest_says_why_it_is_missing(
    docs: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, tasks = build_with("out-of-credits.json", docs, monkeypatch)
    assert tasks == 1
    assert "3 figures: 1 present, 2 missing; 1 made, 6 sandbox credits spent" in build.status
    assert len(build.lines) == 2
    assert all("402: insufficient credits; the team needs more" in line for line in build.lines)


def test_a_wrong_key_is_one_warning_that_names_where_the_key_is_read(
    docs: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, tasks = build_with("wrong-key.json", docs, monkeypatch)
    assert tasks == 0
    (line,) = build.lines
    assert "401: invalid API key; check PAPERBANANA_API_KEY" in line
    assert "(3 figures: " in line


def test_a_limping_service_is_waited_for_and_paid_once_a_figure(
    docs: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, tasks = build_with("limping-service.json", docs, monkeypatch)
    assert (tasks, build.lines) == (3, [])
    assert "(waiting: the service is out of reach)" in build.status
    assert "3 figures: 3 present; 3 made, 18 sandbox credits spent" in build.status


def test_a_lost_answer_is_found_again_and_its_picture_to_be_looked_at(
    docs: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    build, tasks = build_with("lost-answers.json", docs, monkeypatch)
    assert tasks == 3
    (line,) = build.lines
    assert "the answer to its order was lost; task " in line
    assert "look whether it is the right picture [paperbanana.adopted]" in line
