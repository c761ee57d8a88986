"""What a page depends on: all of it, or its outputs go stale; nothing else, or every page runs for every change."""

from textwrap import dedent

import pytest

from dlbook.sphinxext.sources import Sources

FILES = {
    "__init__.py": """
        from importlib import import_module
        _HOME = {"tool": "house.tools"}
        def __getattr__(name):
            return getattr(import_module(_HOME[name]), name)
    """,
    "tools/__init__.py": """
        from importlib import import_module
        _HOME = {"tool": "hammer"}
        def __getattr__(name):
            return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    """,
    "tools/hammer.py": "def tool():\n    from house import nails\n    return nails",
    "nails.py": "size = 1",
    "numpy/__init__.py": """
        TOPICS = ("walls", "roofs")
        def __getattr__(name):
            raise AttributeError(name)
    """,
    "numpy/walls/__init__.py": 'from house.numpy.walls.brick import wall\n__all__ = ["wall"]',
    "numpy/walls/brick.py": "from house.nails import size\ndef wall(): ...",
    "numpy/roofs.py": '__all__ = ["roof"]\ndef roof(): ...',
    "torch/__init__.py": """
        import torch
        from house.numpy import TOPICS
        def __getattr__(name):
            raise AttributeError(name)
    """,
    "torch/walls.py": '__all__ = ["wall"]\ndef wall(): ...',
    "torch/roofs.py": '__all__ = ["roof"]\ndef roof(): ...',
    "figures/__init__.py": "",
    "figures/moving.py": """
        from importlib.resources import files
        def script(name):
            return (files("house.figures") / "widgets" / name).read_text()
    """,
    "figures/widgets/__init__.py": "",
    "figures/widgets/drag.js": "let x;",
    "registry.py": """
        from importlib import import_module
        def load(name):
            return import_module(f"house.torch.{name}")
    """,
    "typed.py": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from house.nails import size
    """,
    "top.py": "import house\nroot = house.__file__",
    "data.json": "{}",
}


@pytest.fixture
def house(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return Sources(tmp_path, "house")


def reached(house, code):
    return {p.relative_to(house.root / "house").as_posix() for p in house.closure(code)} - {"__init__.py", "data.json"}


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("import house", set()),
        ("from house.nails import size", {"nails.py"}),
        # a name that a lazy package fetches, through two of them, and the import inside the function
        ("from house import tool", {"tools/__init__.py", "tools/hammer.py", "nails.py"}),
        ("import house\nhouse.tool()", {"tools/__init__.py", "tools/hammer.py", "nails.py"}),
        # a lazy package that searches its topics: one topic, not the others
        ("from house.numpy import roof", {"numpy/__init__.py", "numpy/roofs.py"}),
        (
            "from house.numpy import wall",
            {"numpy/__init__.py", "numpy/walls/__init__.py", "numpy/walls/brick.py", "nails.py"},
        ),
        ("import house.numpy as n\nn.roof()", {"numpy/__init__.py", "numpy/roofs.py"}),
        ("from house import numpy\nnumpy.roofs.roof()", {"numpy/__init__.py", "numpy/roofs.py"}),
        # the list that it searches may be imported
        ("from house.torch import roof", {"torch/__init__.py", "numpy/__init__.py", "torch/roofs.py"}),
        # data opened through importlib.resources
        (
            "import house.figures.moving",
            {"figures/__init__.py", "figures/moving.py", "figures/widgets/drag.js"},
        ),
        # an import of something unknown: everything that it can be
        (
            "import house.registry",
            {"registry.py", "torch/__init__.py", "torch/walls.py", "torch/roofs.py", "numpy/__init__.py"},
        ),
        # what only type checkers read does not count, and neither does asking a package where it lies
        ("import house.typed", {"typed.py"}),
        ("import house.top", {"top.py"}),
        ("import json, numpy\nfrom pathlib import Path", set()),
    ],
)
def test_a_page_depends_on_what_it_reaches_and_on_nothing_else(house, code, files):
    assert reached(house, code) == files


def test_a_lazy_package_that_is_passed_on_counts_as_a_whole(house):
    assert reached(house, "import house.numpy as n\nprint(n)") >= {"numpy/roofs.py", "numpy/walls/brick.py"}


def test_a_name_that_nobody_offers_counts_as_the_whole_package(house):
    assert "numpy/roofs.py" in reached(house, "from house.numpy import gone")


def test_data_beside_the_code_belongs_to_it(house):
    assert house.root / "house" / "data.json" in house.closure("import house")


def test_a_definition_is_found_through_every_door(house):
    assert house.home("house.numpy", "wall") == ("house.numpy.walls.brick", "wall")
    assert house.home("house", "tool") == ("house.tools.hammer", "tool")
    assert house.home("house.numpy", "gone") is None


def test_the_fingerprint_follows_bytes_names_and_the_text_beside_them(house):
    files = house.closure("from house.nails import size")
    before = house.fingerprint(files)
    assert house.fingerprint(files, also="numpy 3") != before
    assert house.fingerprint(files) == before
    (house.root / "house" / "nails.py").write_text("size = 2")
    assert house.fingerprint(files) != before
