extensions = ["sphinx_paperbanana", "sphinx_inline_tabs"]
