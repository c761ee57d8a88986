"""The runs that the chapter on architectures shows: on a processor in minutes, on a GPU in full.

`python -m dlbook.experiments.architectures` writes `book/results/architectures.json`; with `--device cuda` it trains
more and larger networks, and writes `book/results/architectures_gpu.json`. Stopped, it goes on from its checkpoints.
"""

import argparse
from pathlib import Path

from dlbook.experiments.convnet import FAMILIES, RECIPE
from dlbook.experiments.results import RESULTS, run_all

# Ten minutes on one processor: the families once, but for the bottlenecks and DenseNet, the dearest, and
# plain against residual networks of three depths.
QUICK = {"n": 1500, "epochs": 8, "batch_size": 50, "schedule": "cosine", "span": 8}
SHORT = {"n": 1000, "epochs": 8, "batch_size": 50, "size": 16, "width": 0.5, "lr": 0.05, "weight_decay": 0.0}
ON_A_PROCESSOR = [
    *({"model": f"slim_{family}", "lr": 0.02 if family == "alexnet" else 0.05, **QUICK}
      for family in FAMILIES if family not in ("plain", "bottleneck", "densenet", "convnext")),
    {"model": "slim_convnext", **QUICK},
    *({"model": f"slim_{family}", "depth": depth, "seed": seed, **SHORT}
      for depth in (8, 20, 32) for family in ("plain", "resnet") for seed in (0, 1)),
]  # fmt: skip

# On a GPU, the dearest first, so that none is left alone at the end: published networks on the same images enlarged
# to twice their side, the depths of He et al.'s section 4.2, and every slim family for longer.
FULL_SIZE = {"n": 10000, "epochs": 12, "span": 12, "warmup": 1, "size": 64, "schedule": "cosine", "augment": "shift"}
DEPTHS = {"n": 5000, "epochs": 20, "span": 20, "warmup": 2, "schedule": "cosine", "weight_decay": 1e-4}
LONG = {"n": 10000, "epochs": 15, "span": 15, "warmup": 1, "schedule": "cosine", "augment": "shift"}
ON_A_GPU = [
    *({"model": model, **FULL_SIZE}
      for model in ("densenet121", "resnet50", "convnext_tiny", "googlenet", "vgg16", "resnet18", "alexnet")),
    *({"model": f"slim_{family}", "depth": depth, "seed": seed, **DEPTHS}
      for depth in (56, 20) for family in ("plain", "resnet") for seed in (0, 1)),
    *({"model": f"slim_{family}", **LONG} for family in reversed(FAMILIES) if family != "plain"),
]  # fmt: skip


def main() -> None:
    """Train what the device is good for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, which one GPU can share")
    parser.add_argument("--folder", type=Path, default=RESULTS, help="where the record is written")
    options = parser.parse_args()
    on_gpu = options.device != "cpu"
    topic, runs = ("architectures_gpu", ON_A_GPU) if on_gpu else ("architectures", ON_A_PROCESSOR)
    runs = [{"device": options.device, **run} for run in runs]
    run_all(topic, RECIPE, runs, folder=options.folder, checkpoints=Path("runs"), workers=options.workers)


if __name__ == "__main__":
    main()
