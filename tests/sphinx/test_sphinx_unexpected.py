"""What nobody expected: one figure fails, in one line, and the build goes on without it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs, prompts

PAGE = """\
Title
=====

Some text.

.. paperbanana:: A pump
   :name: pump

.. paperbanana:: A whale
   :name: whale
"""


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The program as its users have it: unexpected errors are not raised as they are."""
    monkeypatch.delenv("PBFIGURE_DEBUG")
    return monkeypatch


def break_for(patch: pytest.MonkeyPatch, where: str, error: BaseException) -> None:
    """Have a function raise an error if anything that it is given speaks of the whale."""
    module, _, name = where.rpartition(":")
    owner: Any = __import__(module, fromlist=["x"])
    *path, name = name.split(".")
    for each in path:
        owner = getattr(owner, each)
    real = getattr(owner, name)

    def broken(*args: Any, **kwargs: Any) -> Any:
        if any("whale" in str(getattr(each, "block", each)) for each in args):
            raise error
        return real(*args, **kwargs)

    patch.setattr(owner, name, broken)


def line_of(build: Build) -> str:
    (line,) = build.lines
    return line


@pytest.mark.parametrize(
    "where",
    [
        "pbfigure.project.resolution:compose",
        "pbfigure.project.picture_store:PictureStore.exact",
        "pbfigure.project.picture_store:PictureStore.pin",
        "sphinx_paperbanana.text.figure_text:TextTaker._completed",
        "sphinx_paperbanana.registry:FigureRegistry._completed",
    ],
)
@pytest.mark.parametrize(
    "error", [RecursionError("too deep"), MemoryError(), ValueError("\x1b[1m")]
)
def test_an_unexpected_error_is_the_failure_of_one_figure(
    docs: Docs,
    use_sandbox: SandboxProcess,
    released: pytest.MonkeyPatch,
    where: str,
    error: Exception,
) -> None:
    docs.write("index.rst", PAGE)
    break_for(released, where, error)
    build = docs.build()
    assert prompts(use_sandbox) == ["A pump"]  # nothing is bought in the dark
    assert len(build.images) == 2
    line = line_of(build)
    assert "index.rst:9: " in line
    assert line.isprintable()
    expected = "not enough memory" if isinstance(error, MemoryError) else type(error).__name__
    assert expected in line


def test_the_traceback_is_in_a_file_that_the_line_names(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    break_for(
        released, "sphinx_paperbanana.text.figure_text:TextTaker._completed", KeyError("lost")
    )
    named = re.search(r"the traceback is in (\S+\.log)", line_of(docs.build()))
    assert named
    assert "KeyError: 'lost'" in Path(named[1]).read_text()


@pytest.mark.parametrize(
    "where",
    [
        "sphinx_paperbanana.show_figures:_rendered",
        "sphinx_paperbanana.image_nodes:PicturesOfPage._show",
    ],
)
def test_a_figure_that_cannot_be_shown_takes_no_other_along(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch, where: str
) -> None:
    docs.write("index.rst", PAGE)
    break_for(released, where, RuntimeError("broken"))
    build = docs.build()
    assert sorted(prompts(use_sandbox)) == ["A pump", "A whale"]  # both are kept all the same
    assert "RuntimeError: broken" in line_of(build)
    assert 'alt="A pump"' in build.read("index.html")


def test_an_unexpected_error_of_the_directive_leaves_the_page_as_it_is(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    directive = "sphinx_paperbanana.directive:GeneratedFigure"

    def prompt(self: Any) -> str:
        if self.arguments == ["A whale"]:
            raise AssertionError("no whales")
        return str(self.arguments[0])

    released.setattr(directive.replace(":", ".") + "._prompt", prompt)
    build = docs.build()
    assert "index.rst:9: ERROR: paperbanana: an unexpected error" in line_of(build)
    assert "Some text." in build.read("index.html")
    assert prompts(use_sandbox) == ["A pump"]


def test_an_error_that_concerns_all_figures_leaves_the_pages_without_them(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    released.setattr("sphinx_paperbanana.show_figures.resolve", lambda *_, **__: 1 / 0)
    build = docs.build()
    assert "ZeroDivisionError" in line_of(build)
    assert build.statuscode == 1
    assert "Some text." in build.read("index.html")


def test_in_a_later_build_it_takes_no_picture_from_a_page_and_the_next_one_mends_the_rest(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    docs.write("other.rst", "Other\n=====\n\n.. paperbanana:: A wave\n")
    whole = docs.build()
    pages, images = [whole.read(name) for name in ("index.html", "other.html")], whole.images
    with released.context() as patch:
        patch.setattr("sphinx_paperbanana.show_figures.resolve", lambda *_, **__: 1 / 0)
        docs.edit("index.rst", "Some text.", "Some other text.")
        broken = docs.build()
    assert broken.statuscode == 1
    assert broken.images == images
    assert broken.read("other.html") == pages[1]
    docs.edit("index.rst", "Some other text.", "Some text.")
    again = docs.build()
    assert [again.read(name) for name in ("index.html", "other.html")] == pages
    assert again.images == images


def test_a_batch_that_breaks_leaves_its_figures_to_the_next_build(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    with released.context() as patch:
        patch.setattr("pbfigure.scheduler.batch._Batch.run", lambda *_: 1 / 0)
        build = docs.build()
    assert "figure can be made: an unexpected error" in line_of(build)
    assert len(docs.build().images) == 2
    assert len(prompts(use_sandbox)) == 2


def test_an_interrupt_and_errors_of_sphinx_itself_pass(
    docs: Docs, use_sandbox: SandboxProcess, released: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    with released.context() as patch:
        break_for(patch, "pbfigure.project.resolution:compose", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            docs.build()
    assert prompts(use_sandbox) == []
    assert len(docs.build().images) == 2


def test_developers_and_tests_see_the_error_itself(
    docs: Docs, use_sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs.write("index.rst", PAGE)
    break_for(monkeypatch, "pbfigure.project.resolution:compose", RuntimeError("broken"))
    with pytest.raises(Exception, match="broken"):
        docs.build()
