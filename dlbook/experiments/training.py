"""The loop around any training: epochs, a checkpoint after each, and a result that an interruption does not change.

A checkpoint holds all that the rest of the run depends on: the parameters, the state of the random generator and
what was measured so far. It is replaced in one step, so a kill at any moment leaves the last one or the one before.
"""

import json
import os
import platform
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import numpy as np

FORMAT = 1  # of the checkpoint


class Session(Protocol):
    """A training that is under way."""

    def epoch(self, rng: np.random.Generator) -> None:
        """Go through the training data once; all chance comes from `rng`."""

    def measure(self) -> dict[str, float]:
        """Return what is to be recorded now: losses, accuracies."""

    def state(self) -> dict[str, np.ndarray]:
        """Return all that `epoch` changes, as arrays."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a state."""


@dataclass(frozen=True)
class Recipe:
    """A training that has a name.

    Parameters
    ----------
    name, title : its name, and one line that says what is trained.
    start : maps `(device, rng, **options)` to a `Session`; draws the first parameters from rng.
    options : the options with their defaults; None for one that depends on the data.
    choices : for an option that is one of a few, its values.
    numpy : whether it runs in NumPy too, and does so unless told otherwise.
    """

    name: str
    title: str
    start: Callable[..., Session]
    options: Mapping[str, Any]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numpy: bool = True


@dataclass(frozen=True)
class Result:
    """What a training gave: the curves, one entry before the first epoch and one after each, and how it was made."""

    settings: dict[str, Any]
    curves: dict[str, list[float]]
    state: dict[str, np.ndarray]

    def last(self) -> dict[str, float]:
        """Return what was measured last."""
        return {name: values[-1] for name, values in self.curves.items()}

    def record(self) -> dict[str, Any]:
        """Return settings, curves and versions as plain data, for a JSON file."""
        return {**self.settings, "curves": self.curves, "versions": versions(),
                "machine": machine(self.settings["device"]), "written": datetime.now(UTC).isoformat(timespec="seconds")}


class CheckpointError(ValueError):
    """A checkpoint is of another run, or is no checkpoint."""


def train(recipe: Recipe, *, device: str | None = None, seed: int = 0, epochs: int = 40, checkpoint: Path | None = None,
          report: Callable[[int, dict[str, float]], None] | None = None, **options) -> Result:
    """Run a training, or go on with it where a checkpoint left it.

    The result is that of an uninterrupted run, to the last bit on the same processor; on a GPU as far as its sums
    have an order. A checkpoint of fewer epochs is
    continued, one of more is refused.

    Parameters
    ----------
    recipe : what to train.
    device : "numpy", or a device of PyTorch's: "cpu", "cuda", "mps". None for the first of them that the recipe knows.
    seed : of the first parameters and of the order of the examples.
    epochs : in all, those of the checkpoint included.
    checkpoint : a file that is written after each epoch, and read first if it is there.
    report : called with the epoch's number and what was measured.
    **options : the recipe's.

    Raises
    ------
    CheckpointError : the checkpoint belongs to other settings, or cannot be read.
    ValueError : for an option that the recipe does not have, or a device that is not there.
    """
    unknown = set(options) - set(recipe.options)
    if unknown:
        raise ValueError(f"{recipe.name} has no option {sorted(unknown)[0]!r}; it has {', '.join(recipe.options)}")
    if epochs < 0:
        raise ValueError(f"epochs is {epochs}, expected at least 0")
    device = device or ("numpy" if recipe.numpy else "cpu")
    if device == "numpy" and not recipe.numpy:
        raise ValueError(f"{recipe.name} is trained in PyTorch only; device is 'numpy', expected cpu, cuda or mps")
    chosen = {**recipe.options, **options}
    settings = {"run": recipe.name, "device": device, "seed": seed, **chosen}
    saved = read_checkpoint(checkpoint, settings) if checkpoint and checkpoint.exists() else None
    rng = np.random.default_rng(seed)
    session = recipe.start(device=checked_device(device), rng=rng, **chosen)
    if saved:
        done, curves, state, rng.bit_generator.state = saved
        if done > epochs:
            raise CheckpointError(f"{checkpoint} has {done} epochs already, more than the {epochs} asked for")
        session.restore(state)
    else:
        done, curves = 0, {name: [value] for name, value in session.measure().items()}
    if report:
        report(done, {name: values[-1] for name, values in curves.items()})
    for epoch in range(done + 1, epochs + 1):
        with np.errstate(over="ignore", invalid="ignore"):  # a descent that diverges is told so by an exception
            session.epoch(rng)
            measured = session.measure()
        for name, value in measured.items():
            curves[name].append(value)
        if checkpoint:
            write_checkpoint(checkpoint, settings, epoch, curves, session.state(), rng)
        if report:
            report(epoch, measured)
    return Result({**settings, "epochs": epochs}, curves, session.state())


def checked_device(device: str) -> str:
    """Return the device if it is there.

    Raises
    ------
    ValueError : naming the devices that are there.
    """
    if device == "numpy":
        return device
    try:
        import torch
    except ModuleNotFoundError:
        raise ValueError(f"device {device!r} needs PyTorch (pip install 'dlbook[torch]'); 'numpy' is here") from None
    there = ["numpy", "cpu"]
    there += ["cuda"] * torch.cuda.is_available() + [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    there += ["mps"] * torch.backends.mps.is_available()
    if device not in there:
        raise ValueError(f"device {device!r} is not here; there are {', '.join(there)}")
    return device


def machine(device: str) -> str:
    """Return the name of a graphics card, or the kind of the processor."""
    if not device.startswith("cuda"):
        return platform.machine()
    import torch

    return torch.cuda.get_device_name(device)


def write_checkpoint(path: Path, settings: dict, epoch: int, curves: dict, state: dict, rng) -> None:
    """Write a checkpoint to a draft and put it in place in one step."""
    about = {"format": FORMAT, "settings": settings, "epoch": epoch, "curves": curves,
             "rng": rng.bit_generator.state}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), **{f"state/{k}": v for k, v in state.items()})
        file.flush()
        os.fsync(file.fileno())  # or a power cut could leave a new name on an empty file
    draft.replace(path)


def read_checkpoint(path: Path, settings: dict) -> tuple[int, dict, dict[str, np.ndarray], dict]:
    """Return `(epochs done, curves, state, state of the generator)` after checking whose checkpoint it is."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            state = {k.removeprefix("state/"): file[k] for k in file.files if k.startswith("state/")}
        theirs = about["settings"]
        known = about["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        kind = type(error).__name__
        raise CheckpointError(f"{path} is no checkpoint ({kind}); choose another or delete it") from None
    if not known:
        raise CheckpointError(f"{path} is a checkpoint of another version; choose another or delete it")
    for key, value in json.loads(json.dumps(settings)).items():
        if theirs.get(key) != value:
            raise CheckpointError(f"{path} is a checkpoint with {key} = {theirs.get(key)!r}, not {value!r}; "
                                  "choose another or delete it")
    return about["epoch"], about["curves"], state, about["rng"]


def versions() -> dict[str, str]:
    """Return the versions on which a result depends."""
    found = {"python": platform.python_version()}
    for package in ("dlbook", "numpy", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found
