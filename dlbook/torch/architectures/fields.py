"""What the units of any network see of its input: one `View` for each tensor, one rule for each kind of layer."""

import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlbook.numpy.convolution.receptive import Field

__all__ = ["View", "first_view", "view_after"]

WINDOWS = (nn.modules.conv._ConvNd, nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
ADAPTIVE = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d,
            nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d)  # fmt: skip
ADAPTIVE_FUNCTIONS = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_max_pool1d, F.adaptive_max_pool2d)
WINDOW_FUNCTIONS = (F.avg_pool1d, F.avg_pool2d, F.max_pool1d, F.max_pool2d)
# Modules whose output at a place depends on the input at that place only, whatever the channels do there.
POINTWISE = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd, nn.Identity, nn.LocalResponseNorm,
             *(kind for kind in vars(nn.modules.activation).values() if isinstance(kind, type)
               and issubclass(kind, nn.Module) and kind not in (nn.Module, nn.MultiheadAttention)))  # fmt: skip
POINTWISE_FUNCTIONS = (
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.neg,
    operator.iadd, operator.imul, torch.add, torch.sub, torch.mul, torch.div, torch.relu, torch.tanh, torch.sigmoid,
    torch.exp, torch.abs, F.relu, F.gelu, F.silu, F.leaky_relu, F.elu, F.tanh, F.sigmoid, F.dropout, F.batch_norm,
    "add", "sub", "mul", "div", "relu", "tanh", "sigmoid", "contiguous", "clone", "to", "float", "type_as",
)  # fmt: skip


class View(NamedTuple):
    """What the units of one tensor see.

    Parameters
    ----------
    fields : a `Field` along each axis of the network's input; step 0 where all units see the same.
    axes : which axes of the tensor run over places, in the input's order; empty when the places are merged.
    sizes : how many places each of them has.
    """

    fields: tuple[Field, ...]
    axes: tuple[int, ...]
    sizes: tuple[int, ...]


def first_view(x: Tensor) -> View:
    """Return the view of an input (N, C, ...): each unit sees itself."""
    axes = tuple(range(2, x.ndim))
    return View((Field(1, 1, 0),) * len(axes), axes, tuple(x.shape[2:]))


def view_after(
    operation: nn.Module | Callable | str, args: Sequence, options: dict, views: Sequence[View | None], y: Tensor
) -> View | None:
    """Return what the units of a result see; None when there is no rule, or something before had none.

    Parameters
    ----------
    operation : a module, a function, or the name of a tensor's method.
    args, options : what it was called with; tensors without values suffice.
    views : of its tensors that stem from the input, in order.
    y : the result.
    """
    if not views or None in views or not isinstance(y, Tensor):
        return None
    view = views[0]
    if isinstance(operation, WINDOWS) and not isinstance(operation, nn.modules.conv._ConvTransposeNd):
        return _through_windows(view, y, operation.kernel_size, operation.stride, operation.padding,
                                getattr(operation, "dilation", 1))
    if operation in WINDOW_FUNCTIONS:
        kernel = args[1] if len(args) > 1 else options["kernel_size"]
        stride = (args[2] if len(args) > 2 else options.get("stride")) or kernel
        padding = args[3] if len(args) > 3 else options.get("padding", 0)
        return _through_windows(view, y, kernel, stride, padding, options.get("dilation", 1))
    if isinstance(operation, ADAPTIVE) or operation in ADAPTIVE_FUNCTIONS:
        return _adapted(view, y)
    if isinstance(operation, nn.Linear | nn.LayerNorm) or operation in (F.linear, F.layer_norm):
        return _along_last(view, args[0], operation, args)
    if isinstance(operation, nn.Flatten) or operation in (torch.flatten, "flatten"):
        return _merged(view, range(len(view.axes))) if y.ndim == 2 else None
    if operation in (torch.mean, "mean", torch.sum, "sum", torch.amax, "amax"):
        return _reduced(views, args, options)
    if operation in (torch.permute, "permute"):
        order = args[1] if isinstance(args[1], Sequence) else args[1:]
        return view._replace(axes=tuple(list(order).index(axis) for axis in view.axes))
    if operation in (torch.cat, torch.concat):
        dim = args[1] if len(args) > 1 else options.get("dim", 0)
        return None if dim % y.ndim in view.axes else _union(views)
    if operation is operator.getitem:
        return _sliced(view, args[1], y)
    if operation is F.pad:
        return _padded(view, args, y)
    if isinstance(operation, POINTWISE) or operation in POINTWISE_FUNCTIONS:
        return _union(views)
    return None


def _each(value: Any, n: int) -> tuple:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,) * n


def _through_windows(view: View, y: Tensor, kernel_size, stride, padding, dilation) -> View | None:
    n = len(view.axes)
    if view.axes != tuple(range(2, y.ndim)):
        return None
    fields = []
    numbers = (_each(value, n) for value in (kernel_size, stride, padding, dilation))
    for f, r, s, p, d in zip(view.fields, *numbers, strict=True):
        p = d * (r - 1) // 2 if p == "same" else 0 if p == "valid" else p
        fields.append(Field(f.size + d * (r - 1) * f.step, f.step * s, f.start - p * f.step))
    return View(tuple(fields), view.axes, tuple(y.shape[2:]))


def _adapted(view: View, y: Tensor) -> View | None:
    """Windows that divide the places among the outputs; where they cannot do so evenly there is no one size."""
    fields = []
    for f, before, after in zip(view.fields, view.sizes, y.shape[2:], strict=True):
        if before == 1:
            fields.append(f._replace(step=0))
        elif before % after:
            return None
        else:
            each = before // after
            fields.append(Field(f.size + (each - 1) * f.step, f.step * each, f.start))
    return View(tuple(fields), view.axes, tuple(y.shape[2:]))


def _spread(view: View) -> tuple[Field, ...]:
    """Return what all places see together."""
    sizes = view.sizes or (1,) * len(view.fields)
    return tuple(Field(f.size + (n - 1) * f.step, 0, f.start) for f, n in zip(view.fields, sizes, strict=True))


def _merged(view: View, along: Sequence[int]) -> View:
    """Take some of the axes together: whoever comes after sees what all their places see."""
    whole = _spread(view)
    fields = tuple(whole[i] if i in along else f for i, f in enumerate(view.fields))
    return View(fields, (), ()) if len(along) == len(view.axes) else view._replace(fields=fields)


def _along_last(view: View, x: Tensor, operation, args) -> View:
    """A layer that mixes the last axes: the channels if they stand there, the places if those do."""
    shape = getattr(operation, "normalized_shape", args[1] if operation is F.layer_norm else (1,))
    mixed = range(x.ndim - len(_each(shape, 1)), x.ndim)
    along = [i for i, axis in enumerate(view.axes) if axis in mixed]
    return _merged(view, along) if along else view


def _reduced(views: Sequence[View], args, options) -> View | None:
    view, x = views[0], args[0]
    dims = args[1] if len(args) > 1 else options.get("dim")
    dims = [d % x.ndim for d in (range(x.ndim) if dims is None else _each(dims, 1))]
    along = [i for i, axis in enumerate(view.axes) if axis in dims]
    if along and len(along) < len(view.axes):
        return None
    if along:
        return _merged(view, along)
    if options.get("keepdim", len(args) > 2 and args[2]):
        return view
    return view._replace(axes=tuple(axis - sum(d < axis for d in dims) for axis in view.axes))


def _union(views: Sequence[View]) -> View | None:
    """Return what units see that take one entry of each tensor: from the first that any sees to the last."""
    leader = max(views, key=lambda view: (len(view.axes), view.sizes))
    fields = []
    spread = [_spread(view) for view in views]
    for i in range(len(leader.fields)):
        same = all(view.fields[i].step == leader.fields[i].step for view in views)
        seen = [view.fields[i] if same else whole[i] for view, whole in zip(views, spread, strict=True)]
        start = min(f.start for f in seen)
        fields.append(Field(max(f.start + f.size for f in seen) - start, seen[0].step, start))
    return leader._replace(fields=tuple(fields))


def _sliced(view: View, index, y: Tensor) -> View | None:
    index = index if isinstance(index, tuple) else (index,)
    if not view.axes:
        return view
    if any(i is None or i is Ellipsis or isinstance(i, int) for i in index):
        return None
    fields = list(view.fields)
    for i, axis in enumerate(view.axes):
        part = index[axis] if axis < len(index) else slice(None)
        if not isinstance(part, slice):
            return None
        first, _, step = part.indices(view.sizes[i])
        f = fields[i]
        fields[i] = Field(f.size, f.step * step, f.start + first * f.step)
    return View(tuple(fields), view.axes, tuple(y.shape[axis] for axis in view.axes))


def _padded(view: View, args, y: Tensor) -> View:
    borders = args[1]  # two numbers for each axis, the last axis first
    fields = list(view.fields)
    for i, axis in enumerate(view.axes):
        at = 2 * (y.ndim - 1 - axis)
        before = borders[at] if at < len(borders) else 0
        fields[i] = fields[i]._replace(start=fields[i].start - before * fields[i].step)
    return View(tuple(fields), view.axes, tuple(y.shape[axis] for axis in view.axes))
