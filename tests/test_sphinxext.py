"""A whole build, on a book of two pages: what stops it, what it runs again, and what it leaves alone."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import dlbook
from dlbook.laws import ledger

ROOT = Path(dlbook.__file__).resolve().parent.parent
pytestmark = pytest.mark.slow

HEAD = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec:
  name: python3
  display_name: Python 3
---
"""
LINES = (
    HEAD
    + """# Lines

```{math}
:label: eq-linear
y = w x
```

```{code-cell} ipython3
from dlbook import listing
from dlbook.numpy import line
from dlbook.page import measured

measured("height", line(3.0), 5.5, 6.5, because="twice three")
```

```{code-cell} ipython3
listing(line)
```

The height is {glue:text}`height`.
"""
)
PLAIN = HEAD + "# Plain\n\n```{code-cell} ipython3\nprint(6 * 7)\n```\n"
FILES = {
    "_config.yml": """
        title: Tiny
        only_build_toc_files: true
        execute: {execute_notebooks: cache, timeout: 60}
        sphinx: {extra_extensions: [dlbook.sphinxext]}
    """,
    "pyproject.toml": """
        [tool.pytest.ini_options]
        testpaths = ["tests"]
        markers = ["law: a property test"]
    """,
    "book/_toc.yml": """
        format: jb-book
        root: index
        chapters: [{file: lines}, {file: plain}, {file: verification}]
    """,
    "book/index.md": "# Tiny",
    "book/verification.md": "# Verification\n\n```{verification-ledger}\n```",
    "book/results/gpu.json": """
        {"rows": [
            {"operation": "line", "module": "dlbook.numpy.lines.line", "chapter": "lines", "law": "twin",
             "examples": 5, "worst": 0.01, "tolerance": 0.03, "device": "A card", "outcome": "passed", "by": null},
            {"operation": "line", "module": "dlbook.numpy.lines.line", "chapter": "lines", "law": "other twin",
             "examples": null, "worst": null, "tolerance": null, "device": "A card", "outcome": "not run", "by": null}
        ]}
    """,
    "dlbook/laws/__init__.py": "",
    "dlbook/numpy/__init__.py": """
        TOPICS = ("lines",)
        def __getattr__(name):
            from importlib import import_module
            if name.startswith("_"):
                raise AttributeError(name)
            return getattr(import_module("dlbook.numpy.lines"), name)
    """,
    "dlbook/numpy/lines.py": '''
        __all__ = ["line"]


        def line(x):
            """Double x.

            **Book** eq-linear
            """
            return 2 * x
    ''',
    "tests/test_lines.py": """
        import pytest
        from dlbook.numpy import line

        pytestmark = pytest.mark.law

        def test_line_doubles(record_property):
            assert line(1) == 2, "line: doubling FAILS, smallest input x=1"
            record_property("ledger", {
                "operation": "line", "module": "dlbook.numpy.lines.line", "chapter": "lines", "law": "doubling",
                "examples": 7, "worst": 1e-12, "tolerance": 1e-9, "device": "cpu", "outcome": "passed", "by": None})
    """,
}


class House:
    """A small copy of the project, built with the real extension."""

    def __init__(self, folder: Path):
        self.folder = folder
        for part in ("__init__.py", "page.py", "laws/ledger.py", "sphinxext"):
            target = folder / "dlbook" / part
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if (ROOT / "dlbook" / part).is_dir() else shutil.copy)(ROOT / "dlbook" / part, target)
        for name, text in FILES.items():
            self.write(name, dedent(text).lstrip("\n"))
        self.write("book/lines.md", LINES)
        self.write("book/plain.md", PLAIN)
        shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests" / "conftest.py")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def verified(self) -> None:
        """Write the ledger as if the property tests had passed."""
        empty = {"fingerprint": ledger.fingerprint(self.folder), "written": "now", "profile": "dev"}
        self.write("_build/ledger.json", json.dumps({**empty, "versions": {}, "rows": []}))

    def build(self, folder: Path | None = None) -> tuple[int, str]:
        code = "from jupyter_book.cli.main import main; main()"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "DLBOOK"))}
        run = subprocess.run(
            [sys.executable, "-c", code, "build", "book/", "-W", "-n", "--keep-going"],
            cwd=folder or self.folder,
            env={**kept, "PYTHONPATH": str(self.folder), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return run.returncode, run.stdout

    def site(self) -> dict[str, tuple[str, int]]:
        html = self.folder / "_build" / "html"
        return {
            p.relative_to(html).as_posix(): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns)
            for p in html.rglob("*")
            if p.is_file()
        }

    def html(self, page: str) -> str:
        return (self.folder / "_build" / "html" / f"{page}.html").read_text(encoding="utf-8")

    def text(self, page: str) -> str:
        return re.sub(r"<[^>]*>", "", self.html(page))


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def executed(output: str) -> list[str]:
    """Return the pages that a build executed."""
    ran = re.search(r"pages to execute: .*\n((?:  \S+ +[\d.]+ s +\d+ MB\n)*)", output)
    return sorted(line.split()[0] for line in ran[1].splitlines()) if ran else []


def test_a_build_from_nothing_and_what_the_next_ones_run_again(house):
    status, output = house.build()
    assert status == 0, output
    assert "property tests: 1 passed" in output
    assert executed(output) == ["lines", "plain"]
    page = house.html("lines")
    assert "The height is 6.0." in house.text("lines")
    assert re.search(r'href="verification.html#op-line">line: 1 law holds on 7 examples', page)
    table = house.html("verification")
    assert 'id="op-line"' in table
    assert 'href="lines.html#equation-eq-linear"' in table
    assert "twin on A card: 5 examples, worst 1.0 × 10⁻² of 3.0 × 10⁻²" in table  # what a GPU found stands beside it
    assert "other twin on A card: not run" in table
    assert "of 1.0 × 10⁻⁹ (doubling)" in house.text("verification")  # not the sixteen bits of a GPU

    status, output = house.build()
    assert status == 0, output
    assert "passed already" in output
    assert executed(output) == []

    # Prose is read again, and nothing runs; a cell runs its own page.
    house.change("book/plain.md", "# Plain", "# Plainer")
    house.change("book/lines.md", "line(3.0)", "line(3.1)")
    status, output = house.build()
    assert status == 0, output
    assert executed(output) == ["lines"]
    assert "The height is 6.2." in house.text("lines")
    assert "Plainer" in house.html("plain")

    # A change of the package runs the page that it reaches, and no other; the site shows the new source.
    house.change("dlbook/numpy/lines.py", "return 2 * x", "return x + x")
    status, output = house.build()
    assert status == 0, output
    assert "property tests: 1 passed" in output
    assert executed(output) == ["lines"]
    assert '<span class="o">+</span>' in house.html("lines")
    assert "thebe" not in house.html("lines").lower()


def test_a_law_that_fails_stops_the_build_and_leaves_the_site(house):
    house.change("dlbook/numpy/lines.py", "return 2 * x", "return 2.1 * x")
    status, output = house.build()
    assert status != 0
    assert "test_line_doubles" in output
    assert "doubling FAILS, smallest input x=1" in output
    assert "Traceback" not in output
    assert not (house.folder / "_build" / "html").exists()

    house.change("dlbook/numpy/lines.py", "return 2.1 * x", "return 2 * x")
    assert house.build()[0] == 0
    before = house.site()
    house.change("dlbook/numpy/lines.py", "return 2 * x", "return 2.1 * x")
    assert house.build()[0] != 0
    assert house.site() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("book/lines.md", "5.5, 6.5", "5.5, 5.9", "height = 6 lies outside its band [5.5, 5.9] (twice three)"),
        ("book/lines.md", "listing(line)", "listing(curve)", "listing(curve) quotes a function that does not exist"),
        ("book/lines.md", "listing(line)", "line(1)", "dlbook.numpy.lines.line is public, but no page shows it"),
        ("book/plain.md", "6 * 7", "1 / 0", "plain.md:11: this cell failed"),
        ("book/plain.md", "print(6 * 7)", "print(6 *", "plain.md: a code cell is no Python"),
        ("book/plain.md", HEAD.split("kernelspec")[1], ": {}\n---\n", "plain.md: cannot be read as a notebook"),
        ("book/plain.md", "kernelspec" + HEAD.split("kernelspec")[1], "---\n", "names no kernel"),
    ],
    ids=["number", "quotation gone", "not shown", "failing cell", "no Python", "empty kernel", "no kernel"],
)
def test_a_page_that_is_wrong_stops_the_build_before_the_site_is_touched(house, file, old, new, told):
    house.change(file, old, new)
    house.verified()
    status, output = house.build()
    assert status != 0
    assert told in output
    assert "Traceback (most recent call last)" not in output.split("The book was not built.")[0]
    assert not (house.folder / "_build" / "html").exists()


def test_the_sources_that_are_tested_are_the_sources_that_are_printed(house, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(house.folder / "book", elsewhere / "book")
    shutil.copy(house.folder / "_config.yml", elsewhere / "_config.yml")
    status, output = house.build(elsewhere)
    assert status != 0
    assert f"The book lies in {elsewhere / 'book'}, but the installed dlbook in {house.folder}" in output
