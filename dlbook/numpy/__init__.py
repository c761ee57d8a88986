"""The references: plain NumPy, each operation with its hand-derived pullback.

One module or package per chapter; every public function can also be imported from here, but for a function that
bears its chapter's name: that name is the module, `from dlbook.numpy.gradient_descent import gradient_descent`.
"""

from importlib import import_module
from importlib.util import find_spec

from dlbook.differentiable import chain, residual, vjp

# The chapters, in the order in which they build on one another.
TOPICS = (
    "linear_classifiers",
    "gradient_descent",
    "backpropagation",
    "deep_networks",
    "initialization",
    "normalization",
    "optimization",
    "training",
    "regularization",
    "evaluation",
    "convolution",
    "architectures",
    "transfer_learning",
    "dense_prediction",
    "visualization",
)
__all__ = ["chain", "residual", "vjp"]


def from_topics(package: str, name: str):
    """Import what a package of topics is asked for: a module of it, or a public function of one of its topics.

    Parameters
    ----------
    package : "dlbook.numpy" or "dlbook.torch".
    name : the attribute.

    Raises
    ------
    AttributeError : when no topic has it.
    """
    if not name.startswith("_"):
        if name in TOPICS or find_spec(f"{package}.{name}"):
            return import_module(f"{package}.{name}")
        for topic in TOPICS:
            module = import_module(f"{package}.{topic}")
            if name in module.__all__:
                return getattr(module, name)
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def __getattr__(name):
    return from_topics(__name__, name)


def __dir__():
    return sorted({*__all__, *TOPICS, *(n for t in TOPICS for n in import_module(f"{__name__}.{t}").__all__)})
