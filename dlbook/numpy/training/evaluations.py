"""What a search evaluates: the training of a network, or a table of trainings that were run before."""

from collections.abc import Callable, Sequence

import numpy as np

from dlbook.numpy.deep_networks.network import init_mlp, mlp
from dlbook.numpy.deep_networks.training import Split, mlp_objective
from dlbook.numpy.gradient_descent.stochastic import sgd
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

    (x, target), (x_held, target_held) = train, validation

    def evaluate(config, budget, rng) -> float:
        # As `train_mlp` does it, but measured once, at the end: nobody looks at the curve of a trial.
        options = {"lr": 0.1, "batch_size": batch_size, **fixed, **config}
        widths = (options.pop("width"),) if "width" in options else hidden
        form = {"activation": options.pop("activation", "relu")}
        cost = {name: options.pop(name) for name in ("loss", "strength") if name in options}
        sizes, gain = (x.shape[1], *widths, int(target.max()) + 1), options.pop("gain", 2.0)
        start = init_mlp(sizes, rng, gain=gain, dtype=x.dtype)
        run = sgd(mlp_objective(**form, **cost), start, train, epochs=int(budget), rng=rng, **options)
        return float(accuracy(mlp(x_held, run.params, **form), target_held))

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
