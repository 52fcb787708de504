"""All that is agreed with TeX: the style, latexmk's rule, the request file, the map, the report."""

MAP = "paperbanana/pbmap.tex"
"""The map's file, from the folder where TeX runs."""
