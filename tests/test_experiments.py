"""Trainings: an interruption changes nothing, a checkpoint is never mistaken for another's."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from dlbook.cli import main
from dlbook.experiments import RUNS, recipe
from dlbook.experiments.results import read, run_all
from dlbook.experiments.training import CheckpointError, train

SMALL = {"data": "mnist1d", "n": 300}
DEVICES = ["numpy", pytest.param("cpu", id="torch on the cpu")]


@pytest.fixture(params=DEVICES)
def device(request):
    if request.param != "numpy":
        pytest.importorskip("torch")
    return request.param


def same(a, b) -> bool:
    """Whether two results are equal to the last bit."""
    return a.curves == b.curves and all(np.array_equal(a.state[k], b.state[k]) for k in a.state)


def test_the_training_starts_at_chance_and_learns(device):
    result = train(recipe("one_layer"), device=device, epochs=3, **SMALL)
    losses = result.curves["train_loss"]
    assert abs(losses[0] - math.log(10)) < 0.1
    assert losses == sorted(losses, reverse=True)
    assert result.last()["train_accuracy"] > 0.2
    assert len(losses) == 4


def test_a_run_in_two_parts_is_the_run_in_one(tmp_path, device):
    whole = train(recipe("one_layer"), device=device, seed=3, epochs=4, **SMALL)
    path = tmp_path / "run.npz"
    train(recipe("one_layer"), device=device, seed=3, epochs=2, checkpoint=path, **SMALL)
    assert same(train(recipe("one_layer"), device=device, seed=3, epochs=4, checkpoint=path, **SMALL), whole)


def test_an_interrupt_loses_at_most_one_epoch_and_changes_nothing(tmp_path):
    def stop(epoch, measured):
        if epoch == 3:
            raise KeyboardInterrupt

    path, epochs = tmp_path / "run.npz", []
    with pytest.raises(KeyboardInterrupt):
        train(recipe("one_layer"), epochs=5, checkpoint=path, report=stop, **SMALL)
    resumed = train(recipe("one_layer"), epochs=5, checkpoint=path, report=lambda e, m: epochs.append(e), **SMALL)
    assert epochs == [3, 4, 5]
    assert same(resumed, train(recipe("one_layer"), epochs=5, **SMALL))


def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path):
    path = tmp_path / "run.npz"
    command = [sys.executable, "-m", "dlbook.cli", "train", "one_layer", "--set", "n=300", "--epochs", "1000000",
               "--checkpoint", str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while not path.exists() and process.poll() is None:
            pass
        process.kill()
        assert path.exists(), process.stderr.read().decode()
    with np.load(path) as file:
        done = json.loads(str(file["about"]))["epoch"]
    resumed = train(recipe("one_layer"), epochs=done + 2, checkpoint=path, **SMALL)
    assert same(resumed, train(recipe("one_layer"), epochs=done + 2, **SMALL))


@pytest.mark.parametrize(("other", "said"), [
    ({"seed": 1}, "with seed = 0, not 1"),
    ({"lr": 0.5}, "with lr = None, not 0.5"),
    ({"n": 200}, "with n = 300, not 200"),
    ({"epochs": 1}, "2 epochs already"),
])
def test_a_checkpoint_of_another_run_is_refused(tmp_path, other, said):
    path = tmp_path / "run.npz"
    train(recipe("one_layer"), epochs=2, checkpoint=path, **SMALL)
    kept = path.read_bytes()
    with pytest.raises(CheckpointError, match=said):
        train(recipe("one_layer"), **{"epochs": 2, "checkpoint": path, **SMALL, **other})
    assert path.read_bytes() == kept


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path, damage):
    path = tmp_path / "run.npz"
    path.write_bytes(damage)
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        train(recipe("one_layer"), epochs=1, checkpoint=path, **SMALL)
    assert path.read_bytes() == damage


def test_a_draft_left_by_a_kill_does_no_harm(tmp_path):
    path = tmp_path / "run.npz"
    path.with_name("run.npz.draft").write_bytes(b"half")
    result = train(recipe("one_layer"), epochs=1, checkpoint=path, **SMALL)
    assert same(result, train(recipe("one_layer"), epochs=1, **SMALL))
    assert not path.with_name("run.npz.draft").exists()


def test_both_backends_take_the_same_steps():
    pytest.importorskip("torch")
    ours, theirs = (train(recipe("one_layer"), device=d, epochs=3, **SMALL) for d in ("numpy", "cpu"))
    # Float32 in another order of summation: about 1e-7 a step, 9 steps.
    np.testing.assert_allclose(theirs.state["weight"], ours.state["weight"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["multi_margin_loss", "crammer_singer_loss"])
def test_other_losses_train_too(loss):
    losses = train(recipe("one_layer"), epochs=2, loss=loss, **SMALL).curves["train_loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"momentum": 1}, "no option 'momentum'"),
    ({"device": "tpu"}, "is not here"),
    ({"epochs": -1}, "expected at least 0"),
    ({"data": "mnist"}, "expected one of mnist1d"),
    ({"loss": "mse"}, "expected one of cross_entropy"),
])
def test_a_wrong_setting_is_refused_by_name(wrong, said):
    with pytest.raises(ValueError, match=said):
        train(recipe("one_layer"), **{**SMALL, "epochs": 1, **wrong})


def test_an_unknown_training_is_met_with_a_suggestion():
    with pytest.raises(ValueError, match="did you mean 'one_layer'"):
        recipe("onelayer")


def test_the_results_of_a_topic_say_how_they_were_made(tmp_path):
    path = run_all("topic", recipe("one_layer"), [{"epochs": 1, "seed": s, **SMALL} for s in (0, 1)], folder=tmp_path)
    first, second = read("topic", folder=tmp_path)
    assert json.loads(path.read_text()) == [first, second]
    assert (first["seed"], second["seed"]) == (0, 1)
    assert first["curves"]["test_loss"] != second["curves"]["test_loss"]
    assert {"run", "device", "epochs", "versions", "machine", "written", "n"} <= first.keys()


def test_a_run_that_fails_is_named_and_takes_no_other_with_it(tmp_path):
    runs = [{"epochs": 1, "lr": lr, **SMALL} for lr in (0.1, 1e300, 0.2)]
    with pytest.raises(RuntimeError, match=r"1 of 3 runs of topic failed: \{.*'lr': 1e\+300"):
        run_all("topic", recipe("one_layer"), runs, folder=tmp_path, workers=2)
    assert [record["lr"] for record in read("topic", folder=tmp_path)] == [0.1, 0.2]


def test_a_record_stays_when_no_run_could_be_made(tmp_path):
    (tmp_path / "topic.json").write_text("[1]")
    with pytest.raises(RuntimeError, match="1 of 1 runs"):
        run_all("topic", recipe("one_layer"), [{"epochs": 1, "lr": 1e300, **SMALL}], folder=tmp_path)
    assert read("topic", folder=tmp_path) == [1]


def test_a_topic_without_a_record_is_refused_with_those_that_have_one(tmp_path):
    (tmp_path / "known.json").write_text("[]")
    with pytest.raises(FileNotFoundError, match=r"no runs are recorded for 'unknown'.*records of: known"):
        read("unknown", folder=tmp_path)


def test_the_runs_of_a_topic_go_on_where_a_kill_left_them(tmp_path):
    runs = [{"epochs": 1, "seed": s, **SMALL} for s in (0, 1)]
    saved = tmp_path / "runs"
    once = json.loads(run_all("topic", recipe("one_layer"), runs, folder=tmp_path, checkpoints=saved).read_text())
    states = {path.name: path.read_bytes() for path in saved.iterdir()}
    again = json.loads(run_all("topic", recipe("one_layer"), runs, folder=tmp_path, checkpoints=saved).read_text())
    assert [record["curves"] for record in once] == [record["curves"] for record in again]
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == states
    assert sorted(states) == ["topic-0.npz", "topic-1.npz"]


# -- on the command line ----------------------------------------------------------------------


@pytest.fixture
def trains(tmp_path, monkeypatch):
    """Run `dlbook train one_layer --set n=300` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(main, ["train", "one_layer", "--set", "n=300", *args])


def test_the_command_trains_continues_and_writes_its_curves(trains, tmp_path):
    assert trains("--epochs", "1").exit_code == 0
    result = trains("--epochs", "2", "--output", "curves.json")
    assert result.exit_code == 0, result.output
    assert "test accuracy" in result.output
    assert len(json.loads((tmp_path / "curves.json").read_text())["curves"]["test_loss"]) == 3
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 1
    assert trains("--epochs", "1").exit_code == 1
    assert trains("--epochs", "1", "--fresh").exit_code == 0


def test_other_options_have_a_checkpoint_of_their_own(trains, tmp_path):
    for options in ((), ("--set", "lr=0.1"), ("--seed", "1"), ("--data", "digits")):
        assert trains("--epochs", "0", *options).exit_code == 0
        assert trains("--epochs", "1", *options).exit_code == 0
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 4


def test_a_training_that_leaves_the_numbers_is_one_line_with_status_1(trains):
    result = trains("--set", "lr=1e38", "--epochs", "3")
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1


def test_the_list_names_every_option(trains):
    result = CliRunner().invoke(main, ["train", "--list"])
    assert result.exit_code == 0
    assert all(option in result.output for name in RUNS for option in recipe(name).options)
