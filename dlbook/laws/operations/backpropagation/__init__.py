"""The catalogue's entries for the primitives, one module for each module of theirs."""

from importlib import import_module

for _module in ("arithmetic", "functions", "products", "rearrange", "reductions"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
