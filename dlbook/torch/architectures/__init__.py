"""Architectures in PyTorch: the blocks of famous convolutional networks, and a residual network."""

from dlbook.torch.architectures.concatenating import dense_block, inception_block
from dlbook.torch.architectures.modern import convnext_block, se_block
from dlbook.torch.architectures.network import init_residual_network, residual_network, residual_network_objective
from dlbook.torch.architectures.responses import local_response_norm
from dlbook.torch.architectures.shortcuts import residual_block

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
