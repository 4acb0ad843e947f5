"""Reads the imports of a Python file, without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from tests.projectfiles import ROOT


@dataclass(frozen=True)
class Import:
    """One name that a file imports, absolute and in full: ``from a import b`` is ``a.b``."""

    name: str
    line: int
    at_module_level: bool

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    def is_of(self, module: str) -> bool:
        return self.name == module or self.name.startswith(module + ".")


def imports_of(path: Path, source: str | None = None) -> list[Import]:
    """Every import statement of the file, and every ``import_module("...")``."""
    tree = ast.parse(path.read_text(encoding="utf-8") if source is None else source)
    found: list[Import] = []
    _collect(tree, _package_of(path), at_module_level=True, found=found)
    return found


def _package_of(path: Path) -> tuple[str, ...]:
    return path.relative_to(ROOT).parent.parts


def _collect(
    node: ast.AST, package: tuple[str, ...], *, at_module_level: bool, found: list[Import]
) -> None:
    for child in ast.iter_child_nodes(node):
        names = _names(child, package)
        found.extend(Import(name, child.lineno, at_module_level) for name in names)
        # The body of a class runs at import; the body of a function does not.
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        _collect(child, package, at_module_level=at_module_level and not inside, found=found)


def _names(node: ast.AST, package: tuple[str, ...]) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            base = ".".join([*(package[: len(package) - level + 1] if level else ()), module or ""])
            return [f"{base.strip('.')}.{alias.name}" for alias in names]
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return [name]
    return []
