"""What a page quotes exists, and what exists is quoted on a page: both directions end the build."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from dlbook.sphinxext.completeness import has_listing, problems
from dlbook.sphinxext.pages import Page
from dlbook.sphinxext.sources import Sources


@pytest.fixture
def sources(tmp_path):
    package = tmp_path / "dlbook" / "numpy"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text('TOPICS = ("walls",)\ndef __getattr__(name): ...')
    (package / "walls.py").write_text(
        '__all__ = ["Wall", "brick", "WIDTH"]\nWIDTH = 3\nclass Wall: ...\ndef brick(): ...\ndef _mortar(): ...'
    )
    return Sources(tmp_path)


def page(*cells):
    notebook = new_notebook(cells=[new_markdown_cell("# Walls"), *map(new_code_cell, cells)])
    notebook.metadata["source_map"] = [0, *(10 * i for i in range(1, len(cells) + 1))]
    return {"walls": Page("walls", Path("walls.md"), notebook, "key")}


def test_a_book_that_shows_everything_has_no_problem(sources):
    cells = ["from dlbook import listing\nfrom dlbook.numpy import Wall, brick", "listing(Wall)", "listing(brick)"]
    assert problems(page(*cells), sources) == []


def test_modules_and_several_arguments_are_understood(sources):
    cells = ["import dlbook.numpy.walls as w\nimport dlbook", "dlbook.listing(w.Wall, dlbook.numpy.walls.brick)"]
    assert problems(page(*cells), sources) == []


def test_a_public_function_that_no_page_shows_is_named(sources):
    found = problems(page("from dlbook.numpy import Wall", "listing(Wall)"), sources)
    assert found == ["dlbook.numpy.walls.brick is public, but no page shows it: add listing(brick)"]


@pytest.mark.parametrize(
    ("imported", "shown", "complaint"),
    [
        ("from dlbook.numpy import plaster", "listing(plaster)", "does not exist"),
        ("", "listing(window)", "does not exist"),
        ("from dlbook.numpy.walls import WIDTH", "listing(WIDTH)", "does not exist"),
        ("from dlbook.numpy.walls import _mortar", "listing(_mortar)", "private"),
    ],
)
def test_a_quotation_of_what_is_not_there_is_found_on_its_line(sources, imported, shown, complaint):
    cells = ["from dlbook.numpy import Wall, brick", "listing(Wall, brick)", imported, shown]
    (found,) = problems(page(*cells), sources)
    assert found.startswith(f"walls.md:41: {shown}")
    assert complaint in found


def test_a_listing_that_would_not_be_displayed_is_found(sources):
    cells = ["from dlbook.numpy import Wall, brick", "listing(Wall, brick)\nx = 1"]
    (found,) = problems(page(*cells), sources)
    assert found.startswith("walls.md:21: listing(Wall, brick) must be the last line")


def test_a_topic_that_hides_its_names_is_found(sources):
    (sources.root / "dlbook" / "numpy" / "roofs.py").write_text("names = []\n__all__ = [n for n in names]")
    cells = ["from dlbook.numpy import Wall, brick", "listing(Wall, brick)"]
    (found,) = problems(page(*cells), sources)
    assert found.startswith("dlbook.numpy.roofs: `__all__` must be a plain list")


def test_a_public_name_that_is_defined_nowhere_is_found(sources):
    (sources.root / "dlbook" / "numpy" / "roofs.py").write_text('__all__ = ["roof"]')
    cells = ["from dlbook.numpy import Wall, brick", "listing(Wall, brick)"]
    assert problems(page(*cells), sources) == [
        "dlbook.numpy.roofs: `__all__` names roof, which is defined nowhere"
    ]


def test_a_page_without_listings_is_known_as_such(sources):
    assert has_listing(page("listing(x)")["walls"])
    assert not has_listing(page("x = 1")["walls"])
