"""Networks on the plane: the regions in which they are linear, what they answer, and one to be trained by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.linear_classifiers.planes import points
from dlbook.figures.style import CYCLE, Figure, house_style, panel, rgb

__all__ = ["fig_decision_surfaces", "fig_linear_regions", "fig_playground"]

Span = tuple[float, float]


@house_style
def fig_linear_regions(
    networks: Mapping[str, Sequence[np.ndarray]], *, alt: str, view: Span, axes: Sequence[str] = ("x₁", "x₂")
) -> Figure:
    """Draw where the units of ReLU networks switch: the lines between their linear regions, a panel per network.

    Parameters
    ----------
    networks : mapping
        `networks[title]` holds, for each hidden layer, the units' scores (G, G, K) on a square grid of the view,
        rows from low to high x₂. A unit switches where its score is zero. Four layers at most.
    alt : str
        The figure's message in words.
    view : two floats
        Ends of both axes.
    axes : sequence of two str
        Names of the features.

    Raises
    ------
    ValueError
        If a layer's scores have no shape (G, G, K).
    """
    panels = []
    for title, layers in networks.items():
        canvas, ax = panel(style.THIRD, style.THIRD)
        for depth, scores in enumerate(layers):
            scores = np.asarray(scores, float)
            if scores.ndim != 3 or scores.shape[0] != scores.shape[1]:
                raise ValueError(f"fig_linear_regions: scores of {title!r} must be (G, G, K), got {scores.shape}")
            line = np.linspace(*view, len(scores))
            for unit in np.moveaxis(scores, 2, 0):
                if unit.min() < 0 < unit.max():
                    ax.contour(line, line, unit, levels=[0], colors=[CYCLE[depth]], linewidths=1.1,
                               linestyles=[style.DASHES[depth]])  # fmt: skip
            ax.plot([], [], color=CYCLE[depth], ls=style.DASHES[depth], label=f"units of layer {depth + 1}")
        ax.set(xlim=view, ylim=view, aspect="equal", xlabel=axes[0], ylabel=axes[1])
        ax.set_title(title, fontweight="normal")
        ax.grid(visible=False)
        panels.append(canvas)
    return Figure(panels, alt=alt)


def _surface(scores: np.ndarray) -> np.ndarray:
    """Return an image of the winning classes' colours, stronger where the winner leads by a factor of four."""
    order = np.sort(scores, axis=-1)
    winner, lead = scores.argmax(axis=-1), order[..., -1] - order[..., -2]
    palette = np.array([rgb(colour) for colour in CYCLE[:5]])
    return np.concatenate([palette[winner], np.where(lead > np.log(4), 0.3, 0.14)[..., None]], axis=-1)


@house_style
def fig_decision_surfaces(
    x: np.ndarray,
    target: np.ndarray,
    surfaces: Mapping[str, np.ndarray],
    *,
    alt: str,
    view: Span,
    classes: Sequence[str],
    axes: Sequence[str] = ("x₁", "x₂"),
) -> Figure:
    """Draw what networks answer on the plane, a panel per network, with the points they were trained on.

    Parameters
    ----------
    x : array (N, 2)
        The points; 150 keep the page light.
    target : integer array (N,)
        Classes 0 to K-1.
    surfaces : mapping
        `surfaces[title]` is an array (G, G, K) of scores on a square grid of the view, rows from low to high x₂.
    alt : str
        The figure's message in words.
    view : two floats
        Ends of both axes.
    classes : sequence of str
        The K class names, five at most.
    axes : sequence of two str
        Names of the features.

    Raises
    ------
    ValueError
        If a surface does not have a score for each class.
    """
    x, target = np.asarray(x, float), np.asarray(target)
    panels = []
    for title, scores in surfaces.items():
        scores = np.asarray(scores, float)
        if scores.ndim != 3 or scores.shape[2] != len(classes):
            expected = f"(G, G, {len(classes)})"
            raise ValueError(f"fig_decision_surfaces: scores of {title!r} must be {expected}, got {scores.shape}")
        canvas, ax = panel(style.THIRD, style.THIRD)
        ax.imshow(_surface(scores), extent=(*view, *view), origin="lower", interpolation="nearest")
        for k, name in enumerate(classes):
            mark = {"marker": style.MARKERS[k], "color": CYCLE[k], "ls": "none", "ms": 2.6, "mew": 0}
            ax.plot(*x[target == k].T, **mark, label=name)
        ax.set(xlim=view, ylim=view, aspect="equal", xlabel=axes[0], ylabel=axes[1])
        ax.set_title(title, fontweight="normal")
        ax.grid(visible=False)
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_playground(
    sets: Mapping[str, tuple[np.ndarray, np.ndarray, Sequence]],
    *,
    alt: str,
    view: Span,
    lr: float = 0.5,
    activation: str = "tanh",
    depth: int = 1,
) -> Interactive:
    """Let the reader train a small network on the spot and choose data, depth, activation and step.

    Parameters
    ----------
    sets : mapping
        `sets[name] = (x, target, params)`: points (N, 2), labels 0 to K-1 with K at most 3, and a list of networks,
        the one with d hidden layers at place d, each a tuple of pairs (weight, bias) as `init_mlp` draws it.
    alt : str
        The figure's message in words.
    view : two floats
        Ends of both axes.
    lr : float
        Learning rate at first, 0.01 to 3.
    activation : str
        "relu", "tanh", "sigmoid" or "identity".
    depth : int
        Hidden layers at first.

    Raises
    ------
    ValueError
        If a network does not fit its points and labels, or an option is not to be had.
    """
    if activation not in ("relu", "tanh", "sigmoid", "identity"):
        raise ValueError(f"fig_playground: activation is {activation!r}, expected relu, tanh, sigmoid or identity")
    data = []
    for name, (x, target, networks) in sets.items():
        classes = int(np.max(target)) + 1
        for hidden, params in enumerate(networks):
            shapes = [np.shape(weight) for weight, _ in params]
            if len(params) != hidden + 1 or (shapes[0][1], shapes[-1][0]) != (2, classes):
                expected = f"{hidden + 1} layers from 2 features to {classes} classes"
                raise ValueError(f"fig_playground: params[{hidden}] of {name!r} has {shapes}, expected {expected}")
        probe = [view[0] + 0.3 * (view[1] - view[0]), view[0] + 0.75 * (view[1] - view[0])]
        data.append({"name": name, "points": np.asarray(x, float), "target": np.asarray(target), "classes": classes,
                     "params": [[list(layer) for layer in params] for params in networks], "probe": probe})  # fmt: skip
    canvas, ax = panel(style.WIDE, 3.4)
    first = data[0]
    labels = range(first["classes"])
    points(ax, first["points"], first["target"], labels, [f"class {k}" for k in labels])
    ax.set(xlim=view, ylim=view, aspect="equal", xlabel="feature 1", ylabel="feature 2")
    hint = (
        "Press Train, change one thing, and train again. The probe says what the network answers at its place: drag "
        "it, or focus it and use the arrow keys. Strong colour: more than 80 % sure."
    )
    state = {"sets": data, "view": list(view), "lr": lr, "activation": activation, "depth": depth}
    return Interactive("playground", state, still=Figure([canvas], alt=alt), hint=hint)
