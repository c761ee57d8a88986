"""What a reader starts from, and what the book answers: stubs and solutions."""

import ast
import doctest
import inspect
from functools import partial
from importlib import import_module

import pytest
from readers import checked_in

from dlbook.exercises import solutions
from dlbook.exercises.assignments import ASSIGNMENTS
from dlbook.exercises.isolation import Limits
from dlbook.exercises.stubs import UnknownTopicError, operations_of, stubs
from dlbook.laws.procedure import exercises


@pytest.fixture
def checked(tmp_path):
    """Check a source text and return its reports."""
    return partial(checked_in, tmp_path)


CHAPTERS = list(dict.fromkeys(op.chapter for op in exercises().values()))
TOPICS = [*CHAPTERS, *ASSIGNMENTS, *exercises()]


@pytest.mark.parametrize("topic", TOPICS)
def test_stubs_compile_import_and_hold_no_solution(topic):
    source = stubs(topic)
    space = {}
    exec(compile(source, "stubs", "exec"), space)
    for name in operations_of(topic):
        reference = exercises()[name].reference.definition
        assert str(inspect.signature(space[name])) == str(inspect.signature(reference))
        assert space[name].__doc__ == reference.__doc__
        with pytest.raises(NotImplementedError, match=name):
            space[name](*_nothing(reference), **_options(reference))
    bodies = [node.body for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert all(len(statements) == 2 for statements in bodies), "a docstring and the line that raises, nothing else"


@pytest.mark.parametrize("topic", TOPICS)
def test_the_header_fits_its_lines_and_names_the_functions_without_a_gradient(topic):
    header = ast.get_docstring(ast.parse(stubs(topic)))
    assert max(map(len, header.splitlines())) <= 120
    plain = [name for name in operations_of(topic) if exercises()[name].answer]
    said = " ".join(header.split())
    if 0 < len(plain) < len(operations_of(topic)):
        names = " and ".join([", ".join(plain[:-1]), plain[-1]] if plain[1:] else plain)
        assert f"No gradient is asked of {names}:" in said
    else:
        assert ("No gradient is asked for:" in said) == bool(plain)


def test_a_stub_is_not_written_yet(checked):
    report, = checked(stubs("linear"))
    assert report.status == "unwritten"


def test_an_unknown_topic_is_met_with_a_suggestion():
    with pytest.raises(UnknownTopicError, match="did you mean 'linear_classifiers'"):
        stubs("linear_classifier")


def test_a_chapter_without_operations_is_not_taken_for_a_slip_of_the_pen():
    with pytest.raises(UnknownTopicError, match="the chapter 'initialization' has no function"):
        stubs("initialization")


@pytest.mark.slow
@pytest.mark.parametrize("topic", CHAPTERS)
def test_the_references_pasted_into_the_stubs_pass(checked, topic):
    """What the checker asks of a reader is what the book's own code does; twins are left to the suite."""
    source = stubs(topic)
    for name in operations_of(topic):
        reference = exercises()[name].reference
        module = inspect.getmodule(reference.definition)
        # A function without a gradient is its own definition; an option may have its function's name.
        own = "getattr(the_books, 'definition', the_books)"
        written = f"from {module.__name__} import {name} as the_books\n    return {own}(*{_call(reference)})"
        source = source.replace(f'raise NotImplementedError("{name}: write me")', written)
    reports = checked(source, limits=Limits(120), examples=5)
    assert [r.operation for r in reports] == list(operations_of(topic))
    assert all(r.ok for r in reports), "\n".join(r.text() for r in reports if not r.ok)


def _call(reference) -> str:
    """Return the arguments with which a stub calls the reference: `[x, weight], **{'eps': eps}`."""
    parameters = inspect.signature(reference).parameters.values()
    places = ", ".join("*" * (p.kind == p.VAR_POSITIONAL) + p.name for p in parameters if p.kind < p.KEYWORD_ONLY)
    named = [f"{p.name!r}: {p.name}" for p in parameters if p.kind == p.KEYWORD_ONLY]
    options = ", ".join(named + [f"**{p.name}" for p in parameters if p.kind == p.VAR_KEYWORD])
    return f"[{places}], **{{{options}}}"


# -- solutions --------------------------------------------------------------------------------

SOLUTIONS = list(solutions.modules())


@pytest.mark.slow
@pytest.mark.parametrize("name", SOLUTIONS)
def test_every_solution_obeys_the_laws_or_its_doctest(checked, name):
    module = import_module(name)
    names = [n for n in module.__all__ if n in exercises()]
    reports = checked(inspect.getsource(module), *names, limits=Limits(120), examples=5) if names else []
    assert all(r.ok for r in reports), "\n".join(r.text() for r in reports if not r.ok)
    finder = doctest.DocTestFinder(recurse=False)
    for other in set(module.__all__) - set(names):
        tests = [t for t in finder.find(getattr(module, other), other, module) if t.examples]
        assert tests, f"{name}.{other} is no operation of the catalogue and has no doctest"
        for test in tests:
            assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


def test_there_are_solutions():
    assert SOLUTIONS


def _nothing(reference) -> list[None]:
    return [None for p in inspect.signature(reference).parameters.values() if p.kind != p.KEYWORD_ONLY]


def _options(reference) -> dict[str, None]:
    return {p.name: None for p in inspect.signature(reference).parameters.values() if p.kind == p.KEYWORD_ONLY}
