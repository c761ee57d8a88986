"""Text that every reader has on disk: Python's manual pages, docstrings and source code."""

import ast
import os
import re
import sysconfig
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from dlbook.data.cache import cached

Columns = dict[str, np.ndarray]
Made = tuple[Columns, Columns, tuple[str, ...], dict[str, tuple[str, ...]]]
SKIPPED = {"test", "tests", "site-packages", "idlelib", "lib2to3", "__pycache__", "turtledemo", "externals", "_vendor"}
SCOPES = {"stdlib": (), "packages": ("numpy", "scipy", "sklearn", "skimage", "matplotlib")}
DISTRIBUTION = {"sklearn": "scikit-learn", "skimage": "scikit-image"}


def pydoc_topics(*, n: int | None = None, n_test: int | None = None, seed: int = 0) -> Made:
    """Return the manual pages behind Python's `help("...")`: English prose and code, about 465 thousand characters.

    **Source** CPython's `pydoc_data.topics`
    """
    from pydoc_data.topics import topics

    names = sorted(topics)
    order = np.random.default_rng(seed).permutation(len(names))
    return _cut("pydoc_topics", "\n\n".join(topics[names[i]] for i in order), n, n_test)


def python_source(*, n: int | None = None, n_test: int | None = None, seed: int = 0) -> Made:
    """Return the source of Python's standard library, modules in random order, at most 3 million characters.

    **Source** the `Lib` folder of the Python that runs
    """
    modules = [path for path in sorted(_library().glob("*.py")) if not path.name.startswith("_")]
    order = np.random.default_rng(seed).permutation(len(modules))
    wanted = 3_000_000 if n is None or n_test is None else n + n_test
    text, size = [], 0
    for i in order:
        text.append(modules[i].read_text(encoding="utf-8", errors="replace"))
        size += len(text[-1]) + 2
        if size >= wanted:
            break
    return _cut("python_source", "\n\n".join(text)[:3_000_000], n, n_test)


def docstring_words(*, n: int | None = None, n_test: int | None = None, seed: int = 0, scope: str = "stdlib") -> Made:
    """Return sentences of docstrings in 28 symbols: a to z, space, full stop.

    Docstrings are read from the source by `ast`, nothing is imported. `text.split(". ")` gives the sentences and
    `.split()` their words.

    Parameters
    ----------
    scope : "stdlib", or "packages" to add NumPy, SciPy, scikit-learn, scikit-image and Matplotlib: ten seconds or more
        the first time, about 1.5 million words
    seed : of the order of the sentences

    Raises
    ------
    ValueError : another scope, or more characters than there are

    **Source** docstrings of the packages named
    """
    if scope not in SCOPES:
        raise ValueError(f"docstring_words: scope must be one of {', '.join(SCOPES)}, got {scope!r}")
    packages = SCOPES[scope]
    versions = {name: version(DISTRIBUTION.get(name, name)) for name in packages}
    key = {"python": sysconfig.get_python_version(), "library": str(_library()), **versions}
    sentences = cached("docstring_sentences", key, lambda: {"text": np.array("\n".join(_sentences(packages)))})
    lines = str(sentences["text"]).split("\n")
    order = np.random.default_rng(seed).permutation(len(lines))
    return _cut("docstring_words", ". ".join(lines[i] for i in order) + ".", n, n_test)


def _cut(name: str, text: str, n: int | None, n_test: int | None) -> Made:
    """Split a text in two runs, the second right after the first, and number its symbols."""
    if n_test is None:
        n_test = len(text) // 10 if n is None else max(1, n // 10)
    n = len(text) - n_test if n is None else n
    if n < 1 or n + n_test > len(text):
        raise ValueError(f"{name}: there are {len(text)} characters, got n = {n} and n_test = {n_test}")
    alphabet = tuple(sorted(set(text[: n + n_test])))
    parts = []
    for piece in (text[:n], text[n : n + n_test]):
        codes = np.frombuffer(piece.encode("utf-32-le"), np.uint32)
        points = np.array([ord(symbol) for symbol in alphabet], np.uint32)
        parts.append({"text": np.array(piece), "x": np.searchsorted(points, codes)})
    return parts[0], parts[1], (), {"x": alphabet}


def _library() -> Path:
    folder = Path(sysconfig.get_path("stdlib"))
    if not (folder / "os.py").exists():
        raise ValueError(f"corpora: this Python keeps no source of its standard library in {folder}")
    return folder


def _python_files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED)
        yield from (Path(root) / name for name in sorted(files) if name.endswith(".py"))


def _docstrings(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    except (SyntaxError, ValueError):
        return  # templates and files for other versions of Python are no prose either
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def _sentences(packages: tuple[str, ...]) -> list[str]:
    """Collect every sentence of four words or more, without examples, each docstring once."""
    folders = [_library()] + [Path(find_spec(name).submodule_search_locations[0]) for name in packages]
    seen: set[str] = set()
    sentences = []
    for path in (path for folder in folders for path in _python_files(folder)):
        for text in _docstrings(path):
            if text in seen:
                continue
            seen.add(text)
            prose = re.sub(r"(?m)^\s*(>>>|\.\.\. ).*", "", text)
            for sentence in re.split(r"(?<=[.:;!?])\s+|\n\s*\n", prose):
                words = re.findall(r"[a-z]{2,}|\ba\b", sentence.lower())
                if len(words) >= 4:
                    sentences.append(" ".join(words))
    return sentences
