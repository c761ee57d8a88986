"""Examples of the figures of `architectures`."""

POOL = {"kind": "pool", "kernel_size": 2, "stride": 2}
STACK = [{"kind": "conv", "kernel_size": 3, "stride": 1, "channels": 16}, POOL]
BLOCKS = {
    "residual": {"columns": [["3 × 3", "ReLU", "3 × 3"]], "join": "+", "skip": "1 × 1", "tail": ["ReLU"]},
    "inception": {"columns": [["1 × 1"], ["1 × 1", "3 × 3"], ["max", "1 × 1"]], "join": "side by side"},
}
EXAMPLES = {
    "fig_blocks": ((BLOCKS,), {}),
    "fig_builder": (({"two layers": STACK, "one": STACK[:1]},), {"size": 32}),
    "fig_costs": (({"VGG": {"VGG-11": (7e9, 1e8, 69.0), "VGG-16": (1e10, 2e8, 71.0)}},), {"y_label": "accuracy (%)"}),
    "fig_maps": (({"a network": [("input", 3, 32), ("convolution", 16, 16), ("linear", 10, 1)]},), {}),
    "fig_speeds": (({"VGG-16": (1.5e10, {"float32": 600, "bfloat16": 3000}), "AlexNet": (7e8, {"float32": 9000})},),
                   {"rate": 7e14, "rate_label": "a product of matrices"}),
}
REFUSED = [
    (lambda f: f["fig_blocks"]({}, alt="a"), "one to five"),
    (lambda f: f["fig_blocks"]({"a": {"columns": [["x"]], "skip": ""}}, alt="a"), "'a'"),
    (lambda f: f["fig_builder"]({"a": []}, alt="a"), "1 to 16"),
    (lambda f: f["fig_builder"]({"a": [{"kind": "conv"}]}, alt="a"), "layers[0]"),
    (lambda f: f["fig_costs"]({}, alt="a", y_label="y"), "one to six"),
    (lambda f: f["fig_costs"]({"a": {"a": (0, 1, 1)}}, alt="a", y_label="y"), "positive"),
    (lambda f: f["fig_maps"]({"a": [("magic", 1, 1)]}, alt="a"), "magic"),
    (lambda f: f["fig_speeds"]({}, alt="a", rate=1, rate_label="r"), "at least one network"),
    (lambda f: f["fig_speeds"]({"a": (1, {"w": 0})}, alt="a", rate=1, rate_label="r"), "above 0"),
]
