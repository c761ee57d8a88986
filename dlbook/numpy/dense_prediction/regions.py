"""How good a map of classes is: pixels, regions, borders."""

import numpy as np

from dlbook.numpy.convolution.pooling import max_pool2d
from dlbook.numpy.linear_classifiers.arguments import whole_number
from dlbook.numpy.linear_classifiers.metrics import confusion_matrix
from dlbook.shapes import Array, Bool, Float, Int, ShapeError

__all__ = ["boundary_band", "boundary_error", "boundary_f_score", "class_iou", "mean_iou", "pixel_accuracy"]


def check_maps(function: str, scores, target, ignore_index: int | None = None) -> None:
    """Refuse scores and labels that do not belong to the same pixels, and labels none of which counts."""
    if scores.ndim < 3 or (scores.shape[0], *scores.shape[2:]) != tuple(target.shape):
        raise ShapeError(
            f"{function}: scores has shape {tuple(scores.shape)} and target {tuple(target.shape)}, "
            "expected (N, K, ...) and (N, ...)"
        )
    if ignore_index is not None and not (target != ignore_index).any():
        raise ValueError(f"{function}: no pixel counts, expected a label other than ignore_index = {ignore_index}")


def check_images(function: str, name: str, labels) -> None:
    """Refuse labels that are no images: neighbours lie in rows and columns."""
    if labels.ndim != 3:
        raise ShapeError(f"{function}: {name} has shape {tuple(labels.shape)}, expected (N, H, W)")


def check_labels(function: str, target, classes: int) -> None:
    """Refuse a label of which there is no class."""
    wrong = target[(target < 0) | (target >= classes)]
    if len(wrong):
        raise ValueError(f"{function}: target has the label {int(wrong[0])}, expected 0 to {classes - 1}")


def _counts(function: str, scores: Array, target: Array, ignore_index: int) -> Array:
    """Return the confusion matrix of the pixels that count."""
    check_maps(function, scores, target, ignore_index)
    kept = target.ravel() != ignore_index
    rows = np.moveaxis(scores, 1, -1).reshape(-1, scores.shape[1])
    return confusion_matrix(rows[kept], target.ravel()[kept])


def pixel_accuracy(scores: Float[Array, "N K *S"], target: Int[Array, "N *S"], *, ignore_index: int = -100) -> float:
    r"""Count how many pixels get the right class.

    $$\frac{\sum_k C_{kk}}{\sum_{jk} C_{jk}}$$

    Parameters
    ----------
    scores : (N, K, *S), one set of scores for each pixel.
    target : (N, *S) labels 0..K-1.
    ignore_index : pixels with this label do not count.

    Returns
    -------
    accuracy : from 0 to 1.

    Raises
    ------
    ValueError : for shapes that do not fit, a label outside 0..K-1, or no pixel that counts.

    **Source** Long, Shelhamer and Darrell (2015), section 5.
    **Book** eq-pixel-accuracy
    """
    counts = _counts("pixel_accuracy", scores, target, ignore_index)
    return float(np.trace(counts) / counts.sum())


def class_iou(
    scores: Float[Array, "N K *S"], target: Int[Array, "N *S"], *, ignore_index: int = -100
) -> Float[Array, " K"]:
    r"""Compare the predicted region of each class with the true one: intersection over union.

    $$J_k = \frac{C_{kk}}{\sum_j C_{jk} + \sum_j C_{kj} - C_{kk}}$$

    with the confusion matrix $C$ of all pixels of all images.

    Parameters
    ----------
    scores, target, ignore_index : as in `pixel_accuracy`.

    Returns
    -------
    iou : (K,) from 0 to 1; nan for a class that is neither there nor predicted.

    Raises
    ------
    ValueError : as `pixel_accuracy`.

    Examples
    --------
    >>> scores = np.array([[[3.0, 3.0, 0.0, 0.0], [0.0, 0.0, 3.0, 3.0]]])
    >>> class_iou(scores, np.array([[0, 0, 0, 1]])).round(2)
    array([0.67, 0.5 ])

    **Source** Jaccard's coefficient; Long, Shelhamer and Darrell (2015), section 5.
    **Book** eq-iou
    """
    counts = _counts("class_iou", scores, target, ignore_index)
    hits = np.diag(counts)
    union = counts.sum(axis=0) + counts.sum(axis=1) - hits
    return np.divide(hits, union, out=np.full(len(hits), np.nan), where=union > 0)


def mean_iou(scores: Float[Array, "N K *S"], target: Int[Array, "N *S"], *, ignore_index: int = -100) -> float:
    r"""Average the intersection over union of the classes, each weighing the same.

    $$\mathrm{mIoU} = \frac1K \sum_k J_k$$

    over the classes that are there or predicted.

    Parameters
    ----------
    scores, target, ignore_index : as in `pixel_accuracy`.

    Returns
    -------
    miou : from 0 to 1.

    Raises
    ------
    ValueError : as `pixel_accuracy`.

    **Source** Long, Shelhamer and Darrell (2015), section 5.
    **Book** eq-iou
    """
    return float(np.nanmean(class_iou(scores, target, ignore_index=ignore_index)))


def boundary_band(labels: Int[Array, "N H W"], *, width: int = 1) -> Bool[Array, "N H W"]:
    r"""Mark the pixels near a border between classes: those whose window is not of one class.

    $$b_{nij} = \Big[\, \max_{|r|, |q| \le w} t_{n,i+r,j+q} \neq \min_{|r|, |q| \le w} t_{n,i+r,j+q} \,\Big]$$

    Parameters
    ----------
    labels : (N, H, W) integers.
    width : w, at least 1: the window has 2 w + 1 rows and columns.

    Returns
    -------
    band : (N, H, W).

    Raises
    ------
    ValueError : for a width below 1, or labels of another number of axes.

    Examples
    --------
    >>> boundary_band(np.array([[[0, 0, 0, 1, 1, 1]]]))
    array([[[False, False,  True,  True, False, False]]])

    **Source** Kohli, Ladický and Torr (2009), who evaluate in such a band.
    **Book** eq-boundary-band
    """
    w = whole_number("boundary_band", "width", width, 1)
    check_images("boundary_band", "labels", labels)
    return _differs(labels, w, True)


def _differs(labels: Array, width: int, kept: Array | bool) -> Array:
    """Mark the pixels in whose window the labels that are kept are not of one class."""
    image = labels.astype(float)
    highest, lowest = (
        max_pool2d(np.where(kept, sign * image, -np.inf)[:, None], kernel_size=2 * width + 1, stride=1, padding=width)
        for sign in (1, -1)
    )
    return (highest > -lowest)[:, 0]


def boundary_error(
    scores: Float[Array, "N K H W"], target: Int[Array, "N H W"], *, width: int = 1, ignore_index: int = -100
) -> float:
    r"""Count how many of the pixels near a true border get a wrong class.

    $$\frac{\sum_{nij} b_{nij}\, [\, \hat t_{nij} \neq t_{nij} \,]}{\sum_{nij} b_{nij}}$$

    Parameters
    ----------
    scores : (N, K, H, W).
    target : (N, H, W) labels.
    width : of the band, see `boundary_band`.
    ignore_index : pixels with this label do not count, and where they begin there is no border.

    Returns
    -------
    error : from 0 to 1.

    Raises
    ------
    ValueError : for shapes that do not fit, or no border in the target.

    **Source** Kohli, Ladický and Torr (2009).
    **Book** eq-boundary-error
    """
    check_maps("boundary_error", scores, target)
    check_images("boundary_error", "target", target)
    kept = target != ignore_index
    band = _differs(target, whole_number("boundary_error", "width", width, 1), kept) & kept
    if not band.any():
        raise ValueError("boundary_error: target has no border between classes, expected at least one")
    return float((scores.argmax(axis=1) != target)[band].mean())


def boundary_f_score(scores: Float[Array, "N K H W"], target: Int[Array, "N H W"], *, tolerance: int = 1) -> float:
    r"""Match the drawn borders with the true ones, class by class: the mean of their F-scores.

    A border is the pixels of a class with a neighbour of another one. Of the drawn border $\hat B_k$ and the true
    one $B_k$, a pixel is matched when the other border comes as near as `tolerance`:

    $$P_k = \frac{|\{ i \in \hat B_k \text{ matched} \}|}{|\hat B_k|}, \quad
    R_k = \frac{|\{ i \in B_k \text{ matched} \}|}{|B_k|}, \qquad F_k = \frac{2 P_k R_k}{P_k + R_k}$$

    Parameters
    ----------
    scores : (N, K, H, W).
    target : (N, H, W) labels 0..K-1.
    tolerance : in pixels, rows and columns alike, at least 0.

    Returns
    -------
    score : from 0 to 1, over the classes that have a border in target or prediction.

    Raises
    ------
    ValueError : for shapes that do not fit, a label outside 0..K-1, a negative tolerance, or no border at all.

    **Source** Csurka, Larlus and Perronnin (2013), here over all images at once.
    **Book** eq-boundary-f-score
    """
    check_maps("boundary_f_score", scores, target)
    check_images("boundary_f_score", "target", target)
    check_labels("boundary_f_score", target, scores.shape[1])
    reach = whole_number("boundary_f_score", "tolerance", tolerance, 0)
    drawn, found = scores.argmax(axis=1), []
    for k in range(scores.shape[1]):
        borders = [boundary_band((labels == k).astype(int)) & (labels == k) for labels in (drawn, target)]
        near = [max_pool2d(b[:, None].astype(float), kernel_size=2 * reach + 1, stride=1, padding=reach)[:, 0] > 0
                for b in borders]  # fmt: skip
        drawn_size, true_size = (b.sum() for b in borders)
        if drawn_size + true_size:
            precision = (borders[0] & near[1]).sum() / max(drawn_size, 1)
            recall = (borders[1] & near[0]).sum() / max(true_size, 1)
            found.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    if not found:
        raise ValueError("boundary_f_score: there is no border in target or prediction, expected at least one")
    return float(np.mean(found))
