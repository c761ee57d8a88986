"""Architectures: the blocks of famous convolutional networks, a residual network, and its plain counterpart."""

from dlbook.numpy.architectures.concatenating import dense_block, inception_block
from dlbook.numpy.architectures.modern import convnext_block, se_block
from dlbook.numpy.architectures.network import init_resnet, resnet, resnet_objective
from dlbook.numpy.architectures.residual import residual_block
from dlbook.numpy.architectures.responses import local_response_norm

__all__ = [
    "convnext_block",
    "dense_block",
    "inception_block",
    "init_resnet",
    "local_response_norm",
    "resnet",
    "resnet_objective",
    "residual_block",
    "se_block",
]
