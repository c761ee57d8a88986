"""The catalogue's entries for the operations of `linear_classifiers`, one module for each module of theirs."""

from importlib import import_module

for _module in ("binary", "cross_entropy", "hinge", "linear", "penalties", "regression", "softmax"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
