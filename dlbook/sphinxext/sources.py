"""What a piece of Python code depends on, read from source and never by importing it.

A chapter's outputs are valid as long as nothing that the chapter reaches has changed. `Sources.closure`
follows imports from the code cells through the package: into functions, through packages that import lazily
(PEP 562), and to the data files that lie beside the code.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dlbook.sphinxext.modules import Module, is_text, walk

__all__ = ["VERSIONS_THAT_COUNT", "Sources", "environment"]

# Outputs may change with these; a page is executed again when one of them is replaced.
VERSIONS_THAT_COUNT = ("numpy", "scipy", "torch", "matplotlib", "scikit-learn", "scikit-image", "Pillow")


def environment() -> str:
    """Return one line with the versions on which the outputs of code cells depend."""
    found = [f"python=={sys.version.split()[0]}"]
    for name in VERSIONS_THAT_COUNT:
        try:
            found.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return " ".join(found)


class Sources:
    """The modules of one package below `root`.

    Parameters
    ----------
    root : the folder that holds the package, the top of the repository.
    package : its name.
    """

    def __init__(self, root: Path, package: str = "dlbook"):
        self.root, self.package = Path(root), package
        self._modules: dict[str, Module | None] = {}
        self._imports: dict[str, set[str]] = {}

    # -- modules and names ---------------------------------------------------------------------

    def module(self, name: str) -> Module | None:
        """Return the module of a dotted name, or None where the package has no such file."""
        if name not in self._modules:
            stem = self.root.joinpath(*name.split("."))
            ours = name.split(".")[0] == self.package
            found = next((p for p in (stem / "__init__.py", stem.with_suffix(".py")) if ours and p.is_file()), None)
            self._modules[name] = Module(name, found) if found else None
        return self._modules[name]

    def below(self, name: str) -> Iterator[str]:
        """List a module and, if it is a package, every module in it."""
        module = self.module(name)
        if module is None:
            return
        yield name
        if module.is_package:
            for path in sorted(module.path.parent.rglob("*.py")):
                parts = path.relative_to(self.root).with_suffix("").parts
                dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                if dotted != name and self.module(dotted):
                    yield dotted

    def public(self, name: str) -> list[str]:
        """List the names in a module's `__all__`, following `*other.__all__` inside it."""
        module = self.module(name)
        node = module and getattr(module.definitions.get("__all__"), "value", None)
        if not isinstance(node, ast.List | ast.Tuple):
            return []
        names = []
        for element in node.elts:
            if is_text(element):
                names.append(element.value)
            elif isinstance(element, ast.Starred) and isinstance(element.value, ast.Attribute):
                owner = ast.unparse(element.value.value)
                names += self.public(dict(self._bindings(module.tree, module)).get(owner, owner))
        return names

    def docstring(self, module: str, name: str) -> str:
        """Return the docstring of a function or class, "" where there is none."""
        found = self.module(module)
        node = found and found.definitions.get(name)
        return (isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node)) or ""

    def home(self, module_name: str, name: str) -> tuple[str, str] | None:
        """Find where a name that a module offers is defined: `(module, name there)`, or None if nowhere."""
        module = self.module(module_name)
        if module is None:
            return None
        if name in module.definitions:
            return module_name, name
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        source = self._absolute(node, module)
                        return self.home(source, alias.name)
        if self.module(f"{module_name}.{name}"):
            return f"{module_name}.{name}", ""
        lazy = self._lazy_home(module, name)
        return lazy and self.home(lazy, name)

    def _lazy_home(self, module: Module, name: str) -> str | None:
        """Find the module from which a lazy package would fetch a name."""
        if not module.lazy:
            return None
        for table in module.tables:
            for candidate in (table.get(name, ""), f"{module.name}.{table.get(name, '')}"):
                if self.module(candidate):
                    return candidate
        for names in self._searched(module):
            for entry in names:
                if name in self.public(f"{module.name}.{entry}"):
                    return f"{module.name}.{entry}"
        return None

    def _searched(self, module: Module) -> Iterator[list[str]]:
        """List the lists of submodules that a lazy package may search: its own, and those that it imports."""
        yield from module.lists
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom) and (source := self.module(self._absolute(node, module))):
                for alias in node.names:
                    value = getattr(source.definitions.get(alias.name), "value", None)
                    if isinstance(value, ast.Tuple | ast.List):
                        yield [e.value for e in value.elts if is_text(e)]

    # -- imports -------------------------------------------------------------------------------

    def _absolute(self, node: ast.ImportFrom, module: Module | None) -> str:
        if not node.level:
            return node.module or ""
        parts = (module.package if module else self.package).split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])

    def _bindings(self, tree: ast.AST, module: Module | None) -> Iterator[tuple[str, str]]:
        """List `(local name, module)` for each import that binds a module of this package."""
        for node in walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    bound = alias.name if alias.asname else alias.name.split(".")[0]
                    if self.module(bound):
                        yield alias.asname or bound, bound
            elif isinstance(node, ast.ImportFrom):
                source = self._absolute(node, module)
                for alias in node.names:
                    if self.module(f"{source}.{alias.name}"):
                        yield alias.asname or alias.name, f"{source}.{alias.name}"

    def imports(self, tree: ast.AST, module: Module | None = None) -> set[str]:
        """List the modules of this package that a piece of code imports, directly or by attribute."""
        found: set[str] = set()
        for node in walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                source = self._absolute(node, module)
                found.add(source)
                for alias in node.names:
                    found.update(self._fetched(source, alias.name))
            elif isinstance(node, ast.Call):
                found.update(self._dynamic(node, tree, module))
        for alias, bound in self._bindings(tree, module):
            found.update(self._attributes(tree, alias, bound))
        return {name for name in found if self.module(name)}

    def _fetched(self, source: str, name: str) -> Iterable[str]:
        """List what `from source import name` adds to importing `source` itself."""
        package = self.module(source)
        if package is None:
            return []
        if self.module(f"{source}.{name}"):
            return [f"{source}.{name}"]
        if name == "*" or not package.lazy or name in package.definitions:
            return []
        home = self._lazy_home(package, name)
        if home is None and self.home(source, name):
            return []  # imported by the package itself: its own imports say so
        return [home, *self._fetched(home, name)] if home else self.below(source)

    def _attributes(self, tree: ast.AST, alias: str, bound: str) -> Iterator[str]:
        """List the modules behind `alias.name` where alias is a lazy package; all of it when used bare."""
        roots = {id(n.value): n for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
        parents = {id(n): n for n in roots.values()}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Name) and node.id == alias):
                continue
            here, current = bound, node
            while (module := self.module(here)) and module.is_package:
                attribute = roots.get(id(current))
                if attribute is None:
                    if module.lazy:
                        yield from self.below(here)
                    break
                if attribute.attr.startswith("__"):  # __file__, __version__: the package itself
                    break
                fetched = list(self._fetched(here, attribute.attr))
                yield from fetched
                if fetched != [f"{here}.{attribute.attr}"]:
                    break
                here, current = fetched[0], parents[id(attribute)]

    def _dynamic(self, call: ast.Call, tree: ast.AST, module: Module | None) -> Iterator[str]:
        """List what `import_module(...)` may import.

        A constant says it. Otherwise each dotted string of the file that names a part of this package stands
        for all of that part; a file without one is taken to import from its own package.
        """
        if ast.unparse(call.func).rpartition(".")[2] not in ("import_module", "__import__") or not call.args:
            return
        if is_text(call.args[0]):
            yield call.args[0].value
            return
        if module and module.lazy:
            return  # its users' names say what it fetches
        texts = {n.value.rstrip(".:") for n in ast.walk(tree) if is_text(n)}
        parts = [t for t in texts if re.fullmatch(rf"{self.package}(\.\w+)*", t) and self.module(t)]
        for part in parts or ([module.package] if module else [self.package]):
            yield from self.below(part)

    # -- closure -------------------------------------------------------------------------------

    def closure(self, code: str) -> set[Path]:
        """List the files on which a piece of code depends: modules, and data beside them.

        Parameters
        ----------
        code : Python source, as of the code cells of one page.
        """
        todo, reached = self.imports(ast.parse(code)), set()
        while todo:
            name = todo.pop()
            module = self.module(name)
            if name in reached or module is None:
                continue
            reached.add(name)
            parent = name.rpartition(".")[0]
            if name not in self._imports:
                self._imports[name] = self.imports(module.tree, module)
            todo |= {parent} | self._imports[name]
        modules = [self.module(name) for name in reached]
        folders = {m.path.parent for m in modules} | {f for m in modules for f in self._resources(m)}
        return {m.path for m in modules} | {data for folder in folders for data in _data_files(folder)}

    def _resources(self, module: Module) -> Iterator[Path]:
        """List the folders of data that a module opens through `importlib.resources.files("package")`."""
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "files" and node.args:
                named = self.module(node.args[0].value if is_text(node.args[0]) else module.package)
                if named:
                    yield from (p for p in [named.path.parent, *named.path.parent.rglob("*")] if p.is_dir())

    def fingerprint(self, files: Iterable[Path], also: str = "") -> str:
        """Return one hash of the names and bytes of some files, and of a text."""
        digest = hashlib.sha256(also.encode())
        for file in sorted(files):
            digest.update(file.relative_to(self.root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()[:20]


def _data_files(folder: Path) -> Iterator[Path]:
    """List the files of a package that are no Python: scripts of figures, tables, fonts."""
    for path in folder.iterdir():
        if path.name == "__pycache__" or path.name.startswith("."):
            continue
        if path.is_dir():
            if not any(path.glob("*.py")):
                yield from _data_files(path)
        elif path.suffix not in (".py", ".pyc"):
            yield path
