"""Statements of AI use for a document's figures, as publishers ask for them."""
