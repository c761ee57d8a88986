"""Solutions of the ConvNet assignment that are code: names as columns of letters, counts of pairs, balanced rows, the
windows that excite a filter, and the sheet's form of both networks' gradients.
"""

import unicodedata
from collections import Counter

import numpy as np

from dlbook.numpy.convolution import filter_matrix, input_matrix

__all__ = ["balanced_rows", "exciting_windows", "letter_columns", "letter_pairs", "patch_gradients", "sheet_gradients"]


def _folded(name: str) -> str:
    """Write a name in small letters without accents."""
    parts = unicodedata.normalize("NFD", name.strip().lower())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def letter_columns(names, letters, *, length):
    r"""Write names as matrices whose columns are letters: one row for each letter of the alphabet.

    $$x_{nai} = [\text{letter } i \text{ of name } n \text{ is } a]$$

    Parameters
    ----------
    names : strings; capitals and accents do not matter, and what follows the last place is cut off.
    letters : the alphabet, a string; a sign that it does not have leaves its column empty.
    length : columns.

    Returns
    -------
    x : (N, A, length) float32, zeros behind the end of a name.

    Examples
    --------
    >>> letter_columns(["Abba"], "ab", length=6)[0].astype(int)
    array([[1, 0, 0, 1, 0, 0],
           [0, 1, 1, 0, 0, 0]])
    """
    row = {letter: a for a, letter in enumerate(letters)}
    x = np.zeros((len(names), len(letters), length), np.float32)
    for n, name in enumerate(names):
        for i, sign in enumerate(_folded(str(name))[:length]):
            if sign in row:
                x[n, row[sign], i] = 1
    return x


def letter_pairs(x, *, ends):
    r"""Count the pairs of neighbouring letters in each name.

    $$c_{n,(a,b)} = \sum_i x_{nai}\, x_{n,b,i+1}$$

    Parameters
    ----------
    x : (N, A, L) names, as `letter_columns` writes them.
    ends : count the first and the last letter as well, each as a pair with a blank.

    Returns
    -------
    counts : (N, A A), and with the ends (N, (A + 1) (A + 1)).

    Examples
    --------
    >>> letter_pairs(letter_columns(["abb"], "ab", length=4), ends=False).astype(int)
    array([[0, 1, 0, 1]])
    >>> letter_pairs(letter_columns(["abb"], "ab", length=4), ends=True).reshape(3, 3).astype(int)
    array([[0, 1, 0],
           [0, 1, 1],
           [1, 0, 0]])
    """
    if ends:  # a further letter, the blank, stands before the first place and behind the last
        x = np.pad(x, ((0, 0), (0, 1), (1, 1)))
        x[:, -1] = 1 - x.sum(axis=1)
    counts = x[:, :, :-1] @ x[:, :, 1:].swapaxes(1, 2)
    if ends:
        counts[:, -1, -1] = 0  # blanks beside blanks say how short a name is
    return counts.reshape(len(x), -1)


def balanced_rows(target, rng):
    """Draw the rows of an epoch as the sheet does: of each class as many as the smallest one has, none of them twice.

    Parameters
    ----------
    target : (N,) labels.
    rng : draws and shuffles.

    Returns
    -------
    rows : in random order.

    Examples
    --------
    >>> target = np.array([0, 0, 0, 0, 1, 1])
    >>> sorted(target[balanced_rows(target, np.random.default_rng(0))])
    [np.int64(0), np.int64(0), np.int64(1), np.int64(1)]
    """
    classes, counts = np.unique(target, return_counts=True)
    drawn = [rng.choice(np.flatnonzero(target == k), counts.min(), replace=False) for k in classes]
    return rng.permutation(np.concatenate(drawn))


def exciting_windows(x, letters, kernel):
    """Find the window of each name to which a filter answers most, and count which windows these are.

    Parameters
    ----------
    x : (N, A, L) names, as `letter_columns` writes them.
    letters : the alphabet.
    kernel : (A, S) weights of one filter, which slides with padding "same".

    Returns
    -------
    windows : (text, count) pairs, the most frequent first; a dot is a place before the first letter or behind the last.

    Examples
    --------
    >>> names = letter_columns(["abba", "aba", "b"], "ab", length=5)
    >>> exciting_windows(names, "ab", np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 0.0]]))
    [('ba.', 2), ('b..', 1)]
    """
    taps = kernel.shape[1]
    before = (taps - 1) // 2
    wide = np.pad(x, ((0, 0), (0, 0), (before, taps - 1 - before)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, taps, axis=2)  # (N, A, L, S), without a copy
    places = np.einsum("nals,as->nl", windows, kernel, optimize=True).argmax(axis=1)
    best = windows[np.arange(len(x)), :, places]  # (N, A, S)
    rows = np.where(best.any(axis=1), best.argmax(axis=1), len(letters))
    signs = np.array([*letters, "."])[rows]
    texts = ["".join(window) for window in signs]
    return Counter(texts).most_common()


def sheet_gradients(x, kernels, second, dy):
    r"""Compute the gradients of two layers of convolutions for one name with the matrices of the sheet.

    $$\operatorname{vec} h = \max(0, M_X \operatorname{vec} w), \qquad \operatorname{vec} y = M_V \operatorname{vec} h$$

    Parameters
    ----------
    x : (A, L), one name.
    kernels : (F, A, S), the first layer, without padding.
    second : (G, F, T), the second one.
    dy : (G, Q), the gradient that arrives.

    Returns
    -------
    dkernels, dsecond : of the shapes of the kernels.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> sheet_gradients(x, np.array([[[1.0, 0.0]]]), np.array([[[2.0]]]), np.ones((1, 2)))
    (array([[[ 6., 10.]]]), array([[[3.]]]))
    """
    (filters, _, taps), (outputs, _, reach) = kernels.shape, second.shape
    m_x = input_matrix(x[:, None], filters=filters, kernel_size=(1, taps))
    s = m_x @ kernels.ravel()
    h = np.maximum(s, 0).reshape(filters, -1)
    m_h = input_matrix(h[:, None], filters=outputs, kernel_size=(1, reach))
    m_v = filter_matrix(second[:, :, None], size=(1, h.shape[1]))
    dsecond = m_h.T @ dy.ravel()
    ds = (m_v.T @ dy.ravel()) * (s > 0)
    dkernels = m_x.T @ ds
    return dkernels.reshape(kernels.shape), dsecond.reshape(second.shape)


def patch_gradients(x, weight, ds):
    r"""Compute the gradients of filters that look at patches, each by one line of `einsum`.

    Parameters
    ----------
    x : (N, L, D), patches.
    weight : (F, D), filters.
    ds : (N, L, F), the gradient that arrives at the filters' answers.

    Returns
    -------
    dx, dweight, dbias : of the shapes of x and weight, and (F,).

    Examples
    --------
    >>> x, ds = np.array([[[1.0, 2.0], [3.0, 4.0]]]), np.array([[[1.0], [10.0]]])
    >>> patch_gradients(x, np.array([[5.0, 7.0]]), ds)[1:]
    (array([[31., 42.]]), array([11.]))
    """
    dx = np.einsum("nlf,fd->nld", ds, weight)
    dweight = np.einsum("nlf,nld->fd", ds, x)
    dbias = np.einsum("nlf->f", ds)
    return dx, dweight, dbias
