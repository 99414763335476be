"""Who may import whom, and what the rules must not touch. The map is in the README; arrows only run down."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("domain", "workflows", "activities", "importing", "messaging", "db", "api", "cli", "worker", "settings")
MAY_IMPORT: dict[str, set[str]] = {
    "domain": set(),
    "settings": set(),
    "messaging": {"domain", "settings"},
    "db": {"domain", "settings"},
    "activities": {"domain", "db", "messaging"},
    "importing": {"domain", "db"},
    "workflows": {"domain", "activities"},
    "api": {"domain", "db", "importing", "messaging", "settings", "workflows.contract"},
    "worker": set(ROOMS),
    "cli": set(ROOMS),
}
GATEWAY = "api.students_gateway"
"""The one file of the API that may import workflow classes."""

RULES_MAY_IMPORT = (sys.stdlib_module_names | {"pydantic", "domain", "babel"}) - {
    "asyncio",
    "io",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
"""Babel is locale data (what days are called, how lists are written): it knows no clock and reaches nowhere."""
IMPURE_CALLS = {
    "getenv",
    "input",
    "now",
    "open",
    "print",
    "randint",
    "random",
    "sleep",
    "today",
    "utcnow",
    "uuid1",
    "uuid4",
}
LONGEST = 300
HISTORY = "db.migrations.versions."
"""Migrations are written once and never divided."""


def _modules() -> dict[str, Path]:
    files = [HOUSE / f"{room}.py" for room in ROOMS] + [f for room in ROOMS for f in (HOUSE / room).rglob("*.py")]
    return {_name(f): f for f in sorted(files) if f.exists()}


def _name(file: Path) -> str:
    parts = file.relative_to(HOUSE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = _modules()


def _room(name: str) -> str:
    return name.partition(".")[0]


def _modules_of(room: str) -> list[str]:
    return [m for m in MODULES if _room(m) == room]


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"), filename=module)


def _imports(module: str) -> Iterator[tuple[int, str]]:
    """Every name that is imported, with its line; also inside functions. `from a import b` names `a.b`."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports relatively; say where it lives"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _ours(module: str) -> Iterator[tuple[int, str]]:
    """The modules of the house that a module imports."""
    for line, name in _imports(module):
        if _room(name) in ROOMS:
            yield line, name if name in MODULES else name.rpartition(".")[0]


def _is_allowed(module: str, imported: str) -> bool:
    room, other = _room(module), _room(imported)
    if module == GATEWAY and other == "workflows":
        return True
    return other == room or other in MAY_IMPORT[room] or imported in MAY_IMPORT[room]


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_only_run_down(room: str) -> None:
    upwards = [
        f"{module}:{line} imports {name}"
        for module in _modules_of(room)
        for line, name in _ours(module)
        if not _is_allowed(module, name)
    ]
    assert upwards == []


def test_the_rules_need_nothing_but_their_arguments() -> None:
    rules = _modules_of("domain")
    foreign = [f"{m}:{line} imports {n}" for m in rules for line, n in _imports(m) if _room(n) not in RULES_MAY_IMPORT]
    assert foreign == []
    calls = [(m, node) for m in rules for node in ast.walk(_tree(m)) if isinstance(node, ast.Call)]
    assert [f"{m}:{call.lineno} calls {_called(call)}" for m, call in calls if _called(call) in IMPURE_CALLS] == []


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for _, name in _ours(module) if name != module} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_a_module_can_be_read_in_one_sitting() -> None:
    lines = {m: len(f.read_text(encoding="utf-8").splitlines()) for m, f in MODULES.items()}
    too_long = {m: n for m, n in lines.items() if n > LONGEST and not m.startswith(HISTORY)}
    assert too_long == {}, "find the second subject in it"


def test_the_map_names_every_room() -> None:
    assert {_room(m) for m in MODULES} == set(ROOMS) == set(MAY_IMPORT)
