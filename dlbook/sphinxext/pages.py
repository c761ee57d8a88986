"""The pages of the book as the build sees them: their code cells, their imports, and their key in the cache."""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

import yaml
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx

from dlbook.sphinxext.sources import Sources, environment
from dlbook.sphinxext.stop import BuildStopped

__all__ = ["KEY", "Page", "read_pages", "with_key"]

KEY = "dlbook_sources"  # the entry of a page's kernelspec that holds its key; jupyter-cache hashes kernelspecs


@dataclass(frozen=True)
class Page:
    """A page with code cells.

    Parameters
    ----------
    docname, path : its name in the book and its file.
    notebook : as the book's parser reads it.
    key : one hash of everything but the cells on which its outputs depend.
    """

    docname: str
    path: Path
    notebook: NotebookNode
    key: str

    @property
    def code(self) -> str:
        """The code cells as one module; a line number in it is of no use, `line_of` tells the page's."""
        return code_of(self.notebook)

    def line_of(self, cell: int) -> int:
        """Return the line of the page on which a cell begins."""
        lines = self.notebook.metadata.get("source_map", [])
        return lines[cell] + 1 if cell < len(lines) else 1


def code_of(notebook: NotebookNode) -> str:
    """Return the code cells as Python, without the lines that only IPython understands."""
    lines = [x for c in notebook.cells if c.cell_type == "code" for x in c.source.splitlines()]
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


def read_pages(app: Sphinx, sources: Sources) -> dict[str, Page]:
    """Read every page of the table of contents that has code cells.

    Raises
    ------
    BuildStopped : when a page's cells are no Python, or name no kernel.
    """
    app.env.project.discover(app.config.exclude_patterns, app.config.include_patterns)
    pages, problems = {}, []
    for docname in sorted(app.env.project.docnames):
        path = Path(app.env.doc2path(docname))
        text = path.read_text(encoding="utf-8")
        reader = create_nb_reader(str(path), app.env.myst_config, app.env.mystnb_config, text)
        if reader is None:
            continue
        try:
            notebook = reader.read(text)
        except Exception as error:  # whatever is wrong with a front matter: YAML, its schema, MyST's own rules
            problems.append(f"{path.name}: cannot be read as a notebook: {str(error).splitlines()[0]}")
            continue
        try:
            files = sources.closure(code_of(notebook)) | _results(notebook, docname, Path(app.srcdir))
        except SyntaxError as error:
            problems.append(f"{path.name}: a code cell is no Python: {error.msg}: {(error.text or '').strip()}")
            continue
        if "name" not in notebook.metadata.get("kernelspec", {}):
            problems.append(f"{path.name}: its front matter names no kernel (kernelspec: name: python3)")
            continue
        key = sources.fingerprint(files, also=environment())
        notebook.metadata["kernelspec"][KEY] = key
        pages[docname] = Page(docname, path, notebook, key)
    if problems:
        raise BuildStopped("\n".join(problems))
    return pages


def _results(notebook: NotebookNode, docname: str, folder: Path) -> set[Path]:
    """List the files of recorded results that a page may read: its own, and any that a string of it names."""
    names = {n.value for n in ast.walk(ast.parse(code_of(notebook))) if isinstance(n, ast.Constant)}
    names = {n for n in names if isinstance(n, str) and 0 < len(n) < 200 and "\n" not in n} | {docname}
    candidates = {p for n in names for p in (folder / "results" / f"{n}.json", folder / n)}
    return {p.resolve() for p in candidates if p.is_file() and p.suffix != ".md"}


def with_key(text: str, key: str) -> str:
    """Add a key to the kernelspec in a page's front matter, keeping every other line where it is."""
    lines = text.splitlines(keepends=True)
    end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "..."))
    start = next(i for i, line in enumerate(lines[:end]) if line.startswith("kernelspec:"))
    stop = next(i for i in range(start + 1, end + 1) if i == end or not lines[i].startswith((" ", "\t")))
    spec = yaml.safe_load("".join(lines[start:stop]))["kernelspec"]
    block = "kernelspec: " + json.dumps({**spec, KEY: key}, ensure_ascii=False) + "\n"  # JSON is YAML on one line
    return "".join([*lines[:start], block, *["\n"] * (stop - start - 1), *lines[stop:]])
