"""What all the networks share: widths, first weights, and weights that others have published."""

from collections.abc import Callable

from torch import nn

from dlbook.numpy.linear_classifiers.arguments import above_zero, whole_number

__all__ = ["IMAGENET_CLASSES", "he_init", "published", "scaled"]

IMAGENET_CLASSES = 1000


def scaled(channels: int, width: float) -> int:
    """Return a number of channels times a width factor, as a whole number of at least 1.

    >>> scaled(64, 1.0), scaled(64, 1 / 8), scaled(3, 0.1)
    (64, 8, 1)
    """
    return max(1, round(channels * above_zero("scaled", "width", width)))


def he_init(model: nn.Module, *, mode: str = "fan_out", linear_std: float | None = None) -> None:
    r"""Draw the weights of all convolutions as He et al. do, and set their offsets to zero.

    $$w \sim \mathcal N(0, 2 / n), \qquad n = F R S \text{ (fan\_out) or } C R S \text{ (fan\_in)}$$

    Parameters
    ----------
    model : is changed. Normalizations keep PyTorch's start, weight 1 and offset 0.
    mode : which fan keeps its scale: "fan_in" that of the signal, "fan_out" that of the gradient.
    linear_std : standard deviation of the linear layers' weights; None leaves PyTorch's own draw.

    **Source** He, Zhang, Ren and Sun (2015), section 2.2.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
        elif isinstance(module, nn.Linear) and linear_std is not None:
            nn.init.normal_(module.weight, std=linear_std)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def published(name: str, build: Callable[[int], nn.Module], num_classes: int, weights: str | None) -> nn.Module:
    """Build a network, and give it the weights that torchvision publishes if they are asked for.

    Nothing is downloaded unless weights is "torchvision".

    Parameters
    ----------
    name : the network's name in torchvision.
    build : builds it, given the number of classes.
    num_classes : the number of scores.
    weights : None for random weights, or "torchvision".

    Raises
    ------
    ValueError : for other weights, or published weights with another number of classes than ImageNet's.
    ModuleNotFoundError : torchvision is not installed, or does not work.
    ConnectionError : the weights are neither stored nor within reach.
    """
    num_classes = whole_number(name, "num_classes", num_classes, 1)
    if weights not in (None, "torchvision"):
        raise ValueError(f"{name}: weights is {weights!r}, expected None or 'torchvision'")
    if weights is None:
        return build(num_classes)
    if num_classes != IMAGENET_CLASSES:
        raise ValueError(
            f"{name}: num_classes is {num_classes}, but the published weights are for {IMAGENET_CLASSES} classes; "
            "load them, then replace the last layer"
        )
    try:
        from torchvision.models import get_model, get_model_weights
    except (ImportError, RuntimeError) as error:  # a wheel for another build of PyTorch raises RuntimeError
        raise ModuleNotFoundError(
            f"{name}: weights='torchvision' needs the package torchvision, which cannot be imported here ({error}); "
            "install the one that belongs to this PyTorch, or leave weights out",
            name="torchvision",
        ) from None
    try:
        theirs = get_model(name, weights=get_model_weights(name).DEFAULT)
    except (OSError, RuntimeError) as error:  # urllib's errors are OSErrors; a damaged file is a RuntimeError
        raise ConnectionError(f"{name}: the published weights cannot be fetched: {error}") from None
    model = build(num_classes)
    model.load_state_dict(theirs.state_dict())
    return model
