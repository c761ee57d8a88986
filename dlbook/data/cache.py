"""Keep generated sets on disk, so that a chapter makes them once."""

import hashlib
import json
import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np


def cache_dir() -> Path:
    """Say where made and downloaded data are kept.

    `DLBOOK_CACHE` if it is set, else the cache directory of this user on this system.

    **Source** platformdirs
    """
    told = os.environ.get("DLBOOK_CACHE")
    if told:
        return Path(told).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("dlbook", appauthor=False)


def replace_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside `path` and rename it, so that other processes see all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    try:
        write(Path(temporary))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@cache
def fingerprint() -> str:
    """Return a hash of this package's sources: a changed generator must never meet its old output."""
    total = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()[:12]


def cached(name: str, options: dict[str, object], make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays made earlier by the same sources with the same options, else make and keep them.

    What older sources left under the same name is removed. A file that cannot be read (a full disk, a killed
    process) is made anew. A directory that cannot be written costs time, not the result: a warning says so.

    Parameters
    ----------
    name : of the set, letters, digits and underscores
    options : everything else that the output depends on, JSON can hold it
    make : called without arguments when nothing is kept
    """
    key = hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_dir() / "generated"
    path = folder / f"{name}-{fingerprint()}-{key}.npz"
    try:
        # np.load closes no file of its own when the file is damaged, so we open it.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as kept:
            return dict(kept)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        pass  # unreadable: falls through to making it again, which replaces the file

    arrays = make()

    def write(temporary: Path) -> None:
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)

    try:
        replace_atomically(path, write)
    except OSError as error:
        warnings.warn(f"cannot keep {name!r} in {folder} ({error}); it is made again next time", stacklevel=2)
        return arrays
    for old in folder.glob(f"{name}-*.npz"):
        if old.name.split("-")[1] != fingerprint():
            with suppress(OSError):  # another process reads it (Windows) or has removed it already
                old.unlink()
    return arrays
