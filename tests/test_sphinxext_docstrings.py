"""Docstrings written for an editor come out as Sphinx wants them."""

import pytest

from dlbook.sphinxext.docstrings import to_sphinx


def converted(text):
    return "\n".join(line for line in to_sphinx(text.split("\n")) if line.strip())


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("The norm $|x|_2$ of `x`.", "The norm :math:`|x|_2` of ``x``."),
        ("Two $a\nb$ lines.", "Two :math:`a b` lines."),
        ("Many `Example`s.", "Many ``Example``\\ s."),
        ("Pass *args and |x| and name_.", "Pass \\*args and \\|x\\| and name\\_."),
        ("It is *not* so, and **never** was.", "It is *not* so, and **never** was."),
        ("**Book** eq-softmax, eq-loss", "**Book** :eq:`eq-softmax`, :eq:`eq-loss`"),
        ("$$y = x_i$$", ".. math::\n   y = x_i"),
        ("Write:\n\n    a = b_ * c\n\nDone.", "Write::\n    a = b_ * c\nDone."),
        (">>> f(*x_)  # doctest: +SKIP\n1", ">>> f(*x_)\n1"),
        ("Parameters\n----------\nx : (N, D) rows.", ":param x: (N, D) rows."),
        ("Parameters\n----------\nname : str\n    The file.", ":param name: str.\n    The file."),
        ("Parameters\n----------\n*args : numbers.", ":param \\*args: numbers."),
        ("Raises\n------\nValueError : when empty.", ":raises ValueError: when empty."),
        ("Returns\n-------\ny : (N,) scores.", ":returns: **y**: (N,) scores."),
        ("Returns\n-------\nThe scores.", ":returns: The scores."),
        ("Notes\n-----\nSlow.", ".. rubric:: Notes\nSlow."),
        ("Raises\n------\nE : bad.\n\n**Source** Me.", ":raises E: bad.\n**Source** Me."),
    ],
)
def test_a_docstring_is_translated(written, wanted):
    assert converted(written) == wanted


def test_source_and_equation_are_two_paragraphs():
    lines = to_sphinx(["**Source** Me.", "**Book** eq-a"])
    assert lines.index("**Book** :eq:`eq-a`") - lines.index("**Source** Me.") == 2


def test_a_sentence_of_two_lines_is_one_return():
    text = converted("Returns\n-------\nA function of x,\nand of y.")
    assert text == ":returns: A function of x,\n    and of y."
