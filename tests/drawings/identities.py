"""Examples of the figures of the appendix on identities."""

EXAMPLES = {
    "fig_shapes": (
        ({"forward": [("Y", "NK"), ("X", "ND"), ("W'", "DK")]},), {"lengths": {"N": 1.6, "D": 1.0, "K": 0.6}}
    ),
    "fig_survivors": (({"gradients": {"one entry": 40.0, "drawn": 0.0}},), {}),
}  # fmt: skip
REFUSED = [
    (lambda f: f["fig_shapes"]({"a": [("Y", "NK"), ("X", "ND"), ("W", "KD")]}, lengths={}, alt="a"), "do not fit"),
    (lambda f: f["fig_survivors"]({"a": {"b": 101.0}}, alt="a"), "per cent"),
]
