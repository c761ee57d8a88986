"""Training convolutional networks: an interruption changes nothing, whatever the network, optimizer and precision."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

torch = pytest.importorskip("torch")
from dlbook.cli import main  # noqa: E402
from dlbook.experiments import convnet, recipe  # noqa: E402
from dlbook.experiments.training import train  # noqa: E402
from dlbook.torch import architectures as zoo  # noqa: E402

RECIPE = recipe("convnet")
SMALL = {"n": 40, "depth": 8, "width": 0.25, "size": 8, "batch_size": 16, "lr": 0.05}


def same(a, b) -> bool:
    """Whether two results are equal to the last bit."""
    return (a.curves == b.curves and a.state.keys() == b.state.keys()
            and all(np.array_equal(a.state[k], b.state[k]) for k in a.state))


def in_parts(tmp_path, **options):
    whole = train(RECIPE, epochs=2, seed=3, **options)
    path = tmp_path / "run.npz"
    train(RECIPE, epochs=1, seed=3, checkpoint=path, **options)
    return whole, train(RECIPE, epochs=2, seed=3, checkpoint=path, **options)


def test_the_names_are_those_of_the_zoo():
    assert tuple(zoo.SLIM) == convnet.FAMILIES
    assert all(callable(getattr(zoo, name)) for name in convnet.FULL)


@pytest.mark.parametrize("options", [
    {},
    {"model": "slim_plain", "schedule": "cosine", "span": 2, "augment": "shift_flip"},
    {"model": "slim_preact", "schedule": "steps", "span": 2, "memory_format": "contiguous"},
    {"model": "slim_convnext", "depth": 1, "lr": None},
    {"model": "slim_googlenet", "depth": None},  # drops units
    {"model": "slim_se", "precision": "bfloat16"},
    {"model": "slim_resnet", "precision": "float16"},  # scales its loss
    {"model": "slim_lenet", "depth": None, "width": 1.0, "size": 32, "optimizer": "adamw", "label_smoothing": 0.1,
     "compile": "eager"},
], ids=lambda options: "-".join(map(str, options.values())) or "defaults")  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_run_in_two_parts_is_the_run_in_one(tmp_path, options):
    whole, resumed = in_parts(tmp_path, **{**SMALL, **options})
    assert same(resumed, whole)
    assert whole.curves["train_loss"][0] != whole.curves["train_loss"][1]


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path):
    path = tmp_path / "run.npz"
    settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "dlbook.cli", "train", "convnet", *settings, "--epochs", "1000000",
               "--checkpoint", str(path)]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        while not path.exists() and process.poll() is None:
            pass
        process.kill()
        assert path.exists(), process.stderr.read().decode()
    with np.load(path) as file:
        done = json.loads(str(file["about"]))["epoch"]
    resumed = train(RECIPE, epochs=done + 1, checkpoint=path, **SMALL)
    assert same(resumed, train(RECIPE, epochs=done + 1, **SMALL))


def test_a_network_learns_its_images_by_heart():
    result = train(RECIPE, epochs=12, n=20, depth=8, width=0.5, size=12, batch_size=10, lr=0.1)
    assert result.last()["train_loss"] < 1 < result.curves["train_loss"][1]


def test_slim_networks_and_those_of_full_size_are_built_for_ten_classes():
    with torch.device("meta"):
        for name in (*(name for name in convnet.MODELS if name.startswith("slim_")), "resnet18"):
            assert sum(p.numel() for p in convnet.build(name, 10, 3, depth=None, width=1.0).parameters()) > 50_000


def test_a_network_of_full_size_trains_by_the_same_loop():
    result = train(RECIPE, epochs=1, model="googlenet", n=4, size=40, batch_size=2, lr=0.01)
    assert np.isfinite(result.last()["train_loss"])
    assert result.state["model/aux1.fc2.weight"].shape == (10, 1024)
    assert result.state["optimizer/momentum_buffer/aux1.fc2.weight"].any()  # its heads had a gradient


def test_the_learning_rate_falls_as_the_schedule_says():
    net = start(schedule="cosine", span=1)
    assert [round(net._rate(t), 9) for t in (0, 0.5, 1, 2)] == [0.05, 0.025, 0, 0]
    net.schedule = "steps"
    assert [round(net._rate(t), 9) for t in (0, 0.49, 0.5, 0.75, 1)] == [0.05, 0.05, 0.005, 0.0005, 0.0005]
    net.schedule = "constant"
    assert net._rate(5) == 0.05


def test_the_learning_rate_grows_first_when_it_is_to_warm_up():
    net = start(schedule="constant", warmup=2)
    assert [round(net._rate(t), 9) for t in (0, 0.5, 1, 2, 3)] == [0, 0.0125, 0.025, 0.05, 0.05]


def start(**options):
    rng = np.random.default_rng(0)
    return convnet.ConvNet(device="cpu", rng=rng, **{**RECIPE.options, **SMALL, **options})


def test_defaults_follow_the_network_and_the_device():
    assert start(lr=None, model="slim_vgg", depth=11, size=32).lr == 0.02
    assert start(lr=None).lr == 0.1
    net = start(lr=None, model="slim_convnext", depth=1)
    assert (net.lr, type(net.optimizer)) == (0.001, torch.optim.AdamW)
    assert net.dtype == torch.float32
    assert net.memory_format == torch.channels_last
    assert next(net.model.parameters()).is_contiguous(memory_format=torch.channels_last)


def test_only_matrices_decay_and_every_parameter_is_trained():
    net = start()
    decayed, spared = net.optimizer.param_groups
    assert decayed["weight_decay"] == RECIPE.options["weight_decay"]
    assert spared["weight_decay"] == 0
    assert all(p.ndim > 1 for p in decayed["params"])
    assert all(p.ndim == 1 for p in spared["params"])
    assert len(decayed["params"]) + len(spared["params"]) == len(list(net.model.parameters()))


def test_images_are_resized_and_their_channels_standardized():
    (x, _), _, classes = convnet.prepared("shapes32", 40)
    assert classes == 10
    np.testing.assert_allclose(x.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=(0, 2, 3)), 1, atol=1e-5)
    assert start().train[0].shape == (40, 3, 8, 8)
    net = start(size=40)
    assert net.train[0].shape == (40, 3, 32, 32)
    assert net._seen(net.train[0][:2], np.random.default_rng(0)).shape == (2, 3, 40, 40)


def test_training_leaves_the_generator_of_pytorch_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    train(RECIPE, epochs=1, **SMALL)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("wrong", "said"), [
    ({"device": "numpy"}, "convnet is trained in PyTorch only"),
    ({"model": "resnet20"}, "model is 'resnet20', expected one of slim_lenet"),
    ({"model": "resnet18"}, "a network of full size has one depth"),
    ({"data": "mnist1d"}, "expected one of shapes32, cifar10"),
    ({"augment": "rotate"}, "expected one of none, shift"),
    ({"batch_size": 0}, "batch_size is 0"),
    ({"span": 0}, "span is 0"),
    ({"warmup": -1}, "warmup is -1"),
    ({"depth": 9}, "2 more than a multiple of 6"),
])  # fmt: skip
def test_a_wrong_setting_is_refused_by_name(wrong, said):
    with pytest.raises(ValueError, match=said):
        train(RECIPE, **{"epochs": 1, **SMALL, **wrong})


def test_a_descent_that_diverges_says_so():
    with pytest.raises(FloatingPointError, match="try a learning rate below"):
        train(RECIPE, epochs=3, **{**SMALL, "model": "slim_lenet", "depth": None, "width": 1.0, "size": 32, "lr": 1e30})


def test_the_command_trains_on_the_processor_unless_told_otherwise(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    found = CliRunner().invoke(main, ["train", "convnet", *settings, "--epochs", "1", "-o", "curves.json"])
    assert found.exit_code == 0, found.output
    record = json.loads((tmp_path / "curves.json").read_text())
    assert (record["device"], record["model"], len(record["curves"]["test_loss"])) == ("cpu", "slim_resnet", 2)
    assert CliRunner().invoke(main, ["train", "convnet", "--device", "numpy"]).exit_code == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(("model", "options"), [
    ("slim_resnet", {"compile": "default"}),
    ("slim_resnet", {"precision": "float16"}),
    ("resnet50", {"size": 224}),
    ("convnext_tiny", {"size": 224}),
])  # fmt: skip
def test_a_gpu_trains_in_sixteen_bits_with_channels_last(tmp_path, model, options):
    settings = {"n": 256, "model": model, "batch_size": 64, "lr": None, **options}
    path = tmp_path / "run.npz"
    train(RECIPE, device="cuda", epochs=1, checkpoint=path, **settings)
    result = train(RECIPE, device="cuda", epochs=3, checkpoint=path, **settings)
    assert all(np.isfinite(values).all() for values in result.curves.values())
    assert len(result.curves["train_loss"]) == 4
    net = convnet.ConvNet(device="cuda", rng=np.random.default_rng(0), **{**RECIPE.options, **settings})
    assert net.dtype in (torch.bfloat16, torch.float16)
    assert next(net.model.parameters()).is_contiguous(memory_format=torch.channels_last)
