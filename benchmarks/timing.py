"""A timer for comparisons: the ratio of two times is worth telling, a time alone is not.

A machine's clock rate and its neighbours change from second to second. So all rivals run in one process, each
once per round, in random order, and the medians over the rounds are compared. What counts is the time of the
processor: on one thread it is the time on the clock, less the pauses in which the core worked for others.
"""

import random
import statistics
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time


@contextmanager
def one_thread():
    """Give NumPy's BLAS and PyTorch one thread each within the block."""
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def side_by_side(
    rivals: Mapping[str, Callable[[], object]], *, rounds: int = 40, sample: float = 4e-3, seed: int = 0
) -> dict[str, float]:
    """Time functions in turns.

    Parameters
    ----------
    rivals : functions of no arguments by name.
    rounds : how often each is timed.
    sample : seconds; a function that is quicker is called so often that one timing lasts about this long.

    Returns
    -------
    The median processor time of one call in seconds, by name.
    """
    order, rng = list(rivals), random.Random(seed)
    calls = {}
    for name, f in rivals.items():
        f()  # the first call of a function pays for imports, checks and fresh memory
        start = process_time()
        f()
        calls[name] = max(1, round(sample / max(process_time() - start, 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            f, count = rivals[name], calls[name]
            start = process_time()
            for _ in range(count):
                f()
            times[name].append((process_time() - start) / count)
    return {name: statistics.median(t) for name, t in times.items()}


@dataclass(frozen=True)
class Duel:
    """One row of a table: what is timed, the book's way, the peer's way, and the ratio that is aimed at."""

    what: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    goal: float | None = None


def table(duels: Iterable[Duel], *, rounds: int = 40) -> list[tuple[str, float, float, float | None]]:
    """Time the duels, print one line each, and return `(what, our seconds, their seconds, goal)`."""
    rows = []
    print(f"{'forward and gradient, one thread':<64}{'NumPy':>12}{'PyTorch':>12}{'ratio':>8}{'goal':>8}")
    for duel in duels:
        t = side_by_side({"ours": duel.ours, "theirs": duel.theirs}, rounds=rounds)
        rows.append((duel.what, t["ours"], t["theirs"], duel.goal))
        goal = f"{duel.goal:8.2f}" if duel.goal else ""
        ratio = t["ours"] / t["theirs"]
        print(f"{duel.what:<64}{t['ours'] * 1e6:>9.0f} us{t['theirs'] * 1e6:>9.0f} us{ratio:8.2f}{goal}", flush=True)
    return rows
