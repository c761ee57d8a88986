"""The catalogue's entries for the operations of `convolution`."""

from importlib import import_module

for _module in ("conv", "network", "patches", "pooling", "resize", "transposed", "windows"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
