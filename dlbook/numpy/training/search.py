"""Hyper-parameter search with one budget for all: grids, random draws, and random draws in a narrowing box."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import erf
from pathlib import Path

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import check_generator, whole_number
from dlbook.numpy.training.spaces import Config, Space, grid_configs, narrow_space, sample_config
from dlbook.numpy.training.trials import Evaluate, Runner, Search

__all__ = ["coarse_to_fine", "expected_maximum", "grid_search", "random_search"]


def draw_seed(rng: np.random.Generator) -> int:
    """Draw the seed of a trial."""
    return int(rng.integers(2**53))  # JSON readers keep integers up to here


def drawn(space: Space, trials: int, rng: np.random.Generator) -> list[tuple[Config, int]]:
    """Draw configurations and the seeds of their trials, before the first is run."""
    return [(sample_config(space, rng), draw_seed(rng)) for _ in range(trials)]


def grid_search(
    evaluate: Evaluate, space: Space, *, points: int | Mapping[str, int], budget: float = 1,
    rng: np.random.Generator, journal: Path | str | None = None,
) -> Search:
    """Evaluate every configuration of a grid.

    Parameters
    ----------
    evaluate : maps `(config, budget, rng)` to a score, the larger the better.
    space : name -> scale.
    points : how many values of each hyper-parameter, as in `grid_configs`.
    budget : handed on to evaluate.
    rng : draws the seeds of the trials.
    journal : a file that is written after each trial, and read first if it is there.

    Returns
    -------
    Search

    Raises
    ------
    JournalError : when the journal is that of another search.

    Examples
    --------
    >>> import numpy as np
    >>> from dlbook.numpy.training import Uniform
    >>> parabola = lambda config, budget, rng: -(config["x"] - 2) ** 2
    >>> grid_search(parabola, {"x": Uniform(0.0, 8.0)}, points=5, rng=np.random.default_rng(0)).best.config
    {'x': 2.0}

    **Source** Bergstra and Bengio (2012), section 1.
    **Book** eq-trial
    """
    check_generator("grid_search", rng)
    configs = grid_configs(space, points)
    settings = {"method": "grid search", "space": repr(dict(space)), "points": repr(points), "budget": budget}
    with Runner(evaluate, journal, settings, len(configs)) as run:
        for number, (config, seed) in enumerate([(config, draw_seed(rng)) for config in configs]):
            run(number, config, seed, budget)
    return Search(tuple(run.trials))


def random_search(
    evaluate: Evaluate, space: Space, *, trials: int, budget: float = 1, rng: np.random.Generator,
    journal: Path | str | None = None,
) -> Search:
    r"""Evaluate configurations that are drawn independently of one another.

    $$P\big(\text{one of } n \text{ is among the best } q\big) = 1 - (1 - q)^n$$

    Parameters
    ----------
    evaluate, space, budget, journal : as in `grid_search`.
    trials : n, at least 1.
    rng : draws the configurations and the seeds of the trials.

    Returns
    -------
    Search

    Raises
    ------
    ValueError : for fewer than one trial.
    JournalError : when the journal is that of another search.

    **Source** Bergstra and Bengio (2012).
    **Book** eq-random-search
    """
    check_generator("random_search", rng)
    trials = whole_number("random_search", "trials", trials, 1)
    settings = {"method": "random search", "space": repr(dict(space)), "budget": budget}
    with Runner(evaluate, journal, settings, trials) as run:
        for number, (config, seed) in enumerate(drawn(space, trials, rng)):
            run(number, config, seed, budget)
    return Search(tuple(run.trials))


def coarse_to_fine(
    evaluate: Evaluate, space: Space, *, trials: int, budgets: Sequence[float] = (1, 3), keep: int = 3,
    margin: float = 0.1, rng: np.random.Generator, journal: Path | str | None = None,
) -> Search:
    """Search at random in a wide space with a small budget, then around what was best with a larger one.

    Parameters
    ----------
    evaluate, space, journal : as in `grid_search`.
    trials : in each stage, at least `keep`.
    budgets : one for each stage, none below the one before.
    keep : of each stage so many of the best trials span the next stage's space.
    margin : by how much it is wider, as in `narrow_space`.
    rng : draws the configurations and the seeds of the trials.

    Returns
    -------
    Search : all stages; `best` is the best of the last.

    Raises
    ------
    ValueError : for no stage, falling budgets, or fewer trials than `keep`.
    FloatingPointError : when all trials of a stage fail.
    JournalError : when the journal is that of another search.

    **Source** KTH DD2424, assignment 2.
    **Book** eq-narrow
    """
    check_generator("coarse_to_fine", rng)
    keep = whole_number("coarse_to_fine", "keep", keep, 1)
    trials = whole_number("coarse_to_fine", "trials", trials, keep)
    whole_number("coarse_to_fine", "number of budgets", len(budgets), 1)
    if any(later < sooner for sooner, later in pairwise(budgets)):
        raise ValueError(f"coarse_to_fine: budgets is {budgets}, expected none below the one before: the best "
                         "is looked for among the longest trainings")
    settings = {"method": "coarse to fine", "space": repr(dict(space)), "trials": trials, "budgets": list(budgets),
                "keep": keep, "margin": margin}
    with Runner(evaluate, journal, settings, trials * len(budgets)) as run:
        for stage, budget in enumerate(budgets):
            found = [run(stage * trials + i, config, seed, budget)
                     for i, (config, seed) in enumerate(drawn(space, trials, rng))]
            fine = [trial.config for trial in Search(tuple(found)).ranked()[:keep] if trial.error is None]
            if not fine:
                raise FloatingPointError(f"coarse_to_fine: all {trials} trials of stage {stage} failed, the first with "
                                         f"{found[0].error}")
            space = narrow_space(space, fine, margin=margin)
    return Search(tuple(run.trials))


def expected_maximum(n: int) -> float:
    r"""Compute by how many standard deviations the best of n equally good trials looks better than it is.

    $$\mathbb E \max_{i \le n} z_i = \int_0^\infty \big(1 - \Phi(z)^n - \Phi(-z)^n\big)\, dz
    \;\le\; \sqrt{2 \ln n}, \qquad z_i \sim \mathcal N(0, 1)$$

    Parameters
    ----------
    n : how many, at least 1.

    Returns
    -------
    The mean of the largest of n standard normal numbers.

    Raises
    ------
    ValueError : for n below 1.

    Examples
    --------
    >>> round(expected_maximum(2) ** 2 * np.pi, 6)  # 1 / sqrt(pi) for two
    1.0

    **Source** David and Nagaraja (2003).
    **Book** eq-expected-maximum
    """
    n = whole_number("expected_maximum", "n", n, 1)
    z = np.linspace(0, 12, 4801)
    above = np.array([0.5 * (1 + erf(v / 2**0.5)) for v in z])
    return float(np.trapezoid(1 - above**n - (1 - above) ** n, z))
