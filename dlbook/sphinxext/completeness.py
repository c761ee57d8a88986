"""Both directions of one promise: what a page quotes exists, and what exists is shown on a page."""

import ast
from collections.abc import Iterator

from dlbook.sphinxext.pages import Page
from dlbook.sphinxext.sources import Sources

__all__ = ["has_listing", "missing_from_pages", "problems"]


def problems(pages: dict[str, Page], sources: Sources) -> list[str]:
    """List what is wrong with the listings of a book, one sentence each; nothing when all is well.

    Parameters
    ----------
    pages : the pages with code cells.
    sources : the package that they quote.
    """
    found: list[str] = []
    shown: set[tuple[str, str]] = set()
    for page in pages.values():
        names = _namespace(ast.parse(page.code), sources)
        for where, argument in _listings(page, found):
            home = _resolve(argument, names, sources)
            text = ast.unparse(argument)
            if home is None or not _is_definition(*home, sources):
                found.append(f"{where}: listing({text}) quotes a function that does not exist (any more)")
            elif home[1].startswith("_"):
                found.append(f"{where}: listing({text}) quotes a private function")
            else:
                shown.add(home)
    return found + missing_from_pages(shown, sources)


def missing_from_pages(shown: set[tuple[str, str]], sources: Sources) -> list[str]:
    """List the public functions and classes of `dlbook.numpy`'s topics that no page shows."""
    found = []
    package = f"{sources.package}.numpy"
    for topic in sources.below(package):
        name = topic.removeprefix(f"{package}.")
        if topic == package or "." in name or name.startswith("_"):
            continue
        public = sources.public(topic)
        if not public:
            found.append(f"{topic}: `__all__` must be a plain list of at least one name, or nobody can check it")
        for function in public:
            home = sources.home(topic, function)
            if home is None:
                found.append(f"{topic}: `__all__` names {function}, which is defined nowhere")
            elif _is_definition(*home, sources) and home not in shown:
                found.append(f"{topic}.{function} is public, but no page shows it: add listing({function})")
    return found


def has_listing(page: Page) -> bool:
    """Say whether a page quotes source."""
    return any(_is_listing(n) for n in ast.walk(ast.parse(page.code)))


def _is_listing(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "listing"


def _listings(page: Page, found: list[str]) -> Iterator[tuple[str, ast.expr]]:
    """Yield `(place, argument)` for each listing; note the ones whose display would get lost."""
    for index, cell in enumerate(page.notebook.cells):
        if cell.cell_type != "code" or "listing" not in cell.source:
            continue
        where = f"{page.path.name}:{page.line_of(index)}"
        body = ast.parse(cell.source).body
        last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
        for call in filter(_is_listing, ast.walk(ast.Module(body, []))):
            if call is not last:
                found.append(f"{where}: {ast.unparse(call)} must be the last line of its cell, or nothing is shown")
            for argument in call.args:
                yield where, argument


def _namespace(tree: ast.AST, sources: Sources) -> dict[str, tuple[str, str]]:
    """Map the names that a page imports to `(module, name there)`; the name is empty for `import module`."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.name if alias.asname else alias.name.split(".")[0]
                names[alias.asname or bound] = (bound, "")
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = (node.module, alias.name)
    return names


def _resolve(node: ast.expr, names: dict[str, tuple[str, str]], sources: Sources) -> tuple[str, str] | None:
    """Find the definition behind `name` or `module.name`."""
    if isinstance(node, ast.Name):
        module, name = names.get(node.id, ("", ""))
        return sources.home(module, name) if name else (module, "") if module else None
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, names, sources)
        return sources.home(owner[0], node.attr) if owner and not owner[1] else None
    return None


def _is_definition(module: str, name: str, sources: Sources) -> bool:
    found = sources.module(module)
    return bool(found) and isinstance(found.definitions.get(name), ast.FunctionDef | ast.ClassDef)
