# SPDX-License-Identifier: GPL-3.0-or-later
"""The source as the house rules see it: modules, their syntax trees, what they import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
ROOMS = ("snapshot", "mirror", "api", "orchestrator", "rebuilders", "storage", "ops")


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(TOP).as_posix()

    @property
    def room(self) -> str:
        return self.path.relative_to(TOP).parts[0]

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The whole syntax tree, walked once for all rules."""
        return tuple(ast.walk(self.tree))

    def functions(self) -> Iterator[tuple[str, int]]:
        """Give every function as `path:line name` with its length in lines."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{self.name}:{node.lineno} {node.name}", length

    def imports(self) -> Iterator[str]:
        """Give every dotted name that is imported, `from a import b` as `a.b`."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def attributes(self) -> set[str]:
        return {node.attr for node in self.nodes if isinstance(node, ast.Attribute)}

    def strings(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@cache
def modules() -> tuple[Module, ...]:
    """Read every module of the seven rooms once."""
    found = []
    for room in ROOMS:
        for path in sorted((TOP / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            found.append(Module(path, text, ast.parse(text)))
    return tuple(found)
