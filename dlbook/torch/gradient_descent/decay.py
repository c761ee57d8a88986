"""Learning rates that fall: plain numbers, so the reference's own functions."""

from dlbook.numpy.gradient_descent.decay import inverse_decay, linear_decay

__all__ = ["inverse_decay", "linear_decay"]
