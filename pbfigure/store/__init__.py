"""Where pictures are kept: the machine's cache, the project's own files, and the small state."""
