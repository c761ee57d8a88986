"""LeNet-5: as it is built today, and as it was published in 1998."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from dlbook.numpy.linear_classifiers.arguments import whole_number

__all__ = ["LeNet", "LeNet1998", "Subsampling", "lenet5"]

# Which of the six maps of S2 each of the sixteen maps of C3 looks at: table I of the paper, column by column.
TABLE = (
    *((i, (i + 1) % 6, (i + 2) % 6) for i in range(6)),
    *((i, (i + 1) % 6, (i + 2) % 6, (i + 3) % 6) for i in range(6)),
    *((i, i + 1, i + 3, (i + 4) % 6) for i in range(3)),
    tuple(range(6)),
)


def squash(a: Tensor) -> Tensor:
    r"""Return $1.7159 \tanh(\tfrac23 a)$, which maps 1 to 1 and -1 to -1, to three digits."""
    return 1.7159 * torch.tanh(2 / 3 * a)


class LeNet(nn.Module):
    r"""Two convolutions with pooling and three linear layers, as LeNet-5 is built today.

    Parameters
    ----------
    num_classes : number of scores.
    in_channels : channels of the image: 1 for grey ones.
    size : side of the image in pixels; the paper's images have 32.
    padding : of the first convolution; 2 makes images of 28 pixels fit the sizes of the paper.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II.B.
    """

    def __init__(self, num_classes: int = 10, *, in_channels: int = 1, size: int = 32, padding: int = 0):
        super().__init__()
        after = ((whole_number("LeNet", "size", size, 16 - 2 * padding) + 2 * padding - 4) // 2 - 4) // 2
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, kernel_size=5, padding=padding), nn.Tanh(), nn.AvgPool2d(2),
            nn.Conv2d(6, 16, kernel_size=5), nn.Tanh(), nn.AvgPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(16 * after**2, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, num_classes)
        )

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N K"]:
        return self.classifier(torch.flatten(self.features(x), 1))


class Subsampling(nn.Module):
    r"""Add up each window of 2 x 2, and give every channel one factor and one offset.

    $$y = f(w_c\, (x_{00} + x_{01} + x_{10} + x_{11}) + b_c), \qquad f(a) = 1.7159 \tanh(\tfrac23 a)$$

    Parameters
    ----------
    channels : number of channels.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II.B.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 0.25))  # starts as the mean
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C P Q"]:
        return squash(self.weight * (4 * F.avg_pool2d(x, 2)) + self.bias)


class LeNet1998(nn.Module):
    r"""LeNet-5 as it was published: 60 000 parameters, and an output that measures distances.

    C3 sees only some of the maps before it, which saves weights and makes its maps differ; the pooling learns; and
    the output is the squared distance to a fixed pattern of each class,
    $y_k = \sum_i (x_i - c_{ki})^2$, so that here the *smallest* score wins.

    Parameters
    ----------
    num_classes : number of classes.
    codes : (num_classes, 84) the patterns, of -1 and +1. The paper draws each digit in 7 x 12 pixels; None takes
        random ones.

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II.B, table I.
    """

    def __init__(self, num_classes: int = 10, *, codes: Tensor | None = None):
        super().__init__()
        self.c1, self.s2 = nn.Conv2d(1, 6, kernel_size=5), Subsampling(6)
        self.c3, self.s4 = nn.ModuleList(nn.Conv2d(len(seen), 1, kernel_size=5) for seen in TABLE), Subsampling(16)
        self.c5, self.f6 = nn.Conv2d(16, 120, kernel_size=5), nn.Linear(120, 84)
        self.register_buffer("codes", torch.randn(num_classes, 84).sign() if codes is None else codes)

    def forward(self, x: Float[Tensor, "N 1 32 32"]) -> Float[Tensor, "N K"]:
        x = self.s2(squash(self.c1(x)))
        x = torch.cat([conv(x[:, list(seen)]) for conv, seen in zip(self.c3, TABLE, strict=True)], dim=1)
        x = squash(self.c5(self.s4(squash(x))))
        x = squash(self.f6(torch.flatten(x, 1)))
        return torch.sum((x[:, None] - self.codes) ** 2, dim=2)


def lenet5(num_classes: int = 10, *, in_channels: int = 1, size: int = 32, original: bool = False) -> nn.Module:
    r"""Build LeNet-5: 61 706 parameters for ten digits as built today, 60 000 as published.

    Parameters
    ----------
    num_classes, in_channels, size : as in `LeNet`.
    original : build the network of 1998, for grey images of 32 pixels.

    Raises
    ------
    ValueError : for the network of 1998 with other images.

    Examples
    --------
    >>> [sum(p.numel() for p in lenet5(original=original).parameters()) for original in (False, True)]
    [61706, 60000]

    **Source** LeCun, Bottou, Bengio and Haffner (1998), section II.B.
    """
    if not original:
        return LeNet(num_classes, in_channels=in_channels, size=size)
    if (in_channels, size) != (1, 32):
        raise ValueError(f"lenet5: in_channels is {in_channels} and size {size}, expected 1 and 32 with original=True")
    return LeNet1998(num_classes)
