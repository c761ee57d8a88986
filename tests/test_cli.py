"""The `dlbook` command: what it answers, with which status, and that a mistake is answered in one line."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from dlbook.cli import COMMANDS, main
from dlbook.laws import ledger

WRONG = """
def linear(x, weight, bias=None):
    y = x @ weight.T
    if bias is not None:
        y = y + bias
    return y, lambda dy: (dy @ weight, dy.T @ x, None if bias is None else dy.mean(axis=0))
"""


@pytest.fixture
def dlbook(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*args):
        return CliRunner().invoke(main, [str(a) for a in args], prog_name="dlbook")

    return run


def test_the_first_help_is_read_without_importing_numpy():
    code = ("import sys; from dlbook.cli import main\n"
            "try: main(['--help'])\n"
            "except SystemExit: pass\n"
            "assert not {'numpy', 'torch', 'hypothesis', 'matplotlib'} & set(sys.modules), 'heavy imports'")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(dlbook, command):
    result = dlbook(command, "--help")
    assert result.exit_code == 0
    assert f"dlbook {command}" in result.output.partition("Example")[2]


MISTAKES = {
    ("chekc",): "did you mean 'check'",
    ("exercise", "liner"): "did you mean 'linear'",
    ("check", "nothing.py"): "does not exist",
    ("check",): "Missing argument",
    ("check", "mine.py", "lineal"): "did you mean 'linear'",
    ("check", "mine.py", "--time-limit", "soon"): "not a valid float",
    ("check", "mine.py", "--time-limit", "nan"): "nan is no number of seconds",
    ("check", "mine.py", "--time-limit", "inf"): "not in the range",
    ("check", "mine.ipynb"): "is a notebook: call check(f) in it",
    ("exercise", "linear", "-o", ""): "names no file",
    ("data", "fetch", "zzz"): "no data set 'zzz'. There are",
    ("data", "show", "digit"): "digits",
    ("data", "fetch", "digit"): "digits",
    ("train", "one-layer"): "did you mean",
    ("train", "one_layer", "--data", "mnist"): "mnist1d",
    ("train", "one_layer", "--device", "tpu"): "device",
    ("--nothing",): "No such option",
}


@pytest.mark.parametrize("args", MISTAKES, ids=" ".join)
def test_a_mistake_is_answered_in_one_line_with_status_2(dlbook, tmp_path, args):
    (tmp_path / "mine.py").write_text(WRONG)
    (tmp_path / "mine.ipynb").write_text("{}")
    result = dlbook(*args)
    assert result.exit_code == 2
    assert MISTAKES[args] in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_an_exercise_is_written_and_never_overwritten(dlbook, tmp_path):
    assert dlbook("exercise", "linear").exit_code == 0
    path = tmp_path / "linear.py"
    assert "raise NotImplementedError" in path.read_text()
    path.write_text("precious")
    again = dlbook("exercise", "linear")
    assert again.exit_code == 2
    assert "left as it is" in again.output
    assert path.read_text() == "precious"
    assert dlbook("exercise", "linear", "-o", "other.py").exit_code == 0
    assert (tmp_path / "other.py").exists()


def test_the_list_of_exercises_names_every_operation(dlbook):
    from dlbook.laws.operation import catalogue

    result = dlbook("exercise", "--list")
    assert result.exit_code == 0
    assert all(name in result.output for name in catalogue())


def test_a_wrong_function_is_explained_with_status_1(dlbook, tmp_path):
    (tmp_path / "mine.py").write_text(WRONG)
    result = dlbook("check", "mine.py")
    assert result.exit_code == 1
    for piece in ("WRONG", "smallest failing input", "bias = np.array([0.1])", "got", "expected", "not their mean"):
        assert piece in result.output


def test_a_stub_is_not_written_yet_with_status_1(dlbook):
    dlbook("exercise", "linear")
    result = dlbook("check", "linear.py")
    assert result.exit_code == 1
    assert "not written yet" in result.output


@pytest.mark.slow
def test_a_right_function_has_status_0_and_a_table_of_laws(dlbook, tmp_path):
    (tmp_path / "mine.py").write_text(WRONG.replace("mean", "sum"))
    result = dlbook("check", "mine.py", "linear", "--verbose")
    assert result.exit_code == 0, result.output
    assert "linear: ok" in result.output
    assert "worst error" in result.output


def test_the_data_sets_are_listed_and_a_card_names_its_flaws(dlbook):
    assert "mnist1d" in dlbook("data").output
    assert "mnist1d" in dlbook("data", "list").output
    assert "flaws" in dlbook("data", "show", "mnist1d").output
    assert "nothing to download" in dlbook("data", "fetch", "mnist1d").output


def test_the_doctor_names_versions_devices_and_what_limits_memory(dlbook):
    result = dlbook("doctor")
    assert result.exit_code == 0
    for piece in ("python", "numpy", "devices: cpu", "checker: time is limited, memory", "ledger:"):
        assert piece in result.output


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A ledger of two rows."""
    path = tmp_path / "ledger.json"
    monkeypatch.setattr(ledger, "PATH", path)
    row = {"operation": "linear", "module": "m", "chapter": "c", "device": "cpu", "by": None}
    ledger.write([{**row, "law": "gradient", "examples": 100, "worst": 1e-9, "tolerance": 1e-6, "outcome": "passed"},
                  {**row, "law": "planted: a bug", "examples": None, "worst": None, "tolerance": None,
                   "outcome": "caught", "by": "gradient"}], "dev", path)
    monkeypatch.setattr(ledger, "read", lambda path=path: json.loads(path.read_text()) if path.exists() else None)
    return path


def test_the_ledger_is_a_table(dlbook, written):
    result = dlbook("ledger")
    assert result.exit_code == 0
    assert "linear" in result.output
    assert "STALE" not in result.output
    assert "caught by the law 'gradient'" in dlbook("ledger", "linear").output


def test_a_stale_ledger_is_said_to_be_stale(dlbook, written):
    written.write_text(json.dumps(json.loads(written.read_text()) | {"fingerprint": "of other sources"}))
    assert "STALE" in dlbook("ledger").output


def test_no_ledger_is_status_1(dlbook, written):
    written.unlink()
    result = dlbook("ledger")
    assert result.exit_code == 1
    assert "make test" in result.output
