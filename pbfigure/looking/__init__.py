"""Reports on what is stored: where pictures came from, what was spent, which files are unused."""
