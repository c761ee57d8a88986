"""Convolutional networks on images: slim ones on a processor, those of full size on a GPU, by the same loop.

`dlbook train convnet` trains one; `dlbook.experiments.architectures` those whose numbers a chapter shows.
"""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dlbook.data import load
from dlbook.experiments.training import Recipe

if TYPE_CHECKING:
    from torch import Tensor, nn

# The data sets, with the options with which they are loaded.
DATA = {"shapes32": {"level": "easy", "texture": "noise"}, "cifar10": {}, "fashion_mnist": {}}
FAMILIES = ("lenet", "alexnet", "vgg", "vgg_bn", "googlenet", "plain", "resnet", "bottleneck", "preact", "se",
            "densenet", "convnext")  # fmt: skip
FULL = ("alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "googlenet", "resnet18", "resnet34", "resnet50", "resnet101",
        "resnet152", "se_resnet50", "densenet121", "densenet169", "densenet201", "convnext_tiny")  # fmt: skip
MODELS = (*(f"slim_{family}" for family in FAMILIES), *FULL)
NO_NORM = ("lenet", "alexnet", "vgg", "vgg11", "vgg13", "vgg16", "vgg19")
CHOICES = {
    "data": tuple(DATA),
    "model": MODELS,
    "optimizer": ("auto", "sgd", "adamw"),
    "schedule": ("constant", "cosine", "steps"),
    "augment": ("none", "shift", "flip", "shift_flip"),
    "precision": ("auto", "float32", "bfloat16", "float16"),
    "memory_format": ("auto", "contiguous", "channels_last"),
    "compile": ("no", "default", "reduce-overhead", "max-autotune", "eager"),
}
EVALUATED = 500  # images at a time


@cache
def prepared(data: str, n: int | None) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray], int]:
    """Return training and test pairs, each channel standardized over the training set, and the number of classes."""
    loaded = load(data, n=n, **DATA[data])
    x, target, x_test, target_test = loaded
    mean = x.mean(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
    std = x.std(axis=(0, 2, 3), keepdims=True, dtype=np.float64)
    x, x_test = (((a - mean) / std).astype(np.float32) for a in (x, x_test))
    return (x, target), (x_test, target_test), len(loaded.classes)


def build(model: str, classes: int, channels: int, *, depth: int | None, width: float) -> "nn.Module":
    """Build a network by its name.

    Raises
    ------
    ValueError : a published network is asked for in another size, or for images that are not in three colours.
    """
    from dlbook.torch import architectures

    if model.startswith("slim_"):
        return architectures.slim(model.removeprefix("slim_"), classes, depth=depth, width=width, in_channels=channels)
    if depth is not None or width != 1 or channels != 3:
        raise ValueError(f"model is {model!r} with depth {depth}, width {width} and images of {channels} channels; "
                         "a network of full size has one depth and width, and takes 3 channels")
    return getattr(architectures, model)(classes)


class ConvNet:
    """A convolutional network in training.

    On a GPU it computes in sixteen bits where that is safe, and it can be compiled. All chance comes from the
    generator: an interrupted run on a processor ends in the very same bits.

    Parameters
    ----------
    device : one of PyTorch's.
    rng : draws the first weights.
    data : one of `DATA`.
    model : one of `MODELS`.
    n : number of training examples; None for all, or the data set's default.
    depth, width : of a slim network, as in `dlbook.torch.architectures.slim`.
    size : side to which the images are resized, 224 for the networks of full size; None leaves them as they are.
    optimizer : "sgd" with Nesterov's momentum, "adamw", or "auto": AdamW for ConvNeXt, else SGD.
    lr : learning rate; None for 0.001 with AdamW, 0.02 for networks without normalization and 0.1 for the others.
    momentum, weight_decay : of the optimizer; offsets and the weights of normalizations do not decay.
    batch_size : examples of one step.
    schedule, span : the rate stays constant; falls along half a cosine to zero at epoch `span`; or is divided by ten
        after a half and three quarters of `span`, as He et al. do.
    warmup : epochs in which the rate grows from 0 to its height, step by step.
    augment : training images are moved by up to an eighth of their side, mirrored, or both.
    label_smoothing : as in `torch.nn.functional.cross_entropy`.
    precision : of convolutions and matrix products; "auto" is bfloat16 on a GPU, or float16 where it knows no other.
    memory_format : "auto" keeps the channels of a pixel side by side, which is quicker on a GPU and on a processor.
    compile : a mode of `torch.compile`; "eager" only traces.
    """

    def __init__(
        self, *, device: str, rng: np.random.Generator, data: str, model: str, n: int | None, depth: int | None,
        width: float, size: int | None, optimizer: str, lr: float | None, momentum: float, weight_decay: float,
        batch_size: int, schedule: str, span: int, warmup: int, augment: str, label_smoothing: float,
        precision: str, memory_format: str, compile: str,
    ):
        import torch

        given = {"data": data, "model": model, "optimizer": optimizer, "schedule": schedule, "augment": augment,
                 "precision": precision, "memory_format": memory_format, "compile": compile}  # fmt: skip
        for option, value in given.items():
            if value not in CHOICES[option]:
                raise ValueError(f"{option} is {value!r}, expected one of {', '.join(CHOICES[option])}")
        for option, value, least in (("batch_size", batch_size, 1), ("span", span, 1), ("warmup", warmup, 0)):
            if value < least:
                raise ValueError(f"{option} is {value}, expected at least {least}")
        self.device, self.batch_size, self.schedule, self.span = torch.device(device), batch_size, schedule, span
        self.warmup, self.augment, self.label_smoothing, self.size = warmup, augment, label_smoothing, size
        on_gpu = self.device.type == "cuda"
        if precision == "auto":
            half = "bfloat16" if on_gpu and torch.cuda.is_bf16_supported() else "float16"
            precision = half if on_gpu else "float32"
        self.dtype = getattr(torch, precision)
        last = memory_format == "channels_last" or (memory_format == "auto" and self.device.type in ("cpu", "cuda"))
        self.memory_format = torch.channels_last if last else torch.contiguous_format

        train, test, classes = prepared(data, n)
        self.train, self.test = (self._placed(*pair) for pair in (train, test))
        with self._chance(rng):
            network = build(model, classes, train[0].shape[1], depth=depth, width=width)
        self.model = network.to(self.device, memory_format=self.memory_format)
        modes = {"no": None, "eager": {"backend": "eager"}, "default": {}}
        how = modes.get(compile, {"mode": compile})
        self.network = self.model if how is None else torch.compile(self.model, **how)

        self.adamw = optimizer == "adamw" or (optimizer == "auto" and "convnext" in model)
        bare = model.removeprefix("slim_")
        self.lr = (0.001 if self.adamw else 0.02 if bare in NO_NORM else 0.1) if lr is None else lr
        self.optimizer = self._optimizer(momentum, weight_decay)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=precision == "float16")
        self.steps = 0

    def _placed(self, x: np.ndarray, target: np.ndarray) -> tuple["Tensor", "Tensor"]:
        """Bring a split to the device; images that shrink do so once, those that grow batch by batch."""
        import torch

        images = torch.from_numpy(x)
        if self.size is not None and self.size < images.shape[-1]:
            images = self._resized(images)
        images = images.to(self.device, memory_format=self.memory_format)
        return images, torch.from_numpy(target).to(self.device)

    def _resized(self, x: "Tensor") -> "Tensor":
        import torch.nn.functional as F

        if self.size is None or self.size == x.shape[-1]:
            return x
        return F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=self.size < x.shape[-1])

    @contextmanager
    def _chance(self, rng: np.random.Generator):
        """Let PyTorch's own generators, for weights and dropout, follow from rng, and leave them as they were."""
        import torch

        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(int(rng.integers(2**63)))
            yield

    def _optimizer(self, momentum: float, weight_decay: float):
        import torch

        matrices = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
        groups = [group for group in groups if group["params"]]
        if self.adamw:
            return torch.optim.AdamW(groups, lr=self.lr)
        return torch.optim.SGD(groups, lr=self.lr, momentum=momentum, nesterov=momentum > 0)

    def _rate(self, epochs: float) -> float:
        """Return the learning rate after so many epochs."""
        done = epochs / self.span
        peak = self.lr * min(1.0, epochs / self.warmup) if self.warmup else self.lr
        if self.schedule == "cosine":
            return peak * (1 + math.cos(math.pi * min(done, 1))) / 2
        if self.schedule == "steps":
            return peak * 0.1 ** ((done >= 0.5) + (done >= 0.75))
        return peak

    def _sixteen_bits(self) -> AbstractContextManager:
        import torch

        return torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32)

    def _loss(self, scores, target: "Tensor") -> "Tensor":
        import torch.nn.functional as F

        heads = scores if isinstance(scores, tuple) else (scores,)
        losses = [F.cross_entropy(s.float(), target, label_smoothing=self.label_smoothing) for s in heads]
        return losses[0] + 0.3 * sum(losses[1:])  # GoogLeNet's auxiliary heads count for 0.3 each

    def epoch(self, rng: np.random.Generator) -> None:
        """Take every example once, in the order that rng deals."""
        import torch

        x, target = self.train
        order = torch.from_numpy(rng.permutation(len(x))).to(self.device)
        batches = [rows for rows in order.split(self.batch_size) if len(rows) > 1 or len(x) == 1]
        total = torch.zeros((), device=self.device)
        self.network.train()
        with self._chance(rng):
            for rows in batches:  # a last batch of one would have no variance
                rate = self._rate(self.steps / len(batches))
                for group in self.optimizer.param_groups:
                    group["lr"] = rate
                with self._sixteen_bits():
                    loss = self._loss(self.network(self._seen(x[rows], rng)), target[rows])
                self.optimizer.zero_grad(set_to_none=True)
                self.scaler.scale(loss).backward()
                self.scaler.step(self.optimizer)
                self.scaler.update()
                total += loss.detach()
                self.steps += 1
        if not torch.isfinite(total):
            raise FloatingPointError(f"the loss left the numbers; try a learning rate below {self.lr:g}")

    def _seen(self, x: "Tensor", rng: np.random.Generator) -> "Tensor":
        """Return the training images as they are shown this time."""
        from dlbook.torch.regularization import random_flip, random_shift

        if "shift" in self.augment:
            x = random_shift(x, rng, reach=max(1, x.shape[-1] // 8))
        if "flip" in self.augment:
            x = random_flip(x, rng)
        return self._resized(x).contiguous(memory_format=self.memory_format)

    def measure(self) -> dict[str, float]:
        """Return the loss and the accuracy on training and test images, as they are, in evaluation."""
        import torch
        import torch.nn.functional as F

        found = {}
        self.network.eval()
        with torch.inference_mode(), self._sixteen_bits():
            for name, (x, target) in (("train", self.train), ("test", self.test)):
                parts = [self.network(self._resized(rows)).float() for rows in x.split(EVALUATED)]
                scores = torch.cat(parts)
                found[f"{name}_loss"] = float(F.cross_entropy(scores, target))
                found[f"{name}_accuracy"] = float((scores.argmax(dim=1) == target).float().mean())
        return found

    def state(self) -> dict[str, np.ndarray]:
        """Return parameters, running statistics, what the optimizer remembers, and the number of steps."""
        found = {f"model/{name}": value.cpu().numpy().copy() for name, value in self.model.state_dict().items()}
        for name, p in self.model.named_parameters():
            for key, value in self.optimizer.state.get(p, {}).items():
                if value is not None:
                    found[f"optimizer/{key}/{name}"] = value.cpu().numpy().copy()
        found |= {f"scaler/{key}": np.array(value) for key, value in self.scaler.state_dict().items()}
        return {**found, "steps": np.array(self.steps)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state."""
        import torch

        parts: dict[str, dict] = {"model": {}, "optimizer": {}, "scaler": {}}
        for name, value in state.items():
            group, _, key = name.partition("/")
            if group in parts:
                parts[group][key] = torch.from_numpy(np.array(value)) if group != "scaler" else value.item()
        self.model.load_state_dict(parts["model"])
        parameters = dict(self.model.named_parameters())
        for name, value in parts["optimizer"].items():
            key, _, owner = name.partition("/")
            p = parameters[owner]
            # Moments lie in memory as their parameter does; AdamW's count of steps is a number beside them.
            held = torch.empty_like(p).copy_(value) if value.shape == p.shape else value
            self.optimizer.state[p][key] = held
        if parts["scaler"]:
            self.scaler.load_state_dict(parts["scaler"])
        self.steps = int(state["steps"])


RECIPE = Recipe(
    name="convnet",
    title="convolutional networks on images: slim on a processor, in full size on a GPU",
    start=ConvNet,
    options={
        "data": "shapes32", "model": "slim_resnet", "n": None, "depth": None, "width": 1.0, "size": None,
        "optimizer": "auto", "lr": None, "momentum": 0.9, "weight_decay": 5e-4, "batch_size": 128,
        "schedule": "constant", "span": 40, "warmup": 0, "augment": "none", "label_smoothing": 0.0,
        "precision": "auto", "memory_format": "auto", "compile": "no",
    },
    choices=CHOICES,
    numpy=False,
)  # fmt: skip
