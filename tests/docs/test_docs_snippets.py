"""Every block of the documentation that is no command: it builds without a warning, or is read."""

from __future__ import annotations

import json
import os
import pickle
import re
import shlex
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from docutils import nodes
from program_forks import forked
from snippets import LANGUAGES, ROOT, Block, blocks, pages

from pbfigure.command import cli
from pbfigure.project.environment import SECRETS
from pbfigure.project.settings import SETTINGS, Layer, gather

CHECKED = {"console", "sh", "first", "rst", "md", "latex", "toml", "python", "yaml", "json", "text"}
CONF = """\
extensions = ["myst_parser", "sphinx_design", "sphinx_paperbanana"]
myst_enable_extensions = ["colon_fence", "deflist"]
numfig = True
"""
ALL = [block for page in pages() for block in blocks(page)]


def of(*languages: str) -> list[Block]:
    """The blocks of these languages that can be built or read by themselves."""
    return [each for each in ALL if each.language in languages and each.not_run is None]


def test_every_block_is_of_a_language_that_is_checked_or_says_why_not() -> None:
    unknown = [
        f"{each.place}: {each.language}"
        for each in ALL
        if each.language not in CHECKED
        and each.file is None
        and not each.language.startswith("{")
        and each.not_run is None
    ]
    assert not unknown


@pytest.mark.parametrize("block", [e for e in ALL if e.language in CHECKED], ids=lambda e: e.place)
def test_a_block_is_well_formed(block: Block) -> None:
    if block.language in ("sh", "first"):
        subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)
    elif block.language == "python":
        compile(block.text, block.place, "exec")
    elif block.language == "toml":
        tomllib.loads(block.text)
    elif block.language == "json":
        json.loads(block.text)
    elif block.language == "yaml":
        yaml.safe_load(block.text)


def test_the_settings_of_conf_py_and_paperbanana_toml_are_settings(tmp_path: Path) -> None:
    for block in of("python", "toml"):
        values: dict[str, Any] = {}
        if block.language == "toml":
            values = tomllib.loads(block.text)
            if "paperbanana.toml" not in f"{block.file} {block.text}":
                continue
        elif "paperbanana_" in block.text:
            exec(compile(block.text, block.place, "exec"), values)
            values = {
                name.removeprefix("paperbanana_"): value
                for name, value in values.items()
                if name.startswith("paperbanana_")
            }
        gather([Layer(values, f"{block.place}: {{}}", tmp_path)], figures_dir=tmp_path)


def test_every_variable_of_the_environment_that_is_named_is_read() -> None:
    known = {f"PAPERBANANA_{name.upper()}" for name in SETTINGS} | set(SECRETS)
    for page in pages():
        for name in re.findall(r"\bPAPERBANANA_[A-Z_]+", page.read_text("utf-8")):
            of_a_cut_message = any(each.startswith(name) for each in known)
            assert name in known or of_a_cut_message, (page, name)


def _commands() -> list[tuple[str, str]]:
    """Every ``pbfigure …`` in a line of text or of a block."""
    found = []
    for page in pages():
        text = page.read_text("utf-8")
        for command in re.findall(r"`(pbfigure [^`\n]+(?:\n[^`\n]+)?)`", text):
            found.append((str(page.relative_to(ROOT)), " ".join(command.split())))
    for block in of("console", "sh", "first"):
        for command in re.findall(r"^(?:\$ )?(?:\S+=\S+ )*(pbfigure .+)", block.text, re.M):
            found.append((block.place, re.split(r" #| [;&|>]|;", command)[0]))
    return found


def test_every_verb_and_option_of_the_command_that_is_named_is_one() -> None:
    for place, command in _commands():
        words = [each for each in shlex.split(command)[1:] if not set(each) & set("…[]")]
        group: click.Command | None = cli
        context = click.Context(cli)
        while words and isinstance(group, click.Group) and not words[0].startswith("-"):
            known, group = group, group.get_command(context, words[0])
            assert group is not None, f"{place}: `{command}`: {words[0]} is no verb of {known.name}"
            words.pop(0)
        if "--" in words:
            words = words[: words.index("--")]
        assert group is not None
        options = {name for each in group.params for name in (*each.opts, *each.secondary_opts)}
        options |= {"--help", "--version"}
        for word in words:
            if re.match(r"--?[a-z]", word):
                name = word.partition("=")[0] if word.startswith("--") else word[:2]
                assert name in options, f"{place}: `{command}`: there is no {name}"


# -- what Sphinx builds -------------------------------------------------------------------------


def _twins() -> list[tuple[Block, Block]]:
    """A block of reStructuredText and the block of MyST that follows it under the same heading."""
    return [
        (one, other)
        for one, other in pairwise(of("rst", "md"))
        if (one.language, other.language) == ("rst", "md")
        and (one.page, one.heading) == (other.page, other.heading)
    ]


def test_every_figure_builds_and_is_the_same_in_both_languages(
    tmp_path: Path, use_sandbox: object
) -> None:
    keys, shapes = {}, {}
    for number, group in enumerate(_without_a_name_twice(of("rst", "md"))):
        docs, doctrees = tmp_path / f"docs{number}", tmp_path / f"docs{number}/_build/.doctrees"
        for n, block in enumerate(group):
            title = "Page\n====\n" if block.language == "rst" else "# Page\n"
            has_title = re.search(r"^(=+$|# )", block.text, re.M) is not None
            (docs / str(n)).mkdir(parents=True)
            (docs / f"{n}/page.{block.language}").write_text(
                block.text if has_title else f"{title}\nSome text.\n\n{block.text}"
            )
        (docs / "index.rst").write_text("All\n===\n\n.. toctree::\n   :glob:\n\n   */page\n")
        (docs / "conf.py").write_text(CONF)
        done = subprocess.run(
            [forked(), "-m", "sphinx", "-q", docs, docs / "_build"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.stdout == "", [block.place for block in group]
        for figure in json.loads((doctrees / "paperbanana.json").read_text())["figures"]:
            block = group[int(Path(figure["file"]).parent.name)]
            keys.setdefault(block, []).append(figure["key"])
        shapes |= {block: _shape(doctrees / f"{n}/page.doctree") for n, block in enumerate(group)}
    for one, other in _twins():
        assert keys[one] == keys[other], (one.place, other.place)
        assert shapes[one] == shapes[other], (one.place, other.place)
    assert {block.language for pair in _twins() for block in pair} == set(LANGUAGES)


def _without_a_name_twice(blocks: list[Block]) -> list[list[Block]]:
    """Spread blocks over projects, so that no project has two figures of one name."""
    projects: list[dict[Block, set[str]]] = []
    for block in blocks:
        names = set(re.findall(r"^\s*:?(?:name|id): *(.+)$", block.text, re.M))
        free = (each for each in projects if not any(names & taken for taken in each.values()))
        project = next(free, None)
        if project is None:
            projects.append(project := {})
        project[block] = names
    return [list(project) for project in projects]


def _shape(doctree: Path) -> str:
    """Return a doctree without what tells the file and the language."""
    tree: nodes.document = pickle.loads(doctree.read_bytes())
    text = re.sub(r' (?:source|myst_\w+|xml:space|line)="[^"]*"', "", tree.pformat())
    return " ".join(re.sub(r"\b\d+([/-])page", r"\1page", text).split())


# -- what TeX sets ------------------------------------------------------------------------------


@pytest.mark.tex
def test_every_fragment_of_latex_compiles(tmp_path: Path, use_sandbox: object) -> None:
    preamble, body = ["\\usepackage{paperbanana}"], ["Some text."]
    for block in of("latex"):
        if block.file is None:
            before, _, after = block.text.rpartition("…\n")
            preamble.append(before)
            body.append(f"{{\n{after}}}\n")
    parts = ["\\documentclass{article}", *preamble, "\\begin{document}", *body, "\\end{document}\n"]
    (tmp_path / "paper.tex").write_text("\n".join(parts))
    bin = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{forked().parent}:{bin}:{os.environ['PATH']}"}
    subprocess.run([forked("pbfigure"), "init", "paper.tex"], cwd=tmp_path, check=True)
    done = subprocess.run(
        ["latexmk", "-pdf", "-interaction=nonstopmode", "paper.tex"], cwd=tmp_path, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    warned = re.findall(
        r"Package paperbanana Warning: .*", (tmp_path / "paper.log").read_text("latin-1")
    )
    assert warned == []
