"""The text that a figure is drawn from: which part of the document, and how it reads as prose."""
