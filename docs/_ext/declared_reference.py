"""Write the reference from what the code declares: settings, options and faults.

``{declared} settings`` (``options``, ``inputs``, ``faults``, …) stands for that list. The verbs
come from sphinx-click.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from typing import ClassVar

from docutils import nodes
from repository_links import ROOT, rewritten
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import pbfigure
from latex_hook.tex import keys
from pbfigure.figure.options import BOTH, INPUTS, OPTIONS, Option
from pbfigure.project import environment
from pbfigure.project.settings import SETTINGS, Setting
from pbfigure.sandbox.fault_rules import COMMON, ENDPOINTS, FAULTS

_MARKED = re.compile(r"(?::\w+:|`)`([^`]+)``?")
_PAGE = re.compile(r" ?\((docs/[\w/-]+\.md)\)")


def _linked(text: str) -> str:
    """Return help with the pages that it names as links."""
    return rewritten(_PAGE.sub(r" ([more](\1))", text), ROOT)


def _sentence(text: str) -> str:
    text = _linked(text)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def takes(setting: Setting) -> str:
    """Return what a setting takes: what its reader says of a value that it cannot be."""
    try:
        setting.read(object())
    except ValueError as error:
        return str(error)
    raise AssertionError(f"{setting.name} takes anything")


def _settings() -> Iterable[str]:
    for setting in SETTINGS.values():
        places = [
            f"`paperbanana_{setting.name}`",
            f"`{environment.PREFIX}{setting.name.upper()}`",
        ]
        key = setting.name.replace("_", "-")
        if key in keys.SETTINGS or key in keys.KNOWN:
            places.append(f"`\\pbsetup{{{key}=…}}`")
        if setting.in_files:
            places.append("`paperbanana.toml`")
        yield f"(setting-{setting.name})="
        yield f":::{{confval}} {setting.name}"
        yield f"{_sentence(setting.help)}\n"
        yield f"Takes {takes(setting)}. Default: {setting.shown_default}.\n"
        yield f"{' · '.join(places)}"
        yield ":::\n"


def _options(options: Iterable[Option]) -> Iterable[str]:
    for option in options:
        values = ", ".join(f"`{choice}`" for choice in option.choices) or option.takes
        kind = "".join(option.types).capitalize()
        only = "" if option.types == BOTH else f" {kind} figures only."
        yield f"(option-{option.name})="
        yield f":::{{figure-option}} {option.name}"
        yield f"{_sentence(option.help)}{only}\n"
        yield f"Takes {values}."
        yield ":::\n"


def _python() -> Iterable[str]:
    yield "| name | what it is |\n|---|---|"
    for name in pbfigure.__all__:
        value = getattr(pbfigure, name)
        first = (inspect.getdoc(value) or "").partition("\n\n")[0] if callable(value) else ""
        first = _MARKED.sub(r"`\1`", " ".join(first.split()))
        yield f"| `{name}` | {first or 'every setting, by name'} |"


def _fault_fields() -> Iterable[str]:
    yield "| field | what it says |\n|---|---|"
    for name, what in COMMON.items():
        yield f"| `{name}` | {what}{'' if name in ('endpoint', 'fault') else ' (optional)'} |"


def _faults() -> Iterable[str]:
    yield "| fault | of | what happens (by default) | fields |\n|---|---|---|---|"
    for name, fault in FAULTS.items():
        of = "all" if fault.endpoints == ENDPOINTS else ", ".join(fault.endpoints)
        fields = ", ".join(f"`{each}`: {kind.words}" for each, kind in fault.parameters.items())
        yield f"| `{name}` | {of} | {fault.what} | {fields} |"


LISTS: dict[str, Callable[[], Iterable[str]]] = {
    "settings": _settings,
    "options": lambda: _options(OPTIONS.values()),
    "inputs": lambda: _options(INPUTS.values()),
    "python": _python,
    "fault-fields": _fault_fields,
    "faults": _faults,
}


class Declared(SphinxDirective):
    """One list of declarations, in the page's own markup (Markdown)."""

    required_arguments = 1
    option_spec: ClassVar = {}

    def run(self) -> list[nodes.Node]:
        """Return what the list reads as."""
        return self.parse_text_to_nodes("\n".join(LISTS[self.arguments[0]]()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Add the directives."""
    app.add_object_type("figure-option", "figure-option", objname="option of a figure")
    app.add_directive("declared", Declared)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
