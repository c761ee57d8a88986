"""What a trained classifier is worth: its certainty, its calibration, the assignment's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures import style
from dlbook.figures.charts import fig_curves
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_grid", "fig_probability_histogram", "fig_reliability"]


@house_style
def fig_probability_histogram(probability: np.ndarray, correct: np.ndarray, *, alt: str, bins: int = 20) -> Figure:
    """Draw how sure a classifier is of the true class, for right and for wrong predictions apart.

    Parameters
    ----------
    probability : array (N,)
        Probability that the classifier gives to the true class, 0 to 1.
    correct : boolean array (N,)
        Whether its prediction was right.
    alt : str
        The figure's message in words.
    bins : int
        Number of bins between 0 and 1.

    Raises
    ------
    ValueError
        If the shapes differ or a probability lies outside 0 to 1.
    """
    probability, correct = np.asarray(probability, float), np.asarray(correct)
    if probability.ndim != 1 or correct.shape != probability.shape or correct.dtype != bool:
        got = f"{probability.shape} and {correct.dtype} {correct.shape}"
        raise ValueError(f"fig_probability_histogram: need probability (N,) and boolean correct (N,), got {got}")
    # A sum of exponentials rounds: one part in a million beyond 1 is still a probability.
    if not ((probability >= 0) & (probability <= 1 + 1e-6)).all():
        raise ValueError(f"fig_probability_histogram: probability must lie in 0 to 1, got up to {probability.max()}")
    edges = np.linspace(0, 1, bins + 1)
    panels = []
    for name, chosen, colour in (("right", correct, "blue"), ("wrong", ~correct, "orange")):
        canvas, ax = panel(style.HALF, 2.5)
        counts = np.histogram(np.minimum(probability[chosen], 1), edges)[0]
        ax.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=style.PALETTE[colour], alpha=0.85, lw=0)
        ax.set_title(f"{name}: {chosen.sum()} of {len(correct)}")
        ax.set(xlabel="probability of the true class", ylabel="examples", xlim=(0, 1))
        ax.grid(visible=False, axis="x")
        panels.append(canvas)
    return Figure(panels, alt=alt)


@house_style
def fig_reliability(
    confidence: np.ndarray | Mapping[str, np.ndarray],
    accuracy: np.ndarray | Mapping[str, np.ndarray],
    count: np.ndarray | Mapping[str, np.ndarray],
    *,
    alt: str,
    error: float | Mapping[str, float] | None = None,
) -> Figure:
    """Draw how often a classifier is right against how sure it is, one panel per classifier.

    Parameters
    ----------
    confidence, accuracy, count : arrays (B,), or mappings from a name to such arrays
        Per bin the mean of the highest probability, the share of right predictions, and the number of
        examples. Empty bins (count 0) are left out.
    alt : str
        The figure's message in words.
    error : float or mapping, optional
        The expected calibration error, written into the panel.
    """
    if not isinstance(confidence, Mapping):
        confidence, accuracy, count, error = {"": confidence}, {"": accuracy}, {"": count}, {"": error}
    panels = []
    for name in confidence:
        canvas, ax = panel(style.HALF, style.HALF * 0.95)
        ax.plot([0, 1], [0, 1], color=style.FOREGROUND, lw=0.9, ls=(0, (3, 3)))
        _bins(ax, *(np.asarray(array[name], float) for array in (confidence, accuracy, count)))
        ax.text(0.04, 0.96, "too careful", transform=ax.transAxes, va="top", fontsize=8.5, alpha=0.85)
        ax.text(0.96, 0.04, "too sure", transform=ax.transAxes, ha="right", fontsize=8.5, alpha=0.85)
        expected = None if error is None else error[name]
        title = name if expected is None else f"{name}{': ' if name else ''}calibration error {expected:.3f}"
        if title:
            ax.set_title(title, fontweight="normal")
        ax.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        panels.append(canvas)
    return Figure(panels, alt=alt)


def _bins(ax: Axes, confidence: np.ndarray, accuracy: np.ndarray, count: np.ndarray) -> None:
    """Draw bins as dots whose area is their share of the examples, with a bar to the diagonal."""
    full = count > 0
    confidence, accuracy, count = confidence[full], accuracy[full], count[full]
    ax.vlines(confidence, confidence, accuracy, color=style.PALETTE["orange"], lw=1.6)
    area = 14 + 220 * count / count.sum()
    ax.scatter(confidence, accuracy, s=area, color=style.PALETTE["blue"], linewidths=0, alpha=0.9, zorder=3)


def fig_grid(runs: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]], *, alt: str) -> Figure:
    """Draw several runs side by side: a panel per quantity, a colour per run, validation dashed.

    Parameters
    ----------
    runs : mapping
        `runs[name][quantity][split]` is an array (E,) with a value per epoch; `name` says the settings
        ("lr 0.1, no penalty"), `quantity` is the axis' label ("cost (nats)", "loss (nats)", "accuracy (%)"), `split` is
        "training" or "validation".
    alt : str
        The figure's message in words.

    Raises
    ------
    ValueError
        If the runs do not all have the same quantities.
    """
    quantities = [tuple(run) for run in runs.values()]
    if len(set(quantities)) != 1:
        raise ValueError(f"fig_grid: runs must all have the same quantities, got {quantities}")
    curves = {
        quantity: {f"{name}, {split}": values for name, run in runs.items() for split, values in run[quantity].items()}
        for quantity in quantities[0]
    }
    return fig_curves(curves, alt=alt)
