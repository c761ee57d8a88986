"""A network that cuts an image into patches, looks at all of them through the same filters."""

from collections.abc import Sequence

import numpy as np

from dlbook.differentiable import differentiable, vjp
from dlbook.numpy.convolution.conv import Both
from dlbook.numpy.convolution.geometry import pair
from dlbook.numpy.deep_networks.network import init_mlp, mlp
from dlbook.numpy.deep_networks.rectifiers import relu
from dlbook.numpy.linear_classifiers.arguments import check_generator, check_rows, whole_number
from dlbook.shapes import Array, Float, ShapeError

__all__ = ["init_patch_convnet", "patch_convnet"]

Layers = tuple[tuple[Float[Array, "K D"], Float[Array, " K"]], ...]


@differentiable
def patch_convnet(x: Float[Array, "N L D"], params: Layers) -> Float[Array, "N K"]:
    r"""Send images that were cut into patches through one convolutional layer and the layers of a network.

    $$s_{nlf} = \sum_d x_{nld}\, w_{fd} + b_f, \qquad h = \max(0, s), \qquad
    y = \operatorname{mlp}\big(\operatorname{vec} h\big)$$

    $$\bar w_{fd} = \sum_{n,l} \bar s_{nlf}\, x_{nld}, \qquad \bar b_f = \sum_{n,l} \bar s_{nlf}, \qquad
    \bar x_{nld} = \sum_f \bar s_{nlf}\, w_{fd}$$

    Parameters
    ----------
    x : (N, L, D), L patches of D numbers for each image, as `patchify` cuts them.
    params : pairs (weight, bias): the filters (F, D), a row per filter; then the layers of `mlp`, the first of which
        has L F columns, the F answers to the first patch before those to the second.

    Returns
    -------
    y : (N, K), scores.

    Raises
    ------
    ShapeError : when there are fewer than two layers, or one does not fit the patches or the layer before it.
    ValueError : for no examples.

    **Source** KTH DD2424 (2025), assignment 3.
    **Book** eq-patch-convnet
    """
    check_rows("patch_convnet", x=x)
    shapes = [weight.shape for weight, _ in params]
    if len(params) < 2 or shapes[0][1] != x.shape[2] or shapes[1][1] != x.shape[1] * shapes[0][0]:
        raise ShapeError(
            f"patch_convnet: x has {x.shape[1]} patches of {x.shape[2]} numbers and params weights {shapes}, expected "
            f"filters (F, {x.shape[2]}) and then a layer of {x.shape[1]} F columns"
        )
    (weight, bias), *layers = params
    s = x @ np.ascontiguousarray(weight.T)  # image by image: BLAS is faster with many small products than with one
    s += bias
    h, relu_pullback = vjp(relu, s)
    y, mlp_pullback = vjp(mlp, h.reshape(len(x), -1), tuple(layers))

    def pullback(dy):
        dh, grads = mlp_pullback(dy)
        (ds,) = relu_pullback(dh.reshape(h.shape))
        dweight = (ds.swapaxes(1, 2) @ x).sum(axis=0)
        dbias = ds.sum(axis=0).sum(axis=0)
        return ds @ weight, ((dweight, dbias), *grads)

    return y, pullback


def init_patch_convnet(
    shape: Sequence[int], filters: int, hidden: Sequence[int], classes: int, rng: np.random.Generator, *,
    patch_size: Both, dtype: str = "float32",
) -> Layers:
    r"""Draw the weights of a network of patches, the smaller the more inputs their unit adds up.

    $$w \sim \mathcal N\Big(0,\; \frac{2}{C R S}\Big), \qquad W^{(l)} \sim \mathcal N\Big(0,\; \frac{2}{D_l}\Big),
    \qquad b = 0$$

    Parameters
    ----------
    shape : (C, H, W) of one image.
    filters : F.
    hidden : units of each hidden layer behind the patches; () for none.
    classes : K.
    rng : draws the weights, layer by layer.
    patch_size : R and S, one number or a pair.
    dtype : of weights and biases.

    Returns
    -------
    params : one pair (weight, bias) for each layer.

    Raises
    ------
    ShapeError : when shape is not that of an image, or patches do not tile it.
    ValueError : for a number out of range.
    TypeError : for an rng that is no generator.

    **Source** He, Zhang, Ren and Sun (2015), eq. 10.
    **Book** eq-patch-convnet
    """
    r, s = pair("init_patch_convnet", "patch_size", patch_size, 1)
    check_generator("init_patch_convnet", rng)
    if len(shape) != 3:
        raise ShapeError(f"init_patch_convnet: shape is {tuple(shape)}, expected (C, H, W)")
    c, h, w = (whole_number("init_patch_convnet", f"shape[{i}]", size, 1) for i, size in enumerate(shape))
    filters = whole_number("init_patch_convnet", "filters", filters, 1)
    classes = whole_number("init_patch_convnet", "classes", classes, 1)
    if h % r or w % s:
        raise ShapeError(f"init_patch_convnet: shape is {tuple(shape)}, expected multiples of the patch size {r} x {s}")
    patches = h * w // (r * s)
    first = init_mlp((c * r * s, filters), rng, dtype=dtype)
    return (*first, *init_mlp((patches * filters, *hidden, classes), rng, dtype=dtype))
