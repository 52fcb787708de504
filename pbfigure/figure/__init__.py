"""The value types: a figure's block, request, key, text and cost. No disk, no network."""
