"""Every page of the documentation: its commands are given, and print what it shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_runs import SAMPLES, Page, Step
from sandbox_process import SandboxProcess
from shared_stores import RealService, open_store
from snippets import LANGUAGES, ROOT, Block, blocks, pages

NEWCOMER = {"HTTPS_PROXY": "http://127.0.0.1:9"}
"""No key, and the service itself out of reach."""
TEX = ("latexmk", "pdflatex")


def _runs() -> list[Any]:
    """Each page with something to run, once for each language of Sphinx that it has tabs of."""
    found = []
    for page in pages():
        if not any(
            each.language in ("console", "sh", "yaml") and each.not_run is None
            for each in blocks(page)
        ):
            continue
        tabs = {each.tab for each in blocks(page) if each.tab in LANGUAGES.values()}
        for tab in sorted(tabs) or [None]:
            own = [each for each in blocks(page) if each.tab is None or each.tab == tab]
            with_tex = any(word in each.text for each in own for word in TEX)
            marks = [pytest.mark.tex] if with_tex else []
            name = str(page.relative_to(ROOT)) + (f"-{tab}" if tab else "")
            found.append(pytest.param(own, id=name, marks=marks))
    return found


@pytest.fixture(scope="module")
def service() -> Iterator[RealService]:
    """A service that all pages of this process share."""
    with SandboxProcess(speed=20) as sandbox:
        started = RealService(sandbox)
        yield started
        started.stop()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, service: RealService) -> Path:
    """A machine with the sample project, whose figures are drawn and committed."""
    machine = tmp_path_factory.mktemp("drawn") / "machine"
    shutil.copytree(SAMPLES / "machine", machine)
    commands = (
        "git init --quiet && git add .",
        "pbfigure make --yes docs",
        "git add . && git commit --quiet --message 'Pumps, with two figures'",
    )
    Page(machine, service.env, {}).run_steps([Step("the sample", each, None) for each in commands])
    return machine


@pytest.mark.parametrize("own", _runs())
def test_the_commands_of_a_page_print_what_it_shows(
    own: list[Block],
    service: RealService,
    drawn: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    machine = tmp_path / "machine"
    values = {"PAPERBANANA_API_KEY": service.env["PAPERBANANA_API_KEY"]}
    env = service.env
    if any("AWS_ENDPOINT=…" in block.text for block in own):
        bucket = open_store("s3", tmp_path)
        request.addfinalizer(bucket.stop)
        values |= bucket.env | {"PAPERBANANA_SHARED_SECRET": "4f" * 32}
        env = {**env, "AWS_ALLOW_HTTP": "true"}
    if "tutorials" in own[0].page.parts:
        Page(machine, NEWCOMER, values).run(own)
    else:
        shutil.copytree(drawn, machine)
        Page(machine, env, values).run(own)
