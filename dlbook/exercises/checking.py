"""Hold a file of a reader's functions to the laws, whatever the code does: hang, crash, exit, flood, or be right."""

import contextlib
import queue
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dlbook.exercises.isolation import GRACE, LINUX, ORDINARY, STARTUP, Limits, Worker
from dlbook.exercises.report import Report

Progress = Callable[[str, str], None]  # (operation, law)


OUR_SHARE = 512  # megabytes that the checker itself may hold in the worker


class UsageError(ValueError):
    """What was asked for does not exist."""


def check_file(path: str | Path, names: tuple[str, ...] = (), *, limits: Limits = ORDINARY,
               examples: int = 60, progress: Progress | None = None) -> Iterator[Report]:
    """Check functions of a file, each in turn, and yield a report for each.

    Parameters
    ----------
    path : a Python file.
    names : the operations to check; every operation that the file defines by default.
    limits : time and memory for each operation.
    examples : how many are drawn for each law at most.
    progress : called with the operation and the law that is being tried.

    Raises
    ------
    UsageError : for a name that is no operation, and for a notebook.
    OSError : when the file cannot be read.
    """
    path = Path(path)
    if path.suffix == ".ipynb":
        raise UsageError(f"{path.name} is a notebook: call check(f) in it (from dlbook import check), "
                         "or save the code as a .py file")
    pairs = [[name, name] for name in names] or None
    source = path.read_bytes().decode("utf-8-sig", errors="replace")
    yield from check_source(source, path=str(path.resolve()), title=path.name, pairs=pairs, limits=limits,
                            search=[str(path.resolve().parent)], examples=examples, progress=progress)


def check_source(source: str, *, path: str, title: str, pairs: list | None, limits: Limits, search: list[str],
                 examples: int = 60, progress: Progress | None = None) -> Iterator[Report]:
    """Check functions of a source text. `pairs` are `[function, operation]`, or None for all that are known."""
    done: list[str] = []
    while True:
        job = {"source": source, "path": path, "title": title, "pairs": pairs, "search": search, "done": done,
               "seconds": limits.seconds, "megabytes": limits.megabytes if LINUX else None, "examples": examples}
        run = Run(job, limits, progress)
        yield from run.reports()
        done = done + run.finished
        if run.complete or not run.finished:
            return


class Run:
    """One worker's life: as many operations as it survives."""

    def __init__(self, job: dict, limits: Limits, progress: Progress | None):
        self.job, self.limits, self.progress = job, limits, progress
        self.finished: list[str] = []  # operations that need no other worker
        self.complete = False
        self.now, self.law, self.trying, self.broken = None, None, [], None
        self.loading = False  # the reader's file is being run, no operation is on trial yet
        self.look = 0.0  # when to look at the worker's memory again

    def reports(self) -> Iterator[Report]:
        """Yield a report for each operation until the worker has done its job or has to be ended."""
        worker = Worker(self.job)
        try:
            left = deadline = time.monotonic() + STARTUP
            while True:
                try:
                    event = self._wait(worker, deadline)
                except TimeoutError as over:
                    yield self._stopped(str(over), worker)
                    return
                if event is None:
                    yield self._stopped(self._ending(worker), worker)
                    return
                kind, *values = event
                if kind in ("load", "begin"):
                    self.loading = kind == "load"
                    self.now = None if self.loading else values[0]
                    self.law, self.trying, self.broken = None, [], None
                    deadline = time.monotonic() + self.limits.seconds + GRACE
                elif kind == "report":
                    report = Report(**values[0])
                    report.output = self._printed(worker)
                    self.finished.append(report.operation)
                    yield report
                    self.now = None
                elif kind == "our time":
                    left, deadline = deadline, time.monotonic() + STARTUP
                elif kind == "reader's time":
                    deadline = left + values[0]
                elif kind == "words":  # time is up and the worker has written where it stands, or it crashes
                    deadline = min(deadline, time.monotonic() + 0.1)
                elif kind == "end":
                    self.complete = True
                    return
                else:
                    self._note(kind, values)
        finally:
            worker.stop()

    def _note(self, kind: str, values: list) -> None:
        if kind == "law":
            self.law, self.broken = values[0], self.broken if values[0] == "looking for the mistake" else None
            if self.progress and self.now:
                self.progress(self.now, self.law)
        elif kind == "trying":
            self.trying = values[0]
        elif kind == "broken":
            shorter = self.broken is None or len(str(self.trying)) <= len(str(self.broken[1]))
            self.broken = (values, self.trying) if shorter else self.broken
        elif kind == "usage":
            raise UsageError(values[0])
        elif kind == "internal":
            raise RuntimeError(f"the checker itself failed, please report this:\n{values[0]}")

    def _wait(self, worker: Worker, deadline: float) -> list | None:
        """Wait for an event, watching time, and memory where the system does not."""
        watch = not LINUX and self.limits.megabytes is not None
        while True:
            now = time.monotonic()
            if now >= deadline:
                raise TimeoutError(f"it did not come back within {self.limits.seconds:g} seconds"
                                   if self.now or self.loading else "the checker did not start in time")
            if watch and now >= self.look:
                self.look = now + 0.2
                if worker.memory() > self.limits.megabytes + OUR_SHARE:
                    raise TimeoutError("it took more memory than it may have")
            with contextlib.suppress(queue.Empty):
                return worker.event(min(deadline, self.look if watch else deadline) - now)

    def _ending(self, worker: Worker) -> str:
        """Say how a worker ended that said nothing."""
        status = worker.status()
        if status is None:
            return "it closed the checker's connection"
        if status < 0:
            try:
                name = signal.Signals(-status).name
            except ValueError:
                name = f"signal {-status}"
            spoken = {"SIGSEGV": "segmentation fault", "SIGABRT": "abort", "SIGKILL": "killed from outside, perhaps "
                      "because memory ran out", "SIGFPE": "arithmetic fault", "SIGBUS": "bus error"}.get(name, "signal")
            return f"it crashed the process: {spoken} ({name})"
        return f"it ended the process with exit status {status}, as os._exit({status}) does"

    def _stopped(self, headline: str, worker: Worker) -> Report:
        """Report an operation that did not come back: how far it came, and where in the reader's code it stood."""
        worker.stop()
        name = self.now or self.job["title"]
        if self.now:
            self.finished.append(name)
        sections = []
        if self.broken:
            (law, message), lines = self.broken
            headline = f"the law {law!r} fails; {headline} while a smaller failing input was sought"
            sections = [("what came of it", textwrap.wrap(message, 100)[:8]), ("smallest failing input so far", lines)]
        elif self.trying:
            sections = [(f"while the law {self.law!r} called it so", self.trying)]
        where = self._where(worker.last_words)
        if where:
            sections.append(("in your code", where))
        status = "wrong" if self.broken else "stopped" if self.now else "unusable"
        return Report(name, status, headline, sections, output=self._printed(worker))

    def _where(self, words: list[str]) -> list[str]:
        """Return the innermost of the reader's own lines that faulthandler wrote down."""
        for line in words:
            if f'File "{self.job["path"]}"' in line:
                number = int(line.split(", line ")[1].split()[0])
                source = self.job["source"].splitlines()
                text = source[number - 1].strip() if number <= len(source) else ""
                return [f"line {number}: {text}" if not self.job["path"].startswith("<") else text]
        return []

    def _printed(self, worker: Worker) -> str:
        # The worker writes output and reports to two pipes: let the first catch up with the second.
        time.sleep(0.02)
        return worker.output.text()


def available() -> bool:
    """Say whether this Python can start another process: not in a browser."""
    return sys.platform not in ("emscripten", "wasi")
