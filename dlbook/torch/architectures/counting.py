"""Count what a network costs, layer by layer, without computing anything: parameters, multiplications, memory."""

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.torch.architectures.costs import Count, Layer
from dlbook.torch.architectures.fields import View, first_view, view_after

__all__ = ["count"]

# Modules of PyTorch's that hide products which the rules below would not see.
OPAQUE = (nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention, nn.Bilinear, nn.Transformer, nn.TransformerEncoderLayer,
          nn.TransformerDecoderLayer)  # fmt: skip

# Functions that multiply and have no rule either.
UNCOUNTED = {"einsum", "tensordot", "addmm", "addbmm", "baddbmm", "addmv", "mv", "dot", "outer", "bilinear",
             "scaled_dot_product_attention", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"}  # fmt: skip


def count(model: nn.Module, shape: Sequence[int]) -> Count:
    r"""Count what a network costs for one example, in evaluation.

    The network is traced once, by tensors that have shapes and no values: nothing is computed, and the largest
    network takes a second. A convolution costs $P Q F C R S / G$ multiplications, a matrix product of
    (N, K) and (K, M) costs $N K M$; all else is free of charge, as in PyTorch's own counter.

    Parameters
    ----------
    model : any module whose way through its layers does not depend on values; it is not changed.
    shape : of one example, without the axis of the examples: (3, 224, 224).

    Returns
    -------
    found : a `Count`; `print` shows it as a table.

    Raises
    ------
    TypeError : model is no module, for example a function that builds one.
    ValueError : the network cannot be traced or does not accept the shape; or it has a layer, or calls a function,
        whose multiplications nobody here can count.

    Examples
    --------
    >>> print(count(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)), (3, 8, 8)))
    layer  kind    output  parameters  multiplications  activations  sees
    0      Conv2d  8x6x6          224            7,776          288     3
    1      ReLU    8x6x6            0                0          288     3
    3      Linear  10           2,890            2,880           10     8
    total                       3,114           10,656          586

    **Source** Howard and others (2017), section 3.1; Araujo, Norris and Sim (2019).
    **Book** eq-conv-cost, eq-receptive-field
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"count: model is {model!r}, expected a torch.nn.Module such as lenet5()")
    sizes = [whole_number("count", f"shape[{i}]", n, 1) for i, n in enumerate(shape)]
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        graph = fx.Tracer().trace(model)
        return _walk(model, graph, sizes)
    except (fx.proxy.TraceError, TypeError, RuntimeError) as error:
        raise ValueError(f"count: {type(model).__name__} cannot be followed on {tuple(sizes)}: {error}") from None
    finally:
        for module, mode in training.items():
            module.training = mode


@torch.no_grad()
def _walk(model: nn.Module, graph: fx.Graph, sizes: list[int]) -> Count:
    """Run the graph node by node on tensors without values."""
    parameters = dict(model.named_parameters())
    modules = dict(model.named_modules())
    dtype = next((p.dtype for p in parameters.values()), torch.get_default_dtype())
    values: dict[fx.Node, Any] = {}
    views: dict[fx.Node, View | None] = {}
    fresh: set[str] = set(parameters)  # parameters that no layer has counted yet
    layers: list[Layer] = []
    for node in graph.nodes:
        if node.op == "placeholder":
            values[node] = torch.empty((1, *sizes), dtype=dtype, device="meta") if not values else None
            views[node] = first_view(values[node]) if values[node] is not None else None
            continue
        if node.op == "get_attr":
            values[node] = _meta(operator.attrgetter(node.target)(model))
            continue
        if node.op == "output":
            break
        args, options = fx.node.map_arg((node.args, node.kwargs), values.__getitem__)
        own, operation = _own(node, modules, parameters)
        y = values[node] = _apply(operation, args, options)
        if not isinstance(operation, nn.Module) and y is not _first(args):
            _refuse_products(operation)
        inputs = [n for n in node.all_input_nodes if n in views]  # the others do not stem from the input
        if inputs:
            same = next((n for n in inputs if values[n] is y), None)  # what evaluation passes on as it is
            seen = [views[n] for n in inputs]
            views[node] = views[same] if same else view_after(operation, args, options, seen, _first(y))
        if not isinstance(_first(y), Tensor):
            continue
        new = not any(_storage(y) == _storage(values[n]) for n in node.all_input_nodes)
        learned = sum(parameters[name].numel() for name in own & fresh)
        fresh -= own
        cost = _multiplications(operation, args, _first(y))
        if learned or cost or new:
            kind = type(operation).__name__ if isinstance(operation, nn.Module) else _named(operation)
            seen = views[node].fields if views.get(node) else None
            written = sum(t.numel() for t in _tensors(y)) if new else 0
            layers.append(Layer(_place(node), kind, tuple(_first(y).shape[1:]), learned, cost, written, seen))
    layers += [Layer(name, "unused in evaluation", tuple(parameters[name].shape), parameters[name].numel(), 0, 0, None)
               for name in parameters if name in fresh]
    return Count(tuple(layers), _peak(graph, values), dtype.itemsize)


def _apply(operation, args, options):
    if isinstance(operation, nn.Module):
        held = {n: _meta(t) for n, t in (*operation.named_parameters(), *operation.named_buffers())}
        return torch.func.functional_call(operation, held, args, options)
    if isinstance(operation, str):
        return getattr(args[0], operation)(*args[1:], **options)
    return operation(*args, **options)


def _own(node: fx.Node, modules, parameters) -> tuple[set[str], nn.Module | Callable | str]:
    """Return the parameters that a node reads, by name, and what it calls."""
    if node.op == "call_module":
        own = {f"{node.target}.{name}" for name, _ in modules[node.target].named_parameters()}
        if isinstance(modules[node.target], OPAQUE):
            raise TypeError(f"it has a layer {type(modules[node.target]).__name__}, whose products are not counted")
        return own & parameters.keys(), modules[node.target]
    return {n.target for n in node.all_input_nodes if n.op == "get_attr"} & parameters.keys(), node.target


def _refuse_products(operation: Callable | str) -> None:
    """Refuse a function that may hide products: one that is known to, or one that is not PyTorch's or Python's."""
    home = (getattr(operation, "__module__", None) or "torch").split(".")[0]
    if _named(operation) in UNCOUNTED or home not in ("torch", "_operator", "builtins", "math"):
        raise TypeError(f"it calls {_named(operation)}, whose products are not counted")


def _multiplications(operation, args, y: Tensor) -> int:
    if isinstance(operation, nn.modules.conv._ConvTransposeNd):
        return args[0].shape.numel() // operation.in_channels * operation.weight.numel()
    if isinstance(operation, nn.modules.conv._ConvNd):
        return y.numel() // operation.out_channels * operation.weight.numel()
    if isinstance(operation, nn.Linear):
        return y.numel() * operation.in_features
    if operation in (F.conv1d, F.conv2d, F.conv3d):
        return y.numel() * args[1].shape[1:].numel()
    if operation in (F.linear, operator.matmul, torch.matmul, torch.mm, torch.bmm, "matmul", "mm", "bmm"):
        return y.numel() * args[0].shape[-1]
    return 0


def _peak(graph: fx.Graph, values: dict[fx.Node, Any]) -> int:
    """Return the most numbers that are alive at once, each tensor from where it is made to its last use."""
    nodes = [node for node in graph.nodes if node in values and node.op != "get_attr"]
    last: dict[Any, int] = {}
    sizes: dict[Any, int] = {}
    order = {node: i for i, node in enumerate(graph.nodes)}
    for node in nodes:
        for tensor in _tensors(values[node]):
            key = _storage(tensor)
            sizes[key] = max(sizes.get(key, 0), tensor.numel())
            last[key] = max([last.get(key, 0), order[node], *(order[user] for user in node.users)])
    alive, most, born = set(), 0, set()
    for node in nodes:
        fresh = {_storage(t) for t in _tensors(values[node])} - born
        born |= fresh
        alive = {key for key in alive if last[key] >= order[node]} | fresh
        most = max(most, sum(sizes[key] for key in alive))
    return most


def _meta(t: Tensor) -> Tensor:
    return torch.empty_like(t, device="meta")


def _tensors(y) -> Iterator[Tensor]:
    if isinstance(y, Tensor):
        yield y
    elif isinstance(y, tuple | list):
        for part in y:
            yield from _tensors(part)


def _first(y):
    return next(_tensors(y), y)


def _storage(y) -> int | None:
    tensor = _first(y)
    return tensor.untyped_storage()._cdata if isinstance(tensor, Tensor) else None


def _place(node: fx.Node) -> str:
    if node.op == "call_module":
        return node.target
    stack = list(node.meta.get("nn_module_stack", {}))
    return stack[-1] if stack else node.name


def _named(operation: Callable | str) -> str:
    return operation if isinstance(operation, str) else operation.__name__
