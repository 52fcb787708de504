"""What stands in the sources: files, tokens, calls, headings; no TeX is run, nothing is bought."""
