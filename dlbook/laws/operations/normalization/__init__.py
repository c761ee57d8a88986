"""The catalogue's entries for the operations of `normalization`."""

from importlib import import_module

for _module in ("batch", "features", "network", "weights"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
