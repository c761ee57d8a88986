"""A process of its own for a reader's code, with a limit on time and memory, that can always be ended.

This guards against accidents: an endless loop, a crash, a flood of output, a huge array. It is no sandbox: the
code may read and write the files of whoever runs it, as any program may.
"""

import contextlib
import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

import dlbook

STARTUP = 120.0  # seconds for our own imports, on a slow and busy machine
GRACE = 0.5  # seconds in which the worker writes down where the code hangs
KEPT = 4000  # characters of output kept from its beginning, and as many from its end

WORKER = "DLBOOK_WORKER"  # set in the environment of a worker, so that a check inside a check is noticed
LINUX = sys.platform.startswith("linux")
NO_SANDBOX = "This guards against accidents and is no sandbox: check only code that you would also run."


@dataclass(frozen=True)
class Limits:
    """What a reader's function may take, for each operation.

    Parameters
    ----------
    seconds : of wall-clock time.
    megabytes : of memory beyond what the checker itself needs; None for no limit.
    """

    seconds: float = 30.0
    megabytes: int | None = 2048


ORDINARY = Limits()

def memory_guard() -> str:
    """Say how memory is limited on this system."""
    if LINUX:
        return "by the system (RLIMIT_AS)"
    if importlib.util.find_spec("psutil"):
        return "by looking at it five times a second (psutil)"
    return "not at all on this system: pip install psutil to have it watched"


class Output:
    """What the reader's code prints: all of it is read, its beginning and its end are kept."""

    def __init__(self, stream):
        self.head, self.tail, self.size = b"", b"", 0
        self.thread = threading.Thread(target=self._drain, args=(stream,), daemon=True)
        self.thread.start()

    def _drain(self, stream) -> None:
        with contextlib.suppress(OSError, ValueError):
            while chunk := stream.read1(65536):
                self.size += len(chunk)
                if len(self.head) < KEPT:
                    chunk, self.head = chunk[KEPT - len(self.head):], self.head + chunk[:KEPT - len(self.head)]
                self.tail = (self.tail + chunk)[-KEPT:]

    def text(self) -> str:
        """Return what was printed since the last call, its middle left out when it is long."""
        head, tail, size = self.head, self.tail, self.size
        self.head, self.tail, self.size = b"", b"", 0
        left_out = size - len(head) - len(tail)
        gap = f"\n... {left_out} characters left out ...\n".encode() if left_out > 0 else b""
        return (head + gap + tail).decode(errors="replace").strip("\n")


class Worker:
    """A running worker: `events()` until it ends, `stop()` ends it and all that it has started."""

    def __init__(self, job: dict):
        root = str(Path(dlbook.__file__).resolve().parent.parent)
        # -P: nothing in the current folder stands in for a module; dlbook is found though it may not be installed.
        start = f"import sys; sys.path.append({root!r}); from dlbook.exercises.worker import main; main()"
        self.process = subprocess.Popen([sys.executable, "-P", "-c", start], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(),
                                        start_new_session=os.name == "posix")
        self.output = Output(self.process.stderr)
        self.last_words: list[str] = []
        self._events: queue.SimpleQueue = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with contextlib.suppress(OSError):
            self.process.stdin.write(json.dumps(job).encode() + b"\n")
            self.process.stdin.flush()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self.process.stdout:
                try:
                    event = json.loads(line)
                    self._events.put(event if isinstance(event, list) and event else ["noise"])
                except ValueError:  # not ours: faulthandler says where the code stands
                    self.last_words.append(line.decode(errors="replace").rstrip())
                    self._events.put(["words"])
        self._events.put(None)

    def event(self, seconds: float) -> list | None:
        """Return the next event, None at the end; raise `queue.Empty` when none comes in time."""
        return self._events.get(timeout=max(0.0, seconds))

    def memory(self) -> float:
        """Return the megabytes that the worker and its children hold, 0 where that cannot be seen."""
        try:
            import psutil

            family = [me := psutil.Process(self.process.pid), *me.children(recursive=True)]
            return sum(p.memory_info().rss for p in family) / 2**20
        except Exception:  # gone, or no psutil
            return 0.0

    def status(self) -> int | None:
        """Return the exit status of a worker that is about to end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout=1)
        return None

    def stop(self) -> None:
        """End the worker and everything that it has started."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        elif self.process.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(self.process.pid)], capture_output=True, check=False)
        with contextlib.suppress(ProcessLookupError, OSError):
            self.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        for thread in (self._reader, self.output.thread):
            thread.join(timeout=1)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            # A process that got away may hold the other end: closing under the reading thread would wait for it.
            reading = self._reader.is_alive() or self.output.thread.is_alive()
            if pipe is self.process.stdin or not reading:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()


def _environment() -> dict[str, str]:
    """One thread (small arrays gain nothing from more), and no folder of Hypothesis's beside the reader's file."""
    pools = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    single = dict.fromkeys(pools, "1")
    storage = str(Path(user_cache_dir("dlbook", appauthor=False)) / "hypothesis")
    return {**os.environ, **single, "HYPOTHESIS_STORAGE_DIRECTORY": storage, "PYTHONIOENCODING": "utf-8:replace",
            "PYTHONDONTWRITEBYTECODE": "1", WORKER: "1"}
