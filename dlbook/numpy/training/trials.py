"""Trials of a search: each is run once, kept on disk in a line of its own, and never run again."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dlbook.numpy.training.spaces import Config

__all__ = ["JournalError", "Search", "Trial", "run_trial"]

Evaluate = Callable[[Config, Any, np.random.Generator], float]


@dataclass(frozen=True)
class Trial:
    """One configuration, evaluated with one budget.

    Parameters
    ----------
    number : of the configuration within its search; the same configuration with another budget has the same number.
    config : name -> value.
    seed : of the generator that the evaluation was given.
    budget : epochs, say.
    score : the larger the better; -inf when the evaluation failed.
    error : why it failed, or None.
    """

    number: int
    config: Config
    seed: int
    budget: float
    score: float
    error: str | None = None


@dataclass(frozen=True)
class Search:
    """What a search leaves behind: its trials in the order in which they were run."""

    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """The trial with the highest score among those of the largest budget that did not fail.

        Scores of unequal budgets are not compared: the longer training would win by being longer.
        """
        fine = [trial for trial in self.trials if trial.error is None]
        if not fine:
            raise ValueError("Search: every trial failed, so that none is the best")
        most = max(trial.budget for trial in fine)
        return max((trial for trial in fine if trial.budget == most), key=lambda trial: trial.score)

    @property
    def spent(self) -> float:
        """The sum of all budgets."""
        return sum(trial.budget for trial in self.trials)

    def ranked(self) -> list[Trial]:
        """Return the trials, the best score first; of equal scores the first stays first."""
        return sorted(self.trials, key=lambda trial: -trial.score)


class JournalError(ValueError):
    """A journal belongs to another search, or is none."""


def _line(row) -> str:
    """Write something as JSON; NumPy's numbers as numbers, and what JSON does not know as Python would print it."""
    return json.dumps(row, default=lambda value: value.item() if isinstance(value, np.generic) else repr(value))


class Journal:
    """Trials on disk: a first line that says whose they are, then one JSON line each, complete or not there.

    A line that a kill cut off is dropped; everything before it is kept.
    """

    def __init__(self, path: Path | str, settings: Mapping[str, Any]):
        self.path, self.known = Path(path), {}
        head = _line({"search": settings})
        if not self.path.exists() or not self.path.stat().st_size:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._append(head)
            return
        text = self.path.read_text()
        whole = text[: text.rfind("\n") + 1]
        first, *lines = whole.splitlines() or [""]
        if first != head:
            raise JournalError(f"{self.path} is the journal of another search, or none: it begins with "
                               f"{first[:120]!r}, expected {head[:120]!r}; choose another or delete it")
        if whole != text:
            self.path.write_text(whole)
        for line in lines:
            row = json.loads(line)
            score = -np.inf if row["score"] is None else row["score"]
            self.known[row["number"], row["budget"]] = Trial(**{**row, "score": score})

    def find(self, number: int, config: Config, seed: int, budget: float) -> Trial | None:
        """Return the trial if it was run before."""
        trial = self.known.get((number, budget))
        if trial is None:
            return None
        # Compared as they are written: a tuple comes back as a list.
        if (_line(trial.config), trial.seed) != (_line(config), seed):
            raise JournalError(f"{self.path}: trial {number} is {trial.config} with seed {trial.seed}, expected "
                               f"{config} with seed {seed}: the search was begun with another generator")
        return replace(trial, config=config)

    def add(self, trial: Trial) -> None:
        """Write a trial, and be sure that it is on the disk."""
        row = asdict(trial)
        # JSON knows no infinity.
        self._append(_line({**row, "score": trial.score if np.isfinite(trial.score) else None}))

    def _append(self, line: str) -> None:
        with self.path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())


def run_trial(evaluate: Evaluate, config: Config, budget: float, *, seed: int, number: int = 0) -> Trial:
    """Evaluate one configuration; a run that leaves the numbers is a result too, the worst.

    Parameters
    ----------
    evaluate : maps `(config, budget, rng)` to a score, the larger the better.
    config : name -> value.
    budget : handed on.
    seed : of the generator; the same seed with a larger budget begins with the same weights and the same batches.
    number : of the configuration.

    Returns
    -------
    Trial : with score -inf and the reason when evaluate raised an ArithmeticError or returned no finite number.

    Examples
    --------
    >>> run_trial(lambda config, budget, rng: config["lr"] / 0, {"lr": 1.0}, 1, seed=0).error
    'ZeroDivisionError: float division by zero'

    **Source** definition.
    **Book** eq-trial
    """
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # said once, by the trial's error
            score = float(evaluate(dict(config), budget, np.random.default_rng(seed)))
    except ArithmeticError as error:
        return Trial(number, config, seed, budget, -np.inf, f"{type(error).__name__}: {error}")
    if not np.isfinite(score):
        return Trial(number, config, seed, budget, -np.inf, f"the score is {score}")
    return Trial(number, config, seed, budget, score)


class Runner:
    """Runs the trials of one search in order, with a journal and a bar; what the journal knows is not run again."""

    def __init__(self, evaluate: Evaluate, journal: Path | str | None, settings: Mapping[str, Any], total: int):
        self.evaluate = evaluate
        self.journal = Journal(journal, settings) if journal else None
        self.trials: list[Trial] = []
        self.bar = tqdm(desc=settings["method"], total=total, unit="trial", disable=None, leave=False)

    def __call__(self, number: int, config: Config, seed: int, budget: float) -> Trial:
        trial = self.journal.find(number, config, seed, budget) if self.journal else None
        if trial is None:
            trial = run_trial(self.evaluate, config, budget, seed=seed, number=number)
            if self.journal:
                self.journal.add(trial)
        self.trials.append(trial)
        if not self.bar.disable:
            fine = [t.score for t in self.trials if t.error is None]
            self.bar.set_postfix({"best": f"{max(fine):.4g}" if fine else "none"}, refresh=False)
            self.bar.update()
        return trial

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *details) -> None:
        self.bar.close()
