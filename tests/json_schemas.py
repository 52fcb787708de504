"""What verbs print as JSON, validated against the schemas in docs/reference/."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs" / "reference"


def check(document: object, schema: str | dict[str, Any]) -> None:
    """Fail unless a document is what a schema says; a name is that of a published one."""
    import jsonschema  # for a second: it builds the grammar of all addresses

    if isinstance(schema, str):
        schema = json.loads((DOCS / f"{schema}.schema.json").read_text("utf-8"))
    jsonschema.validate(document, schema)


def valid(verb: str, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The JSON that a verb printed, which is what its schema says."""
    document: dict[str, Any] = json.loads(done.stdout)
    check(document, verb)
    return document


def fits(text: str, columns: int = 80) -> bool:
    """Whether no line is wider than the terminal, but for a path or id that alone is."""
    lines = [line for line in text.splitlines() if len(line) > columns]
    return all(len(line.split()) == 1 for line in lines)
