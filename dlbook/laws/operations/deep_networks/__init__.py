"""The catalogue's entries for the operations of `deep_networks`."""

from importlib import import_module

for _module in ("network", "rectifiers", "smooth"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
