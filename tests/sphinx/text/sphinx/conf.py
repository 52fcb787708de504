extensions = [
    "sphinx_paperbanana",
    "sphinx.ext.ifconfig",
    "sphinx.ext.todo",
    "sphinx.ext.graphviz",
    "sphinx.ext.extlinks",
    "sphinx.ext.doctest",
    "sphinx.ext.inheritance_diagram",
    "sphinxcontrib.mermaid",
    "sphinxcontrib.plantuml",
]
project = "Pumps"
release = "2.1"
numfig = True
show_authors = True
extlinks = {"issue": ("https://example.org/issues/%s", "issue %s")}
tags.add("everyone")  # noqa: F821 - Sphinx puts it there
