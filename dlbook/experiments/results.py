"""The numbers of long runs, kept in `book/results/<topic>.json` with all that is needed to repeat them."""

import json
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tqdm import tqdm

import dlbook
from dlbook.experiments.training import Recipe, train

RESULTS = Path(dlbook.__file__).resolve().parent.parent / "book" / "results"


def run_all(
    topic: str, recipe: Recipe, runs: Iterable[dict[str, Any]], *, folder: Path = RESULTS,
    checkpoints: Path | None = None, workers: int = 1,
) -> Path:
    """Train each of the runs and write settings, curves and versions of all to one file, at the end.

    Parameters
    ----------
    topic : names the file.
    runs : for each run the arguments of `train`.
    checkpoints : a folder for the states after each epoch; the same call, after a kill, goes on from there.
    workers : processes; the record has the order of the runs all the same.

    Raises
    ------
    RuntimeError : naming the runs that failed, after all others have been written; a record stays if none was trained.
    """
    runs = list(runs)
    saved = [{} if checkpoints is None else {"checkpoint": checkpoints / f"{topic}-{i}.npz"} for i in range(len(runs))]
    done, failed = {}, {}
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_record, recipe, {**run, **saved[i]}): i for i, run in enumerate(runs)}
        for future in tqdm(as_completed(waiting), desc=topic, total=len(runs), disable=None):
            i = waiting[future]
            if future.exception() is None:
                done[i] = future.result()
            else:
                failed[i] = future.exception()
    if done or not runs:
        path = write(topic, [done[i] for i in sorted(done)], folder=folder)
    if failed:
        told = "; ".join(f"{runs[i]}: {error}" for i, error in sorted(failed.items()))
        raise RuntimeError(f"{len(failed)} of {len(runs)} runs of {topic} failed: {told}")
    return path


def _record(recipe: Recipe, run: dict[str, Any]) -> dict[str, Any]:
    return train(recipe, **run).record()


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
