"""Ways back through a rectifier that are not its gradient, told to autograd by a function of its own."""

import torch
from torch import Tensor
from torch.nn import functional as F

from dlbook.numpy.visualization.rules import Rule, check_rule
from dlbook.shapes import ShapeError
from dlbook.torch.convolution.conv import conv2d
from dlbook.torch.convolution.pooling import max_pool2d
from dlbook.torch.linear_classifiers.linear import linear
from dlbook.torch.visualization.gradients import chosen_scores

__all__ = ["guided_saliency", "relu_backward"]



class _RuledReLU(torch.autograd.Function):
    """A rectifier that autograd walks back through by another rule."""

    @staticmethod
    def forward(ctx, x: Tensor, rule: Rule) -> Tensor:
        ctx.save_for_backward(x)
        ctx.rule = rule
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, dy: Tensor):
        (x,) = ctx.saved_tensors
        dx = dy if ctx.rule == "deconvnet" else dy * (x > 0)
        return dx if ctx.rule == "gradient" else F.relu(dx), None


def relu_backward(x: Tensor, dy: Tensor, *, rule: Rule = "guided") -> Tensor:
    """Go back through a rectifier by one of three rules, of which the first is its gradient."""
    if x.shape != dy.shape:
        raise ShapeError(f"relu_backward: x has shape {tuple(x.shape)} and dy {tuple(dy.shape)}, expected the same")
    check_rule("relu_backward", rule)
    x = x.detach().requires_grad_()
    return torch.autograd.grad(_RuledReLU.apply(x, rule), x, dy)[0]


def guided_saliency(
    x: Tensor, target: Tensor, params: tuple, *, rule: Rule = "guided", pool: int = 2, average: bool = False
) -> Tensor:
    """Walk from a score of a `convnet` back to the image with another rule at the rectifiers."""
    check_rule("guided_saliency", rule)
    image = x.detach().requires_grad_()
    h = image
    for weight, bias in params[:-1]:
        h = max_pool2d(_RuledReLU.apply(conv2d(h, weight, bias, padding="same"), rule), kernel_size=pool)
    features = h.mean(dim=(2, 3)) if average else h.flatten(1)
    score = chosen_scores("guided_saliency", linear(features, *params[-1]), target)
    return torch.autograd.grad(score.sum(), image)[0]
