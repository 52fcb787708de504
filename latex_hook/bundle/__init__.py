"""A copy of a document that compiles anywhere with plain LaTeX."""
