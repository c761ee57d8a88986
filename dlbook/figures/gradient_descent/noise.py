"""What mini-batches cost and what they save: variance, the floor of the loss, epochs against updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from dlbook.figures import style
from dlbook.figures.gradient_descent.rates import same_length
from dlbook.figures.style import Figure, house_style, panel

__all__ = ["fig_epochs_updates", "fig_minibatch_variance", "fig_noise_floor"]


def _powers_of_two(ax: Axes) -> None:
    """Scale the horizontal axis by powers of two, written out: batch sizes are read as numbers."""
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


@house_style
def fig_minibatch_variance(
    batch_size: np.ndarray,
    variance: np.ndarray,
    predicted: np.ndarray,
    *,
    alt: str,
    y_label: str = "variance of the gradient",
) -> Figure:
    """Draw the measured variance of a mini-batch gradient against the batch size, over the predicted one.

    Parameters
    ----------
    batch_size : array (T,)
        Batch sizes; both axes are logarithmic, so that 1 / batch size is a straight line.
    variance, predicted : arrays (T,)
        Mean squared distance of the mini-batch gradient from the full one.
    alt : str
        The figure's message in words.
    y_label : str
        The vertical axis.
    """
    same_length("fig_minibatch_variance", batch_size=batch_size, variance=variance, predicted=predicted)
    canvas, ax = panel(style.WIDE, 2.5)
    # A prediction of zero (the batch is the whole set) has no place on a logarithmic axis.
    shown = np.where(np.asarray(predicted, float) > 0, predicted, np.nan)
    ax.plot(batch_size, shown, color=style.FOREGROUND, lw=1.2, ls=style.DASHES[1], label="predicted")
    measured = np.where(np.asarray(variance, float) > 0, variance, np.nan)
    ax.plot(batch_size, measured, "o", color=style.PALETTE["orange"], label="measured")
    ax.set(xlabel="batch size (examples)", ylabel=y_label, yscale="log")
    _powers_of_two(ax)
    return Figure([canvas], alt=alt)


@house_style
def fig_noise_floor(
    batch_size: np.ndarray,
    excess: np.ndarray,
    lr: Sequence[float],
    *,
    alt: str,
    predicted: np.ndarray | None = None,
    y_label: str = "loss above the minimum",
) -> Figure:
    """Draw the loss at which SGD with a constant step stays, against the batch size, a line per step size.

    Parameters
    ----------
    batch_size : array (B,)
        Batch sizes.
    excess : array (E, B)
        Mean loss above the minimum in the long run, a row per learning rate.
    lr : sequence of float, length E
        The learning rates.
    alt : str
        The figure's message in words.
    predicted : array (E, B), optional
        What theory predicts, drawn dashed in the same colours.
    y_label : str
        The vertical axis.

    Raises
    ------
    ValueError
        If a shape does not fit.
    """
    excess = np.asarray(excess, float)
    expected = (len(lr), len(batch_size))
    for name, array in (("excess", excess), ("predicted", predicted)):
        if array is not None and np.shape(array) != expected:
            raise ValueError(f"fig_noise_floor: {name} must have shape {expected}, got {np.shape(array)}")
    canvas, ax = panel(style.WIDE, 2.7)
    for number, row in enumerate(excess):
        colour, marker = style.CYCLE[number % 6], style.MARKERS[number % 6]
        if predicted is not None:
            ax.plot(batch_size, predicted[number], color=colour, lw=1.1, ls=style.DASHES[1])
        line = "" if predicted is not None else "-"
        ax.plot(batch_size, row, marker + line, color=colour, label=f"learning rate {lr[number]:g}")
    if predicted is not None:
        ax.plot([], [], color=style.FOREGROUND, lw=1.1, ls=style.DASHES[1], label="predicted")
    ax.set(xlabel="batch size (examples)", ylabel=y_label, yscale="log")
    _powers_of_two(ax)
    return Figure([canvas], alt=alt)


@house_style
def fig_epochs_updates(
    runs: Mapping[int, np.ndarray],
    updates_per_epoch: Mapping[int, int],
    *,
    alt: str,
    y_label: str = "training loss (nats)",
    log: bool = False,
) -> Figure:
    """Draw the same runs twice, against the epochs and against the updates that they took.

    Parameters
    ----------
    runs : mapping
        `runs[batch_size]` is an array (E + 1,) of losses, before the first epoch and after each.
    updates_per_epoch : mapping
        Number of updates in an epoch for each batch size.
    alt : str
        The figure's message in words.
    y_label : str
        The vertical axis, with its unit.
    log : bool
        Draw the loss on a logarithmic axis.

    Raises
    ------
    ValueError
        If the two mappings do not have the same batch sizes.
    """
    if set(runs) != set(updates_per_epoch):
        raise ValueError(f"fig_epochs_updates: runs has {sorted(runs)}, updates_per_epoch {sorted(updates_per_epoch)}")
    left, by_epoch = panel(style.HALF, 2.8)
    right, by_update = panel(style.HALF, 2.8)
    for number, (batch_size, loss) in enumerate(runs.items()):
        look = {"color": style.CYCLE[number % 6], "ls": style.DASHES[number % 6], "label": f"batch {batch_size}"}
        epoch = np.arange(len(loss))
        by_epoch.plot(epoch, loss, **look)
        # Update 0 has no place on a logarithmic axis.
        by_update.plot(epoch[1:] * updates_per_epoch[batch_size], loss[1:], **look)
    by_epoch.set(xlabel="epoch", ylabel=y_label)
    by_update.set(xlabel="updates", ylabel=y_label, xscale="log")
    for ax in (by_epoch, by_update):
        ax.set_yscale("log" if log else "linear")
    return Figure([left, right], alt=alt)
