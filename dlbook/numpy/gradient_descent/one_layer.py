"""Training a network of one layer: loss + regularization, and the loop around it."""

from collections.abc import Callable

import numpy as np

from dlbook.differentiable import vjp
from dlbook.numpy.gradient_descent.descent import Descent, Rate
from dlbook.numpy.gradient_descent.stochastic import sgd
from dlbook.numpy.linear_classifiers.arguments import at_least_zero, check_generator, check_rows, whole_number
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.linear_classifiers.metrics import accuracy
from dlbook.numpy.linear_classifiers.penalties import l2_penalty
from dlbook.shapes import Array, Float

__all__ = ["init_one_layer", "objective", "train_one_layer"]

Params = tuple[Float[Array, "K D"], Float[Array, " K"]]
Split = tuple[Array, Array]


def objective(loss: Callable = cross_entropy, *, strength: float = 0.0, **loss_options) -> Callable:
    r"""Build the cost of a one-layer network: the mean loss of its scores plus a price on its weights.

    $$J(W, b) = \frac1N \sum_n \ell(W x_n + b,\, t_n) + \lambda \sum_{kd} w_{kd}^2$$

    and with $G = \partial L / \partial S$, one row per example,

    $$\nabla_W J = G^\top X + 2 \lambda W, \qquad \nabla_b J = G^\top \mathbf{1}$$

    Parameters
    ----------
    loss : a `@differentiable` function of `(scores, target)` with a scalar value, such as `cross_entropy`,
        `multi_margin_loss`, `multi_bce`, or `mse_loss` with `one_hot` targets.
    strength : lambda, at least 0; the bias goes free.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `((weight, bias), x, target)` that returns `(cost, (dweight, dbias))`.

    Raises
    ------
    ValueError : for a negative strength.

    **Source** Goodfellow, Bengio and Courville (2016), eq. 7.1; KTH DD2424, assignment 1.
    **Book** eq-objective
    """
    strength = at_least_zero("objective", "strength", strength)

    def value_and_grad(params: Params, x, target):
        weight, bias = params
        data_loss, loss_pullback = vjp(loss, linear(x, weight, bias), target, **loss_options)
        penalty, penalty_pullback = vjp(l2_penalty, weight, strength=strength)
        dscores, *_ = loss_pullback(1.0)
        # The layer's own pullback would also compute dx, a third of all the work, and nobody asks data to change.
        dweight = dscores.T @ x
        dweight += penalty_pullback(1.0)[0]
        dbias = np.ones(len(x), dscores.dtype) @ dscores  # of many short rows BLAS takes the sum ten times faster
        return data_loss + penalty, (dweight, dbias)

    return value_and_grad


def init_one_layer(
    features: int, classes: int, rng: np.random.Generator, *, sigma: float = 0.01, dtype: str = "float32"
) -> Params:
    r"""Draw small random weights and no bias: every class begins with almost the same score.

    $$w_{kd} \sim \mathcal{N}(0, \sigma^2), \qquad b = 0$$

    The first cross-entropy is then close to $\ln K$, a check worth making before any training.

    Parameters
    ----------
    features : D, at least 1.
    classes : K, at least 1.
    rng : draws the weights, in float64, so that float32 and float64 networks begin alike.
    sigma : at least 0.
    dtype : of weight and bias.

    Returns
    -------
    weight, bias : (K, D) and (K,).

    Raises
    ------
    ValueError : for a size below 1, a negative sigma, or a dtype that is no float.
    TypeError : when rng is no generator.

    **Source** KTH DD2424, assignment 1.
    **Book** eq-init-one-layer
    """
    shape = (
        whole_number("init_one_layer", "classes", classes, 1),
        whole_number("init_one_layer", "features", features, 1),
    )
    sigma = at_least_zero("init_one_layer", "sigma", sigma)
    check_generator("init_one_layer", rng)
    if np.dtype(dtype).kind != "f":
        raise ValueError(f"init_one_layer: dtype is {dtype!r}, expected a float dtype")
    return (sigma * rng.standard_normal(shape)).astype(dtype), np.zeros(classes, dtype)


def train_one_layer(
    train: Split, validation: Split | None = None, *, loss: Callable = cross_entropy, strength: float = 0.0,
    lr: Rate = 0.01, epochs: int = 40, batch_size: int = 100, rng: np.random.Generator, sigma: float = 0.01,
    shuffle: bool = True,
) -> Descent:
    r"""Train a one-layer network by mini-batch gradient descent, and watch it after each epoch.

    Draw (W, b) by `init_one_layer`, then descend on `objective` by `sgd`.

    Parameters
    ----------
    train : (x, target), x of shape (N, D), target labels 0..K-1 of shape (N,) or rows of shape (N, K), such as
        one-hot; K is one more than the largest label.
    validation : a second pair that is measured and never trained on, or None.
    loss, strength : as in `objective`.
    lr, epochs, batch_size : as in `sgd`.
    rng : draws the first weights, then the order of the examples.
    sigma : standard deviation of the first weights.
    shuffle : False takes the examples of every epoch in order.

    Returns
    -------
    Descent : params is (weight, bias). measured has epochs + 1 entries each of "cost" (loss + regularization),
        "loss" and "accuracy" on train, and of "validation_cost", "validation_loss" and "validation_accuracy".

    Raises
    ------
    ValueError : for empty or unequal data, or an option outside its range.
    FloatingPointError : when the cost becomes infinite or nan.

    **Source** KTH DD2424, assignment 1.
    **Book** eq-sgd-step
    """
    splits = {"": train} if validation is None else {"": train, "validation_": validation}
    for prefix, (x, target) in splits.items():
        check_rows("train_one_layer", **{f"{prefix}x": x, f"{prefix}target": target})
    x, target = train
    classes = target.shape[1] if target.ndim == 2 else int(target.max()) + 1
    params = init_one_layer(x.shape[1], classes, rng, sigma=sigma, dtype=x.dtype)

    def measure(params):
        found = {}
        for prefix, (x, target) in splits.items():
            scores = linear(x, *params)
            data_loss = float(loss(scores, target))
            found |= {
                f"{prefix}cost": data_loss + float(l2_penalty(params[0], strength=strength)),
                f"{prefix}loss": data_loss,
                f"{prefix}accuracy": accuracy(scores, target if target.ndim == 1 else target.argmax(axis=1)),
            }
        return found

    return sgd(
        objective(loss, strength=strength), params, train, lr=lr, batch_size=batch_size, epochs=epochs,
        rng=rng if shuffle else None, measure=measure,
    )  # fmt: skip
