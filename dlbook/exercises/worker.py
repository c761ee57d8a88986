"""The process in which a reader's code runs. Started by `dlbook.exercises.isolation`, never imported by a page.

One job comes as a line of JSON on stdin; events go as lines of JSON to what was stdout. What the reader's code
prints goes to stderr, what it reads is empty. The parent decides how long all this may take.
"""

import contextlib
import difflib
import faulthandler
import json
import linecache
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import ModuleType

MODULE = "readers_code"


class Channel:
    """The way back to the parent: lines of JSON on a descriptor that the reader's code does not know."""

    def __init__(self, descriptor: int):
        self.descriptor = descriptor

    def __call__(self, event: str, *values) -> None:
        line = json.dumps([event, *values]).encode() + b"\n"
        while line:
            line = line[os.write(self.descriptor, line):]


def take_over() -> tuple[dict, Channel]:
    """Read the job and keep both ends of the connection out of the reader's reach."""
    job = json.loads(sys.stdin.buffer.readline())
    parent, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # input() meets the end of the file at once
    os.dup2(2, 1)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", buffering=1, closefd=False, errors="replace")  # noqa: SIM115

    def leave_with_the_parent():
        os.read(parent, 1)
        os._exit(1)

    threading.Thread(target=leave_with_the_parent, daemon=True).start()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    return job, Channel(events)


def allow(megabytes: int | None) -> None:
    """Limit the address space to what is in use now and so much more, where the system can (Linux)."""
    if megabytes is None or not sys.platform.startswith("linux"):
        return
    import resource

    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = used + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def unlimited() -> None:
    """Lift the memory limit for our own imports."""
    if sys.platform.startswith("linux"):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def load(job: dict, tell: Callable) -> ModuleType | None:
    """Run the reader's source as a module; say in one line why not if it cannot be."""
    from dlbook.exercises.report import Report
    from dlbook.exercises.trial import readers_lines, spoken

    path, source = job["path"], job["source"]
    linecache.cache[path] = len(source), None, source.splitlines(keepends=True), path
    module = ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    sys.argv = [path]
    # Last, not first: a reader's random.py beside the file must not stand in for the standard one.
    sys.path += [p for p in job["search"] if p not in sys.path]
    tell("load")
    try:
        exec(compile(source, path, "exec"), module.__dict__)
    except SyntaxError as error:
        line = (error.text or "").strip()
        at = f" in line {error.lineno}" if error.lineno else ""
        headline, lines = f"syntax error{at}: {error.msg}", [line] if line else []
    except (SystemExit, KeyboardInterrupt) as error:
        headline, lines = f"it ends the program while it is imported: {spoken(error)}", readers_lines(error, path)
    except MemoryError as error:
        headline, lines = "it asks for more memory than the limit while it is imported", readers_lines(error, path)
    except BaseException as error:
        what = str(error).strip().splitlines()[:1]
        headline = f"its import fails with {type(error).__name__}{': ' + what[0] if what else ''}"
        lines = readers_lines(error, path)
    else:
        return module
    tell("report", vars(Report(job["title"], "unusable", headline, [("in your code", lines)] if lines else [])))
    return None


def chosen(job: dict, module: ModuleType, tell: Callable) -> list[tuple[str, object]] | None:
    """Return `(operation, function)` pairs: those asked for, or each function of the file that the book knows."""
    from dlbook.exercises.report import Report
    from dlbook.laws.procedure import exercises

    known = exercises()
    # Not what the file has only imported; `linear = 3` counts, and is told that it is no function.
    own = {n: v for n, v in vars(module).items() if not n.startswith("__") and not isinstance(v, ModuleType)
           and getattr(v, "__module__", MODULE) == MODULE}
    if job["pairs"] is None:
        pairs = [(n, value) for n, value in own.items() if n in known]
        if not pairs:
            has = ", ".join(n for n, v in own.items() if callable(v)) or "no function"
            near = [m for n in own for m in difflib.get_close_matches(n, known, n=1)]
            hint = f"; did you mean {near[0]!r}?" if near else "; see dlbook exercise --list"
            headline = f"none of the book's operations is in it: it defines {has}{hint}"
            tell("report", vars(Report(job["title"], "missing", headline)))
        return pairs
    pairs = []
    for name, operation in job["pairs"]:
        if operation not in known:
            near = difflib.get_close_matches(operation, known, n=1)
            tell("usage", f"no operation is called {operation!r}; " + (f"did you mean {near[0]!r}?" if near else
                                                                     "see dlbook exercise --list"))
            return None
        pairs.append((operation, getattr(module, name, None)))
    return pairs


def serve() -> None:
    """Do the job: load the reader's code, try each operation, tell what came of it."""
    job, tell = take_over()
    try:
        from dlbook.exercises.report import Report
        from dlbook.exercises.trial import Halt, Trial
        from dlbook.laws.procedure import exercises

        operations = exercises()
        faulthandler.enable(tell.descriptor, all_threads=False)
        if "import torch" in job["source"]:  # its libraries alone would be over the limit
            import_torch(None)
        tell("ready")
        allow(job["megabytes"])
        faulthandler.dump_traceback_later(job["seconds"], file=tell.descriptor)
        module = load(job, tell)
        faulthandler.cancel_dump_traceback_later()
        pairs = chosen(job, module, tell) if module else None
        if pairs is None:
            tell("end")
            return
        pairs = [p for p in pairs if p[0] not in job["done"]]
        tell("plan", [operation for operation, _ in pairs])
        for operation, written in pairs:
            tell("begin", operation)
            job["until"] = time.monotonic() + job["seconds"]
            faulthandler.dump_traceback_later(job["seconds"], file=tell.descriptor)
            if written is None:
                report = Report(operation, "missing", f"{job['title']} does not define it")
            else:
                try:
                    report = Trial(operations[operation], written, job["path"], tell,
                                   before_torch=lambda: torch_in_our_time(job, tell), examples=job["examples"]).run()
                except Halt as halt:
                    report = halt.report
            faulthandler.cancel_dump_traceback_later()
            with contextlib.suppress(Exception):
                sys.stdout.flush()
            tell("report", vars(report))
        tell("end")
    except MemoryError:
        tell("memory")
    except BaseException:
        tell("internal", traceback.format_exc())


def import_torch(megabytes: int | None) -> None:
    """Import torch with the limit lifted: its libraries are larger than what a reader's function may ask for."""
    unlimited()
    import torch  # noqa: F401

    import dlbook.torch  # noqa: F401

    allow(megabytes)


def torch_in_our_time(job: dict, tell: Callable) -> None:
    """Import torch while the reader's clock stands still: it takes seconds where the disk or the processor is busy."""
    faulthandler.cancel_dump_traceback_later()
    tell("our time")
    began = time.monotonic()
    import_torch(job["megabytes"])
    took = time.monotonic() - began
    job["until"] += took
    tell("reader's time", took)
    faulthandler.dump_traceback_later(max(job["until"] - time.monotonic(), 0.01), file=tell.descriptor)


def main() -> None:
    """Serve and leave."""
    serve()
    os._exit(0)  # whatever threads the reader's code has left behind
