"""The runs that the chapter on architectures shows: slim and published networks on images that need no download.

`python -m dlbook.experiments.architectures` writes `book/results/architectures.json` in about six minutes on one
H200. Stopped, it goes on from its checkpoints.
"""

import argparse
from pathlib import Path

from dlbook.experiments.convnet import FAMILIES, RECIPE
from dlbook.experiments.results import RESULTS, run_all
from dlbook.experiments.training import checked_device

PUBLISHED = ("densenet121", "resnet50", "convnext_tiny", "googlenet", "vgg16", "resnet18", "alexnet")
# The published networks, on the images enlarged to twice their side, by two recipes: the rate begins at its height,
# or grows to it within one epoch.
FULL_SIZE = {"n": 10000, "size": 64, "schedule": "cosine", "augment": "shift"}
COLD = {**FULL_SIZE, "epochs": 20, "span": 20}
WARM = {**FULL_SIZE, "epochs": 12, "span": 12, "warmup": 1}
# Depths of He et al.'s section 4.2, with shortcuts and without.
DEPTHS = {"n": 5000, "epochs": 20, "span": 20, "warmup": 2, "schedule": "cosine", "weight_decay": 1e-4}
# Every slim family.
SLIM = {"n": 10000, "epochs": 15, "span": 15, "warmup": 1, "schedule": "cosine", "augment": "shift"}
RUNS = [
    *({"model": model, **recipe} for recipe in (COLD, WARM) for model in PUBLISHED),
    *({"model": f"slim_{family}", "depth": depth, "seed": seed, **DEPTHS}
      for depth in (56, 20) for family in ("plain", "resnet") for seed in (0, 1)),
    *({"model": f"slim_{family}", **SLIM} for family in FAMILIES if family != "plain"),
]  # fmt: skip


def main() -> None:
    """Train all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", help="cuda, mps, or cpu, which takes a day")
    parser.add_argument("--workers", type=int, default=8, help="runs at a time, which one GPU can share")
    parser.add_argument("--folder", type=Path, default=RESULTS, help="where the record is written")
    options = parser.parse_args()
    try:
        checked_device(options.device)
    except ValueError as error:
        parser.error(str(error))
    runs = [{"device": options.device, **run} for run in RUNS]
    run_all("architectures", RECIPE, runs, folder=options.folder, checkpoints=Path("runs"), workers=options.workers)


if __name__ == "__main__":
    main()
