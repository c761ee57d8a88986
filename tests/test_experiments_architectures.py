"""The runs of the chapter on architectures: each can be made, and the record is of these."""

from dlbook.experiments.architectures import RUNS
from dlbook.experiments.convnet import MODELS, RECIPE
from dlbook.experiments.results import read


def test_every_run_is_one_that_the_recipe_knows():
    for run in RUNS:
        assert set(run) - {"epochs", "seed"} <= set(RECIPE.options), run
        assert run["model"] in MODELS
    assert len({tuple(sorted(run.items())) for run in RUNS}) == len(RUNS)


def test_the_record_is_of_these_runs_in_their_order():
    settings = {**RECIPE.options, "seed": 0}
    for run, record in zip(RUNS, read("architectures"), strict=True):
        want = {**settings, **run}
        assert {key: record.get(key, settings[key]) for key in settings} == {key: want[key] for key in settings}
        assert {len(curve) for curve in record["curves"].values()} == {want["epochs"] + 1}
