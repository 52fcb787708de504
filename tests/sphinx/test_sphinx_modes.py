"""What a build does where a picture is missing, in every mode, and how it says so."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import unicodedata
from pathlib import Path

import pytest
from PIL import Image
from program_forks import forked
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, prompts
from wait_for import wait_for

PAGE = """\
Title
=====

Some text.

.. paperbanana:: First figure
   :name: first

.. paperbanana:: Second figure
   :type: standard
   :model: nano-banana-pro
"""


@pytest.fixture
def page(docs: Docs) -> Docs:
    docs.write("index.rst", PAGE)
    return docs


def test_without_a_key_one_warning_names_what_is_missing_and_placeholders_stand(
    page: Docs,
) -> None:
    build = page.build()
    assert build.statuscode == 0
    assert len(build.lines) == 1
    assert "PAPERBANANA_API_KEY is not set" in build.lines[0]
    assert "2 figures missing: index.rst:6, index.rst:9" in build.lines[0]
    assert build.lines[0].endswith("[paperbanana.no_key]")
    assert sorted(Path(name).suffix for name in build.images) == [".svg", ".svg"]
    assert page.build(overrides={"suppress_warnings": "paperbanana.no_key"}).warnings == ""


def test_without_a_key_a_complete_project_builds_strictly(
    page: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.build()
    requests = len(use_sandbox.log())
    monkeypatch.delenv("PAPERBANANA_API_KEY")
    build = page.build(strict=True, fresh=True)
    assert build.warnings == ""
    assert build.statuscode == 0
    assert len(use_sandbox.log()) == requests


def test_offline_asks_nothing_warns_of_each_miss_and_shows_the_last_accepted_picture(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    images = page.build().images
    requests = len(use_sandbox.log())
    page.edit("index.rst", "First figure", "First figure, changed")
    page.edit("index.rst", "Second figure", "Second figure, changed")
    build = page.build(overrides={"paperbanana_mode": "offline"})
    assert len(use_sandbox.log()) == requests
    assert build.statuscode == 0
    first, second = build.lines
    assert first.startswith(f"{page.src}/index.rst:6: WARNING: paperbanana: ")
    assert "paperbanana: outdated: it has no picture of its own, and mode is offline" in first
    assert "its last picture is shown" in first
    assert first.endswith("[paperbanana.outdated]")
    assert second.startswith(f"{page.src}/index.rst:9: WARNING: paperbanana: ")
    assert "a placeholder" in second, "without a name, another prompt is another figure"
    assert second.endswith("[paperbanana.missing]")
    kept = [name for name in build.images if name in images]
    assert len(kept) == 1
    assert build.images[kept[0]] == images[kept[0]]
    assert page.build(strict=True).warnings == ""
    assert len(use_sandbox.log("generate")) == 4


def test_frozen_fails_after_listing_every_missing_figure(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    build = page.build(overrides={"paperbanana_mode": "frozen"})
    assert use_sandbox.log() == []
    assert build.statuscode == 1
    assert f"{page.src}/index.rst:6: WARNING: paperbanana: " in build.warnings
    assert f"{page.src}/index.rst:9: WARNING: paperbanana: " in build.warnings
    assert build.lines[-1].startswith("ERROR: paperbanana: 2 figure")
    assert "build succeeded" not in build.status


def test_what_fails_a_build_cannot_be_suppressed(page: Docs) -> None:
    build = page.build(overrides={"paperbanana_mode": "frozen", "suppress_warnings": "paperbanana"})
    assert build.statuscode == 1
    assert len(build.lines) == 1
    assert "mode is frozen" in build.lines[0]


def test_frozen_passes_where_all_is_there_even_if_text_drifted(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.build()
    page.edit("index.rst", "Some text.", "Some other text.")
    build = page.build(overrides={"paperbanana_mode": "frozen"}, strict=True)
    assert build.statuscode == 0
    assert build.warnings == ""


def test_a_frozen_build_from_the_shell_exits_with_1(page: Docs) -> None:
    command = [forked(), "-m", "sphinx", "-q", "-D", "paperbanana_mode=frozen"]
    done = subprocess.run(
        [*command, page.src, page.out / "html"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "index.rst:6: WARNING" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("on_failure", "status"), [("warn", 0), ("error", 1)])
def test_a_failed_figure_is_a_warning_or_an_error_after_all_others_are_made(
    page: Docs, use_sandbox: SandboxProcess, on_failure: str, status: int
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", prompt="First", fault="failed")
    build = page.build(overrides={"paperbanana_on_failure": on_failure})
    assert build.statuscode == status
    warning = next(line for line in build.lines if "index.rst:6" in line)
    assert "no credits were charged" in warning
    assert warning.endswith("[paperbanana.failed]")
    assert sorted(Path(name).suffix for name in build.images) == [".png", ".svg"]
    if on_failure == "error":
        assert build.lines[-1].startswith("ERROR: paperbanana: 1 figure")


def test_a_failed_figure_is_made_by_a_later_build_which_rewrites_its_page_alone(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", "Index\n=====\n\n.. toctree::\n\n   good\n   bad\n")
    for name in ("good", "bad"):
        docs.write(f"{name}.rst", f"{name}\n======\n\nText.\n\n.. paperbanana:: A {name} one\n")
    use_sandbox.order(endpoint="generate", calls="all", prompt="bad", fault="failed")
    docs.build()
    use_sandbox.clear_faults()
    pages = {name: docs.out / "html" / f"{name}.html" for name in ("good", "bad")}
    before = {name: path.stat().st_mtime_ns for name, path in pages.items()}
    build = docs.build(overrides={"paperbanana_retry_failed_after": "0"}, strict=True)
    assert prompts(use_sandbox).count("A bad one") == 2
    assert pages["good"].stat().st_mtime_ns == before["good"]
    assert pages["bad"].stat().st_mtime_ns > before["bad"]
    assert [Path(name).suffix for name in build.images] == [".png", ".png"]
    assert "reading sources... [" not in build.status, "nothing is read again"


def test_a_figure_that_failed_lately_is_not_bought_by_every_build(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", prompt="First", fault="failed")
    page.build()
    build = page.build()
    assert prompts(use_sandbox).count("First figure") == 1
    assert "retry_failed_after" in build.warnings


def test_a_budget_stops_a_build_before_its_first_order(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    build = page.build(overrides={"paperbanana_max_credits": "15"})
    assert use_sandbox.tasks() == []
    assert len(build.lines) == 1
    assert "expected to cost 16 credits, and max_credits is 15" in build.lines[0]
    assert build.lines[0].endswith("[paperbanana.budget]")
    page.build(overrides={"paperbanana_max_credits": "16"}, strict=True)
    assert len(use_sandbox.tasks()) == 2


@pytest.mark.parametrize(
    ("fault", "subtype"),
    [
        ({"fault": "status", "status": 401}, "missing"),
        ({"fault": "status", "status": 402}, "missing"),
        ({"fault": "status", "status": 400}, "failed"),
    ],
)
def test_a_refused_order_is_told_and_a_placeholder_stands(
    page: Docs, use_sandbox: SandboxProcess, fault: dict[str, object], subtype: str
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", **fault)
    build = page.build()
    assert build.lines
    assert all(line.endswith(f"[paperbanana.{subtype}]") for line in build.lines)
    assert [Path(name).suffix for name in build.images] == [".svg", ".svg"]
    assert "Traceback" not in build.warnings


# -- drafts -------------------------------------------------------------------------------------


def test_a_draft_is_warned_of_unless_drafts_are_allowed(
    page: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.build(strict=True)
    monkeypatch.delenv("PAPERBANANA_ALLOW_DRAFTS")
    build = page.build()
    assert len(build.lines) == 2
    assert all(line.endswith("[paperbanana.draft]") for line in build.lines)
    assert build.lines[0].startswith(f"{page.src}/index.rst:6: WARNING: ")
    assert len(use_sandbox.tasks()) == 2


def test_a_draft_is_a_miss_where_a_key_of_the_real_service_is_set(
    page: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.build()
    monkeypatch.delenv("PAPERBANANA_BASE_URL")
    monkeypatch.setenv("PAPERBANANA_API_KEY", "sk-team-of-the-real-service")
    build = page.build(overrides={"paperbanana_mode": "frozen"})
    assert build.statuscode == 1
    outdated = [line for line in build.lines if line.endswith("[paperbanana.outdated]")]
    assert len(outdated) == 2
    assert all("is shown, a draft of the sandbox" in line for line in outdated)
    assert [Path(name).suffix for name in build.images] == [".png", ".png"]


# -- interruptions ------------------------------------------------------------------------------


def test_an_interrupted_build_goes_on_without_paying_again(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    use_sandbox.order(endpoint="generate", calls="all", fault="slow", seconds=60)
    command = [forked(), "-m", "sphinx", page.src, page.out / "html"]
    build = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: len(use_sandbox.tasks()) == 2)
    os.kill(build.pid, signal.SIGINT)
    _, errors = build.communicate(timeout=240)
    assert build.returncode != 0
    assert b"Traceback" not in errors
    again = page.build(strict=True)
    assert len(use_sandbox.tasks()) == 2, "what was ordered is fetched, not ordered again"
    assert len(again.images) == 2
    assert "fetched task" in again.status


# -- placeholders -------------------------------------------------------------------------------


def test_a_placeholder_says_which_figure_why_and_what_to_do(page: Docs) -> None:
    page.edit("index.rst", "First figure", "Ein <b>Bild</b> & 図表 mit “Zeichen”")
    build = page.build(overrides={"paperbanana_mode": "offline"})
    svg = next(data.decode() for data in build.images.values() if "図表" in data.decode())
    assert "&lt;b&gt;Bild&lt;/b&gt; &amp; 図表" in svg
    assert "index:first" in svg
    assert "mode is offline" in svg
    assert "PAPERBANANA_API_KEY" in svg


def test_a_placeholder_is_a_png_where_svg_cannot_be_shown(page: Docs) -> None:
    build = page.build("latex", overrides={"paperbanana_mode": "offline"})
    pictures = list(build.outdir.glob("missing-figure-*"))
    assert [path.suffix for path in pictures] == [".png", ".png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)


def test_a_figure_that_is_none_fails_a_frozen_build(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write("index.rst", "Title\n=====\n\nText.\n\n.. paperbanana:: A\n   :resolution: 8K\n")
    assert docs.build(overrides={"paperbanana_mode": "frozen"}).statuscode == 1
    assert docs.build().statuscode == 0
    assert docs.build(overrides={"paperbanana_on_failure": "error"}).statuscode == 1


# -- pins ---------------------------------------------------------------------------------------


def test_a_pinned_picture_is_shown_whatever_else_changes(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    images = page.build().images
    record = next(page.figures.glob("index--first*.json")).read_text()
    sha256 = record[record.index('"sha256": "') + 11 :][:64]
    page.edit("index.rst", "First figure\n", f"Changed\n   :pin: {sha256[:10]}\n")
    page.edit("index.rst", "Some text.", "Other text.")
    build = page.build(strict=True)
    assert len(use_sandbox.tasks()) == 2
    assert build.images == images


def test_a_pin_to_nothing_is_warned_of_and_buys_nothing(
    page: Docs, use_sandbox: SandboxProcess
) -> None:
    page.edit("index.rst", "First figure\n", "First figure\n   :pin: 0123456789\n")
    build = page.build()
    assert prompts(use_sandbox) == ["Second figure"]
    assert len(build.lines) == 1
    assert build.lines[0].endswith("[paperbanana.pin]")


@pytest.mark.parametrize(
    "prompt",
    [
        "word " * 2_000,
        "unbroken" * 1_000,
        "海洋がどのように炭素を吸収するか" * 300,
        "mixed 海洋 " * 500,
    ],
    ids=["words", "one word", "no spaces", "mixed"],
)
def test_a_placeholder_keeps_a_long_prompt_within_its_frame(docs: Docs, prompt: str) -> None:
    docs.write("index.rst", f"Title\n=====\n\nText.\n\n.. paperbanana:: {prompt}\n")
    build = docs.build(overrides={"paperbanana_mode": "offline"})
    svg = next(iter(build.images.values())).decode()
    lines = re.findall(r'y="(\d+)" font-size="(\d+)"[^>]*>([^<]*)<', svg)
    assert len(lines) > 6
    for y, size, text in lines:
        columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
        assert columns * int(size) * 0.6 <= 960, text
        assert int(y) < 540
    png = docs.build("latex", overrides={"paperbanana_mode": "offline"})
    picture = next(png.outdir.glob("missing-figure-*.png"))
    with Image.open(picture) as image:
        assert image.size == (1920, 1080)
        edge = image.convert("RGB").crop((1800, 40, 1890, 1040))
        assert len(edge.getcolors()) == 1, "no text runs over the margin"
