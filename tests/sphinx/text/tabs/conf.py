extensions = ["sphinx_paperbanana", "sphinx_tabs.tabs"]
