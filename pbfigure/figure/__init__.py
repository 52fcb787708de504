"""The nouns: a figure's request, its key, its text, its cost. No disk, no network."""
