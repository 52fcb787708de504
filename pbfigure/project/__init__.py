"""A project: its settings, its figures, and the picture of each."""
