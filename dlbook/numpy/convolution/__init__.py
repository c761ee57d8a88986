"""Convolution: the layer and its adjoint, pooling, windows and borders, resizing, receptive fields, a small ConvNet."""

from dlbook.numpy.convolution.conv import conv1d, conv2d
from dlbook.numpy.convolution.geometry import conv_output_size, conv_transpose_output_size
from dlbook.numpy.convolution.pooling import avg_pool1d, avg_pool2d, max_pool1d, max_pool2d
from dlbook.numpy.convolution.resize import adaptive_avg_pool2d, interpolate
from dlbook.numpy.convolution.transposed import conv_transpose1d, conv_transpose2d
from dlbook.numpy.convolution.windows import fold, pad, patchify, unfold
