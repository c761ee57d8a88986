"""The entries of `convolution`: a convolution written as a matrix, once of its kernels and once of its input."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array
from dlbook.laws.operation import Bug, Example
from dlbook.laws.operations.convolution.drawing import Windows, options, short, windows
from dlbook.laws.procedure import procedure
from dlbook.numpy.convolution import filter_matrix, input_matrix


def the_matrix(f, *args, **options):
    """The matrix."""
    return f(*args, **options)


@st.composite
def kernels(draw):
    drawn: Windows = draw(windows())
    filters, channels = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    return Example((draw(array(filters, channels, *drawn.kernel)),), {"size": drawn.size, **options(drawn)})


procedure(
    filter_matrix,
    examples=kernels(),
    answer=the_matrix,
    exact=(
        (
            (np.array([[[[1.0, 2.0]]], [[[3.0, 4.0]]]]),), {"size": (1, 3)},
            [[1.0, 2.0, 0.0], [0.0, 1.0, 2.0], [3.0, 4.0, 0.0], [0.0, 3.0, 4.0]], None,
        ),
    ),
    refuses={
        "a stride of zero": lambda e: e.with_options(stride=0),
        "kernels larger than the image": lambda e: Example((np.ones((1, 1, 3, 3)),), {"size": (2, 2)}),
    },
    bugs=(
        Bug("the kernels turned round", "weight[:, :, r, s]", "weight[:, :, -1 - r, -1 - s]",
            "Entry s of a kernel meets the s-th entry of its window: nothing is turned."),
        Bug("windows that start at their own number", "p * rows.stride + r * rows.dilation", "p + r * rows.dilation",
            "Window p begins at p times the stride."),
        Bug("the taps side by side", "q * columns.stride + s * columns.dilation", "q * columns.stride + s",
            "With dilation d the taps of a kernel are d entries apart."),
        Bug("no border", "matrix[..., rows.inside, columns.inside]",
            "matrix[..., : rows.size, : columns.size]",
            "The columns belong to the entries of the image; those of the border are left out, on both sides."),
        Bug("channels summed", "matrix[:, p, q, :, i, j] = weight[:, :, r, s]",
            "matrix[:, p, q, :, i, j] = weight[:, :, r, s].mean(axis=1, keepdims=True)",
            "Every channel has weights of its own."),
    ),
)  # fmt: skip


@st.composite
def inputs(draw):
    drawn: Windows = draw(windows())
    x = draw(array(draw(st.integers(1, 2)), *drawn.size))
    told = {"filters": draw(st.integers(1, 2)), "kernel_size": short(drawn.kernel)}
    return Example((x,), {**told, **options(drawn)})


procedure(
    input_matrix,
    examples=inputs(),
    answer=the_matrix,
    exact=(
        (
            (np.array([[[1.0, 2.0, 3.0]]]),), {"filters": 2, "kernel_size": (1, 2)},
            [[1.0, 2.0, 0.0, 0.0], [2.0, 3.0, 0.0, 0.0], [0.0, 0.0, 1.0, 2.0], [0.0, 0.0, 2.0, 3.0]], None,
        ),
    ),
    refuses={
        "no filters": lambda e: e.with_options(filters=0),
        "filters that are not a number": lambda e: e.with_options(filters=1.5),
    },
    bugs=(
        Bug("kernels that vary fastest", "np.kron(np.eye(filters, dtype=x.dtype), windows.T)",
            "np.kron(windows.T, np.eye(filters, dtype=x.dtype))",
            "This is the order of the course, where an array is written column by column; ravel writes it row by row."),
        Bug("windows as columns", "windows.T)", "windows)", "Each row of the matrix is one window."),
        Bug("one kernel only", "np.eye(filters, dtype=x.dtype)", "np.eye(filters, 1, dtype=x.dtype)",
            "Each kernel has columns of its own: the windows stand in every diagonal block."),
        Bug("the stride forgotten", "stride=stride", "stride=1", "Window p begins at p times the stride."),
    ),
)  # fmt: skip
