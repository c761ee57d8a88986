"""Convolutions with and without a batch norm, from which the blocks are built.

A layer is a tuple of arrays: `(weight,)`, `(weight, bias)`, or `(weight, gamma, beta)` with a batch norm.
"""

from collections.abc import Callable

from dlbook.differentiable import vjp
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.normalization.batch import batch_norm, batch_norm_eval
from dlbook.shapes import Array, Float, ShapeError

__all__ = []

Layer = tuple[Float[Array, "*S"], ...]
Stats = tuple[tuple[Float[Array, " C"], Float[Array, " C"]], ...]


class Norms:
    """The batch norms of a block or network, one after the other: what they saw, or the statistics they use.

    Parameters
    ----------
    function : whom an error names.
    running : a pair (mean, variance) for each batch norm in the order of the forward pass, for evaluation; None
        takes the statistics of the batch.
    eps : of every batch norm.
    """

    def __init__(self, function: str, running: Stats | None, eps: float):
        self.function, self.running, self.eps = function, running, eps
        self.seen: list[Array] = []

    def __call__(self, x: Array, gamma: Array, beta: Array) -> tuple[Array, Callable]:
        """Return the normalized x and a pullback to (dx, (dgamma, dbeta), gradients of the statistics used)."""
        place = len(self.seen)
        self.seen.append(x)
        if self.running is None:
            y, pullback = vjp(batch_norm, x, gamma, beta, eps=self.eps)
            return y, lambda dy: (lambda dx, *own: (dx, tuple(own), ()))(*pullback(dy))
        if place >= len(self.running) or len(self.running[place][0]) != x.shape[1]:
            raise ShapeError(
                f"{self.function}: running has statistics of {[len(mean) for mean, _ in self.running]} channels, "
                f"but batch norm {place} has {x.shape[1]}"
            )
        y, pullback = vjp(batch_norm_eval, x, *self.running[place], gamma, beta, eps=self.eps)
        return y, lambda dy: (lambda dx, *own: (dx, tuple(own[2:]), (tuple(own[:2]),)))(*pullback(dy))

    def done(self) -> None:
        """Refuse statistics for more batch norms than there are."""
        if self.running is not None and len(self.running) != len(self.seen):
            raise ShapeError(
                f"{self.function}: running has {len(self.running)} pairs, expected {len(self.seen)}, one per batch norm"
            )


def check_layer(function: str, where: str, layer: Layer, channels: int, *, norm_first: bool = False) -> None:
    """Refuse arrays that are no layer for so many channels; with norm_first gamma and beta are of the input."""
    shapes = [tuple(a.shape) for a in layer]
    filters = shapes[0][0] if shapes and len(shapes[0]) == 4 else 0
    rest = channels if norm_first and len(shapes) == 3 else filters
    odd = filters and shapes[0][2] % 2 and shapes[0][2] == shapes[0][3]
    if not odd or len(shapes) > 3 or shapes[0][1] != channels or shapes[1:] != [(rest,)] * (len(shapes) - 1):
        raise ShapeError(
            f"{function}: {where} has shapes {shapes}, expected a weight (F, {channels}, R, R) with R odd, and then "
            f"nothing, a bias (F,), or gamma and beta ({channels if norm_first else 'F'},)"
        )


def convolve(x: Array, layer: Layer, norms: Norms, *, stride: int = 1) -> tuple[Array, Callable]:
    """Convolve, then normalize if the layer has gamma and beta.

    Return y and a pullback to (dx, gradients of the layer, gradients of the statistics).
    """
    weight, *rest = layer
    y, conv_pullback = vjp(conv2d, x, weight, *rest[: len(rest) == 1], stride=stride, padding=weight.shape[2] // 2)
    norm_pullback = None
    if len(rest) == 2:
        y, norm_pullback = norms(y, *rest)

    def pullback(dy):
        own, of_running = (), ()
        if norm_pullback:
            dy, own, of_running = norm_pullback(dy)
        dx, *grads = conv_pullback(dy)
        return dx, (*grads, *own), of_running

    return y, pullback


def activate(x: Array, layer: Layer, norms: Norms) -> tuple[Array, Callable]:
    """Normalize if the layer has gamma and beta, then rectify: what stands before a pre-activated convolution.

    Return h and a pullback to (dx, gradients of gamma and beta, gradients of the statistics).
    """
    norm_pullback = None
    if len(layer) == 3:
        x, norm_pullback = norms(x, *layer[1:])
    h, relu_pullback = vjp(relu, x)

    def pullback(dh):
        (dx,) = relu_pullback(dh)
        return norm_pullback(dx) if norm_pullback else (dx, (), ())

    return h, pullback
