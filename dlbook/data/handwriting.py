"""Real handwritten digits, 8x8, that scikit-learn carries."""

import numpy as np

Columns = dict[str, np.ndarray]


def digits(
    *, n: int | None = None, n_test: int | None = None, seed: int = 0, split: str = "random"
) -> tuple[Columns, Columns, tuple[str, ...]]:
    """Return 1797 handwritten digits, (N, 1, 8, 8) in [0, 1] in steps of 1/16.

    Three quarters train, one quarter tests. `random` takes the same share of every class; `ordered` takes the
    first 1347 and the last 450 as they stand in the file, which are harder, presumably because other people
    wrote them.

    Parameters
    ----------
    split : "random" or "ordered"
    seed : of the random split; the ordered split does not depend on it

    Raises
    ------
    ValueError : no such split, or more examples asked for than there are

    **Source** Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI 1998
    """
    from sklearn.datasets import load_digits

    if split not in ("random", "ordered"):
        raise ValueError(f"digits: split must be 'random' or 'ordered', got {split!r}")
    raw = load_digits()
    x = (raw.images / 16).astype(np.float32)[:, None]
    t = raw.target.astype(np.int64)
    train, test = stratified(t, 0.25, seed) if split == "random" else (np.arange(1347), np.arange(1347, len(t)))
    parts = []
    for key, rows, size in (("n", train, n), ("n_test", test, n_test)):
        if size is not None and size > len(rows):
            raise ValueError(f"digits: {key} must be at most {len(rows)}, got {size}")
        parts.append({"x": x[rows[:size]], "t": t[rows[:size]]})
    return parts[0], parts[1], tuple("0123456789")


def stratified(t: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Split rows at random so that every class gives the same share to the test set.

    Parameters
    ----------
    t : (N,) integer labels
    share : of the test set, between 0 and 1
    seed : of the permutation

    Returns
    -------
    train, test : row numbers, each in random order

    **Source** definition
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(t))
    test = np.concatenate([rows[: round(share * len(rows))] for k in np.unique(t) for rows in [order[t[order] == k]]])
    train = np.setdiff1d(order, test, assume_unique=True)
    return rng.permutation(train), rng.permutation(test)
