"""What verbs print as JSON, validated against the schemas in docs/reference/."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def valid(verb: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON that a verb printed, which is what its schema says."""
    document: dict[str, Any] = json.loads(done.stdout)
    schema = json.loads((DOCS / f"{verb}.schema.json").read_text())
    jsonschema.validate(document, schema)
    return document


def fits(text: str, columns: int = 80) -> bool:
    """Whether no line is wider than the terminal, but for a path or id that alone is."""
    lines = [line for line in text.splitlines() if len(line) > columns]
    return all(len(line.split()) == 1 for line in lines)
