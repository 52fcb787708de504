"""The documentation site: it builds without a warning, and is whole by itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest
from docs_site import DOCS, MESSAGE_TYPES, Page, build_site

from pbfigure.command import cli
from pbfigure.figure.options import INPUTS, OPTIONS
from pbfigure.figure.states import State
from pbfigure.project.settings import SETTINGS

ROOT = DOCS.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return build_site(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def pages(site: tuple[Path, str]) -> dict[Path, Page]:
    return {path: Page(path) for path in site[0].rglob("*.html")}


def test_it_builds_without_a_key_a_network_or_a_warning(site: tuple[Path, str]) -> None:
    assert site[1] == "status 0"
    assert list((site[0] / "_images").glob("index--fig-review-*.png"))


def test_no_page_loads_anything_from_elsewhere(
    site: tuple[Path, str], pages: dict[Path, Page]
) -> None:
    loaded = {(path.name, each) for path, page in pages.items() for each in page.loaded}
    assert [each for each in sorted(loaded) if re.match(r"(?:[a-z]+:)?//", each[1])] == []
    styles = "".join(path.read_text("utf-8") for path in site[0].rglob("*.css"))
    assert re.findall(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)]*", styles) == []


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    broken = []
    for path, page in pages.items():
        for link in {*page.links, *page.loaded}:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            anchor = unquote(parts.fragment)
            known = target.is_file() and (
                not anchor or target not in pages or anchor in pages[target].ids
            )
            if not known:
                broken.append((path.name, link))
    assert sorted(broken) == []


def test_no_link_of_the_sources_leads_to_the_words_of_a_file_that_is_no_page() -> None:
    sources = "".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    assert "](docs/" not in sources


def _anchors(pages: dict[Path, Page], name: str) -> set[str]:
    return next(page for path, page in pages.items() if path.match(f"reference/{name}.html")).ids


def test_every_setting_and_option_is_in_the_reference(pages: dict[Path, Page]) -> None:
    assert {f"setting-{name}".replace("_", "-") for name in SETTINGS} <= _anchors(pages, "settings")
    options = {f"option-{name}" for name in (*OPTIONS, *INPUTS)}
    assert options <= _anchors(pages, "options")


def _verbs(command: click.Command, name: str) -> dict[str, click.Command]:
    found = {name: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            verb = command.get_command(context, each)
            assert verb is not None
            found |= _verbs(verb, f"{name}-{each}")
    return found


def test_every_verb_and_each_of_its_options_is_in_the_reference(pages: dict[Path, Page]) -> None:
    anchors = _anchors(pages, "command")
    for name, verb in _verbs(cli, "pbfigure").items():
        assert name in anchors
        for option in verb.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert f"cmdoption-{name}-{option.opts[0].lstrip('-')}".lower() in {
                    anchor.lower() for anchor in anchors
                }, (name, option.opts)


def test_every_type_of_message_that_the_code_uses_is_declared_and_used() -> None:
    used = {"label", State.OUTDATED}  # a default, and what is no order's end
    for package in ("pbfigure", "sphinx_paperbanana", "latex_hook"):
        for path in (ROOT / package).rglob("*.py"):
            if "sandbox" not in path.parts:
                used |= _message_types(ast.parse(path.read_text("utf-8")))
    declared = [name for names in MESSAGE_TYPES.values() for name in names]
    assert sorted(used) == sorted(declared)


def _message_types(tree: ast.Module) -> set[str]:
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            found += [node.args[0]] if name in ("Notice", "warn", "_report") else []
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in (
            "subtype",
            "SUBTYPES",
        ):
            found += node.value.values if isinstance(node.value, ast.Dict) else [node.value]
    return {
        node.value
        for node in found
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
