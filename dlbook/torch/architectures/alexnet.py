"""AlexNet: in the form that is published with weights, and in that of the paper, on two GPUs."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.torch.architectures.building import he_init, published, scaled

__all__ = ["AlexNet", "AlexNet2012", "alexnet"]


class AlexNet(nn.Module):
    r"""Five convolutions, three poolings and three linear layers, on one device and without normalization.

    Parameters
    ----------
    num_classes : number of scores.
    in_channels : channels of the image.
    width : factor of all numbers of channels and hidden units.
    dropout : probability with which a hidden unit is dropped.
    small : for images of 32 pixels: the first convolution is 5 x 5 with stride 1.

    **Source** Krizhevsky (2014), figure 1 (one tower); Krizhevsky, Sutskever and Hinton (2012).
    """

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, width: float = 1.0, dropout: float = 0.5,
        small: bool = False,
    ):
        super().__init__()
        c = [scaled(channels, width) for channels in (64, 192, 384, 256, 256)]
        hidden, grid = scaled(4096, width), 3 if small else 6
        first = {"kernel_size": 5, "padding": 2} if small else {"kernel_size": 11, "stride": 4, "padding": 2}
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, c[0], **first), nn.ReLU(), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(c[0], c[1], kernel_size=5, padding=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(c[1], c[2], kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(c[2], c[3], kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(c[3], c[4], kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(c[4] * grid**2, hidden), nn.ReLU(),
            nn.Dropout(dropout), nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, num_classes),
        )  # fmt: skip
        if small:  # PyTorch's own draw lets the signal fade; the wide network survives that, a slim one does not
            he_init(self, mode="fan_in")

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class AlexNet2012(nn.Module):
    r"""AlexNet as it was published: two halves that meet in the third layer, and local response normalization.

    The halves, each on a GPU of its own, are convolutions in two groups. The paper's images have 224 pixels, and its
    sizes come out with 227.

    Parameters
    ----------
    num_classes : number of scores.
    dropout : probability with which a hidden unit is dropped.

    **Source** Krizhevsky, Sutskever and Hinton (2012), sections 3.3 to 3.5 and figure 2.
    """

    def __init__(self, num_classes: int = 1000, *, dropout: float = 0.5):
        super().__init__()

        def norm() -> nn.Module:  # PyTorch divides alpha by the number of channels, the paper does not
            return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)

        self.features = nn.Sequential(
            nn.Conv2d(3, 96, kernel_size=11, stride=4), nn.ReLU(), norm(), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=2), nn.ReLU(), norm(), nn.MaxPool2d(3, stride=2),
            nn.Conv2d(256, 384, kernel_size=3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=2), nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, stride=2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(256 * 6 * 6, 4096), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )  # fmt: skip

    def forward(self, x: Float[Tensor, "N 3 227 227"]) -> Float[Tensor, "N K"]:
        return self.classifier(torch.flatten(self.features(x), 1))


def alexnet(
    num_classes: int = 1000, *, weights: str | None = None, width: float = 1.0, original: bool = False
) -> nn.Module:
    r"""Build AlexNet: 61 100 840 parameters for 1000 classes, 60 965 224 in the form of 2012.

    Parameters
    ----------
    num_classes : number of scores.
    weights : None, or "torchvision" for the published ones.
    width : factor of all numbers of channels and hidden units.
    original : build the network of 2012, which has no published weights and no other width.

    Raises
    ------
    ValueError, ModuleNotFoundError, ConnectionError : as in `published`; and for options that do not go together.

    **Source** Krizhevsky, Sutskever and Hinton (2012); Krizhevsky (2014).
    """
    if (weights is not None) + (width != 1) + original > 1:
        raise ValueError(f"alexnet: weights is {weights!r}, width {width} and original {original}, "
                         "expected at most one of them to be set")
    network = AlexNet2012 if original else lambda n: AlexNet(n, width=width)
    return published("alexnet", network, num_classes, weights)
