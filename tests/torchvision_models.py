"""What torchvision's models hold, name by name, in a form that needs no torchvision to compare with.

With torchvision installed, `python tests/torchvision_models.py` writes the file again.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
from torch import nn

MANIFEST = Path(__file__).with_suffix(".json")
NAMES = (
    *("alexnet", "googlenet", "convnext_tiny", "densenet121", "densenet169", "densenet201"),
    *(f"resnet{depth}" for depth in (18, 34, 50, 101, 152)),
    *(f"vgg{depth}{norm}" for depth in (11, 13, 16, 19) for norm in ("", "_bn")),
)


def fingerprint(model: nn.Module) -> dict[str, int | str]:
    """Return the numbers of parameters and of entries, and a hash of the lines `name shape` in the order of names."""
    entries = model.state_dict()
    lines = "".join(f"{name} {tuple(entries[name].shape)}\n" for name in sorted(entries))
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "entries": len(entries),
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
    }


def import_torchvision():
    """Return torchvision, also where its wheel was built for another PyTorch and its compiled operations are missing.

    Raises
    ------
    ModuleNotFoundError : it is not installed.
    """
    from importlib.util import find_spec

    if find_spec("torchvision") is None:
        raise ModuleNotFoundError("torchvision is not installed", name="torchvision")
    try:
        import torchvision
    except RuntimeError:  # "operator torchvision::nms does not exist": two names suffice for the models
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operation in ("nms", "qnms"):
            library.define(f"{operation}(Tensor a) -> Tensor")
        import torchvision

        torchvision.shim = library  # the names last as long as the object
    return torchvision


def theirs(name: str) -> nn.Module:
    """Build torchvision's model with random weights."""
    options = {"init_weights": False} if name == "googlenet" else {}
    return getattr(import_torchvision().models, name)(**options)


if __name__ == "__main__":
    found = {"torchvision": import_torchvision().__version__}
    with torch.device("meta"):
        found |= {name: fingerprint(theirs(name)) for name in NAMES}
    MANIFEST.write_text(json.dumps(found, indent=1) + "\n")
