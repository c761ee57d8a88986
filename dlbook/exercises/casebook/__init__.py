"""A casebook: one program that trains a network as it should be done, and fourteen runs of it with one mistake each."""

from dlbook.exercises.casebook.cases import Case, broken_run, broken_runs
from dlbook.exercises.casebook.program import Training, program, recorded

__all__ = ["Case", "Training", "broken_run", "broken_runs", "program", "recorded"]
