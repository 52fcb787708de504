"""A project: its settings, its figures, and what stands for each of them."""
