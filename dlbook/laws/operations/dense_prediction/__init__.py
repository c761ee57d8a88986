"""The catalogue's entries for the operations of `dense_prediction`."""

from importlib import import_module

for _module in ("losses", "network", "shuffle", "unpooling"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
