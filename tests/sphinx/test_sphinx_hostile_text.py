"""What a committed record, the service or a file's name say, reaches pages and terminals tamed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hostile_text import EVIL, raw_in
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs

PAGE = """\
Title
=====

Some text.

.. paperbanana:: A pump
   :name: pump

.. paperbanana-list::
   :thumbnails:
"""


def written(build: Build) -> dict[str, bytes]:
    """What a reader may see of a build: pages and drawn texts."""
    endings = (".html", ".svg", ".tex", ".txt", ".xml", ".js")
    files = (path for path in build.outdir.rglob("*") if path.suffix in endings)
    return {str(path.relative_to(build.outdir)): path.read_bytes() for path in files}


def check(build: Build, word: str) -> None:
    for name, data in written(build).items():
        if not name.startswith(("_static", "_sources")):  # Sphinx's own, and the author's own
            assert not raw_in(data), name
    assert word in "".join(data.decode() for data in written(build).values())
    assert not raw_in(build.warnings)
    assert not raw_in(build.status.replace("\x1b[2K", "").replace("\r", ""))  # Sphinx's own


@pytest.mark.parametrize("builder", ["html", "latex", "text", "xml"])
@pytest.mark.parametrize("shown", ["present", "outdated"])
def test_a_committed_record(
    docs: Docs, use_sandbox: SandboxProcess, builder: str, shown: str
) -> None:
    docs.conf("latex_engine = 'xelatex'")
    docs.write("index.rst", PAGE)
    docs.build()
    (path,) = docs.figures.glob("*.json")
    record = json.loads(path.read_text())
    record["request"].update(prompt=f"A pump {EVIL}", model=f"model {EVIL}", scene=EVIL)
    record.update(created_at=f"{EVIL}2026", tool=EVIL)
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    if shown == "outdated":
        docs.edit("index.rst", "A pump", "A whale")
        docs.conf("paperbanana_mode = 'offline'")
    check(docs.build(builder, fresh=True), "evil")


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_a_prompt_that_has_no_picture(docs: Docs, builder: str) -> None:
    docs.write("index.rst", PAGE.replace("A pump", f"A pump {EVIL}"))
    build = docs.build(builder)
    check(build, "evil" if builder == "latex" else "A pump")


def test_an_error_of_the_service(docs: Docs, use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="generate", fault="failed", error=f"no {EVIL}")
    docs.write("index.rst", PAGE)
    build = docs.build()
    check(build, "evil")
    assert "evil" in build.warnings


def test_a_refusal_of_the_service(docs: Docs, use_sandbox: SandboxProcess) -> None:
    use_sandbox.order(endpoint="generate", fault="status", status=400, message=f"no {EVIL}")
    docs.write("index.rst", PAGE)
    check(docs.build(), "evil")


def test_a_file_of_settings(docs: Docs) -> None:
    docs.write("index.rst", PAGE)
    docs.write("paperbanana.toml", f'"{json.dumps(EVIL)[1:-1]}" = 1\n')
    with pytest.raises(Exception, match="there is no such setting") as caught:
        docs.build()
    assert not raw_in(str(caught.value))


def test_a_name_of_a_file(docs: Docs, use_sandbox: SandboxProcess) -> None:
    name = "a\u202eb\x1b[1m"
    docs.write("index.rst", f"Title\n=====\n\n.. toctree::\n   :glob:\n\n   *\n\n{PAGE[20:]}")
    docs.write(f"{name}.rst", "Other\n=====\n\n.. paperbanana:: A whale\n   :model: none\n")
    build = docs.build()
    said = [line for line in build.lines if "paperbanana:" in line]
    assert any("none" in line for line in said)
    assert not any(map(raw_in, said))
    assert Path(docs.src / f"{name}.rst").exists()


@pytest.mark.parametrize("builder", ["html", "latex"])
@pytest.mark.parametrize("mark", ["\u0301", "\u0301\u0316", "x", "水"])
def test_a_prompt_of_any_length_is_refused_and_its_placeholder_drawn(
    docs: Docs, builder: str, mark: str
) -> None:
    docs.write("index.rst", f"Title\n=====\n\n.. paperbanana:: A {mark * (400_000 // len(mark))}\n")
    build = docs.build(builder)
    assert "prompt: 400,002 characters, over the limit of 10,000" in build.warnings
    assert any("missing-figure" in path.name for path in build.outdir.rglob("*"))
