"""Two functions of two numbers on which optimizers fail in different ways: a bent valley and a saddle."""

from jaxtyping import Float
from torch import Tensor

from dlbook.torch import twin

__all__ = ["rosenbrock", "saddle"]


@twin
def rosenbrock(x: Float[Tensor, "2"], *, a: float = 1.0, b: float = 100.0) -> Float[Tensor, ""]:
    """Evaluate Rosenbrock's valley, whose floor is a parabola: easy to find and slow to follow."""
    return (a - x[0]) ** 2 + b * (x[1] - x[0] ** 2) ** 2


@twin
def saddle(x: Float[Tensor, "2"]) -> Float[Tensor, ""]:
    """Evaluate a saddle between two hollows: uphill to both sides of the path, and on it nowhere a slope."""
    return x[0] ** 2 / 2 - x[1] ** 2 / 2 + x[1] ** 4 / 4
