project = "Pumps"
extensions = ["sphinx_paperbanana"]
