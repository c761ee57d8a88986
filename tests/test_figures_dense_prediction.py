"""The script of the overlapping kernels: what it counts against Python's transposed convolution."""

import json

import numpy as np
from mock_page import needs_node, run

from dlbook.numpy.dense_prediction import overlap_counts


@needs_node
def test_the_script_counts_what_the_transposed_convolution_paints():
    cases = [(size, kernel, stride) for size in (3, 6) for kernel in range(1, 9) for stride in range(1, 5)]
    found = run(
        f"console.log(JSON.stringify({json.dumps(cases)}.map(([n, k, s]) => [dlbook.widgets.overlap.counts(n, k, s), "
        "dlbook.widgets.overlap.inner(k, s)])))",
        "overlap",
    )
    for (size, kernel, stride), (counts, inner) in zip(cases, found, strict=True):
        np.testing.assert_array_equal(counts, overlap_counts(size, kernel, stride=stride))
        middle = overlap_counts(20, kernel, stride=stride)[4 * stride + 8 :]
        start = (-(4 * stride + 8)) % stride
        np.testing.assert_array_equal(inner, middle[start : start + stride])
