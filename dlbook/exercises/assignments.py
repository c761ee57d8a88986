"""What an assignment asks for: the functions that its page hands out as stubs and grades by `dlbook check`."""

__all__ = ["ASSIGNMENTS"]

ASSIGNMENTS: dict[str, tuple[str, ...]] = {
    "assignment_1": ("linear", "softmax", "cross_entropy", "l2_penalty"),
    "assignment_2": ("linear", "relu", "cross_entropy", "l2_penalty", "mlp", "triangular_lr"),
    "assignment_3": (
        "linear", "relu", "cross_entropy", "l2_penalty", "mlp", "triangular_lr",
        "batch_norm", "batch_norm_eval", "batch_statistics", "update_running", "normalized_mlp",
    ),
    "assignment_convnet": (
        "linear", "relu", "cross_entropy", "l2_penalty",
        "conv1d", "input_matrix", "filter_matrix", "convnet", "class_weights",
        "patchify", "patch_convnet", "triangular_lr", "triangular_doubling_lr",
    ),
}
