"""`dlbook doctor`."""

import importlib.util
import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

# package -> (what needs it, how to get it); the import name where it differs
CORE = ("numpy", "jaxtyping", "beartype", "hypothesis", "click", "platformdirs", "tqdm")
MORE = {
    "torch": ("the PyTorch twins, training on a GPU", 'pip install "dlbook[torch]"'),
    "matplotlib": ("figures", 'pip install "dlbook[data]"'),
    "scikit-learn": ("the digits, a second opinion", 'pip install "dlbook[data]"'),
    "scikit-image": ("photographs", 'pip install "dlbook[data]"'),
    "jupyter-book": ("building the book", "pip install -r requirements.txt"),
    "pytest": ("the tests", "pip install -r requirements.txt"),
    "threadpoolctl": ("naming the BLAS below", "pip install threadpoolctl"),
    "psutil": ("watching memory where the system cannot limit it", "pip install psutil"),
}


@click.command()
def doctor() -> None:
    """Say what is installed, which devices and threads there are, what is missing and how to get it.

    \b
    Example:
      dlbook doctor

    Put its output into a report of an error. Exit status: 0, or 1 when something that the core needs is missing.
    """
    click.echo(f"python {platform.python_version()} at {sys.executable}")
    click.echo(f"{platform.system()} {platform.release()} on {platform.machine()}, {_cores()} cores, {_memory()}")
    missing = [name for name in CORE if not _line(name, "the core", "pip install dlbook")]
    for name, (purpose, how) in MORE.items():
        _line(name, purpose, how)
    _devices()
    _threads()
    _project()
    if missing:
        click.echo(f"missing for the core: {', '.join(missing)}", err=True)
        sys.exit(1)


def _line(package: str, purpose: str, how: str) -> bool:
    try:
        click.echo(f"  {package:14} {version(package)}")
    except PackageNotFoundError:
        click.echo(f"  {package:14} missing, needed for {purpose}: {how}")
        return False
    return True


def _cores() -> int:
    """Return the cores that this process may use, which in a container can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB of memory"
    except (AttributeError, ValueError, OSError):
        return "memory unknown"


def _devices() -> None:
    if importlib.util.find_spec("torch") is None:
        click.echo("devices: cpu (NumPy)")
        return
    import torch

    found = ["cpu"]
    found += [f"cuda:{i} ({torch.cuda.get_device_name(i)})" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    click.echo(f"devices: {', '.join(found)}; torch uses {torch.get_num_threads()} threads")


def _threads() -> None:
    import numpy as np

    if importlib.util.find_spec("threadpoolctl"):
        from threadpoolctl import threadpool_info

        np.ones((2, 2)) @ np.ones((2, 2))
        for pool in threadpool_info():
            click.echo(f"threads: {pool['internal_api']} {pool.get('version') or ''} uses {pool['num_threads']} "
                       f"({pool['user_api']}, {pool.get('architecture', 'any processor')})")
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if name in os.environ:
            click.echo(f"threads: {name}={os.environ[name]} is set")


def _project() -> None:
    """Say what can be said about the checker, the ledger and the place on the disk."""
    from dlbook.exercises.isolation import memory_guard
    from dlbook.laws import ledger

    click.echo(f"checker: time is limited, memory {memory_guard()}")
    if not (ledger.ROOT / "tests").is_dir():
        state = "none; it comes with the repository"
    elif not ledger.PATH.exists():
        state = "none yet: make test"
    else:
        state = "up to date" if ledger.current() else "stale: make test"
    click.echo(f"ledger: {state}")
    click.echo(f"disk: {shutil.disk_usage(Path.cwd()).free / 2**30:.1f} GiB free here")
