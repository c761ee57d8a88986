"""The checker: whatever a reader's code does, one clear answer comes back, and in time."""

import re
import subprocess
import sys
import textwrap
from functools import partial

import numpy as np
import pytest
from readers import PATIENT, RIGHT, SHORT, body, checked_in

from dlbook.exercises.checking import UsageError
from dlbook.exercises.diagnosis import pasteable
from dlbook.exercises.isolation import Limits
from dlbook.exercises.trial import Trial
from dlbook.laws.operation import catalogue

LINEAR = catalogue()["linear"]


@pytest.fixture
def checked(tmp_path):
    """Check a source text and return its reports."""
    return partial(checked_in, tmp_path)


# What the reader's code does -> the status and a piece of the one line that says so.
MISHAPS = {
    "loops": (body("while True:\n    pass"), "stopped", "did not come back within 1 seconds"),
    "floods": (body("while True:\n    print('flood ' * 100)"), "stopped", "did not come back"),
    "starts another that hangs": (
        body("import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])"),
        "stopped", "did not come back"),
    "crashes": (body("import ctypes\nctypes.string_at(0)"), "stopped", "crashed the process"),
    "ends the process": (body("import os\nos._exit(3)"), "stopped", "exit status 3"),
    "exits": (body("import sys\nsys.exit('bye')"), "stopped", "sys.exit('bye')"),
    "interrupts": (body("raise KeyboardInterrupt"), "stopped", "KeyboardInterrupt"),
    "closes every file": (body("import os\nos.closerange(3, 100)\nwhile True:\n    pass"), "stopped", "closed the"),
    "returns no pair": (body("return x @ weight.T"), "wrong", "expected the pair (y, pullback)"),
    "returns one gradient": (body("return x @ weight.T, lambda dy: dy @ weight"), "wrong", "expected a tuple"),
    "returns a list": (body("return (x @ weight.T).tolist(), None"), "wrong", "expected the pair"),
    "recurses": (body("return linear(x, weight, bias)"), "wrong", "RecursionError"),
    "asks": (body("input()"), "wrong", "nobody is there to answer"),
    "raises": (body("a, b, c = x.shape"), "wrong", "raised ValueError: not enough values to unpack"),
    "has other parameters": ("def linear(x):\n    return x", "wrong", "are not those of the exercise"),
    "is no function": ("linear = 3", "wrong", "expected a function"),
    "is a stub": (body("raise NotImplementedError('linear: write me')"), "unwritten", "stub"),
    "has a syntax error": ("def linear(x: return 1", "unusable", "syntax error in line 1"),
    "fails on import": ("import numpy\n1 / 0", "unusable", "ZeroDivisionError"),
    "exits on import": ("import sys\nsys.exit(0)", "unusable", "sys.exit(0)"),
    "loops on import": ("while True: pass", "unusable", "did not come back"),
    "crashes on import": ("import os\nos._exit(0)", "unusable", "exit status 0"),
    "has nothing": ("", "missing", "no function"),
    "has another name": ("def linaer(x): return x", "missing", "did you mean 'linear'?"),
}


@pytest.mark.parametrize("what", MISHAPS)
def test_every_mishap_is_one_clear_line(checked, what):
    source, status, said = MISHAPS[what]
    report, = checked(source, limits=SHORT if "come back" in said else PATIENT)
    first = report.text().splitlines()[0]
    assert report.status == status
    assert not report.ok
    assert said in first
    assert "Traceback" not in report.text()
    assert "dlbook/" not in report.text(), "a line of ours is shown"


@pytest.mark.skipif("not __import__('sys').platform.startswith('linux')", reason="memory is limited by polling there")
def test_a_huge_array_is_refused_before_it_hurts(checked):
    report, = checked(body("import numpy as np\nnp.ones(10**10)"))
    assert report.status == "stopped"
    assert "memory" in report.headline
    assert any("np.ones(10**10)" in line for _, lines in report.sections for line in lines)


def test_a_hang_is_shown_with_its_line_and_its_call(checked):
    report, = checked(body("x = x + 1\nwhile True:\n    x = x + 0"), limits=SHORT)
    text = report.text()
    assert re.search(r"line [34]: ", text)
    assert "x = np.array([[0.1]])" in text


def test_after_a_crash_the_other_functions_are_still_checked(checked):
    others = [n for n in catalogue() if n != "linear"][:1]
    stub = "def {}(*args, **options):\n    raise NotImplementedError\n"
    source = body("import os\nos._exit(3)") + "".join(map(stub.format, others))
    reports = checked(source, "linear", *others)
    assert [r.status for r in reports] == ["stopped", *["unwritten"] * len(others)]


def test_a_function_asked_for_but_not_defined_is_missing(checked):
    report, = checked("x = 1", "linear")
    assert report.status == "missing"
    assert "mine.py does not define it" in report.headline


def test_an_unknown_operation_is_a_usage_error(checked):
    with pytest.raises(UsageError, match="did you mean 'linear'"):
        checked(RIGHT, "lineal")


@pytest.mark.slow
def test_a_right_implementation_passes_every_law(checked):
    report, = checked(RIGHT, limits=Limits(60), examples=10)
    assert report.ok, report.text()
    assert {"gradient", "twin value", "superposition"} <= {law["law"] for law in report.laws}
    assert all(law["outcome"] == "passed" for law in report.laws)


def test_the_smallest_input_can_be_pasted_and_shows_the_difference(checked):
    report, = checked(RIGHT.replace("sum", "mean"))
    sections = dict(report.sections)
    space = {}
    exec(RIGHT.replace("sum", "mean"), space)
    *statements, last = sections["smallest failing input"]
    exec("\n".join(statements), space)
    got = eval(last, space)
    assert sections["gradient of bias"][0].split("got")[1].strip() == str(got.tolist()).replace(".0", "")
    assert space["x"].shape == (2, 1), "two rows are the fewest for which a sum is no mean"


# Mistakes that only another call than the drawn one shows, and what must be true of what is pasted.
UNDRAWN = {
    "a label of 0 is taken for -1": (
        "def hinge_loss(scores, target, *, reduction='mean'):\n"
        "    sign = np.where(target > 0, 1, -1).astype(scores.dtype)\n"
        "    loss = np.maximum(0, 1 - sign * scores)\n"
        "    share = 1 / loss.size if reduction == 'mean' else 1\n"
        "    y = loss if reduction == 'none' else loss.sum() * share\n"
        "    return y, lambda dy: ((-sign * (loss > 0) * dy * share).astype(scores.dtype), None)\n",
        lambda space: not set(space["target"].ravel().tolist()) <= {-1, 1} or not space["scores"].size),
    "float64 leaks": (
        "def sigmoid(x):\n    y = 1 / (1 + np.exp(-x.astype(float)))\n    return y, lambda dy: (dy * y * (1 - y),)\n",
        lambda space: space["x"].dtype == np.float32 and space["y"].dtype == np.float64),
    "a power overflows": (
        "def logsumexp(x, *, axis=-1):\n"
        "    y = np.log(np.exp(x).sum(axis))\n"
        "    return y, lambda dy: (np.expand_dims(dy, axis) * np.exp(x - np.expand_dims(y, axis)),)\n",
        lambda space: not np.isfinite(space["y"]).all()),
}


@pytest.mark.parametrize("mistake", UNDRAWN)
def test_what_is_shown_is_the_call_that_fails_and_not_the_drawn_one(checked, mistake):
    source, shows = UNDRAWN[mistake]
    report, = checked("import numpy as np\n" + source, limits=Limits(30.0))
    assert report.status == "wrong", report.text()
    space = {}
    exec("import numpy as np\n" + source, space)
    with np.errstate(all="ignore"):
        exec("\n".join(dict(report.sections)["smallest failing input"]), space)
    assert shows(space), report.text()


@pytest.mark.parametrize(
    "value",
    [float("nan"), -np.inf, np.float64("inf"), np.array([1.5, -np.inf, np.nan]), np.array([0.1], "f4"),
     (np.array([1]), {"a": [float("inf")]}), np.zeros((0, 2), "f4")],
)
def test_every_value_is_written_as_python_that_gives_it_back(value):
    np.testing.assert_equal(eval(pasteable(value)), value)


def test_a_function_that_was_given_is_written_by_its_name_and_imported(checked):
    (report,) = checked("""
from dlbook.numpy import visualization
def saliency(f, x, target, *params, **options):
    return -visualization.saliency(f, x, target, *params, **options)
""")
    first, second, *_ = dict(report.sections)["smallest failing input"]
    assert (first.strip(), second.strip()) == ("import dlbook.numpy", "f = dlbook.numpy.convnet")


def test_a_gradient_that_is_none_is_said_to_be_missing(checked):
    source = ("def huber_loss(prediction, target, *, reduction='mean', delta=1.0):\n"
              "    d = prediction - target\n    c = d.clip(-delta, delta)\n    return (c * (d - c / 2)).sum(), "
              "lambda dy: (c * dy, None)\n")
    report, = checked(source)
    assert "gradient of target is NoneType None, expected float64" in report.text()


def test_the_readers_clock_stands_while_torch_is_imported(monkeypatch):
    from dlbook.exercises import checking

    now = 0.0
    report = {"operation": "linear", "status": "right", "headline": "fine"}
    coming = [(0, ["begin", "linear"]), (0.5, ["our time"]), (60, ["reader's time", 60.0]), (0.5, ["report", report]),
              (0, ["end"])]

    class Slow:
        output = type("Output", (), {"text": staticmethod(str)})

        def __init__(self, job): ...
        def stop(self): ...

        def event(self, timeout):
            nonlocal now
            passes, event = coming.pop(0)
            now += passes
            return event

    monkeypatch.setattr(checking, "Worker", Slow)
    monkeypatch.setattr(checking.time, "monotonic", lambda: now)
    said, = checking.Run({"title": "mine.py"}, Limits(seconds=1.2, megabytes=None), None).reports()
    assert said.ok, said.text()


@pytest.mark.parametrize("bug", LINEAR.bugs, ids=lambda bug: bug.name)
def test_a_planted_bug_is_diagnosed(checked, bug):
    source = bug.source(LINEAR.reference)
    report, = checked(source, limits=Limits(20))
    assert report.status == "wrong"
    said = " ".join(dict(report.sections)["what the mistake probably is"])
    assert said == bug.diagnosis


@pytest.mark.slow
@pytest.mark.parametrize("op", catalogue().values(), ids=lambda op: op.name)
def test_a_planted_bug_of_every_operation_is_diagnosed(op):
    bug = op.bugs[0]
    report = Trial(op, bug.plant(op.reference), "nowhere", lambda *event: None, examples=30).run()
    assert report.status == "wrong"
    assert " ".join(dict(report.sections).get("what the mistake probably is", [])) == bug.diagnosis, report.text()


@pytest.mark.parametrize(("old", "new", "said"), [
    ("dy @ weight,", "-(dy @ weight),", "wrong sign"),
    ("dy.T @ x,", "3 * dy.T @ x,", "3 times what it should be"),
    ("dy.T @ x,", "0 * dy.T @ x,", "always zero"),
    ("dy @ weight,", "len(x) * dy @ weight,", "N times what it should be"),
])
def test_a_factor_is_recognized(checked, old, new, said):
    report, = checked(RIGHT.replace(old, new))
    assert said in " ".join(dict(report.sections)["what the mistake probably is"])


def test_what_was_printed_is_shown_and_capped(checked):
    report, = checked(RIGHT.replace("    y = x", "    print('looking at', x.shape)\n    y = x").replace("sum", "mean"))
    assert "looking at (" in report.output
    assert len(report.output) < 10_000
    assert "looking at" in report.text()


def test_a_refusal_by_numpy_is_a_refusal(checked):
    source = """
        import numpy as np

        def softmax(x, *, axis=-1):
            exps = np.exp(x - x.max(axis=axis, keepdims=True))
            p = exps / exps.sum(axis=axis, keepdims=True)
            return p, lambda dp: (p * (dp - (p * dp).sum(axis=axis, keepdims=True)),)
    """
    report, = checked(textwrap.dedent(source), limits=Limits(20), examples=10)
    assert report.ok, report.text()


def test_an_already_differentiable_function_is_checked_too(checked):
    source = RIGHT.replace("def linear", "@differentiable\ndef linear").replace("sum", "mean")
    report, = checked("from dlbook.differentiable import differentiable\n" + source)
    assert report.headline.startswith("the law 'gradient' fails")


def test_a_module_beside_the_file_does_not_replace_the_standard_one(checked, tmp_path):
    (tmp_path / "random.py").write_text("raise RuntimeError('not this one')\n")
    (tmp_path / "numpy.py").write_text("raise RuntimeError('not this one')\n")
    (tmp_path / "mine_too.py").write_text("factor = 2\n")
    report, = checked("from mine_too import factor\n" + RIGHT.replace("dy.T @ x", "factor * dy.T @ x"))
    assert "2 times" in report.text()


def test_without_torch_the_other_laws_are_tried_and_the_twins_are_said_to_be_missing():
    code = """
        import sys
        sys.modules["torch"] = None
        from dlbook.exercises.trial import Trial
        from dlbook.laws.operation import catalogue
        op = catalogue()["linear"]
        report = Trial(op, op.reference.definition, "nowhere", lambda *event: None, examples=5).run()
        assert report.ok, report.text()
        assert not any("twin" in law["law"] for law in report.laws)
        print(report.notes)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("torch is not installed") == 1


def test_a_file_may_import_torch(checked):
    pytest.importorskip("torch")
    report, = checked("import torch\n" + RIGHT.replace("sum", "mean"))
    assert "not their mean" in report.text()


# -- limits -----------------------------------------------------------------------------------


def test_memory_is_watched_where_the_system_cannot_limit_it(checked, monkeypatch):
    pytest.importorskip("psutil")
    from dlbook.exercises import checking

    monkeypatch.setattr(checking, "LINUX", False)
    source = body("kept = []\nwhile True:\n    kept.append(b'x' * 10**7)")
    report, = checked(source, limits=Limits(seconds=30, megabytes=100))
    assert "more memory than it may have" in report.headline


def test_a_law_found_broken_is_told_although_time_runs_out_later(checked):
    """Once it has failed the function is slow: the search for a smaller input is cut off."""
    slow = """
        import threading
        failed = threading.Event()

        def linear(x, weight, bias=None):
            if failed.is_set():
                threading.Event().wait(0.5)
            if bias is not None:
                failed.set()
            return x @ weight.T, lambda dy: (dy @ weight, dy.T @ x, None)
    """
    report, = checked(textwrap.dedent(slow), limits=Limits(seconds=2.0))
    assert report.status == "wrong"
    assert "while a smaller failing input was sought" in report.headline
    assert any("bias = " in line for _, lines in report.sections for line in lines)


def test_what_a_function_started_is_ended_with_it(checked, tmp_path):
    mark = tmp_path / "alive"
    child = f"import time\nwhile True:\n    open({str(mark)!r}, 'w').write(str(time.time()))\n    time.sleep(0.01)"
    start = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {child!r}])"
    report, = checked(body(f"{start}\nwhile True:\n    pass"), limits=SHORT)
    assert report.status == "stopped"
    mark.unlink(missing_ok=True)
    with pytest.raises(TimeoutError):
        _appears(mark)


def _appears(path) -> None:
    """Return as soon as a file exists; raise TimeoutError when it has not appeared within 0.3 s."""
    import time

    end = time.monotonic() + 0.3
    while not path.exists():
        if time.monotonic() > end:
            raise TimeoutError
