"""Figures of the chapter on back-propagation: a graph to step through, steps of differences, costs of the two modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel
from dlbook.numpy.backpropagation import Graph

__all__ = ["fig_cost", "fig_graph", "fig_schedule", "fig_step_sweep"]

# How an operation is written inside its node, and in a sentence about it.
_SIGNS = {
    "add": ("+", "{} + {}"), "sub": ("−", "{} − {}"), "mul": ("×", "{} × {}"), "div": ("÷", "{} / {}"),
    "neg": ("−", "−{}"), "scale": ("×{c:g}", "{c:g} × {}"), "exp": ("exp", "exp({})"), "log": ("log", "log({})"),
    "sin": ("sin", "sin({})"), "cos": ("cos", "cos({})"), "sqrt": ("√", "√{}"), "tanh": ("tanh", "tanh({})"),
    "pow": ("^{c:g}", "{}^{c:g}"),
}  # fmt: skip


# -- the graph -----------------------------------------------------------------------------------------


@house_style
def fig_graph(graph: Graph, *, alt: str) -> Interactive:
    """Draw the graph of a scalar computation; the reader steps through it, forward and backward.

    Values stand above the nodes and gradients below; where a value is used more than once, the sum is written out.
    The reader can also change the inputs.

    Parameters
    ----------
    graph : what `dlbook.numpy.backpropagation.graph` returns, of scalars and at most some twenty operations. A node
        with a name shows it, and every input needs one.
    alt : the figure's message in words.

    Raises
    ------
    ValueError
        If an operation is unknown to the figure, a value is no scalar, or an input has no name.
    """
    nodes = _nodes(graph)
    edges = _edges(nodes)
    lanes = _place(nodes, edges)
    layers = 1 + max(node["place"][0] for node in nodes)
    data = {"nodes": nodes, "edges": edges, "layers": layers, "lanes": lanes, "label": alt}
    hint = (
        "Press Step, or move the slider (arrow keys work too). Blue is the way forward, dashed orange the way back. "
        "Then change an input: the numbers follow."
    )
    canvas, ax = panel(6.6, 0.78 * lanes)
    _draw_graph(ax, nodes, edges, layers)
    return Interactive("graph", data, still=Figure([canvas], alt=alt), hint=hint)


def _nodes(graph: Graph) -> list[dict]:
    """Say of each node how it is written, what goes in, its constant, value and gradient."""
    nodes = []
    for i, node in enumerate(graph.nodes):
        if np.shape(node.value) != ():
            raise ValueError(f"fig_graph: graph must be one of scalars, got a value of shape {np.shape(node.value)}")
        inputs = [a for a, b in graph.edges if b == i]
        constant = next(iter(node.options.values()), None)
        if node.op in _SIGNS:
            sign, text = _SIGNS[node.op]
            inside = [nodes[j]["name"] or nodes[j]["text"] for j in inputs]
            entry = {"op": node.op, "sign": sign.format(c=constant), "text": text.format(*inside, c=constant)}
        elif node.op == "input" and node.name:
            entry = {"op": "", "sign": node.name, "text": node.name}
        else:
            raise ValueError(f"fig_graph: graph must hold named inputs and {sorted(_SIGNS)}, got {node.op!r}")
        nodes.append({"name": node.name, "inputs": inputs, "constant": constant, "value": float(node.value),
                      "gradient": float(node.gradient), **entry})  # fmt: skip
    return nodes


def _edges(nodes: list[dict]) -> list[dict]:
    """Return an arrow for each use of a value; arrows over several layers get a place in each of them."""
    for node in nodes:
        node["place"] = [1 + max((nodes[j]["place"][0] for j in node["inputs"]), default=-1), 0.5]
    for i, node in enumerate(nodes):
        if not node["op"]:  # an input stands right before its first use
            node["place"][0] = min(user["place"][0] for user in nodes if i in user["inputs"]) - 1
    edges = []
    for i, node in enumerate(nodes):
        for j in dict.fromkeys(node["inputs"]):
            between = range(nodes[j]["place"][0] + 1, node["place"][0])
            edges.append({"from": j, "to": i, "via": [[layer, 0.5] for layer in between]})
    return edges


def _place(nodes: list[dict], edges: list[dict]) -> int:
    """Give every place a lane, 0 to 1, such that few arrows cross; return the number of lanes."""
    chains = [[nodes[e["from"]]["place"], *e["via"], nodes[e["to"]]["place"]] for e in edges]
    places = {id(p): p for p in [*(n["place"] for n in nodes), *(p for chain in chains for p in chain)]}
    near = {key: [] for key in places}
    for chain in chains:
        for a, b in pairwise(chain):
            near[id(a)].append(b)
            near[id(b)].append(a)
    layers = {}
    for place in places.values():
        layers.setdefault(place[0], []).append(place)
    for layer in layers.values():
        for rank, place in enumerate(layer):
            place[1] = (rank + 0.5) / len(layer)
    for sweep in range(24):  # back and forth: each place moves to the mean of its neighbours, then apart again
        for number in sorted(layers, reverse=sweep % 2 == 1):
            layer = layers[number]
            layer.sort(key=lambda p: np.mean([q[1] for q in near[id(p)]]))
            for rank, place in enumerate(layer):
                place[1] = (rank + 0.5) / len(layer)
    return max(map(len, layers.values()))


def _draw_graph(ax: Axes, nodes: list[dict], edges: list[dict], layers: int) -> None:
    """Draw the graph with all its numbers, at rest."""
    look = {"ha": "center", "fontsize": 8.5}
    for edge in edges:
        points = np.array([nodes[edge["from"]]["place"], *edge["via"], nodes[edge["to"]]["place"]], float)
        ends = points * [1, -1] + [0, 1]
        for number, (start, end) in enumerate(pairwise(ends)):
            last = number == len(ends) - 2
            arrow = {"arrowstyle": "->" if last else "-", "color": style.FOREGROUND, "lw": 0.9, "alpha": 0.6}
            arrow |= {"shrinkA": 0 if number else 11, "shrinkB": 12 if last else 0}
            ax.annotate("", end, start, arrowprops=arrow)
    for node in nodes:
        x, y = node["place"][0], 1 - node["place"][1]
        ax.plot(x, y, "o", ms=22, mfc=(*style.rgb(style.PALETTE["grey"]), 0.35), mec=style.FOREGROUND, zorder=2)
        ax.annotate(node["sign"], (x, y), va="center", **look)
        name = f"{node['name']} = " if node["op"] and node["name"] else ""
        above = {"textcoords": "offset points", "xytext": (0, 14), **look}
        ax.annotate(f"{name}{node['value']:.2f}".replace("-", "−"), (x, y), va="bottom", **above)
        below = f"gradient {node['gradient']:.2f}".replace("-", "−")
        ax.annotate(below, (x, y), va="top", **{**above, "xytext": (0, -14), "fontsize": 7.5})
    ax.set(xlim=(-0.5, layers - 0.5), ylim=(0, 1))
    ax.axis("off")


# -- steps, costs, memory ------------------------------------------------------------------------------


@house_style
def fig_step_sweep(
    step: np.ndarray, errors: Mapping[str, np.ndarray], *, alt: str, y_label: str = "relative error of the derivative"
) -> Figure:
    """Draw the error of differences against their step, both on logarithmic axes.

    Parameters
    ----------
    step : array (H,)
        Positive steps.
    errors : mapping
        `errors[scheme]` is an array (H,); errors below 1e-17 are drawn there.
    alt : str
        The figure's message in words.
    y_label : str
        The vertical axis.

    Raises
    ------
    ValueError
        If a step is not positive or lengths differ.
    """
    step = np.asarray(step, float)
    if step.ndim != 1 or (step <= 0).any():
        raise ValueError(f"fig_step_sweep: step must be positive with one axis, got {step}")
    canvas, ax = panel(style.WIDE, 3.1)
    for number, (name, error) in enumerate(errors.items()):
        error = np.asarray(error, float)
        if error.shape != step.shape:
            raise ValueError(f"fig_step_sweep: errors[{name!r}] must have shape {step.shape}, got {error.shape}")
        look = {"color": style.CYCLE[number], "ls": style.DASHES[number], "marker": style.MARKERS[number], "ms": 3}
        ax.loglog(step, np.maximum(error, 1e-17), label=name, lw=1.4, **look)
    ax.set(xlabel="step h", ylabel=y_label)
    return Figure([canvas], alt=alt)


@house_style
def fig_cost(
    size: np.ndarray, costs: Mapping[str, np.ndarray], *, alt: str, x_label: str, y_label: str
) -> Figure:
    """Draw costs against sizes, both on logarithmic axes, where a power is a straight line.

    Parameters
    ----------
    size : array (S,)
        Positive sizes.
    costs : mapping
        `costs[name]` is an array (S,) of positive numbers.
    alt : str
        The figure's message in words.
    x_label, y_label : str
        The axes, with units.

    Raises
    ------
    ValueError
        If something is not positive or lengths differ.
    """
    size = np.asarray(size, float)
    canvas, ax = panel(style.WIDE, 2.8)
    for number, (name, cost) in enumerate(costs.items()):
        cost = np.asarray(cost, float)
        if cost.shape != size.shape or (cost <= 0).any() or (size <= 0).any():
            raise ValueError(f"fig_cost: costs[{name!r}] must be positive with the shape of size, got {cost}")
        look = {"color": style.CYCLE[number], "ls": style.DASHES[number], "marker": style.MARKERS[number]}
        ax.loglog(size, cost, label=name, **look)
    ax.set(xlabel=x_label, ylabel=y_label)
    return Figure([canvas], alt=alt)


@house_style
def fig_schedule(
    segment: Sequence[int], memory: Sequence[float], work: Sequence[float], *, alt: str, best: int | None = None
) -> Figure:
    """Draw what checkpointing costs against the length of its segments: memory on the left, work on the right.

    Parameters
    ----------
    segment : sequence of S positive integers
        Layers from one checkpoint to the next.
    memory, work : sequences of S numbers
        Activations held at the worst moment, and evaluations of a layer in all.
    alt : str
        The figure's message in words.
    best : int, optional
        A length to mark with a vertical line.

    Raises
    ------
    ValueError
        If lengths differ.
    """
    panels = []
    for number, (label, cost) in enumerate((("activations held", memory), ("layers evaluated", work))):
        if len(cost) != len(segment):
            raise ValueError(f"fig_schedule: memory and work must have the length of segment, {len(segment)}")
        canvas, ax = panel(style.HALF, 2.6)
        ax.semilogx(segment, cost, color=style.CYCLE[number], ls=style.DASHES[number], marker=style.MARKERS[number])
        if best:
            ax.axvline(best, color=style.FOREGROUND, lw=0.8, ls=(0, (1, 2)))
        ax.set(xlabel="layers in a segment", ylabel=label, ylim=(0, None))
        panels.append(canvas)
    return Figure(panels, alt=alt)
