"""Convolution: the twins of `dlbook.numpy.convolution`."""

from dlbook.numpy.convolution.geometry import conv_output_size, conv_transpose_output_size
from dlbook.torch.convolution.conv import conv1d, conv2d
from dlbook.torch.convolution.forms import conv2d_fft, conv2d_im2col, conv2d_loops, filter_matrix, input_matrix
from dlbook.torch.convolution.network import (
    Field,
    conv_cost,
    convnet,
    convnet_objective,
    feature_maps,
    gabor_kernel,
    gaussian_kernel,
    gradient_support,
    init_convnet,
    layer,
    receptive_field,
)
from dlbook.torch.convolution.patches import init_patch_convnet, patch_convnet
from dlbook.torch.convolution.pooling import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from dlbook.torch.convolution.resize import adaptive_avg_pool2d, interpolate
from dlbook.torch.convolution.transposed import conv_transpose1d, conv_transpose2d
from dlbook.torch.convolution.windows import fold, pad, patchify, unfold

__all__ = [
    "Field",
    "adaptive_avg_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "conv1d",
    "conv2d",
    "conv2d_fft",
    "conv2d_im2col",
    "conv2d_loops",
    "conv_cost",
    "conv_output_size",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose_output_size",
    "convnet",
    "convnet_objective",
    "feature_maps",
    "filter_matrix",
    "fold",
    "gabor_kernel",
    "gaussian_kernel",
    "gradient_support",
    "init_convnet",
    "init_patch_convnet",
    "input_matrix",
    "interpolate",
    "layer",
    "max_pool1d",
    "max_pool2d",
    "pad",
    "patch_convnet",
    "patchify",
    "receptive_field",
    "unfold",
]
