"""Architectures: the networks that are known by name, in full size and slim, and what they cost."""

from dlbook.torch.architectures.alexnet import AlexNet, AlexNet2012, alexnet
from dlbook.torch.architectures.concatenating import dense_block, inception_block
from dlbook.torch.architectures.convnext import ConvNeXt, ConvNeXtBlock, convnext_tiny
from dlbook.torch.architectures.costs import Count, Layer
from dlbook.torch.architectures.counting import count
from dlbook.torch.architectures.densenet import DenseBlock, DenseNet, densenet121, densenet169, densenet201
from dlbook.torch.architectures.googlenet import GoogLeNet, Inception, googlenet
from dlbook.torch.architectures.lenet import LeNet, LeNet1998, lenet5
from dlbook.torch.architectures.modern import convnext_block, se_block
from dlbook.torch.architectures.network import (
    init_residual_network,
    residual_network,
    residual_network_objective,
)
from dlbook.torch.architectures.residual import (
    BasicBlock,
    Bottleneck,
    PreActivationBlock,
    PreActivationBottleneck,
    Residual,
)
from dlbook.torch.architectures.resnet import (
    ResNet,
    plain,
    preact_resnet,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from dlbook.torch.architectures.responses import local_response_norm
from dlbook.torch.architectures.senet import SqueezeExcitation, se_resnet50
from dlbook.torch.architectures.shortcuts import residual_block
from dlbook.torch.architectures.slim import SLIM, slim
from dlbook.torch.architectures.vgg import VGG, vgg11, vgg13, vgg16, vgg19

__all__ = [
    "SLIM",
    "VGG",
    "AlexNet",
    "AlexNet2012",
    "BasicBlock",
    "Bottleneck",
    "ConvNeXt",
    "ConvNeXtBlock",
    "Count",
    "DenseBlock",
    "DenseNet",
    "GoogLeNet",
    "Inception",
    "Layer",
    "LeNet",
    "LeNet1998",
    "PreActivationBlock",
    "PreActivationBottleneck",
    "ResNet",
    "Residual",
    "SqueezeExcitation",
    "alexnet",
    "convnext_tiny",
    "count",
    "densenet121",
    "densenet169",
    "densenet201",
    "googlenet",
    "lenet5",
    "plain",
    "preact_resnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "se_resnet50",
    "slim",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "convnext_block",
    "dense_block",
    "inception_block",
    "init_residual_network",
    "local_response_norm",
    "residual_block",
    "residual_network",
    "residual_network_objective",
    "se_block",
]
