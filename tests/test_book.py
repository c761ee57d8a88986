"""The rules that every page keeps: code cells that only import, call and draw; numbers from the run; nothing lost."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import dlbook
from dlbook.sphinxext.sources import Sources

ROOT = Path(dlbook.__file__).resolve().parent.parent
BOOK = ROOT / "book"
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", flags=re.M | re.S)
LINES_OF_A_CELL = 12


def in_contents() -> list[str]:
    """List the pages of the table of contents."""

    def names(node):
        if isinstance(node, dict):
            yield from (node[key] for key in ("root", "file") if key in node)
            for value in node.values():
                yield from names(value)
        elif isinstance(node, list):
            for item in node:
                yield from names(item)

    return list(names(yaml.safe_load((BOOK / "_toc.yml").read_text())))


def cells(text: str) -> list[str]:
    """Return the code of each cell, without its options."""
    return [
        re.sub(r"\A(---\n.*?\n---\n|(:[^\n]*\n)+)\n*", "", code, flags=re.S).strip("\n") for code in CELL.findall(text)
    ]


PAGES = sorted(BOOK.rglob("*.md"))
CHAPTERS = [p for p in PAGES if CELL.search(p.read_text())]
pages = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
chapters = pytest.mark.parametrize("page", CHAPTERS, ids=lambda p: p.stem)


def test_the_contents_and_the_folder_agree():
    assert sorted(in_contents()) == sorted(p.relative_to(BOOK).with_suffix("").as_posix() for p in PAGES)


@chapters
def test_code_cells_define_nothing(page):
    for code in cells(page.read_text()):
        for node in ast.walk(ast.parse(code)):
            assert not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef), (
                f"{page.name} defines {node.name}: it belongs to the package, where it is tested"
            )
            if isinstance(node, ast.Lambda):
                assert len(ast.unparse(node)) <= 40, f"{page.name}: {ast.unparse(node)} wants a name and a test"


@chapters
def test_a_code_cell_can_be_read_at_a_glance(page):
    for code in cells(page.read_text()):
        lines = [line for line in code.splitlines() if line.strip()]
        assert len(lines) <= LINES_OF_A_CELL, f"{page.name}:\n{code}"


@chapters
def test_code_cells_import_from_the_package_and_its_peers(page):
    allowed = {"dlbook", "numpy", "torch", "math", "time", "IPython"}
    for code in cells(page.read_text()):
        for node in ast.walk(ast.parse(code)):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert {n.split(".")[0] for n in names} <= allowed, f"{page.name} imports {names}"


@chapters
def test_every_quoted_number_is_measured(page):
    text = page.read_text()
    calls = re.findall(r"\b(?:measured|stated)\(\s*(f?)\"([^\"]+)\"", text)
    # f"loss-{name}" keeps loss-hinge and others
    kept = [re.sub(r"\\{.*?\\}", ".+", re.escape(name)) if f else re.escape(name) for f, name in calls]
    quoted = {name.split(":")[0] for name in re.findall(r"\{glue:[a-z]*\}`([^`]+)`", text)}
    for name in quoted:
        assert any(re.fullmatch(k, name) for k in kept), f"{page.name} quotes {name}, which no cell keeps"


def prose(text: str) -> list[str]:
    """Return the sentences of a page: no front matter, code, formulas, roles, tables, links, exercises, asides."""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = re.sub(r"^## (Exercises|Quiz|Solutions)\n.*?(?=^## |\Z)", "", text, flags=re.M | re.S)
    text = re.sub(r"^([`:]{3,})\{.*?^\1[ \t]*$", "", text, flags=re.M | re.S)
    text = re.sub(r"^```[^\n]*\n.*?^```[ \t]*$", "", text, flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " ", text, flags=re.S)
    text = re.sub(r"\{(?!cite)[\w:-]+\}`[^`]*`|(?<!\})`[^`\n]+`|\]\([^)]*\)|^\|.*$", " ", text, flags=re.M)
    return [line for line in text.splitlines() if line.strip()]


def settings(text: str) -> set[float]:
    """Return the numbers that the code cells of a page state: what the experiment was told, not what it found."""
    numbers = set()
    todo: list[ast.AST] = [ast.parse(code) for code in cells(text)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            numbers.add(float(node.value))
        is_band = isinstance(node, ast.Call) and ast.unparse(node.func) == "measured"
        todo.extend(node.args[:2] if is_band else ast.iter_child_nodes(node))
    return numbers


@chapters
def test_no_measured_number_is_typed_in(page):
    """A decimal or a share in a sentence is the run's (glue), a number in a cell or a formula, or cited."""
    text = page.read_text()
    known = settings(text)
    typed = [
        line
        for line in prose(text)
        if "{cite" not in line
        for number, percent in re.findall(r"(?<![\w.])(\d+\.\d+|\d+(?= ?%| per cent))(?!\.?\d)( ?%| per cent)?", line)
        if (float(number) / 100 if percent else float(number)) not in known
    ]
    assert not typed, f"{page.name}: from the run, from the literature, or a setting?\n" + "\n".join(typed)


@pages
def test_what_opens_is_closed(page):
    opened = None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        mark = re.match(r"(\$\$|`{3,}|~{3,})(.*)", line)
        if not mark:
            continue
        ends = not mark[2].strip()
        if opened and opened[0] == "$$":  # no fence stands in a formula; a label may follow its end
            ends = re.fullmatch(r"\$\$( \([\w-]+\))?", line.rstrip())
            assert ends, f"{page.name}:{number}: {line} within the formula of line {opened[1]}"
            opened = None
        elif opened:
            opened = None if ends and mark[1].startswith(opened[0]) else opened
        elif mark[2].count("$$") != 1:  # a formula on one line is closed already
            opened = (mark[1], number)
    assert not opened, f"{page.name}:{opened[1]}: {opened[0]} is never closed"


@pages
def test_one_title_and_no_skipped_level(page):
    text = re.sub(r"^(`{3,}).*?^\1\s*$", "", page.read_text(), flags=re.M | re.S)
    levels = [len(found) for found in re.findall(r"^(#+) ", text, flags=re.M)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels)), levels


@chapters
def test_cells_name_a_kernel_by_which_binder_and_the_cache_know_them(page):
    head = yaml.safe_load(page.read_text().split("---")[1])
    assert head["kernelspec"]["name"] == "python3"
    assert head["jupytext"]["text_representation"]["format_name"] == "myst"


def test_the_reference_covers_every_module():
    sources = Sources(ROOT)
    named = {n for p in BOOK.rglob("*.md") for n in re.findall(r"\{module-reference\} (\S+)", p.read_text())}
    for name in sources.below("dlbook"):
        covered = any(name == n or name.startswith(f"{n}.") for n in named)
        assert covered or name in ("dlbook",), f"{name} is in no part of the API reference"


@pages
def test_no_notebook_lies_beside_a_page(page):
    assert not page.with_suffix(".ipynb").exists(), "Sphinx would read the notebook in its place"


def test_what_lies_in_static_lands_on_every_page_and_is_small():
    weight = sum(p.stat().st_size for p in (BOOK / "_static").rglob("*") if p.suffix in (".css", ".js"))
    assert weight < 20_000


def test_no_reference_and_no_word_of_the_glossary_is_entered_twice():
    keys = re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text(), re.M)
    blocks = re.findall(r"^```\{glossary\}\n(.*?)^```", (BOOK / "glossary.md").read_text(), re.M | re.S)
    words = [line for block in blocks for line in block.splitlines() if line and not line.startswith(" ")]
    for names in (keys, words):
        assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})


def test_no_label_stands_on_two_pages():
    texts = [page.read_text() for page in PAGES]
    equation = re.compile(r"^(?::label: |\$\$ \()(eq-[\w-]+)", re.M)
    equations = [name for text in texts for name in equation.findall(text)]
    sections = [name for text in texts for name in re.findall(r"^\(([\w-]+)\)=\s*$", text, re.M)]
    exercises = [name for text in texts for name in re.findall(r"^:label: (ex-[\w-]+)", text, re.M)]
    for names in (equations, sections, exercises):
        assert names
        assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})
