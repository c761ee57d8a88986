"""Run the pages that changed, as many at a time as there are cores, and keep their outputs.

jupyter-book reads pages one after another, and would run each while it reads it. Here they run before, side by
side; the outputs go to the same cache, where the reading then finds them. Only this process writes the cache.
"""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from sphinx.util import logging

from dlbook.sphinxext.pages import Page
from dlbook.sphinxext.stop import BuildStopped

__all__ = ["ONE_THREAD", "Cost", "costs", "run_pages"]

_log = logging.getLogger(__name__)

# Pages run side by side: more threads than cores in each of them only take turns.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
ONE_THREAD = dict.fromkeys(_THREADS, "1")


@dataclass(frozen=True)
class Cost:
    """What it took to run a page: wall time and the kernel's peak memory (0 where it cannot be told)."""

    seconds: float
    megabytes: int


def run_pages(pages: list[Page], cache_path: str, timeout: int, root: Path) -> int:
    """Execute the pages whose outputs are not in the cache.

    Parameters
    ----------
    pages : all pages with code cells.
    cache_path : the folder of the cache.
    timeout : seconds that one cell may take.
    root : the top of the repository, first on the kernels' path.

    Returns
    -------
    How many pages were executed.

    Raises
    ------
    BuildStopped : with file, line, cell and error of each page that failed, after all have been run.
    """
    cache = get_cache(cache_path)
    todo = [page for page in pages if _cached(cache, page) is None]
    if not todo:
        return 0
    workers = min(len(todo), os.cpu_count() or 1)
    _log.info("pages to execute: %d, %d at a time", len(todo), workers)
    failed = []
    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(_run, page, timeout, root): page for page in todo}
        for future in as_completed(running):
            page = running[future]
            error, cost = future.result()
            if error:
                failed.append(error)
                _log.info("  %-28s failed", page.docname)
                continue
            data = {"execution_seconds": cost.seconds, "peak_megabytes": cost.megabytes}
            bundle = CacheBundleIn(page.notebook, str(page.path), data=data)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            _log.info("  %-28s %5.1f s %6d MB", page.docname, cost.seconds, cost.megabytes)
    if failed:
        raise BuildStopped("\n\n".join(sorted(failed)))
    return len(todo)


def costs(pages: list[Page], cache_path: str) -> dict[str, Cost]:
    """Return what each page cost when it was last executed."""
    cache = get_cache(cache_path)
    records = {page.docname: _cached(cache, page) for page in pages}
    return {
        name: Cost(record.data.get("execution_seconds", 0.0), record.data.get("peak_megabytes", 0))
        for name, record in records.items()
        if record is not None
    }


def _cached(cache: JupyterCacheBase, page: Page):
    try:
        return cache.match_cache_notebook(page.notebook)
    except KeyError:
        return None


def _run(page: Page, timeout: int, root: Path) -> tuple[str, Cost]:
    """Execute one page in place; return what went wrong (or nothing) and what it cost."""
    # No timing in the cells' metadata: the cache's hash covers it, and would never match again.
    client = NotebookClient(page.notebook, timeout=timeout, record_timing=False)
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]  # its warning about TCP is no news to a builder
    client.resources = {"metadata": {"path": str(page.path.parent)}}
    current = peak = 0

    def begin(cell_index: int, **_) -> None:
        nonlocal current
        current = cell_index

    def measure(**_) -> None:
        nonlocal peak
        peak = max(peak, _peak_megabytes(client))

    client.on_cell_start, client.on_cell_executed = begin, measure
    path = os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")]))
    started, error = time.perf_counter(), ""
    try:
        client.execute(env={**os.environ, **ONE_THREAD, "PYTHONPATH": path})
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        error = _explain(page, current, problem)
    except RuntimeError as problem:  # the kernel did not start
        error = f"{page.path.name}: {problem}"
    return error, Cost(time.perf_counter() - started, peak)


def _peak_megabytes(client: NotebookClient) -> int:
    """Return the peak memory of a running kernel so far; where the system keeps none, its memory now."""
    pid = getattr(getattr(client.km, "provisioner", None), "pid", None)
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) // 1024
    except (OSError, AttributeError):
        pass
    try:
        return psutil.Process(pid).memory_info().rss // 2**20
    except psutil.Error:
        return 0


def _explain(page: Page, cell: int, problem: Exception) -> str:
    """Say where a page failed, in which cell and why."""
    lines = page.notebook.cells[cell].source.splitlines()
    shown = "\n".join(f"    {line}" for line in lines[:12] + (["..."] if len(lines) > 12 else []))
    return f"{page.path.name}:{page.line_of(cell)}: this cell failed\n\n{shown}\n\n{_said(problem)}"


def _said(problem: Exception) -> str:
    """Return an error's own words, and for one that explains itself badly the end of its traceback."""
    if not isinstance(problem, CellExecutionError):
        return f"{type(problem).__name__}: {str(problem).splitlines()[0]}"
    text = f"{problem.ename}: {problem.evalue}"
    if problem.ename == "OutOfBand":
        return text
    trace = re.sub(r"\x1b\[[0-9;]*m", "", str(problem.traceback)).strip()
    lines = trace.rpartition("-" * 40)[2].splitlines()[1:]  # below the repetition of the cell
    return text + "\n" + "\n".join(f"    {line}" for line in lines[-15:])
