"""The nouns: a figure's request, its key, its text, its cost. Nothing here touches disk or network."""
