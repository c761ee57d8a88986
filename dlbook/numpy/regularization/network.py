"""A network of k layers with dropout between them: for training, for evaluation, and for asking it many times."""

from collections.abc import Callable
from typing import Any

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.deep_networks.network import ACTIVATIONS, Activation, Params, check_layers
from dlbook.numpy.deep_networks.training import network_objective
from dlbook.numpy.linear_classifiers.arguments import between, check_generator, whole_number
from dlbook.numpy.linear_classifiers.cross_entropy import cross_entropy
from dlbook.numpy.linear_classifiers.linear import linear
from dlbook.numpy.linear_classifiers.softmax import softmax
from dlbook.numpy.regularization.dropout import dropout, keep_mask
from dlbook.shapes import Array, Bool, Float, ShapeError

__all__ = ["dropout_mlp", "dropout_objective", "hidden_masks", "mc_dropout"]

Masks = tuple[Bool[Array, "N M"], ...]


def hidden_masks(params: Params, n: int, rng: np.random.Generator, *, p: float = 0.5) -> Masks:
    r"""Draw a mask for each hidden layer: a network of its own for each example.

    $$m^{(l)}_{ni} \sim \mathrm{Bernoulli}(1 - p), \qquad l = 1, \dots, k - 1$$

    Parameters
    ----------
    params : one pair (weight, bias) for each layer.
    n : examples, at least 1.
    rng : draws, layer by layer.
    p : the probability of being dropped, 0 to 1.

    Returns
    -------
    masks : one array (n, units) for each hidden layer, True where a unit is kept.

    Raises
    ------
    ValueError : for a probability outside [0, 1], or no examples.

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 4.
    **Book** eq-dropout-network
    """
    n = whole_number("hidden_masks", "n", n, 1)
    return tuple(keep_mask((n, len(bias)), rng, p=p) for _, bias in params[:-1])


def check_masks(function: str, x, params, masks) -> None:
    """Refuse masks of which there are too few or too many, and one that does not fit its layer."""
    if len(masks) != len(params) - 1:
        raise ShapeError(
            f"{function}: masks holds {len(masks)} arrays, expected {len(params) - 1}, one for each hidden layer"
        )
    for i, (mask, (_, bias)) in enumerate(zip(masks, params, strict=False)):
        if mask.shape != (len(x), len(bias)):
            raise ShapeError(f"{function}: masks[{i}] has shape {mask.shape}, expected {(len(x), len(bias))}: "
                             "examples, units of the layer")


@differentiable
def dropout_mlp(
    x: Float[Array, "N D"], params: Params, masks: Masks, *, p: float = 0.5, activation: Activation = "relu"
) -> Float[Array, "N K"]:
    r"""Send x through a network of which some hidden units are missing, others for each example.

    $$h^{(0)} = x, \qquad s^{(l)} = W^{(l)} h^{(l-1)} + b^{(l)}, \qquad
    h^{(l)} = \frac{m^{(l)}}{1 - p} \odot \varphi(s^{(l)}), \qquad y = s^{(k)}$$

    In evaluation the network is `mlp`, with the same parameters.

    Parameters
    ----------
    x : (N, D) one example per row.
    params : one pair (weight, bias) for each layer.
    masks : one array (N, units) for each hidden layer, as `hidden_masks` draws them.
    p : the probability of being dropped with which the masks were drawn, 0 to 1.
    activation : the function between the layers, by name.

    Returns
    -------
    y : (N, K), the scores of the last layer.

    Raises
    ------
    ShapeError : when there is no layer, or a layer or a mask does not fit.
    ValueError : for a probability outside [0, 1].

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 4.
    **Book** eq-dropout-network
    """
    p = between("dropout_mlp", "p", p, 0, 1)
    check_layers("dropout_mlp", x, params)
    check_masks("dropout_mlp", x, params, masks)
    h, first_pullback = vjp(linear, x, *params[0])
    pullbacks = []
    for mask, (weight, bias) in zip(masks, params[1:], strict=True):
        h, activation_pullback = vjp(ACTIVATIONS[activation], h)
        h, dropout_pullback = vjp(dropout, h, mask, p=p)
        h, linear_pullback = vjp(linear, h, weight, bias)
        pullbacks.append((activation_pullback, dropout_pullback, linear_pullback))

    def pullback(dy):
        grads = []
        for activation_pullback, dropout_pullback, linear_pullback in reversed(pullbacks):
            dy, *own = linear_pullback(dy)
            grads.append(tuple(own))
            dy, _ = dropout_pullback(dy)  # through the same mask as on the way forward
            (dy,) = activation_pullback(dy)
        dx, *own = first_pullback(dy)
        grads.append(tuple(own))
        return dx, tuple(reversed(grads)), (None,) * len(masks)

    return h, pullback


def dropout_objective(
    rng: np.random.Generator, loss: Callable = cross_entropy, *, p: float = 0.5, activation: Activation = "relu",
    strength: float = 0.0, **loss_options,
) -> Callable:
    r"""Build the cost of a k-layer network with dropout: each call draws fresh masks.

    $$J(\theta) = \frac1N \sum_n \ell\big(f(x_n; \theta, m_n),\, t_n\big) + \lambda \sum_l \lVert W^{(l)} \rVert^2$$

    Parameters
    ----------
    rng : draws the masks; two objectives with equal generators give equal costs.
    loss : a `@differentiable` function of `(scores, target)` with a scalar value.
    p : the probability of a hidden unit to be dropped, 0 to 1.
    activation : the function between the layers, by name.
    strength : lambda, at least 0; the biases go free.
    **loss_options : options of the loss.

    Returns
    -------
    A function of `(params, x, target)` that returns `(cost, grads)`, grads of the structure of params.

    Raises
    ------
    ValueError : for a negative strength, or a probability outside [0, 1].
    TypeError : when rng is no generator.

    **Source** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), section 5.1.
    **Book** eq-dropout-objective
    """
    p = between("dropout_objective", "p", p, 0, 1)
    check_generator("dropout_objective", rng)

    @differentiable
    def thinned(x: Any, params: Any) -> Any:
        masks = hidden_masks(params, len(x), rng, p=p)
        return vjp(dropout_mlp, x, params, masks, p=p, activation=activation)

    return network_objective(thinned, loss, strength=strength, **loss_options)


def mc_dropout(
    x: Float[Array, "N D"], params: Params, rng: np.random.Generator, *, samples: int = 30, p: float = 0.5,
    activation: Activation = "relu",
) -> Float[Array, "M N K"]:
    r"""Ask a network many times with dropout left on: how much do its thinned networks differ?

    $$p^{(j)}_n = \mathrm{softmax}\, f(x_n; \theta, m^{(j)}_n), \qquad j = 1, \dots, M$$

    The mean over the first axis is a prediction, the scatter along it an uncertainty.

    Parameters
    ----------
    x : (N, D) one example per row.
    params : one pair (weight, bias) for each layer, trained with dropout.
    rng : draws the masks.
    samples : M, at least 1.
    p, activation : as in training.

    Returns
    -------
    probabilities : (M, N, K).

    Raises
    ------
    ValueError : for fewer than one sample, or a probability outside [0, 1].

    **Source** Gal and Ghahramani (2016).
    **Book** eq-mc-dropout
    """
    samples = whole_number("mc_dropout", "samples", samples, 1)
    drawn = (hidden_masks(params, len(x), rng, p=p) for _ in range(samples))
    return np.stack([softmax(dropout_mlp(x, params, masks, p=p, activation=activation), axis=1) for masks in drawn])
