"""All that is agreed with TeX: the style, latexmk's rule, the request file, the map, the report."""
