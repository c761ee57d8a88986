"""Augmentation and transfer: images changed in ways that labels survive, and networks taken to another task."""

from dlbook.numpy.transfer_learning.adaptation import (
    features,
    fine_tune,
    freeze,
    layerwise,
    linear_probe,
    replace_head,
)
from dlbook.numpy.transfer_learning.colour import (
    adjust_brightness,
    adjust_contrast,
    adjust_saturation,
    color_jitter,
    posterize,
    solarize,
)
from dlbook.numpy.transfer_learning.geometry import affine, affine_matrices, random_crop, random_resized_crop
from dlbook.numpy.transfer_learning.policies import (
    brightest_channel,
    count_bright,
    distort,
    heavier_side,
    label_kept,
    rand_augment,
)
from dlbook.numpy.transfer_learning.sampling import affine_grid, crop, grid_sample

__all__ = [
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
    "grid_sample",
    "heavier_side",
    "label_kept",
    "layerwise",
    "linear_probe",
    "posterize",
    "rand_augment",
    "random_crop",
    "random_resized_crop",
    "replace_head",
    "solarize",
]
