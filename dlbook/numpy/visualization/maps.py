"""What the layers of a small convolutional network compute, and the patches of images that excite its units most."""

from typing import NamedTuple

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.convolution.conv import conv2d
from dlbook.numpy.convolution.pooling import max_pool2d
from dlbook.numpy.convolution.receptive import Field
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.shapes import Array, Float, Int, ShapeError

__all__ = ["Patches", "feature_maps", "maximal_patches"]

Params = tuple[tuple[Float[Array, "F C R S"], Float[Array, " F"]], ...]


@differentiable
def feature_maps(x: Float[Array, "N C H W"], params: Params, *, pool: int = 2) -> Float[Array, "N F P Q"]:
    r"""Send images through the first layers of a `convnet`: convolution, rectifier and pooling, layer by layer.

    $$h^{(0)} = x, \qquad h^{(l)} = \operatorname{maxpool}\big( \max(0,\, w^{(l)} \star h^{(l-1)} + b^{(l)}) \big)$$

    The rest of the network is a `convnet` too: `convnet(feature_maps(x, params[:l]), params[l:])` are the scores.

    Parameters
    ----------
    x : (N, C, H, W) images.
    params : (weight, bias) of the first l layers, at least one.
    pool : as in `convnet`.

    Returns
    -------
    h : (N, F, P, Q), the F maps of the last of these layers.

    Raises
    ------
    ShapeError : when there is no layer, or a layer does not fit the one before.

    **Source** Zeiler and Fergus (2014).
    **Book** eq-feature-maps
    """
    if not params:
        raise ShapeError("feature_maps: params holds no layer, expected at least one pair (weight, bias)")
    pullbacks = []
    for i, (weight, bias) in enumerate(params):
        if weight.shape[1] != x.shape[1]:
            raise ShapeError(f"feature_maps: params[{i}] has weight {weight.shape}, expected (F, {x.shape[1]}, R, S)")
        x, conv_pullback = vjp(conv2d, x, weight, bias, padding="same")
        x, relu_pullback = vjp(relu, x)
        x, pool_pullback = vjp(max_pool2d, x, kernel_size=pool)
        pullbacks.append((conv_pullback, relu_pullback, pool_pullback))

    def pullback(dy):
        dx, grads = dy, []
        for conv_pullback, relu_pullback, pool_pullback in reversed(pullbacks):
            (dx,) = pool_pullback(dx)
            (dx,) = relu_pullback(dx)
            dx, *own = conv_pullback(dx)
            grads.append(tuple(own))
        return dx, tuple(reversed(grads))

    return x, pullback


class Patches(NamedTuple):
    """The patches that excite the units of a layer most, strongest first.

    Parameters
    ----------
    values : (F, M) what the unit answers.
    images : (F, M) in which image the patch stands.
    places : (F, M, 2) row and column of the unit in its map.
    patches : (F, M, C, R, R) all that the unit sees there; zero where it looks beyond the border.
    """

    values: Float[Array, "F M"]
    images: Int[Array, "F M"]
    places: Int[Array, "F M 2"]
    patches: Float[Array, "F M C R R"]


def maximal_patches(h: Float[Array, "N F P Q"], x: Float[Array, "N C H W"], field: Field, *, count: int) -> Patches:
    r"""Find for each map of a layer the images and places where it is largest, and cut out what was seen there.

    $$(n, p, q)_1, (n, p, q)_2, \dots \quad \text{with the largest} \quad \max_{p, q} h_{nfpq},
    \quad \text{one for each } n$$

    Parameters
    ----------
    h : (N, F, P, Q) maps of the images.
    x : (N, C, H, W) the images.
    field : the receptive field of a unit of the map, as `receptive_field` computes it.
    count : M, patches for each map, each from another image, at most N.

    Returns
    -------
    Patches : values, images, places and the patches themselves.

    Raises
    ------
    ValueError : for a number of patches out of range, or numbers of images that differ.

    **Source** Zeiler and Fergus (2014); Girshick, Donahue, Darrell and Malik (2014).
    **Book** eq-maximal-patches
    """
    n, f, _, q = h.shape
    count = whole_number("maximal_patches", "count", count, 1)
    if len(x) != n or count > n:
        raise ValueError(f"maximal_patches: got maps of {n} and {len(x)} images, expected equally many, and count <= N")
    flat = h.reshape(n, f, -1)
    best = flat.max(axis=2).T  # (F, N): the most that each image has to offer
    images = np.argsort(-best, axis=1, kind="stable")[:, :count]
    at = flat.argmax(axis=2).T[np.arange(f)[:, None], images]
    places = np.stack([at // q, at % q], axis=-1)
    before = max(0, -field.start)  # the border is as wide as the outermost units look beyond it, no wider
    ends = [(units - 1) * field.step + field.start + field.size for units in h.shape[2:]]
    borders = [(before, max(0, end - pixels)) for end, pixels in zip(ends, x.shape[2:], strict=True)]
    bordered = np.pad(x, [(0, 0), (0, 0), *borders])
    corners = places * field.step + field.start + before
    patches = [
        [bordered[i, :, r : r + field.size, c : c + field.size] for i, (r, c) in zip(row, corner, strict=True)]
        for row, corner in zip(images, corners, strict=True)
    ]
    return Patches(np.take_along_axis(best, images, axis=1), images, places, np.array(patches))
