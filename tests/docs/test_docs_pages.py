"""Every page of the documentation: its commands are given, and print what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from page_runs import Page
from sandbox_process import SandboxProcess
from shared_stores import RealService
from snippets import LANGUAGES, ROOT, Block, blocks, pages

RUN = ("console", "sh", "first")
NEWCOMER = {"HTTPS_PROXY": "http://127.0.0.1:9"}
"""No key, and the service itself out of reach."""
TEX = ("latexmk", "pdflatex")


def _runs() -> list[Any]:
    """Each page with something to run, once for each language of Sphinx that it has tabs of."""
    found = []
    for page in pages():
        if not any(each.language in RUN and each.not_run is None for each in blocks(page)):
            continue
        tabs = {each.tab for each in blocks(page) if each.tab in LANGUAGES.values()}
        for tab in sorted(tabs) or [None]:
            own = [each for each in blocks(page) if each.tab is None or each.tab == tab]
            with_tex = any(word in each.text for each in own for word in TEX)
            marks = [pytest.mark.tex] if with_tex else []
            name = str(page.relative_to(ROOT)) + (f"-{tab}" if tab else "")
            found.append(pytest.param(own, id=name, marks=[*marks, pytest.mark.real_time]))
    return found


@pytest.mark.parametrize("own", _runs())
def test_the_commands_of_a_page_print_what_it_shows(
    own: list[Block], service: RealService, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    key = {"PAPERBANANA_API_KEY": service.env["PAPERBANANA_API_KEY"]}
    is_tutorial = "tutorials" in own[0].page.parts
    Page(tmp_path / "machine", NEWCOMER if is_tutorial else service.env, key).run(own)
