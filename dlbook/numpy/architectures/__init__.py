"""Architectures: the blocks of famous convolutional networks, a residual network, and its plain counterpart."""

from dlbook.numpy.architectures.concatenating import dense_block, inception_block
from dlbook.numpy.architectures.modern import convnext_block, se_block
from dlbook.numpy.architectures.network import init_residual_network, residual_network, residual_network_objective
from dlbook.numpy.architectures.responses import local_response_norm
from dlbook.numpy.architectures.shortcuts import residual_block

__all__ = [
    "convnext_block",
    "dense_block",
    "inception_block",
    "init_residual_network",
    "local_response_norm",
    "residual_network",
    "residual_network_objective",
    "residual_block",
    "se_block",
]
