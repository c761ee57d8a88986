"""The numbers of long runs, kept in `book/results/<topic>.json` with all that is needed to repeat them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

import dlbook
from dlbook.experiments.training import Recipe, train

RESULTS = Path(dlbook.__file__).resolve().parent.parent / "book" / "results"


def run_all(
    topic: str, recipe: Recipe, runs: Iterable[dict[str, Any]], *, folder: Path = RESULTS,
    checkpoints: Path | None = None,
) -> Path:
    """Train each of the runs and write settings, curves and versions of all to one file.

    Parameters
    ----------
    topic : names the file.
    runs : for each run the arguments of `train`.
    checkpoints : a folder for the states after each epoch; the same call, after a kill, goes on from there.
    """
    records = []
    for i, run in enumerate(tqdm(list(runs), desc=topic, disable=None)):
        saved = {} if checkpoints is None else {"checkpoint": checkpoints / f"{topic}-{i}.npz"}
        records.append(train(recipe, **run, **saved).record())
    return write(topic, records, folder=folder)


def write(topic: str, records: list[dict[str, Any]], *, folder: Path = RESULTS) -> Path:
    """Write the records of a topic's runs."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{topic}.json"
    path.write_text(json.dumps(records, indent=1) + "\n")
    return path


def read(topic: str, *, folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return the records of a topic's runs: settings, curves, versions.

    Raises
    ------
    FileNotFoundError : when no run of the topic has been recorded.
    """
    path = folder / f"{topic}.json"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "none"
        raise FileNotFoundError(f"read: no runs are recorded for {topic!r} in {folder}; there are records of: {known}")
    return json.loads(path.read_text())
