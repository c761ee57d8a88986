"""The house keeps its shape: one word and five files a topic, one direction of imports, no numbers in names."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import dlbook
from dlbook.differentiable import OPERATIONS
from dlbook.numpy import TOPICS

ROOT = Path(dlbook.__file__).resolve().parent.parent
SOURCES = sorted((ROOT / "dlbook").rglob("*.py"))
PYTHON = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])

# What may import what, within the package: a module imports its own group and those named beside it.
FLOORS = {
    "__init__": set(),
    "shapes": set(),
    "differentiable": {"shapes"},
    "numpy": {"differentiable", "shapes"},
    "torch": {"numpy", "differentiable", "shapes"},
    "data": {"__init__"},
    "laws": {"numpy", "torch", "differentiable", "shapes", "__init__"},
    "figures": {"numpy", "data", "shapes"},
    "page": {"laws", "differentiable", "__init__"},
    "experiments": {"numpy", "torch", "data", "differentiable", "page", "__init__"},
    "exercises": {"laws", "numpy", "torch", "differentiable", "shapes", "page", "__init__"},
    "sphinxext": {"laws", "page", "numpy", "differentiable", "shapes", "__init__"},
    "cli": {"exercises", "experiments", "laws", "data", "numpy", "page", "__init__"},
}

FIVE = ["book/{}.md", "dlbook/numpy/{}", "dlbook/torch/{}", "dlbook/figures/{}", "tests/test_{}.py"]
# Topics that lack one of the five files, and why.
EXCUSED: dict[tuple[str, str], str] = {}


def group(path: Path) -> str:
    """Return the part of the house that a source belongs to."""
    first = path.relative_to(ROOT / "dlbook").parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Return every module that a source imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "dlbook"}
    return found


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("place", FIVE)
def test_a_topic_is_one_word_and_five_files(topic, place):
    path = ROOT / place.format(topic)
    there = path.exists() or path.with_suffix(".py").exists()
    assert there != ((topic, place) in EXCUSED), f"{path.relative_to(ROOT)} is missing, or excused for nothing"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_in_one_direction(path):
    allowed = FLOORS[group(path)] | {group(path)}
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "dlbook" and len(parts) > 1:
            target = (
                parts[1]
                if (ROOT / "dlbook" / parts[1]).exists() or (ROOT / "dlbook" / f"{parts[1]}.py").exists()
                else "__init__"
            )
            assert target in allowed, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_torch_matplotlib_and_sphinx_stay_in_their_rooms(path):
    heads = {name.split(".")[0] for name in imports(path)}
    rooms = {
        "torch": {"torch", "laws", "experiments", "cli", "exercises", "data", "page"},
        "matplotlib": {"figures"},
        "sphinx": {"sphinxext"},
        "docutils": {"sphinxext"},
        "hypothesis": {"laws", "exercises"},
    }
    for package, allowed in rooms.items():
        assert package not in heads or group(path) in allowed, f"{path.relative_to(ROOT)} imports {package}"


def test_no_chapter_or_lecture_number_in_a_name():
    numbered = re.compile(r"(chapter|lecture|lesson|ch|lec)_?\d", re.I)
    for path in [*PYTHON, *(ROOT / "book").rglob("*.md")]:
        assert not numbered.search(path.stem), path
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert not numbered.search(node.name), f"{path.relative_to(ROOT)}: {node.name}"


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_can_be_held_in_the_head(path):
    assert len(path.read_text().splitlines()) <= 400, "split it: about 250 lines is what a reader can hold"
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path.relative_to(ROOT)} has no docstring"


def operations():
    dir(dlbook.numpy if hasattr(dlbook, "numpy") else import_module("dlbook.numpy"))
    return sorted(OPERATIONS.items())


@pytest.mark.parametrize(("name", "f"), operations(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_operation_says_what_it_takes_gives_and_comes_from(name, f):
    doc = f.__doc__ or ""
    for section in ("Parameters\n", "Returns\n", "**Source**", "**Book**"):
        assert section in doc, f"{name} has no {section.strip()}"
    page = ROOT / "book" / f"{f.__module__.split('.')[2]}.md"
    for label in re.findall(r"\beq-[\w-]+", doc.split("**Book**")[1]):
        defined = re.search(rf"(:label: |\$\$ \(){label}\)?$", page.read_text(), re.M)
        assert defined, f"{name}: {page.name} has no equation {label}"


def test_no_test_is_defined_twice():
    for path in (ROOT / "tests").rglob("test_*.py"):
        names = [n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)]
        tests = [n for n in names if n.startswith("test_")]
        assert len(tests) == len(set(tests)), f"{path.name}: {[n for n in tests if tests.count(n) > 1]}"


def test_the_project_names_no_machine():
    for path in [*PYTHON, *(ROOT / "book").rglob("*.md"), ROOT / "Makefile", ROOT / "README.md", ROOT / ".ci" / "run"]:
        if path.exists() and path != Path(__file__):
            assert not re.search(r"/work/|/tmp/team|/root/", path.read_text()), path
