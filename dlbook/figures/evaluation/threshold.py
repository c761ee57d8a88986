"""One score and two classes: a threshold to drag, with everything that follows from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlbook.figures import style
from dlbook.figures.interactive import Interactive
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_threshold"]


@house_style
def fig_threshold(
    positive: np.ndarray,
    negative: np.ndarray,
    *,
    alt: str,
    threshold: float = 0.0,
    classes: Sequence[str] = ("negative", "positive"),
    bins: int = 24,
) -> Interactive:
    """Let the reader drag a threshold through the scores of two classes and along the ROC curve.

    Parameters
    ----------
    positive, negative : arrays (P,), (N,)
        The scores of the examples of each class; up to about 2000 together stay fluent.
    alt : str
        The figure's message in words.
    threshold : float
        Where it stands at first; called positive is a score of at least this.
    classes : sequence of two str
        Names of the negative and the positive class.
    bins : int
        Bars of each histogram.

    Raises
    ------
    ValueError
        If a class has no scores.
    """
    # Five digits travel to the page; both pictures show the same numbers.
    plus, minus = (np.array([float(f"{s:.5g}") for s in np.ravel(scores)]) for scores in (positive, negative))
    if not len(plus) or not len(minus):
        raise ValueError(f"fig_threshold: both classes need scores, got {len(plus)} positive and {len(minus)} negative")
    both = np.concatenate([plus, minus])
    # The lowest few per cent would stretch the axis over a stretch where nothing is decided.
    edges = np.linspace(np.quantile(both, 0.04), both.max() + 1e-9, bins + 1)
    heights = {
        name: np.histogram(s, edges)[0] / (len(s) * (edges[1] - edges[0]))
        for name, s in (("positive", plus), ("negative", minus))
    }
    left, ax = panel(style.HALF, 2.7)
    for colour, dash, name, label in (
        (style.CYCLE[0], "-", "negative", classes[0]), (style.CYCLE[1], style.DASHES[1], "positive", classes[1]),
    ):
        ax.stairs(heights[name], edges, color=colour, ls=dash, lw=1.6, label=label)
        ax.stairs(heights[name], np.maximum(edges, threshold), color=colour, fill=True, alpha=0.3)
    ax.axvline(threshold, color=style.FOREGROUND, lw=1.2)
    ax.set(xlabel="score", ylabel="density", xlim=(edges[0], edges[-1]))
    right, ax = panel(style.HALF, 2.7)
    levels = np.append(np.inf, np.unique(both)[::-1])
    tpr, fpr = ((scores >= levels[:, None]).mean(axis=1) for scores in (plus, minus))
    ax.plot([0, 1], [0, 1], color=style.FOREGROUND, lw=0.9, ls=(0, (3, 3)))
    ax.plot(fpr, tpr, color=style.CYCLE[2])
    ax.plot((minus >= threshold).mean(), (plus >= threshold).mean(), "o", color=style.CYCLE[2], ms=8)
    ax.set(xlabel="false alarms", ylabel="hits", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    data = {
        "positive": plus, "negative": minus, "threshold": threshold, "bins": edges, "heights": heights,
        "range": [edges[0], edges[-1]], "classes": list(classes), "share": len(plus) / len(both),
    }  # fmt: skip
    hint = (
        "Drag the handle below the scores, or focus it and use the arrow keys; then make the positives rare. "
        "Counts are of a thousand examples."
    )
    return Interactive("threshold", data, still=Figure([left, right], alt=alt), hint=hint)
