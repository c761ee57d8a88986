"""What `load` returns, and two plain functions that prepare arrays for a model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from dlbook.data.cards import Card

Column = np.ndarray | str


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Hold one data set, split into training and test columns.

    A split maps column names to arrays of equal length. `x` is the input and `t` the integer label; a set may
    have more columns (a mask, a depth, a caption), which its card explains. A text corpus has `text` (a
    string) beside `x` (the number of each symbol).

    Parameters
    ----------
    name : the name given to `load`
    train, test : columns of the two splits
    classes : name of each label
    card : where the data come from and what is wrong with them
    options : the options the set was made with, `seed` among them
    symbols : what the numbers of a column of tokens stand for, by the name of the column

    Examples
    --------
    >>> from dlbook.data import load
    >>> x_train, t_train, x_test, t_test = load("blobs", n=30)
    >>> x_train.shape, t_train.dtype
    ((30, 2), dtype('int64'))

    **Source** the card of each set
    """

    name: str
    train: Mapping[str, Column]
    test: Mapping[str, Column]
    classes: tuple[str, ...]
    card: Card
    options: Mapping[str, object] = field(default_factory=dict)
    symbols: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def x_train(self) -> np.ndarray:
        return self._column("train", "x")

    @property
    def t_train(self) -> np.ndarray:
        return self._column("train", "t")

    @property
    def x_test(self) -> np.ndarray:
        return self._column("test", "x")

    @property
    def t_test(self) -> np.ndarray:
        return self._column("test", "t")

    def __iter__(self) -> Iterator[np.ndarray]:
        """Unpack as `x_train, t_train, x_test, t_test`."""
        return iter((self.x_train, self.t_train, self.x_test, self.t_test))

    def __repr__(self) -> str:
        def shapes(split: Mapping[str, Column]) -> str:
            return ", ".join(f"{k} {len(v) if isinstance(v, str) else v.shape}" for k, v in split.items())

        parts = f"train {shapes(self.train)}; test {shapes(self.test)}; {len(self.classes)} classes"
        return f"Dataset({self.name}: {parts})"

    def _column(self, split: str, key: str) -> np.ndarray:
        columns = getattr(self, split)
        if key not in columns:
            raise AttributeError(
                f"data set {self.name!r} has no column {key!r} in {split}; it has {', '.join(columns)}"
            )
        return columns[key]


def flatten(x: np.ndarray) -> np.ndarray:
    """Lay every example out as one row.

    (N, ...) -> (N, D), D the product of the other axes; a view where NumPy can give one.

    Parameters
    ----------
    x : (N, ...), at least one axis

    Raises
    ------
    ValueError : `x` is a single number

    **Source** definition
    """
    if np.ndim(x) == 0:
        raise ValueError(f"flatten: x must have an axis of examples, got shape {np.shape(x)}")
    return np.reshape(x, (len(x), int(np.prod(np.shape(x)[1:]))))


def standardize(x_train: np.ndarray, x_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give every feature of the training set mean 0 and standard deviation 1, and do the same to the test
    set.

    (x - mean) / std with the mean and std of the TRAINING set per feature: the test set must not leak into
    training. A feature that never varies in training is only centred, since its standard deviation is 0.

    Parameters
    ----------
    x_train : (N, ...) float
    x_test : (M, ...) float, the same axes after the first

    Raises
    ------
    ValueError : the examples of the two sets differ in shape, or the training set is empty

    **Source** definition
    """
    if x_train.shape[1:] != x_test.shape[1:]:
        raise ValueError(f"standardize: examples differ, {x_train.shape[1:]} in x_train, {x_test.shape[1:]} in x_test")
    if len(x_train) == 0:
        raise ValueError("standardize: x_train has no examples, so there is no mean to take out")
    # float64 sums: a float32 sum over many thousand rows loses digits that the test of mean 0 would see.
    mean = x_train.mean(axis=0, dtype=np.float64)
    std = x_train.std(axis=0, dtype=np.float64)
    constant = std <= 1e-7 * np.maximum(1, np.abs(mean))
    scale = np.where(constant, 1, std)
    return tuple(((x - mean) / scale).astype(x.dtype) for x in (x_train, x_test))
