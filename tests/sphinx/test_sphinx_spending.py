"""What makes a request, and what must not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Docs, orders, prompts

INDEX = """\
Contents
========

.. toctree::

   ocean
   land
"""
OCEAN = """\
Ocean
=====

The ocean takes up carbon. It mixes it down.

.. paperbanana:: How the ocean takes up carbon
   :name: uptake
   :caption: Uptake of carbon

See :numref:`uptake`.

Rivers
------

Rivers bring nutrients.

.. paperbanana:: A river delta from above
   :type: standard
   :model: nano-banana-2
"""
LAND = """\
# Land

Forests grow, and soils breathe.

```{paperbanana} Carbon in forest and soil
:name: forest
:task-name: plot
:caption: Carbon on land
```

```{paperbanana} Leaf litter
:caption: What falls
:context: body

Leaves fall, and are eaten by worms.
```
"""


@pytest.fixture
def project(docs: Docs) -> Docs:
    docs.conf("extensions.append('myst_parser')\nnumfig = True")
    docs.write("index.rst", INDEX)
    docs.write("ocean.rst", OCEAN)
    docs.write("land.md", LAND)
    return docs


@pytest.fixture
def built(project: Docs, use_sandbox: SandboxProcess) -> Docs:
    """The project, every figure of it made."""
    build = project.build()
    assert build.warnings == ""
    assert len(use_sandbox.tasks()) == 4
    return project


def new_tasks(sandbox: SandboxProcess, known: int = 4) -> list[str]:
    return prompts(sandbox)[known:]


def stamps(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_first_build_makes_every_figure_and_puts_it_on_its_page(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    build = project.build()
    assert build.warnings == ""
    assert build.statuscode == 0
    assert sorted(prompts(use_sandbox)) == [
        "A river delta from above",
        "Carbon in forest and soil",
        "How the ocean takes up carbon",
        "Leaf litter",
    ]
    assert len(build.images) == 4
    assert all(data.startswith(b"\x89PNG") for data in build.images.values())
    for name in build.images:
        page = "ocean" if name.startswith("ocean") else "land"
        assert f'src="_images/{name}"' in build.read(f"{page}.html")
    assert (
        "4 figures: 4 present; 4 made, 23 sandbox credits spent (nothing was paid)" in build.status
    )


def test_a_second_build_asks_nothing_and_rewrites_nothing(
    built: Docs, use_sandbox: SandboxProcess
) -> None:
    requests, files = len(use_sandbox.log()), built.tree()
    times = stamps(built.src) | stamps(built.out)
    build = built.build()
    assert len(use_sandbox.log()) == requests
    after = built.tree()
    memos = {name for name in after if name.startswith("out/doctrees/paperbanana")}
    for memo in memos:  # of checked files: written once they are old enough; what was spent now
        after.pop(memo)
        files.pop(memo, None)
    assert after == files
    now = stamps(built.src) | stamps(built.out)
    rewritten = {name for name in now if f"out/{name}" not in memos and now[name] != times[name]}
    assert {Path(name).name for name in rewritten} <= {
        # what Sphinx writes anew in every build, with or without figures
        ".buildinfo", "genindex.html", "search.html", "searchindex.js", "objects.inv",
        *(p.name for p in (build.outdir / "_static").iterdir()),
    }  # fmt: skip
    assert "0 credits spent" in build.status


def test_a_plain_project_has_the_same_files_rewritten_by_a_second_build(
    built: Docs, tmp_path: Path, use_sandbox: SandboxProcess
) -> None:
    plain = Docs(tmp_path / "plain")
    plain.write("index.rst", "Title\n=====\n\nText.\n")
    for docs in (plain, built):
        docs.build()
    changed = []
    for docs in (plain, built):
        times = stamps(docs.out)
        docs.build()
        after = stamps(docs.out)
        memos = {name for name in after if name.startswith("doctrees/paperbanana-")}
        changed.append({name for name in after.keys() - memos if after[name] != times[name]})
    assert changed[0] == changed[1]


def test_a_changed_prompt_makes_exactly_one_task(built: Docs, use_sandbox: SandboxProcess) -> None:
    built.edit("ocean.rst", "How the ocean takes up carbon", "How the sea takes up carbon")
    build = built.build()
    assert new_tasks(use_sandbox) == ["How the sea takes up carbon"]
    assert len(build.images) == 4, "the former picture does not stay behind"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("ocean.rst", ":caption: Uptake of carbon", ":caption: Another caption"),
        ("ocean.rst", ":caption: Uptake of carbon", ":caption: Uptake of carbon\n   :width: 50%"),
        ("ocean.rst", ":caption: Uptake of carbon", ":caption: Uptake of carbon\n   :alt: Words"),
        ("land.md", ":caption: Carbon on land", ":caption: Other\n:alt: Words\n:align: left"),
        (
            "ocean.rst",
            "paperbanana:: How the ocean takes up carbon",
            "paperbanana:: How the ocean\n     takes   up carbon",
        ),
        ("land.md", "Leaves fall, and are eaten", "Leaves fall,\nand are\teaten"),
        ("ocean.rst", ":model: nano-banana-2", ":model: nano-banana-2\n   :resolution: 1K"),
        ("ocean.rst", "Rivers bring nutrients.", "Rivers bring nutrients, not ours."),
    ],
    ids=["caption", "width", "alt", "myst", "re-wrapped", "body re-wrapped", "default", "standard"],
)
def test_presentation_is_not_paid_for(
    built: Docs, use_sandbox: SandboxProcess, file: str, old: str, new: str
) -> None:
    requests = len(use_sandbox.log())
    built.edit(file, old, new)
    build = built.build(strict=True)
    assert len(use_sandbox.log()) == requests
    assert build.warnings == ""


def test_a_picture_deleted_from_the_build_tree_comes_back_with_no_request(
    built: Docs, use_sandbox: SandboxProcess
) -> None:
    requests = len(use_sandbox.log())
    lost = next((built.out / "html" / "_images").iterdir())
    whole = lost.read_bytes()
    lost.unlink()
    built.build()
    assert lost.read_bytes() == whole
    assert len(use_sandbox.log()) == requests


def test_either_store_alone_is_enough(
    built: Docs, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    requests = len(use_sandbox.log())
    images = built.build().images
    shutil.rmtree(tmp_path / "machine-cache")
    shutil.rmtree(built.out)
    assert built.build().images == images
    assert len(use_sandbox.log()) == requests


def test_the_machines_cache_brings_the_projects_figures_back(
    built: Docs, use_sandbox: SandboxProcess
) -> None:
    requests = len(use_sandbox.log())
    images = built.build().images
    kept = {path.name for path in built.figures.iterdir()}
    shutil.rmtree(built.figures)
    shutil.rmtree(built.out)
    assert built.build().images == images
    assert {path.name for path in built.figures.iterdir()} == kept
    assert len(use_sandbox.log()) == requests


def test_an_edited_section_keeps_its_picture_and_passes_strictly(
    built: Docs, use_sandbox: SandboxProcess
) -> None:
    requests = len(use_sandbox.log())
    built.edit("ocean.rst", "It mixes it down.", "It mixes it down slowly.")
    build = built.build(strict=True)
    assert len(use_sandbox.log()) == requests
    assert build.statuscode == 0
    assert build.warnings == ""
    assert f"{built.src}/ocean.rst:6: paperbanana: the text around this figure" in build.status


@pytest.mark.parametrize("everywhere", [True, False], ids=["globally", "per figure"])
def test_an_edited_section_makes_one_task_where_that_is_asked_for(
    built: Docs, use_sandbox: SandboxProcess, everywhere: bool
) -> None:
    built.edit("ocean.rst", "It mixes it down.", "It mixes it down slowly.")
    if not everywhere:
        built.edit("ocean.rst", ":name: uptake", ":name: uptake\n   :on-text-change: regenerate")
    overrides = {"paperbanana_on_text_change": "regenerate"} if everywhere else {}
    build = built.build(overrides=overrides)
    assert new_tasks(use_sandbox) == ["How the ocean takes up carbon"]
    assert build.warnings == ""


def test_a_figure_can_keep_what_the_project_regenerates(
    built: Docs, use_sandbox: SandboxProcess
) -> None:
    built.edit("ocean.rst", "It mixes it down.", "It mixes it down slowly.")
    built.edit("ocean.rst", ":name: uptake", ":name: uptake\n   :on-text-change: keep")
    built.build(overrides={"paperbanana_on_text_change": "regenerate"})
    assert new_tasks(use_sandbox) == []


def test_an_edited_body_is_always_a_new_task(built: Docs, use_sandbox: SandboxProcess) -> None:
    built.edit("land.md", "eaten by worms", "eaten by fungi")
    built.build()
    assert new_tasks(use_sandbox) == ["Leaf litter"]
    assert orders(use_sandbox)[-1]["options"]["content"] == "Leaves fall, and are eaten by fungi."


def test_identical_figures_on_two_pages_are_paid_for_once(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    figure = ".. paperbanana:: The same\n   :context: body\n\n   The same text.\n"
    docs.write("index.rst", f"One\n===\n\n{figure}\n.. toctree::\n\n   two\n")
    docs.write("two.rst", f"Two\n===\n\nOther words.\n\n{figure}")
    build = docs.build()
    assert len(use_sandbox.tasks()) == 1
    assert len(build.images) == 2
    assert len(set(build.images.values())) == 1
    assert (
        "2 figures: 2 present; 2 made, 6 sandbox credits spent (nothing was paid)" in build.status
    )


def test_one_name_with_two_requests_is_an_error_that_names_both_places(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.write(
        "index.rst",
        "A\n=\n\nText.\n\n.. paperbanana:: Same\n\nB\n=\n\nOther.\n\n.. paperbanana:: Same\n",
    )
    build = docs.build()
    assert use_sandbox.tasks() == []
    assert len(build.lines) == 2
    first, second = build.lines
    assert first.startswith(f"{docs.src}/index.rst:6: WARNING: paperbanana: ")
    assert "index.rst:13" in first
    assert second.startswith(f"{docs.src}/index.rst:13: WARNING: paperbanana: ")
    assert "index.rst:6" in second
    assert "give each an id of its own" in first
    docs.edit(
        "index.rst",
        "Other.\n\n.. paperbanana:: Same\n",
        "Other.\n\n.. paperbanana:: Same\n   :id: b\n",
    )
    assert docs.build().warnings == ""
    assert len(use_sandbox.tasks()) == 2  # fmt: skip


def test_a_release_is_no_reason_to_buy(docs: Docs, use_sandbox: SandboxProcess) -> None:
    docs.conf("release = '1.0'\nrst_epilog = '.. |name| replace:: Widget'")
    docs.write(
        "index.rst",
        "Title\n=====\n\nThis is |name| |release| of |today|.\n\n.. paperbanana:: A widget\n",
    )
    docs.build()
    docs.edit("conf.py", "'1.0'", "'2.0'")
    build = docs.build(strict=True, overrides={"paperbanana_on_text_change": "regenerate"})
    assert "2.0" in build.read("index.html")
    assert [order["options"]["content"] for order in orders(use_sandbox)] == [
        "Title\n\nThis is Widget of."
    ]


def test_a_read_only_figures_folder_serves_and_asks_nothing(
    built: Docs, use_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    requests = len(use_sandbox.log())
    images = built.build().images
    for path in built.figures.iterdir():
        path.chmod(0o444)
    built.figures.chmod(0o555)
    shutil.rmtree(built.out)
    shutil.rmtree(tmp_path / "machine-cache")
    try:
        build = built.build(strict=True)
    finally:
        built.figures.chmod(0o755)
    assert build.images == images
    assert build.statuscode == 0
    assert len(use_sandbox.log()) == requests


def test_a_figures_folder_that_cannot_be_written_is_told_of_and_the_cache_serves(
    project: Docs, use_sandbox: SandboxProcess
) -> None:
    project.figures.write_text("a file in the folder's place")
    build = project.build()
    assert len(build.images) == 4
    assert build.lines[0].startswith("WARNING: paperbanana: ")
    assert "cannot be written" in build.lines[0]
    assert len(build.lines) == 1
    assert os.listdir(project.figures.parent)  # noqa: PTH208
    assert "4 present" in project.build().status
    assert len(use_sandbox.tasks()) == 4
