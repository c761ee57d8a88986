"""dlbook: a self-checking deep-learning textbook.

NumPy references with hand-derived gradients (`dlbook.numpy`), PyTorch twins (`dlbook.torch`), property
tests that hold for every operation (`dlbook.laws`), data that needs no download (`dlbook.data`).
Nothing heavy is imported here: each name below is fetched from its module on first use (PEP 562).
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "ShapeError": "dlbook.shapes",
    "vjp": "dlbook.differentiable",
    "chain": "dlbook.differentiable",
    "residual": "dlbook.differentiable",
    "listing": "dlbook.page",
    "measured": "dlbook.page",
    "check": "dlbook.exercises",
}
__all__ = [*_HOME, "__version__"]


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'dlbook' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__():
    return sorted(__all__)
