"""One source file, read but not run: what it defines, and which names it offers."""

import ast
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

__all__ = ["Module", "is_text", "walk"]


class Module:
    """A module of the package: its name and its file."""

    def __init__(self, name: str, path: Path):
        self.name, self.path = name, path
        self.is_package = path.name == "__init__.py"

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_bytes(), filename=str(self.path))

    @cached_property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def lazy(self) -> bool:
        """Whether it fetches attributes on demand: a module-level `__getattr__`."""
        return any(isinstance(n, ast.FunctionDef) and n.name == "__getattr__" for n in self.tree.body)

    @cached_property
    def definitions(self) -> dict[str, ast.AST]:
        """Functions, classes and assignments at module level, by name."""
        found: dict[str, ast.AST] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        found[target.id] = node
        return found

    @cached_property
    def tables(self) -> list[dict[str, str]]:
        """Module-level dicts from names to modules, as a lazy package keeps them."""
        return [
            {k.value: v.value for k, v in zip(d.keys, d.values, strict=True) if is_text(k) and is_text(v)}
            for d in self._values
            if isinstance(d, ast.Dict)
        ]

    @cached_property
    def lists(self) -> list[list[str]]:
        """Module-level tuples and lists of strings: in a lazy package, the modules that it searches."""
        return [[e.value for e in v.elts if is_text(e)] for v in self._values if isinstance(v, ast.Tuple | ast.List)]

    @property
    def _values(self) -> list[ast.AST | None]:
        return [n.value for n in self.tree.body if isinstance(n, ast.Assign | ast.AnnAssign)]


def is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without the blocks that only a type checker reads."""
    todo = [tree]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(node.orelse if _for_type_checkers(node) else ast.iter_child_nodes(node))
