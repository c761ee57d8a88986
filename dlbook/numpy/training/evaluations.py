"""What a search evaluates: the training of a network, or a table of trainings that were run before."""

from collections.abc import Callable, Sequence

import numpy as np

from dlbook.numpy.deep_networks.network import mlp
from dlbook.numpy.deep_networks.training import Split, train_mlp
from dlbook.numpy.linear_classifiers.metrics import accuracy
from dlbook.shapes import Array, Float, describe

__all__ = ["mlp_evaluation", "table_evaluation"]


def mlp_evaluation(
    train: Split, validation: Split, *, hidden: Sequence[int] = (50,), batch_size: int = 100, **fixed
) -> Callable:
    r"""Build the evaluation of a configuration of `train_mlp`: the accuracy on the validation set after some epochs.

    $$(c, r) \mapsto \frac{1}{N_{\text{val}}} \sum_n
    \big[ \arg\max_k f_k\big(x_n;\, \theta_{r}(c)\big) = t_n \big]$$

    Parameters
    ----------
    train, validation : (x, target) each.
    hidden : the widths of the hidden layers; a configuration with "width" has one layer of that width instead.
    batch_size : as in `sgd`.
    **fixed : other options of `train_mlp`; a configuration overrules them.

    Returns
    -------
    A function of `(config, budget, rng)` that returns the accuracy, budget counted in epochs.

    Examples
    --------
    >>> import numpy as np
    >>> x, target = np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> evaluate = mlp_evaluation((x, target), (x, target), hidden=())
    >>> evaluate({"lr": 1.0}, 20, np.random.default_rng(0))
    1.0

    **Source** KTH DD2424, assignment 2.
    **Book** eq-trial
    """

    def evaluate(config, budget, rng) -> float:
        options = {"batch_size": batch_size, **fixed, **config}
        widths = (options.pop("width"),) if "width" in options else hidden
        # Measured once, at the end: nobody looks at the curve of a trial.
        run = train_mlp(train, hidden=widths, epochs=int(budget), rng=rng, watch=False, **options)
        x, target = validation
        return float(accuracy(mlp(x, run.params, activation=options.get("activation", "relu")), target))

    return evaluate


def table_evaluation(curves: Float[Array, "N E"]) -> Callable:
    """Build an evaluation that looks a score up: searches can then be repeated a thousand times at no cost.

    Parameters
    ----------
    curves : (N, E) the score of configuration n after e epochs, e = 0 included.

    Returns
    -------
    A function of `({"row": n}, budget, rng)` that returns `curves[n, budget]`.

    Raises
    ------
    ValueError : when curves is no table; from the evaluation, when the table has no such row or budget.

    Examples
    --------
    >>> import numpy as np
    >>> table_evaluation(np.array([[0.1, 0.5], [0.1, 0.7]]))({"row": 1}, 1, None)
    0.7

    **Source** definition.
    **Book** eq-trial
    """
    if np.ndim(curves) != 2:
        raise ValueError(f"table_evaluation: curves is {describe(curves)}, expected a row for each configuration")

    def evaluate(config, budget, rng) -> float:
        row, epochs = config["row"], int(budget)
        if not (0 <= row < len(curves) and 0 <= epochs < len(curves[0])):
            raise ValueError(f"table_evaluation: row is {row} and budget {budget}, expected rows below {len(curves)} "
                             f"and budgets below {len(curves[0])}, as in the table")
        return float(curves[row, epochs])

    return evaluate
