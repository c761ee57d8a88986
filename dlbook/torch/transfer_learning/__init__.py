"""Augmentation and transfer: the twins of `dlbook.numpy.transfer_learning`, and a network trained on ImageNet."""

from dlbook.torch.transfer_learning.adaptation import (
    features,
    fine_tune,
    freeze,
    freeze_module,
    layerwise,
    linear_probe,
    parameter_groups,
    replace_head,
)
from dlbook.torch.transfer_learning.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    color_jitter,
    posterize,
    solarize,
)
from dlbook.torch.transfer_learning.geometry import affine, affine_matrices, random_crop, random_resized_crop
from dlbook.torch.transfer_learning.lite import EfficientNetLite0
from dlbook.torch.transfer_learning.policies import (
    brightest_channel,
    count_bright,
    distort,
    heavier_side,
    label_kept,
    rand_augment,
)
from dlbook.torch.transfer_learning.sampling import affine_grid, crop, grid_sample

__all__ = [
    "EfficientNetLite0",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_saturation",
    "affine",
    "affine_grid",
    "affine_matrices",
    "brightest_channel",
    "color_jitter",
    "count_bright",
    "crop",
    "distort",
    "features",
    "fine_tune",
    "freeze",
    "freeze_module",
    "grid_sample",
    "heavier_side",
    "label_kept",
    "layerwise",
    "linear_probe",
    "parameter_groups",
    "posterize",
    "rand_augment",
    "random_crop",
    "random_resized_crop",
    "replace_head",
    "solarize",
]
