"""`check(f)` where a function was just written."""

import linecache
import sys
import textwrap
from functools import partial

import pytest
from readers import RIGHT, checked_in

from dlbook.exercises import check


@pytest.fixture
def checked(tmp_path):
    """Check a source text and return its reports."""
    return partial(checked_in, tmp_path)


@pytest.fixture
def notebook(monkeypatch):
    """Run cells as a notebook does: in __main__, their sources in linecache."""
    import __main__

    names = set(vars(__main__))
    counter = iter(range(1000))

    def run(cell):
        filename = f"<cell {next(counter)}>"
        source = textwrap.dedent(cell)
        linecache.cache[filename] = len(source), None, source.splitlines(keepends=True), filename
        exec(compile(source, filename, "exec"), vars(__main__))
        return vars(__main__)

    yield run
    for name in set(vars(__main__)) - names:
        del vars(__main__)[name]


def test_a_notebooks_function_brings_what_it_uses(notebook):
    cells = notebook("""
        import numpy as np
        from numpy import matmul as times
        one, table = 1, {"two": np.array([2.0])}

        def doubled(a):
            return a * table["two"].astype(a.dtype)

        def linear(x, weight, bias=None):
            y = times(x, weight.T) * one
            if bias is not None:
                y = y + bias
            return y, lambda dy: (dy @ weight, doubled(dy.T @ x), None if bias is None else dy.sum(0))
    """)
    report = check(cells["linear"], time_limit=20)
    assert report.status == "wrong"
    assert "The gradient of weight is 2 times what it should be" in repr(report)
    assert "<table>" in report._repr_html_()
    assert "<script" not in report._repr_html_()


def test_a_notebooks_class_is_sent_with_the_function_that_uses_it(notebook):
    notebook("""
        from dataclasses import dataclass

        @dataclass
        class Saved:
            y: object

        class Back:
            def __init__(self, saved):
                self.y = saved.y

            def __call__(self, dy):
                return (dy * self.y * (1 - self.y),)
    """)
    cells = notebook("""
        import numpy as np

        def sigmoid(x):
            y = np.exp(-np.logaddexp(0, -x))
            return y, Back(Saved(y))
    """)
    report = check(cells["sigmoid"])
    assert report.ok, report.text()


def test_a_notebooks_function_may_have_another_name_and_the_decorator(notebook):
    cells = notebook("""
        from dlbook.differentiable import differentiable
        from dlbook.shapes import Array, Float

        @differentiable
        def mine(x: Float[Array, "N D"], weight: Float[Array, "K D"], bias: Float[Array, " K"] | None = None
                 ) -> Float[Array, "N K"]:
            y = x @ weight.T if bias is None else x @ weight.T + bias
            return y, lambda dy: (dy @ weight, dy.T @ x, None if bias is None else dy.mean(0))
    """)
    assert "say which one" in repr(check(cells["mine"])) or "did you mean" in repr(check(cells["mine"]))
    assert "not their mean" in repr(check(cells["mine"], "linear", time_limit=20))


def test_what_cannot_be_sent_is_named(notebook, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "__mp_main__", sys.modules["__main__"])  # as multiprocessing does
    (tmp_path / "file").touch()
    cells = notebook(f"""
        log = open({str(tmp_path / "file")!r})

        def linear(x, weight, bias=None):
            log.read()
    """)
    report = check(cells["linear"])
    cells["log"].close()
    assert report.status == "unusable"
    assert "uses log, a TextIOWrapper that cannot be sent" in report.headline


@pytest.mark.parametrize("what", [3, "linear", None, lambda x: x], ids=["a number", "a string", "None", "a lambda"])
def test_what_is_no_function_is_answered_and_nothing_is_raised(what):
    assert not check(what, "linear").ok


def test_how_many_examples_are_drawn_is_a_choice(notebook):
    cells = notebook(RIGHT)
    assert "up to 5 examples each" in check(cells["linear"], examples=5).headline
    refused = check(cells["linear"], examples=0)
    assert not refused.ok
    assert "examples is 0" in refused.headline


def test_a_check_inside_a_check_does_not_start_another(checked):
    report, = checked("from dlbook import check\n" + RIGHT.replace("sum", "mean") + "print(check(linear))\n")
    assert report.status == "wrong"
    assert "not checked again inside a check" in report.output


def test_without_processes_it_runs_in_place_and_says_so(monkeypatch, notebook):
    from dlbook.exercises import notebook as module

    monkeypatch.setattr(module, "available", lambda: False)
    report = check(notebook(RIGHT.replace("sum", "mean"))["linear"])
    assert report.status == "wrong"
    assert "there is no limit on time and memory" in " ".join(report.notes)
