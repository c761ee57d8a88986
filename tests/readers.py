"""Readers' code for the tests of the checker."""

import textwrap
from pathlib import Path

from dlbook.exercises.checking import check_file
from dlbook.exercises.isolation import Limits
from dlbook.exercises.report import Report

SHORT = Limits(seconds=1.0, megabytes=500)  # for code that never comes back
PATIENT = Limits(seconds=60.0, megabytes=500)  # for code that does, on a machine that may be busy
RIGHT = """
import numpy as np

def linear(x, weight, bias=None):
    y = x @ weight.T
    if bias is not None:
        y = y + bias

    def pullback(dy):
        return dy @ weight, dy.T @ x, None if bias is None else dy.sum(axis=0)

    return y, pullback
"""


def body(statements: str) -> str:
    """Return a file whose `linear` does this."""
    return "def linear(x, weight, bias=None):\n" + textwrap.indent(statements, "    ") + "\n"


def checked_in(folder: Path, source: str, *names: str, limits: Limits = PATIENT, examples: int = 60) -> list[Report]:
    """Write a file, check it, return its reports."""
    path = folder / "mine.py"
    path.write_text(source)
    return list(check_file(path, names, limits=limits, examples=examples))
