"""The same families, slim and for images of 32 pixels: what a processor trains in a minute."""

from collections.abc import Callable, Mapping
from functools import partial

from torch import nn

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number
from dlbook.torch.architectures.alexnet import AlexNet
from dlbook.torch.architectures.building import scaled
from dlbook.torch.architectures.convnext import ConvNeXt
from dlbook.torch.architectures.densenet import DenseNet
from dlbook.torch.architectures.googlenet import GoogLeNet
from dlbook.torch.architectures.lenet import LeNet
from dlbook.torch.architectures.residual import BasicBlock, Bottleneck, PreActivationBlock, Residual
from dlbook.torch.architectures.resnet import ResNet
from dlbook.torch.architectures.senet import SEBasicBlock
from dlbook.torch.architectures.vgg import VGG

__all__ = ["SLIM", "slim"]


def _lenet(num_classes: int, *, width: float, depth: int | None, **options) -> nn.Module:
    return LeNet(num_classes, **options)


def _alexnet(num_classes: int, *, width: float, depth: int | None, **options) -> nn.Module:
    return AlexNet(num_classes, width=width / 8, dropout=0.0, small=True, **options)


def _vgg(num_classes: int, *, width: float, depth: int | None, batch_norm: bool = False, **options) -> nn.Module:
    return VGG(
        depth or 11, num_classes, batch_norm=batch_norm, width=width / 8, dropout=0.0, small=True, **options
    )


def _googlenet(num_classes: int, *, width: float, depth: int | None, **options) -> nn.Module:
    return GoogLeNet(num_classes, width=width / 8, aux_logits=False, small=True, **options)


def _resnet(
    num_classes: int, *, width: float, depth: int | None, block: type[Residual] = BasicBlock, shortcut: bool = True,
    **options,
) -> nn.Module:
    layers = 3 if block is Bottleneck else 2
    each, rest = divmod((20 if depth is None else depth) - 2, 3 * layers)
    if rest or each < 1:
        raise ValueError(f"slim: depth is {depth}, expected 2 more than a multiple of {3 * layers}")
    return ResNet(
        block, (each,) * 3, num_classes, channels=(16, 32, 64), width=width, small=True, projection=block is Bottleneck,
        shortcut=shortcut, **options,
    )


def _densenet(num_classes: int, *, width: float, depth: int | None, **options) -> nn.Module:
    each, rest = divmod((22 if depth is None else depth) - 4, 6)  # three blocks of layers with two convolutions
    if rest or each < 1:
        raise ValueError(f"slim: depth is {depth}, expected 4 more than a multiple of 6")
    return DenseNet((each,) * 3, num_classes, growth=scaled(12, width), small=True, **options)


def _convnext(num_classes: int, *, width: float, depth: int | None, **options) -> nn.Module:
    blocks = (2 if depth is None else depth,) * 3
    return ConvNeXt((24, 48, 96), blocks, num_classes, patch=2, width=width, layer_scale=0.1, **options)


SLIM: Mapping[str, Callable[..., nn.Module]] = {
    "lenet": _lenet,
    "alexnet": _alexnet,
    "vgg": _vgg,
    "vgg_bn": partial(_vgg, batch_norm=True),
    "googlenet": _googlenet,
    "plain": partial(_resnet, shortcut=False),
    "resnet": _resnet,
    "bottleneck": partial(_resnet, block=Bottleneck),
    "preact": partial(_resnet, block=PreActivationBlock),
    "se": partial(_resnet, block=SEBasicBlock),
    "densenet": _densenet,
    "convnext": _convnext,
}


def slim(
    family: str, num_classes: int = 10, *, depth: int | None = None, width: float = 1.0, in_channels: int = 3
) -> nn.Module:
    r"""Build a small network of a family, for images of about 32 x 32 pixels.

    The first ones have an eighth of the channels of the published networks, and drop no units.
    "plain", "resnet", "preact" and "se" are the networks of 6 n + 2 layers of He et al.'s section 4.2, with 16, 32 and
    64 channels and shortcuts without weights; "bottleneck" is the same of 9 n + 2 layers, with projections;
    "densenet" is DenseNet-BC of 6 n + 4 layers with a growth of 12.

    Parameters
    ----------
    family : one of `SLIM`.
    num_classes : number of scores.
    depth : number of layers with weights on the longest way, for "vgg", "densenet" and the residual families; blocks
        of each stage for "convnext". None for the smallest that is worth training.
    width : factor of the channels that the family has here; LeNet knows no other than 1.
    in_channels : channels of the images.

    Raises
    ------
    ValueError : for an unknown family, or a depth that it does not have.

    Examples
    --------
    >>> sum(p.numel() for p in slim("resnet", depth=20).parameters())
    269722

    **Source** He, Zhang, Ren and Sun (2016), section 4.2; the families' own papers.
    """
    if family not in SLIM:
        raise ValueError(f"slim: family is {family!r}, expected one of {', '.join(SLIM)}")
    if depth is not None:
        whole_number("slim", "depth", depth, 1)
        if family in ("lenet", "alexnet", "googlenet"):
            raise ValueError(f"slim: depth is {depth}, but {family} has one depth only; expected None")
    if family == "lenet" and width != 1:
        raise ValueError(f"slim: width is {width}, but lenet has one width only; expected 1")
    above_zero("slim", "width", width)
    return SLIM[family](num_classes, depth=depth, width=width, in_channels=in_channels)
