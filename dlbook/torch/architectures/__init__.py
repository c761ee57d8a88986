"""Architectures in PyTorch: the blocks of famous convolutional networks, and a residual network."""

from dlbook.torch.architectures.concatenating import dense_block, inception_block
from dlbook.torch.architectures.modern import convnext_block, se_block
from dlbook.torch.architectures.network import init_resnet, resnet, resnet_objective
from dlbook.torch.architectures.residual import residual_block
from dlbook.torch.architectures.responses import local_response_norm

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
