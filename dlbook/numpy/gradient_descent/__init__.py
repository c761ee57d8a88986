"""Gradient descent: whole, by mini-batches, with a line search; how long a step may be; training one layer."""

from dlbook.numpy.gradient_descent.curvature import (
    Eigenpair,
    contraction_factor,
    hessian_vector_product,
    largest_curvature,
    power_iteration,
)
from dlbook.numpy.gradient_descent.decay import inverse_decay, linear_decay
from dlbook.numpy.gradient_descent.descent import Descent, gradient_descent, quadratic, value_and_grad
from dlbook.numpy.gradient_descent.line_search import armijo_line_search, gradient_descent_armijo
from dlbook.numpy.gradient_descent.one_layer import init_one_layer, objective, train_one_layer
from dlbook.numpy.gradient_descent.stochastic import class_weights, gradient_noise, minibatches, sgd

__all__ = [
    "Descent",
    "Eigenpair",
    "armijo_line_search",
    "class_weights",
    "contraction_factor",
    "gradient_descent",
    "gradient_descent_armijo",
    "gradient_noise",
    "hessian_vector_product",
    "init_one_layer",
    "inverse_decay",
    "largest_curvature",
    "linear_decay",
    "minibatches",
    "objective",
    "power_iteration",
    "quadratic",
    "sgd",
    "train_one_layer",
    "value_and_grad",
]
