"""The catalogue's entries for the operations of `visualization`."""

from importlib import import_module

for _module in ("maps", "tsne"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
