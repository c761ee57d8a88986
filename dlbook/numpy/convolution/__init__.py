"""Convolution: the layer and its adjoint, pooling, windows and borders, resizing, receptive fields, a small ConvNet."""

from dlbook.numpy.convolution.conv import conv1d, conv2d
from dlbook.numpy.convolution.filters import gabor_kernel, gaussian_kernel
from dlbook.numpy.convolution.forms import conv2d_fft, conv2d_im2col, conv2d_loops, filter_matrix, input_matrix
from dlbook.numpy.convolution.geometry import conv_output_size, conv_transpose_output_size
from dlbook.numpy.convolution.network import convnet, convnet_objective, feature_maps, init_convnet, layer
from dlbook.numpy.convolution.patches import init_patch_convnet, patch_convnet
from dlbook.numpy.convolution.pooling import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from dlbook.numpy.convolution.receptive import Field, conv_cost, gradient_support, receptive_field
from dlbook.numpy.convolution.resize import adaptive_avg_pool2d, interpolate
from dlbook.numpy.convolution.transposed import conv_transpose1d, conv_transpose2d
from dlbook.numpy.convolution.windows import fold, pad, patchify, unfold

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
