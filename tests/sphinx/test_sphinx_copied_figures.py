"""A figure that Sphinx or a plugin shows once more, on a page that it was not written for."""

from __future__ import annotations

import pytest
from sandbox_process import SandboxProcess
from sphinx_docs import Build, Docs, orders

EXTRACTS = """
from docutils import nodes
from docutils.parsers.rst import Directive

class extract(nodes.General, nodes.Element):
    pass

class Extract(Directive):
    def run(self):
        return [extract()]

class Snapshot(Directive):
    has_content = True

    def run(self):
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        self.state.document.settings.env.extracted = node.deepcopy()
        return [node]

def remember(app, doctree):
    for node in doctree.findall(nodes.admonition):
        app.env.extracted = node.deepcopy()

def merge(app, env, docnames, other):
    vars(env).update({'extracted': other.extracted} if hasattr(other, 'extracted') else {})

def fill_in(app, doctree, docname):
    for node in list(doctree.findall(extract)):
        found = getattr(app.env, 'extracted', None)
        node.replace_self([] if found is None else found.deepcopy())

def forget(app, env, docname):
    if docname == 'part/written':
        vars(env).pop('extracted', None)

def setup(app):
    app.add_directive('extract', Extract)
    app.add_directive('snapshot', Snapshot)
    app.connect('doctree-read', remember)
    app.connect('env-purge-doc', forget)
    app.connect('env-merge-info', merge)
    app.connect('doctree-resolved', fill_in)
    return {'parallel_read_safe': True}
"""
"""What extensions for requirements do: a block of one page, as it was read, on another page."""
BLOCKS = {
    "as its page was read": (".. admonition:: Block", ".. extract::"),
    "as its directive ran": (".. snapshot::", ".. extract::"),
    "todo": (".. todo::", ".. todolist::"),
}


@pytest.fixture(params=BLOCKS)
def copied(request: pytest.FixtureRequest, docs: Docs) -> Docs:
    """A figure on the page ``written``, that the page ``copy`` shows as well."""
    block, copy = BLOCKS[str(request.param)]
    docs.write("extracts.py", EXTRACTS)
    docs.conf(f"import sys\nsys.path.insert(0, {str(docs.src)!r})")
    docs.conf("extensions += ['sphinx.ext.todo', 'extracts']\ntodo_include_todos = True")
    docs.write("index.rst", "Title\n=====\n\n.. toctree::\n\n   part/written\n   copy\n")
    figure = "   Words.\n\n   .. paperbanana:: A pump\n      :width: 50%\n"
    docs.write("part/written.rst", f"Part\n====\n\nSome text.\n\n{block}\n\n{figure}")
    docs.write("copy.rst", f"Copy\n====\n\n{copy}\n")
    return docs


def picture(build: Build, page: str) -> str:
    """The one image file that a page shows."""
    html = build.read(page)
    assert "paperbanana:" not in html
    (name,) = {part.partition('"')[0] for part in html.split("_images/")[1:]}
    assert name in build.images
    return name


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_copy_on_another_page_shows_the_picture(
    copied: Docs, use_sandbox: SandboxProcess, jobs: int
) -> None:
    build = copied.build(strict=True, jobs=jobs)
    assert build.warnings == ""
    assert picture(build, "copy.html") == picture(build, "part/written.html")
    assert 'alt="A pump"' in build.read("copy.html")
    assert len(orders(use_sandbox)) == 1


def test_a_copy_in_a_book_shows_the_picture(copied: Docs, use_sandbox: SandboxProcess) -> None:
    build = copied.build("latex", strict=True)
    assert build.warnings == ""
    assert build.read("test.tex").count("{{part--written--") == 2
    assert len(orders(use_sandbox)) == 1


def test_the_page_of_a_copy_is_written_again_for_another_picture_and_then_no_more(
    copied: Docs, use_sandbox: SandboxProcess
) -> None:
    build = copied.build(overrides={"paperbanana_mode": "offline"})
    assert picture(build, "copy.html").startswith("missing-figure-")
    build = copied.build()
    made = picture(build, "copy.html")
    assert made == picture(build, "part/written.html")
    (build.outdir / "_images" / made).unlink()
    build = copied.build()
    assert picture(build, "copy.html") == made
    pages = [build.outdir / "copy.html", build.outdir / "part" / "written.html"]
    written = [page.stat().st_mtime_ns for page in pages]
    copied.build(strict=True)
    assert [page.stat().st_mtime_ns for page in pages] == written
    (copied.src / "part" / "written.rst").unlink()
    copied.edit("index.rst", "   part/written\n", "")
    copied.build()
    assert copied.build(strict=True).warnings == ""


TWICE = """
from docutils import nodes
from docutils.parsers.rst import Directive

class Twice(Directive):
    has_content = True

    def run(self):
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node, node.deepcopy()]

def setup(app):
    app.add_directive('twice', Twice)
"""


def test_a_copy_on_the_same_page_shows_the_picture_and_its_caption_is_no_text(
    docs: Docs, use_sandbox: SandboxProcess
) -> None:
    docs.conf(TWICE)
    figure = "   Words.\n\n   .. paperbanana:: A pump\n      :caption: Below\n      :alt: Spoken\n"
    docs.write("index.rst", f"Title\n=====\n\n.. twice::\n\n{figure}")
    build = docs.build(strict=True)
    assert build.warnings == ""
    (order,) = orders(use_sandbox)
    assert order["options"]["content"] == "Title\n\nWords.\n\nWords."
    assert picture(build, "index.html").startswith("index--")
    assert build.read("index.html").count("<img ") == 2
