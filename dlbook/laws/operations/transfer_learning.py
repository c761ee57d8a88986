"""The catalogue's entries for `affine_grid`, `grid_sample` and `crop`."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import array, sizes
from dlbook.laws.operation import Bug, Example, magnitude, operation
from dlbook.numpy.transfer_learning import affine_grid, crop, grid_sample

CORNERS = {"align_corners": True}


@st.composite
def grids(draw):
    n, p, q = draw(sizes(3, 1, 4))
    options = {"size": (n, draw(st.integers(1, 3)), p, q)}
    if min(p, q) > 1 and draw(st.booleans()):  # PyTorch warns of aligned corners of a single pixel
        options |= CORNERS
    return Example((draw(array(n, 2, 3)),), options)


def nothing_is_moved_by_the_identity(f, example):
    n, _, p, q = example.options["size"]
    grid = f(np.tile(np.eye(2, 3), (n, 1, 1)), **example.options)
    first = [-1 if example.options.get("align_corners") else -1 + 1 / side for side in (q, p)]
    np.testing.assert_allclose(grid[:, 0, 0], np.tile(first, (n, 1)), atol=1e-14)
    np.testing.assert_allclose(grid[:, ::-1, ::-1], -grid, atol=1e-14)  # the grid lies evenly around the middle


def matrices_add_up(f, example):
    (theta,) = example.args
    other = example.rng().normal(size=theta.shape)
    np.testing.assert_allclose(
        f(theta - 2 * other, **example.options), f(theta, **example.options) - 2 * f(other, **example.options),
        rtol=1e-11, atol=1e-13 * magnitude(example),
    )  # fmt: skip


def one_matrix_after_another_is_their_product(f, example):
    (theta,) = example.args
    last = np.tile([[0.0, 0.0, 1.0]], (len(theta), 1, 1))
    first = np.concatenate([example.rng().normal(size=theta.shape), last], axis=1)
    product = theta @ first
    u, v = np.moveaxis(f(first[:, :2], **example.options), -1, 0)
    moved = np.einsum("nik,knpq->npqi", theta, np.stack([u, v, np.ones_like(u)]))
    np.testing.assert_allclose(f(product, **example.options), moved, rtol=1e-10, atol=1e-12 * magnitude(example))


operation(
    affine_grid,
    examples=grids(),
    analytic=True,
    refuses={
        "another number of images": lambda e: e.with_options(size=(9, *e.options["size"][1:])),
        "images without pixels": lambda e: e.with_options(size=(*e.options["size"][:3], 0)),
        "matrices of two columns": lambda e: e.with_arg(0, e.args[0][:, :, :2]),
    },
    invariants=(nothing_is_moved_by_the_identity, matrices_add_up, one_matrix_after_another_is_their_product),
    exact=(
        ((np.array([[[1.0, 0, 0], [0, 1, 0]]]),), {"size": (1, 1, 1, 2)}, [[[[-0.5, 0], [0.5, 0]]]],
         ([[[0, 0, 2], [0, 0, 2]]],)),
        ((np.array([[[1.0, 0, 0.5], [0, 2, 0]]]),), {"size": (1, 1, 2, 1), **CORNERS}, [[[[0.5, -2]], [[0.5, 2]]]],
         ([[[0, 0, 2], [0, 0, 2]]],)),
    ),
    bugs=(
        Bug("rows and columns exchanged", "[u * ones, v[:, None] * ones, ones]", "[v[:, None] * ones, u * ones, ones]",
            "A place is (u, v): first how far right, which is the column, then how far down."),
        Bug("corners always aligned", "    if align_corners:\n        return np.linspace",
            "    if True:\n        return np.linspace",
            "With align_corners=False -1 and 1 are the outer edges: the first centre lies half a pixel inside."),
        Bug("pixels counted from their corner", "(2 * np.arange(n) + 1) / n - 1", "2 * np.arange(n) / n - 1",
            "The centre of pixel q lies at (2q + 1) / Q - 1."),
        Bug("averaged over the pixels", "swapaxes(1, 2) @ base,)", "swapaxes(1, 2) @ base / len(base),)",
            "Every pixel's place depends on the matrix: the gradients add up."),
    ),
)  # fmt: skip


@st.composite
def readings(draw):
    n, c, h, w = draw(sizes(4, 1, 3))
    p, q = draw(sizes(2, 1, 3))
    options = {}
    if draw(st.booleans()):
        options["padding_mode"] = "border"
    if draw(st.booleans()):
        options |= CORNERS
    if draw(st.integers(0, 3)) == 0:
        options["mode"] = "nearest"
    seed = draw(st.integers(0, 2**16 - 1))
    # Places inside and outside; never between two pixels for the nearest one, and for bilinear reading no place so
    # close to a pixel's centre that a difference would straddle it.
    rng = np.random.default_rng(seed)
    whole = rng.integers(-2, max(h, w) + 2, (n, p, q, 2))
    part = rng.choice([-0.37, -0.21, 0.13, 0.29, 0.42], (n, p, q, 2))
    sides = np.array([w, h])
    at = whole + part
    aligned = options.get("align_corners")
    grid = 2 * at / np.maximum(sides - 1, 1) - 1 if aligned else (2 * at + 1) / sides - 1
    return Example((draw(array(n, c, h, w)), grid), options)


def identity(example, size=None):
    x, _ = example.args
    size = x.shape if size is None else size
    theta = np.tile(np.eye(2, 3), (len(x), 1, 1))
    return affine_grid(theta, size=size, align_corners=bool(example.options.get("align_corners")))


def the_grid_of_the_identity_reads_the_image(f, example):
    x, _ = example.args
    y = f(x, identity(example), **example.options)
    np.testing.assert_allclose(y, x, rtol=1e-12, atol=1e-13 * magnitude(example))


def a_mirrored_grid_reads_the_mirror_image(f, example):
    x, _ = example.args
    np.testing.assert_allclose(
        f(x, identity(example) * [-1, 1], **example.options), x[..., ::-1], rtol=1e-12, atol=1e-13 * magnitude(example)
    )


def images_add_up(f, example):
    x, grid = example.args
    other = example.rng().normal(size=x.shape)
    y, more = f(x, grid, **example.options), f(other, grid, **example.options)
    both = f(x - 2 * other, grid, **example.options)
    np.testing.assert_allclose(both, y - 2 * more, rtol=1e-11, atol=1e-13 * magnitude(example))


def a_value_lies_between_those_of_the_image(f, example):
    x, grid = example.args
    y = f(x, grid, **example.options)
    slack = 1e-12 * magnitude(example)
    low, high = (0, 0) if example.options.get("padding_mode") != "border" else (np.inf, -np.inf)
    assert y.min() >= min(x.min(), low) - slack
    assert y.max() <= max(x.max(), high) + slack


def inside_a_plane_is_read_exactly(f, example):
    if example.options.get("mode") == "nearest":
        return
    corners = bool(example.options.get("align_corners"))
    size = (1, 1, 4, 5)
    grid = affine_grid(np.eye(2, 3)[None], size=size, align_corners=corners)
    plane = (2 * grid[..., 0] - 3 * grid[..., 1] + 1)[:, None]
    places = example.rng().uniform(-0.7, 0.7, (1, 3, 2, 2))
    y = f(plane, places, **example.options)
    np.testing.assert_allclose(y[:, 0], 2 * places[..., 0] - 3 * places[..., 1] + 1, atol=1e-12)


operation(
    grid_sample,
    examples=readings(),
    kinks=True,
    rows=(0, 1),
    finite=(1e4, 1e-8),
    scale=lambda e: 4 * magnitude(e) * max(e.args[0].shape[2:]),
    refuses={
        "images without pixels": lambda e: e.with_arg(0, e.args[0][..., :0]),
        "places of three numbers": lambda e: e.with_arg(1, np.zeros((*e.args[1].shape[:3], 3))),
        "another number of images": lambda e: e.with_arg(1, np.zeros((9, 2, 2, 2))),
        "an unknown border": lambda e: e.with_options(padding_mode="mirror"),
    },
    invariants=(
        the_grid_of_the_identity_reads_the_image,
        a_mirrored_grid_reads_the_mirror_image,
        images_add_up,
        a_value_lies_between_those_of_the_image,
        inside_a_plane_is_read_exactly,
    ),
    exact=(
        # Three quarters of the way from the first to the second of four pixels.
        ((np.array([[[[0.0, 4, 8, 0]]]]), np.array([[[[-0.375, 0.0]]]])), {}, [[[[3]]]],
         ([[[[0.25, 0.75, 0, 0]]]], [[[[8, -1.5]]]])),
        # At a pixel's centre the slope to its right is taken; half outside half of the value is left.
        ((np.array([[[[1.0, 4]]]]), np.array([[[[-0.5, 0.0], [1.0, 0.0]]]])), {}, [[[[1, 2]]]],
         ([[[[1, 0.5]]]], [[[[3, -0.5], [-4, -1]]]])),
        ((np.array([[[[1.0, 4]]]]), np.array([[[[-1.0, 0.0], [1.0, 0.0], [3.0, 0.0]]]])),
         {"padding_mode": "border", **CORNERS}, [[[[1, 4, 4]]]], ([[[[1, 2]]]], [[[[0, 0], [0, 0], [0, 0]]]])),
        ((np.array([[[[1.0, 4]]]]), np.array([[[[0.3, 0.0]]]])), {"mode": "nearest"}, [[[[4]]]],
         ([[[[0, 1]]]], [[[[0, 0]]]])),
    ),
    bugs=(
        Bug("u taken for the row", "_pixels(grid[..., 1], height", "_pixels(grid[..., 0], height",
            "A place is (u, v), right and down; the row comes from v, the second."),
        Bug("the weights exchanged", "((0, 1 - a, -1), (1, a, 1))", "((0, a, -1), (1, 1 - a, 1))",
            "A place at a part a below the upper pixel takes 1 - a of it."),
        Bug("corners always aligned", '    if align_corners:\n        at, speed', '    if True:\n        at, speed',
            "With align_corners=False the image ends at the outer edges of its outermost pixels."),
        Bug("read once is read last", "np.add.at(dpixels, at, weight[..., None] * g)",
            "dpixels[at] += weight[..., None] * g",
            "With an index that occurs twice, += keeps only the last: use np.add.at, or sum otherwise."),
        Bug("the place's unit forgotten", "np.stack([horizontal * dj, vertical * di], axis=-1)",
            "np.stack([dj, di], axis=-1)",
            "A place runs from -1 to 1: it moves W/2 pixels for each unit, and so does its gradient."),
        Bug("rows and columns of the gradient exchanged", "[horizontal * dj, vertical * di]",
            "[vertical * di, horizontal * dj]", "The gradient of (u, v) has the slope along the columns first."),
        Bug("the last pixel repeated", "y = y + weight[..., None] * values", "y = y + weight[..., None] * pixels[at]",
            "With padding_mode='zeros' a pixel outside the image counts as 0."),
        Bug("the border still has a slope", "np.where((at > 0) & (at < size - 1), at.dtype.type(speed), 0)",
            "np.full_like(at, speed)", "Beyond the border the same pixel is read wherever exactly: no gradient."),
    ),
)  # fmt: skip


@st.composite
def windows(draw):
    n, c, h, w = draw(sizes(4, 1, 4))
    padding = draw(st.integers(0, 2))
    size = (draw(st.integers(1, h + 2 * padding)), draw(st.integers(1, w + 2 * padding)))
    most = np.array([h, w]) + 2 * padding - size
    corner = np.random.default_rng(draw(st.integers(0, 999))).integers(0, most + 1, (n, 2))
    options = {"size": size} | ({"padding": padding} if padding else {})
    return Example((draw(array(n, c, h, w)), corner), options)


def a_window_holds_what_lies_there(f, example):
    x, corner = example.args
    b = example.options.get("padding", 0)
    y = f(x, corner, **example.options)
    for (n, c, i, j), value in np.ndenumerate(y):
        row, column = corner[n, 0] + i - b, corner[n, 1] + j - b
        inside = 0 <= row < x.shape[2] and 0 <= column < x.shape[3]
        assert value == (x[n, c, row, column] if inside else 0), (n, i, j)


def the_whole_image_is_a_window(f, example):
    x, corner = example.args
    b = example.options.get("padding", 0)
    same = f(x, np.full_like(corner, b), size=x.shape[2:], padding=b)
    np.testing.assert_array_equal(same, x)


def a_window_of_a_window_is_a_window(f, example):
    x, corner = example.args
    y = f(x, corner, **example.options)
    again = f(y, np.zeros_like(corner), size=(1, 1))
    np.testing.assert_array_equal(again, f(x, corner, **{**example.options, "size": (1, 1)}))


operation(
    crop,
    examples=windows(),
    analytic=True,
    rows=(0, 1),
    refuses={
        "a window beyond the border": lambda e: e.with_arg(1, e.args[1] + 99),
        "a window that begins before the border": lambda e: e.with_arg(1, e.args[1] - 99),
        "a size of zero": lambda e: e.with_options(size=(0, 1)),
        "corners that are no whole numbers": lambda e: e.with_arg(1, e.args[1] + 0.5),
    },
    invariants=(a_window_holds_what_lies_there, the_whole_image_is_a_window, a_window_of_a_window_is_a_window),
    exact=(
        ((np.arange(1.0, 7.0).reshape(1, 1, 2, 3), np.array([[0, 1]])), {"size": (2, 2)}, [[[[2, 3], [5, 6]]]],
         ([[[[0, 1, 1], [0, 1, 1]]]], None)),
        ((np.arange(1.0, 5.0).reshape(1, 1, 2, 2), np.array([[0, 2]])), {"size": (2, 2), "padding": 1},
         [[[[0, 0], [2, 0]]]], ([[[[0, 1], [0, 0]]]], None)),
    ),
    bugs=(
        Bug("rows and columns exchanged", "slice(r, r + p), slice(s, s + q))", "slice(s, s + p), slice(r, r + q))",
            "A corner is (row, column)."),
        Bug("one corner for all", "y[n] = padded[n][window]", "y[n] = padded[n][windows[0]]",
            "Every image has a window of its own."),
        Bug("the gradient always in the corner", "dpadded[n][window] = dy[n]", "dpadded[n][:, :p, :q] = dy[n]",
            "The gradient goes back to where the window was."),
        Bug("the border's gradient kept", "slice(padding, padding + side) for side", "slice(0, side) for side",
            "Row 0 of the image is row b of the padded one."),
    ),
)  # fmt: skip
