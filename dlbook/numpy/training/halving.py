"""Searches that spend little on what looks bad early: successive halving, and Hyperband, which hedges its bet."""

from pathlib import Path

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import check_generator, whole_number
from dlbook.numpy.training.search import drawn
from dlbook.numpy.training.spaces import Space
from dlbook.numpy.training.trials import Evaluate, Runner, Search

__all__ = ["halving_rungs", "hyperband", "hyperband_brackets", "successive_halving"]

Rungs = list[tuple[int, int]]


def halving_rungs(trials: int, *, min_budget: int = 1, max_budget: int | None = None, eta: int = 3) -> Rungs:
    r"""List how many configurations are evaluated with which budget: each rung keeps one in eta, eta times as long.

    $$n_i = \left\lfloor \frac{n}{\eta^i} \right\rfloor, \qquad r_i = r\, \eta^i$$

    Parameters
    ----------
    trials : n, at least 1.
    min_budget : r, at least 1.
    max_budget : no rung goes above it; None stops when one configuration is left.
    eta : at least 2.

    Returns
    -------
    rungs : pairs (n_i, r_i) while n_i is at least 1.

    Raises
    ------
    ValueError : for an option outside its range.

    Examples
    --------
    >>> halving_rungs(27)
    [(27, 1), (9, 3), (3, 9), (1, 27)]

    **Source** Jamieson and Talwalkar (2016); Li and others (2018), algorithm 1.
    **Book** eq-halving
    """
    eta = whole_number("halving_rungs", "eta", eta, 2)
    n = whole_number("halving_rungs", "trials", trials, 1)
    r = whole_number("halving_rungs", "min_budget", min_budget, 1)
    most = np.inf if max_budget is None else whole_number("halving_rungs", "max_budget", max_budget, r)
    rungs, i = [], 0
    while (alive := n // eta**i) and r * eta**i <= most:
        rungs.append((alive, r * eta**i))
        i += 1
    return rungs


def _climb(run: Runner, rungs: Rungs, alive: list) -> None:
    """Evaluate one bracket; of equal scores the configuration that was drawn first goes on."""
    for count, budget in rungs:
        trials = [run(number, config, seed, budget) for number, config, seed in alive[:count]]
        order = sorted(range(count), key=lambda i, trials=trials: -trials[i].score)
        alive = [alive[i] for i in order]


def successive_halving(
    evaluate: Evaluate, space: Space, *, trials: int, min_budget: int = 1, max_budget: int | None = None, eta: int = 3,
    rng: np.random.Generator, journal: Path | str | None = None,
) -> Search:
    r"""Evaluate many configurations briefly, the best of them longer, the best of those longer still.

    $$\text{spent} = \sum_i n_i r_i \;\le\; (\text{number of rungs}) \cdot n\, r$$

    Parameters
    ----------
    evaluate : maps `(config, budget, rng)` to a score, the larger the better; called again with a larger budget it
        gets a generator of the same seed, so that a longer training begins as the shorter one did.
    space : name -> scale.
    trials, min_budget, max_budget, eta : as in `halving_rungs`.
    rng : draws the configurations and the seeds of the trials.
    journal : a file that is written after each trial, and read first if it is there.

    Returns
    -------
    Search : `best` has the budget of the last rung.

    Raises
    ------
    ValueError : for an option outside its range.
    JournalError : when the journal is that of another search.

    **Source** Jamieson and Talwalkar (2016).
    **Book** eq-halving
    """
    check_generator("successive_halving", rng)
    rungs = halving_rungs(trials, min_budget=min_budget, max_budget=max_budget, eta=eta)
    settings = {"method": "successive halving", "space": repr(dict(space)), "rungs": rungs}
    with Runner(evaluate, journal, settings, sum(n for n, _ in rungs)) as run:
        _climb(run, rungs, [(i, *pair) for i, pair in enumerate(drawn(space, trials, rng))])
    return Search(tuple(run.trials))


def hyperband_brackets(max_budget: int, *, eta: int = 3) -> list[Rungs]:
    r"""List the brackets of Hyperband: halvings from bold to cautious, of about equal cost.

    $$s_{\max} = \lfloor \log_\eta R \rfloor, \qquad
    n = \left\lceil \frac{s_{\max} + 1}{s + 1}\, \eta^s \right\rceil, \qquad r = R\, \eta^{-s}$$

    Parameters
    ----------
    max_budget : R, the most that one configuration may get, at least 1.
    eta : at least 2.

    Returns
    -------
    brackets : for s = s_max, ..., 0 the rungs (n_i, r_i); budgets are rounded down to whole units.

    Raises
    ------
    ValueError : for an option outside its range.

    Examples
    --------
    >>> hyperband_brackets(9)
    [[(9, 1), (3, 3), (1, 9)], [(5, 3), (1, 9)], [(3, 9)]]

    **Source** Li and others (2018), algorithm 1.
    **Book** eq-hyperband
    """
    most = whole_number("hyperband_brackets", "max_budget", max_budget, 1)
    eta = whole_number("hyperband_brackets", "eta", eta, 2)
    s_max = 0
    while eta ** (s_max + 1) <= most:
        s_max += 1
    brackets = []
    for s in range(s_max, -1, -1):
        n = -(-(s_max + 1) * eta**s // (s + 1))  # rounded up, in whole numbers
        brackets.append([(n // eta**i, most * eta**i // eta**s) for i in range(s + 1)])
    return brackets


def hyperband(
    evaluate: Evaluate, space: Space, *, max_budget: int, eta: int = 3, rng: np.random.Generator,
    journal: Path | str | None = None,
) -> Search:
    """Run successive halving for every trade of many configurations against long trainings.

    Parameters
    ----------
    evaluate, space, journal : as in `successive_halving`.
    max_budget, eta : as in `hyperband_brackets`.
    rng : draws the configurations and the seeds of the trials, new ones for each bracket.

    Returns
    -------
    Search : all brackets; `best` is the best of those that got the whole budget.

    Raises
    ------
    ValueError : for an option outside its range.
    JournalError : when the journal is that of another search.

    **Source** Li and others (2018), algorithm 1.
    **Book** eq-hyperband
    """
    check_generator("hyperband", rng)
    brackets = hyperband_brackets(max_budget, eta=eta)
    settings = {"method": "hyperband", "space": repr(dict(space)), "brackets": brackets}
    first = 0
    with Runner(evaluate, journal, settings, sum(n for rungs in brackets for n, _ in rungs)) as run:
        for rungs in brackets:
            n = rungs[0][0]
            _climb(run, rungs, [(first + i, *pair) for i, pair in enumerate(drawn(space, n, rng))])
            first += n
    return Search(tuple(run.trials))
