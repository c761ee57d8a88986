"""Dense prediction: enlarging layers, networks that answer at every pixel, their losses and what to measure."""

from dlbook.numpy.dense_prediction.detection import box_iou, detection_average_precision, match_boxes, nms
from dlbook.numpy.dense_prediction.losses import berhu_loss, dice_loss, scale_invariant_log_loss
from dlbook.numpy.dense_prediction.network import fcn, init_fcn, init_unet, unet
from dlbook.numpy.dense_prediction.painting import bilinear_kernel, overlap_counts, phase_sums, sub_pixel_kernel
from dlbook.numpy.dense_prediction.ratios import delta_accuracy, rmse_log, scale_invariant_error
from dlbook.numpy.dense_prediction.regions import (
    boundary_band,
    boundary_error,
    boundary_f_score,
    class_iou,
    mean_iou,
    pixel_accuracy,
)
from dlbook.numpy.dense_prediction.shuffle import pixel_shuffle, pixel_unshuffle
from dlbook.numpy.dense_prediction.unpooling import max_pool2d_indices, max_unpool2d

__all__ = [
    "berhu_loss",
    "bilinear_kernel",
    "boundary_band",
    "boundary_error",
    "boundary_f_score",
    "box_iou",
    "class_iou",
    "delta_accuracy",
    "detection_average_precision",
    "dice_loss",
    "fcn",
    "init_fcn",
    "init_unet",
    "match_boxes",
    "max_pool2d_indices",
    "max_unpool2d",
    "mean_iou",
    "nms",
    "overlap_counts",
    "phase_sums",
    "pixel_accuracy",
    "pixel_shuffle",
    "pixel_unshuffle",
    "rmse_log",
    "scale_invariant_error",
    "scale_invariant_log_loss",
    "sub_pixel_kernel",
    "unet",
]
