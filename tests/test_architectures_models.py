"""Whole networks: torchvision's names, shapes and outputs, the sizes that papers tell, and what is special to each."""

import doctest
import json
import sys
import types
import urllib.error
from importlib import import_module

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torchvision_models import MANIFEST, NAMES, fingerprint, import_torchvision, theirs  # noqa: E402

from dlbook.torch import architectures as zoo  # noqa: E402
from dlbook.torch.architectures.building import published, scaled  # noqa: E402
from dlbook.torch.architectures.convnext import DropPath  # noqa: E402
from dlbook.torch.architectures.lenet import TABLE  # noqa: E402
from dlbook.torch.architectures.residual import PadShortcut  # noqa: E402
from dlbook.torch.architectures.senet import SEBasicBlock  # noqa: E402

EXPECTED = json.loads(MANIFEST.read_text())


def ours(name: str) -> nn.Module:
    return getattr(zoo, name.removesuffix("_bn"))(**({"batch_norm": True} if name.endswith("_bn") else {}))


def installed() -> None:
    try:
        import_torchvision()
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed")


def size(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


# -- the published networks ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_network_has_exactly_the_names_and_shapes_of_torchvision(name):
    with torch.device("meta"):
        assert fingerprint(ours(name)) == EXPECTED[name]


@pytest.mark.parametrize("name", NAMES)
def test_torchvision_says_the_same_today(name):
    installed()
    with torch.device("meta"):
        assert fingerprint(theirs(name)) == EXPECTED[name]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", ["alexnet", "vgg11_bn", "googlenet", "resnet18", "resnet50", "densenet121",
                                  "convnext_tiny"])  # fmt: skip
def test_equal_weights_give_equal_scores(name, training):
    installed()
    mine, yours = ours(name), theirs(name)
    mine.load_state_dict(yours.state_dict())
    x = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    scores = []
    for model in (mine, yours):
        with torch.random.fork_rng():
            torch.manual_seed(1)  # the same units are dropped
            found = model.train(training)(x)
        scores.append(found if isinstance(found, tuple) else (found,))
    for a, b in zip(*scores, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize(("build", "parameters"), [
    (zoo.alexnet, 61_100_840),
    (lambda: zoo.alexnet(original=True), 60_965_224),
    (zoo.vgg16, 138_357_544),
    (lambda: zoo.googlenet(aux_logits=False), 6_624_904),
    (zoo.resnet50, 25_557_032),
    (zoo.se_resnet50, 28_088_024),
    (zoo.densenet121, 7_978_856),
    (zoo.convnext_tiny, 28_589_128),
    (zoo.lenet5, 61_706),
    (lambda: zoo.lenet5(original=True), 60_000),  # "60,000 trainable free parameters"
    (lambda: zoo.slim("resnet", depth=20), 269_722),  # "0.27M"
    (lambda: zoo.slim("resnet", depth=110), 1_727_962),  # "1.7M"
])  # fmt: skip
def test_a_network_has_the_size_that_is_known(build, parameters):
    with torch.device("meta"):
        assert size(build()) == parameters


# -- published weights --------------------------------------------------------------------------------


class FakeTorchvision(types.ModuleType):
    """What is used of `torchvision.models`; the weights are those of a network of ours with seed 7."""

    def __init__(self, fails: Exception | None = None):
        super().__init__("torchvision.models")
        self.fails, self.asked = fails, []

    def get_model_weights(self, name):
        return types.SimpleNamespace(DEFAULT=f"{name} default")

    def get_model(self, name, *, weights):
        self.asked.append((name, weights))
        if self.fails:
            raise self.fails
        with torch.random.fork_rng():
            torch.manual_seed(7)
            return zoo.googlenet(aux_logits=False) if name == "googlenet" else getattr(zoo, name)()


@pytest.fixture
def torchvision(monkeypatch):
    def install(fake):
        monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
        monkeypatch.setitem(sys.modules, "torchvision.models", fake)
        return fake

    return install


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_published_weights_are_loaded_when_they_are_asked_for(torchvision, name):
    fake = torchvision(FakeTorchvision())
    getattr(zoo, name)()
    assert not fake.asked
    model = getattr(zoo, name)(weights="torchvision")
    assert fake.asked == [(name, f"{name} default")]
    expected = FakeTorchvision().get_model(name, weights=None).state_dict()
    assert all(torch.equal(value, expected[key]) for key, value in model.state_dict().items())


def test_published_weights_of_googlenet_convert_their_input(torchvision):
    torchvision(FakeTorchvision())
    model = zoo.googlenet(weights="torchvision").eval()
    assert model.transform_input
    pixels = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    mean, std = (torch.tensor(v)[:, None, None] for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    scores = model((pixels - mean) / std)
    model.transform_input = False
    torch.testing.assert_close(model((pixels - 0.5) / 0.5), scores)


@pytest.mark.parametrize("reason", [urllib.error.URLError("no route"), RuntimeError("invalid hash value")])
def test_weights_out_of_reach_are_one_clear_error(torchvision, reason):
    torchvision(FakeTorchvision(reason))
    with pytest.raises(ConnectionError, match="resnet18: the published weights cannot be fetched"):
        zoo.resnet18(weights="torchvision")


def test_weights_without_torchvision_are_one_clear_error(monkeypatch):
    for name in ("torchvision", "torchvision.models"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match="vgg11_bn: weights='torchvision' needs the package torchvision"):
        zoo.vgg11(batch_norm=True, weights="torchvision")


@pytest.mark.parametrize(("call", "said"), [
    (lambda: zoo.resnet18(weights="imagenet"), "expected None or 'torchvision'"),
    (lambda: zoo.resnet18(10, weights="torchvision"), "load them, then replace the last layer"),
    (lambda: zoo.resnet18(0), "num_classes is 0"),
    (lambda: zoo.googlenet(aux_logits=True, weights="torchvision"), "no weights of the auxiliary heads"),
    (lambda: zoo.alexnet(weights="torchvision", original=True), "at most one of them"),
    (lambda: zoo.alexnet(width=0.5, original=True), "at most one of them"),
    (lambda: zoo.alexnet(width=0), "width is 0"),
    (lambda: zoo.VGG(12), "expected one of 11, 13, 16, 19"),
    (lambda: zoo.plain(20), "expected one of 18, 34"),
    (lambda: zoo.preact_resnet(20), "expected one of 18, 34"),
    (lambda: zoo.lenet5(original=True, size=28), "expected 1 and 32"),
    (lambda: zoo.lenet5(size=15), "size is 15"),
    (lambda: zoo.slim("inception"), "expected one of lenet, alexnet"),
    (lambda: zoo.slim("resnet", depth=21), "2 more than a multiple of 6"),
    (lambda: zoo.slim("bottleneck", depth=2), "2 more than a multiple of 9"),
    (lambda: zoo.slim("densenet", depth=11), "4 more than a multiple of 6"),
    (lambda: zoo.slim("alexnet", depth=8), "one depth only"),
    (lambda: zoo.slim("lenet", width=2.0), "one width only"),
    (lambda: zoo.slim("vgg", width=-1.0), "width is -1.0"),
    (lambda: published("x", nn.Identity, 2.5, None), "num_classes is 2.5"),
])  # fmt: skip
def test_a_wrong_argument_is_refused_by_name(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# -- what is special to each --------------------------------------------------------------------------


@pytest.mark.parametrize("family", zoo.SLIM)
def test_every_slim_network_scores_small_images_and_passes_a_gradient_to_every_parameter(family):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = zoo.slim(family, 7, in_channels=2)
        scores = model(torch.randn(3, 2, 32, 32))
    assert scores.shape == (3, 7)
    scores.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_slim_networks_grow_with_width_and_depth():
    sizes = [size(zoo.slim("resnet", depth=d, width=w)) for d, w in ((8, 0.5), (8, 1.0), (14, 1.0))]
    assert sizes == sorted(sizes)
    assert scaled(3, 0.01) == 1


def test_a_plain_network_has_the_parameters_of_the_residual_one():
    networks = [zoo.slim(family, depth=14) for family in ("plain", "resnet")]
    assert fingerprint(networks[0]) == fingerprint(networks[1])


@pytest.mark.parametrize("family", ["resnet", "bottleneck", "preact", "se"])
def test_a_block_that_begins_at_zero_is_the_identity_on_what_is_not_negative(family):
    blocks = {"resnet": zoo.BasicBlock, "bottleneck": zoo.Bottleneck, "preact": zoo.PreActivationBlock,
              "se": SEBasicBlock}  # fmt: skip
    Block = blocks[family]
    model = zoo.ResNet(Block, (2,), 5, channels=(8,), small=True, zero_init=True)
    x = torch.rand(2, 8 * Block.expansion, 6, 6)
    assert torch.equal(model.layer1[1](x), x)


def test_without_a_shortcut_nothing_of_the_input_is_added():
    block = zoo.BasicBlock(4, 4, shortcut=False)
    nn.init.zeros_(block.bn2.weight)
    assert not block(torch.rand(2, 4, 5, 5)).any()


def test_a_pre_activated_sum_is_not_rectified():
    for kind, kept in ((zoo.PreActivationBlock, True), (zoo.PreActivationBottleneck, True), (zoo.BasicBlock, False)):
        block = kind(8, 8 // kind.expansion).eval()
        x = -torch.rand(1, 8, 4, 4) * 100
        assert bool((block(x) < 0).any()) == kept


def test_a_shortcut_without_weights_takes_every_other_place_and_adds_zeros():
    x = torch.arange(32.0).reshape(1, 2, 4, 4)
    y = PadShortcut(3, 2)(x)
    assert y.shape == (1, 5, 2, 2)
    assert torch.equal(y[:, 1:3], x[:, :, ::2, ::2])
    assert not y[:, [0, 3, 4]].any()


def test_the_gates_of_a_squeeze_and_excitation_scale_each_channel():
    block = zoo.SqueezeExcitation(6, reduction=3)
    x = torch.randn(2, 6, 4, 5)
    ratios = (block(x) / x).flatten(2)
    torch.testing.assert_close(ratios, ratios[:, :, :1].expand_as(ratios))
    assert ((ratios > 0) & (ratios < 1)).all()


def test_a_dense_block_keeps_what_it_was_given():
    block = zoo.DenseBlock(5, 3, 4).eval()
    x = torch.randn(2, 5, 6, 6)
    y = block(x)
    assert y.shape == (2, 5 + 3 * 4, 6, 6)
    assert torch.equal(y[:, :5], x)
    assert torch.equal(y[:, 5:9], block.denselayer1(x))


def test_an_auxiliary_head_speaks_in_training_only():
    model = zoo.GoogLeNet(4, width=0.1)
    x = torch.randn(2, 3, 64, 64)
    found = model(x)
    assert found._fields == ("logits", "aux_logits2", "aux_logits1")
    assert [scores.shape for scores in found] == [(2, 4)] * 3
    assert model.eval()(x).shape == (2, 4)
    assert size(zoo.GoogLeNet(4, width=0.1, aux_logits=False)) < size(model)


def test_drop_path_drops_whole_examples_and_keeps_the_mean():
    x = torch.ones(4000, 2, 1, 1)
    y = DropPath(0.25)(x)
    assert y.unique().numel() == 2
    assert torch.equal(y[:, 0], y[:, 1])
    assert abs(y.mean() - 1) < 0.05
    assert torch.equal(DropPath(0.25).eval()(x), x)


def test_the_maps_of_the_old_lenet_look_at_those_of_table_1():
    assert [len(seen) for seen in TABLE] == [3] * 6 + [4] * 9 + [6]
    assert len({frozenset(seen) for seen in TABLE}) == 16
    assert all(sum(i in seen for seen in TABLE) == 10 for i in range(6))
    assert TABLE[12:15] == ((0, 1, 3, 4), (1, 2, 4, 5), (2, 3, 5, 0))


def test_the_old_lenet_measures_distances_to_its_patterns():
    codes = torch.ones(3, 84)
    model = zoo.LeNet1998(3, codes=codes)
    nn.init.zeros_(model.f6.weight)
    nn.init.zeros_(model.f6.bias)
    torch.testing.assert_close(model(torch.rand(2, 1, 32, 32)), torch.full((2, 3), 84.0))


@pytest.mark.parametrize("name", ["building", "counting", "lenet", "slim"])
def test_the_examples_of_the_docstrings_hold(name):
    found = doctest.testmod(import_module(f"dlbook.torch.architectures.{name}"))
    assert found.attempted
    assert not found.failed
