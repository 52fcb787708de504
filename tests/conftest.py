"""What all tests share: their tiers, a clean environment, and the API as the sandbox plays it."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import builder_table
import hypothesis
import program_forks
import pytest
from sandbox_process import SandboxProcess
from tex_formats import texmfvar

if TYPE_CHECKING:
    from shared_stores import RealService, Store

ROOT = Path(__file__).parents[1]
re._MAXCACHE = 100_000  # type: ignore[attr-defined] - a pattern is compiled once
gc.disable()  # until all tests are imported: there is no garbage
# What a test starts imports the tree under test, whatever is installed in its environment.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))
    )
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process would compile the tree again
os.environ["LC_ALL"] = "C.UTF-8"  # what git and the shell say is compared
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4e9:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)  # no test waits for a disk

# A busy machine is no failure: no example has to be quick.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "fast", hypothesis.settings.get_profile("any machine"), max_examples=20
)
hypothesis.settings.load_profile("any machine")

TIERS = (
    ("tex", "latex", {"env"}),
    ("tex", "latex/test_real_sources.py", set()),
    ("tex", "latex/test_prompts.py", {"requests"}),
    ("tex", "sphinx/test_sphinx_builders.py::test_latex_of_it_compiles", set()),
    (
        "tex",
        "sphinx/test_sphinx_list_and_plan.py::test_the_list_compiles_whatever_is_in_a_prompt",
        set(),
    ),
    (
        "tex",
        "command/test_json.py::test_what_they_print_has_a_version_and_is_what_the_schema_says",
        set(),
    ),
    ("tex", "command/test_pandoc_filter.py::test_a_pdf_shows_them", set()),
    ("tex", "provenance/test_published_copies.py", set()),
    ("tex", "provenance/test_published_paper.py", set()),
    ("real_time", "provenance/test_disclose.py", set()),
    ("real_time", "command", {"start_sandbox"}),
    ("real_time", "project/test_shared_lookups.py", set()),
    ("real_time", "project/test_team_claims.py", set()),
    ("real_time", "project/test_store_faults.py", set()),
    (
        "real_time",
        "project/test_resolution.py::"
        "test_a_service_that_stays_down_leaves_its_figures_missing_and_that_is_told_once",
        set(),
    ),
    (
        "real_time",
        "upkeep/test_upkeep_damage.py::test_builds_killed_at_any_moment_leave_no_fault_behind",
        set(),
    ),
    (
        "real_time",
        "api/test_api_client.py::test_a_client_goes_on_after_an_exchange_that_was_cut",
        set(),
    ),
    (
        "real_time",
        "api/test_api_client.py::"
        "test_a_server_that_drips_is_cut_off_in_its_headers_and_in_its_body",
        set(),
    ),
    ("real_time", "sphinx/test_sphinx_fault_files.py", set()),
    ("real_time", "docs/test_docs_pages.py", set()),
    ("heavy", "latex/test_hostile_sources.py", set()),
    ("heavy", "latex/test_plain_png.py", set()),
    ("heavy", "latex/test_prose.py::test_a_megabyte_of_anything_is_converted", set()),
    (
        "heavy",
        "store/test_store_picture.py::"
        "test_a_square_of_4k_is_decoded_in_little_memory_in_every_form",
        set(),
    ),
    (
        "heavy",
        "store/test_store_picture.py::"
        "test_a_bomb_is_refused_by_its_header_before_any_memory_is_taken",
        set(),
    ),
    (
        "heavy",
        "store/test_store_segments.py::"
        "test_a_large_file_of_tiny_parts_is_refused_before_any_of_them_is_kept",
        set(),
    ),
    (
        "heavy",
        "store/test_store_segments.py::test_a_png_of_64_mb_may_be_written_in_chunks_of_8_kb",
        set(),
    ),
    ("heavy", "sphinx/test_sphinx_incremental.py::test_a_build_that_goes_on_is_a_clean_one", set()),
    ("heavy", "scheduler/test_scheduler_machine.py", set()),
    ("heavy", "store/test_store_machine.py", set()),
    ("heavy", "checking/test_rules.py", set()),
    ("browser", "sphinx/test_sphinx_browser.py", set()),
    ("browser", "sphinx/test_sphinx_epub.py", set()),
    ("soak", "sphinx/test_sphinx_epub.py::test_a_book_of_the_example_is_valid", set()),
    ("browser", "review/test_review_page.py", set()),
    ("browser", "review/test_review_live.py", set()),
    ("browser", "docs/test_site_browser.py", set()),
    ("heavy", "scheduler/test_scheduler_throughput.py", set()),
    ("heavy", "docs/test_site.py", set()),
    ("heavy", "docs/test_site_troubleshooting.py", set()),
    ("real_time", "scheduler", {"start_sandbox"}),
    ("real_time", "scheduler/test_scheduler_fault_matrix.py", set()),
    ("real_time", "sphinx", {"start_sandbox"}),
    ("reads_words", "checking", set()),
    ("reads_words", "command/test_check.py", set()),
    ("reads_words", "command/test_json.py", set()),
    ("reads_words", "latex/test_figure_check.py", set()),
    ("of_size", "review", set()),
    ("of_size", "sandbox", set()),
    ("of_size", "sphinx/test_sphinx_alt_and_size.py", set()),
    ("of_size", "sphinx/test_sphinx_browser.py", set()),
    ("of_size", "sphinx/test_sphinx_smaller_copies.py", set()),
)
"""Which tests get a marker: those of a folder, file or function, if they use one of the fixtures or
none is named. `make test-fast` runs the tests without a marker, `make test` runs all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need more than Python and a moment."""
    tiers = [(marker, *place.partition("::")[::2], names) for marker, place, names in TIERS]
    for item in items:
        file = item.path.relative_to(ROOT / "tests").as_posix()
        for marker, place, function, fixtures in tiers:
            if (
                (file == place or file.startswith(f"{place}/"))
                and function in ("", getattr(item, "originalname", ""))
                and (not fixtures or fixtures & set(getattr(item, "fixturenames", ())))
            ):
                item.add_marker(marker)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no file whose tests all have a marker that is not asked for."""
    expression = re.fullmatch(r"not \(?([\w ]+?)\)?", config.option.markexpr)
    if expression is None:
        return None
    file = collection_path.relative_to(ROOT / "tests").as_posix()
    without = expression[1].split(" or ")
    return any(tier[1:] == (file, set()) and tier[0] in without for tier in TIERS) or None


def pytest_collection_finish() -> None:
    """Have the collector of garbage pass over all that was imported: it stays to the end."""
    gc.freeze()
    gc.set_threshold(10_000)  # tests run their course: little is garbage for long
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Have what a test starts find TeX's formats unpacked."""
    if item.get_closest_marker("tex"):
        os.environ["TEXMFVAR"] = texmfvar()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which builders were tried, where some were."""
    builder_table.print_table(terminalreporter)


def pytest_configure() -> None:
    """Have one process fork for all workers, and Ctrl-C reach what tests start: where they run in
    the background, it would be ignored.
    """
    if program_forks.FOLDER not in os.environ:
        program_forks.begin()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read the words in a picture takes a second: only tests of that find a reader installed.

    Pictures that no test looks at are smaller, but still wider than a column of TeX's.
    """
    if request.node.get_closest_marker("reads_words") is None:
        if request.node.get_closest_marker("of_size") is None:
            monkeypatch.setenv(program_forks.SMALL_CARDS, "1")
        monkeypatch.setitem(sys.modules, program_forks.A_READERS, None)
        monkeypatch.setenv(program_forks.WITHOUT_READERS, "1")


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, setting, proxy, cache or terminal size of whoever runs the tests reaches them."""
    for name in list(os.environ):
        of_the_client = name.startswith("PAPERBANANA_") or name.lower().endswith("_proxy")
        if of_the_client or name in ("COLUMNS", "LINES"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PAPERBANANA_CACHE_DIR", str(tmp_path / "machine-cache"))
    monkeypatch.setenv("PBFIGURE_DEBUG", "1")  # an error in the program fails the test


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., SandboxProcess]]:
    """Start sandboxes with options of the test's own; they end with the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(SandboxProcess(**options))


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Any]) -> SandboxProcess:
    """A sandbox whose clock runs twenty times as fast as ours."""
    started: SandboxProcess = start_sandbox(speed=20)
    return started


@pytest.fixture
def use_sandbox(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> SandboxProcess:
    """The sandbox, as the API that this environment's builds talk to."""
    for name, value in sandbox.env.items():
        monkeypatch.setenv(name, value)
    return sandbox


@pytest.fixture
def service(sandbox: SandboxProcess) -> Iterator[RealService]:
    """The sandbox as a service whose pictures are no drafts."""
    from shared_stores import RealService

    started = RealService(sandbox)
    yield started
    started.stop()


@pytest.fixture
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A team's store, on S3 unless a test names other kinds, and the environment it needs."""
    from shared_stores import open_store

    opened = open_store(getattr(request, "param", "s3"), tmp_path)
    for name, value in opened.env.items():
        monkeypatch.setenv(name, value)
    yield opened
    opened.stop()
