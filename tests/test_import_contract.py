"""The import contract of ARCHITECTURE.md, held for the whole tree: floors, front ends, no circle.

Every import statement counts, also one inside a function. One under ``if TYPE_CHECKING`` counts for
the floors, because whoever names a type knows it, but not for circles: it is never run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FRONT_ENDS = ("sphinx_paperbanana", "latex_hook")
FLOORS = (
    ("figure",),
    ("store", "api"),
    ("scheduler",),
    ("provenance",),
    ("project",),
    ("documents",),
    ("upkeep", "disclosure", "checking"),
    ("review",),
    ("command",),
    ("__main__",),
)
"""The packages of pbfigure from below; each may import those on lower floors, and no others."""
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}


@dataclass(frozen=True)
class Import:
    """One import statement, resolved to the module of this tree that it names."""

    importer: str
    imported: str
    line: int
    in_function: bool
    for_types: bool

    def __str__(self) -> str:
        return f"{self.importer}, line {self.line}, imports {self.imported}"


def modules() -> dict[str, Path]:
    """Every module of the product, by its name."""
    found = {}
    for top in ("pbfigure", *FRONT_ENDS):
        for path in (ROOT / top).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, known: dict[str, Path]) -> Iterator[Import]:
    """Every import of the tree's own modules in one module."""

    def walk(node: ast.AST, in_function: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for target in named(child):
                    yield Import(name, target, child.lineno, in_function, for_types)
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                yield from walk(child, in_function, True)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, in_function or inside, for_types)

    def named(node: ast.Import | ast.ImportFrom) -> set[str]:
        if isinstance(node, ast.Import):
            return {alias.name for alias in node.names if alias.name in known}
        assert not node.level, f"{name}, line {node.lineno}: relative imports hide the floor"
        wanted = {f"{node.module}.{alias.name}" for alias in node.names}
        return {each if each in known else str(node.module) for each in wanted} & known.keys()

    yield from walk(ast.parse(path.read_bytes()), False, False)


KNOWN = modules()


@cache
def all_imports() -> list[Import]:
    """Every import of the tree's own modules."""
    return [each for name, path in KNOWN.items() for each in imports(name, path, KNOWN)]


def room(module: str) -> str:
    """The package of pbfigure that a module is in; "" for what is not in pbfigure."""
    parts = module.split(".")
    return parts[1] if parts[0] == "pbfigure" and len(parts) > 1 else ""


def test_every_package_of_pbfigure_has_a_floor() -> None:
    rooms = {room(name) for name in KNOWN} - {"", "sandbox"}
    assert rooms == FLOOR_OF.keys(), "FLOORS above names every package, and no other"


def test_a_package_imports_only_what_is_below_it() -> None:
    rooms = [(each, room(each.importer), room(each.imported)) for each in all_imports()]
    broken = [
        str(each)
        for each, above, below in rooms
        if above in FLOOR_OF and below in FLOOR_OF and above != below
        if FLOOR_OF[below] >= FLOOR_OF[above]
    ]
    assert broken == []


def test_the_sandbox_and_the_client_know_nothing_of_each_other() -> None:
    """Only the command line starts the sandbox."""
    into = [
        e for e in all_imports() if room(e.imported) == "sandbox" and room(e.importer) != "sandbox"
    ]
    assert {room(each.importer) for each in into} == {"command"}
    out_of = [
        e for e in all_imports() if room(e.importer) == "sandbox" and room(e.imported) != "sandbox"
    ]
    assert list(map(str, out_of)) == []


def test_the_front_ends_do_not_know_each_other() -> None:
    tops = [(e, e.importer.split(".")[0], e.imported.split(".")[0]) for e in all_imports()]
    assert [str(e) for e, one, other in tops if {one, other} == set(FRONT_ENDS)] == []


def test_pbfigure_imports_a_front_end_in_the_functions_of_its_verbs_alone() -> None:
    into = [
        each
        for each in all_imports()
        if each.imported.split(".")[0] in FRONT_ENDS and each.importer.startswith("pbfigure.")
    ]
    wrong = [
        str(each)
        for each in into
        if not each.in_function or room(each.importer) not in {"command", "__main__"}
    ]
    assert wrong == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in KNOWN}
    for each in all_imports():
        if not each.for_types and each.importer != each.imported:
            graph[each.importer].add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" → ".join(circle.args[1]))
