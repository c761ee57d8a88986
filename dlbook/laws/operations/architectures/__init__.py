"""The catalogue's entries for the operations of `architectures`."""

from importlib import import_module

for _module in ("concatenating", "modern", "network", "responses", "shortcuts"):
    import_module(f"{__name__}.{_module}")  # to import an entry is to enter it
