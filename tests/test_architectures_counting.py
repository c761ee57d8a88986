"""What networks cost: PyTorch's own counter, published numbers, and the gradient's support agree with ours."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from dlbook.numpy.convolution import Field  # noqa: E402
from dlbook.numpy.convolution import receptive_field as stack_field  # noqa: E402
from dlbook.torch import architectures as zoo  # noqa: E402
from dlbook.torch.architectures.fields import first_view  # noqa: E402
from dlbook.torch.convolution import gradient_support  # noqa: E402

FULL = {
    "alexnet": (zoo.alexnet, (3, 224, 224)),
    "alexnet of 2012": (lambda: zoo.alexnet(original=True), (3, 227, 227)),
    "vgg16": (zoo.vgg16, (3, 224, 224)),
    "googlenet": (zoo.googlenet, (3, 224, 224)),
    "resnet50": (zoo.resnet50, (3, 224, 224)),
    "preact_resnet": (zoo.preact_resnet, (3, 224, 224)),
    "plain": (zoo.plain, (3, 224, 224)),
    "se_resnet50": (zoo.se_resnet50, (3, 224, 224)),
    "densenet121": (zoo.densenet121, (3, 224, 224)),
    "convnext_tiny": (zoo.convnext_tiny, (3, 224, 224)),
    "lenet5": (zoo.lenet5, (1, 32, 32)),
    "lenet5 of 1998": (lambda: zoo.lenet5(original=True), (1, 32, 32)),
    **{f"slim {family}": (lambda family=family: zoo.slim(family), (3, 32, 32)) for family in zoo.SLIM},
}


def meta(build):
    with torch.device("meta"):
        return build()


@pytest.mark.parametrize("name", FULL)
def test_parameters_and_operations_are_those_that_pytorch_counts(name):
    build, shape = FULL[name]
    model = meta(build)
    found = zoo.count(model, shape)
    assert found.parameters == sum(p.numel() for p in model.parameters())
    with FlopCounterMode(display=False) as counter:
        model.eval()(torch.empty(1, *shape, device="meta"))
    assert found.flops == counter.get_total_flops()
    assert all(layer.fields is not None for layer in found.layers if layer.kind != "unused in evaluation")


@pytest.mark.parametrize(("build", "giga"), [  # as torchvision documents them
    (zoo.alexnet, 0.714), (zoo.vgg16, 15.470), (zoo.googlenet, 1.498), (zoo.resnet18, 1.814), (zoo.resnet50, 4.089),
    (zoo.resnet152, 11.514), (zoo.densenet121, 2.834), (zoo.convnext_tiny, 4.456),
])  # fmt: skip
def test_multiplications_are_the_published_ones(build, giga):
    assert round(zoo.count(meta(build), (3, 224, 224)).multiplications / 1e9, 3) == pytest.approx(giga, abs=0.0011)


def layer(found, name):
    return next(row for row in found.layers if row.name == name)


def test_fields_are_the_published_ones():
    # Araujo, Norris and Sim (2019), table 1: the last convolutional maps of AlexNet and VGG-16.
    shape = (3, 224, 224)
    assert layer(zoo.count(meta(zoo.alexnet), shape), "features.12").fields[0].size == 195
    assert layer(zoo.count(meta(zoo.vgg16), shape), "features.30").fields[0].size == 212


@pytest.mark.parametrize("name", ["vgg16", "alexnet of 2012"])
def test_a_chain_has_the_fields_of_the_formula(name):
    build, shape = FULL[name]
    model = meta(build)
    windows = [(n, m) for n, m in model.features.named_children() if hasattr(m, "kernel_size")]
    keys = ("kernel_size", "stride", "padding")
    numbers = [{key: v if isinstance(v := getattr(m, key), int) else v[0] for key in keys} for _, m in windows]
    found = zoo.count(model, shape)
    assert [layer(found, f"features.{n}").fields[0] for n, _ in windows] == stack_field(numbers)


class Smooth(nn.Module):
    """A network up to one of its layers, whose gradients cannot vanish by chance.

    Weights are positive, so that nothing is rectified away or cancels; a maximum, whose gradient goes to one place, is
    taken for a mean of the same window.
    """

    def __init__(self, model):
        super().__init__()
        for module in model.modules():
            for name, child in module.named_children():
                if isinstance(child, nn.MaxPool2d):
                    pool = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, ceil_mode=child.ceil_mode)
                    setattr(module, name, pool)
                elif isinstance(child, nn.GELU):
                    setattr(module, name, nn.Softplus())
        with torch.no_grad():
            for p in model.parameters():
                p.copy_(0.1 + 0.9 * torch.rand(p.shape, generator=torch.Generator().manual_seed(0)))
                if p.ndim > 1:
                    p /= p[0].numel()
        self.model = model.double().eval()

    def until(self, name):
        def values(x):
            seen = []
            hook = self.model.get_submodule(name).register_forward_hook(lambda m, i, y: seen.append(y))
            self.model(x)
            hook.remove()
            return seen[0]

        return values


@pytest.mark.parametrize(("family", "depth", "name"), [
    ("lenet", None, "features.5"), ("alexnet", None, "features.8"), ("vgg", 11, "features.8"),
    ("googlenet", None, "inception3b"), ("plain", 8, "layer2.0"), ("resnet", 8, "layer2.0"), ("resnet", 8, "layer3"),
    ("bottleneck", 11, "layer2.0"), ("preact", 8, "layer2.0"), ("se", 8, "layer1.0.bn2"),
    ("densenet", 10, "features.denseblock2"), ("convnext", 1, "features.1"),
])  # fmt: skip
def test_a_unit_sees_what_its_gradient_reaches(family, depth, name):
    model = zoo.slim(family, 3, depth=depth, width=1.0 if family == "lenet" else 0.25)
    extent = {"alexnet": 48, "lenet": 32}.get(family, 40)
    found = zoo.count(model, (3, extent, extent))
    rows = [row for row in found.layers if row.name == name or row.name.startswith(f"{name}.")]
    field = rows[-1].fields
    values = Smooth(model).until(name)
    x = torch.rand(1, 3, extent, extent, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) + 0.5
    places = values(x).shape[2:]
    for place in (places[0] // 2, 0):
        support = gradient_support(values, x, position=(place, place))
        for axis, f in enumerate(field):
            seen = support.any(dim=1 - axis).nonzero().flatten()
            first = f.start + place * f.step
            assert (int(seen[0]), int(seen[-1])) == (max(first, 0), min(first + f.size, extent) - 1)


def test_a_gate_that_averages_the_image_sees_all_of_it():
    found = zoo.count(zoo.slim("se", depth=8), (3, 32, 32))
    gated = [row for row in found.layers if row.name == "layer1.0.se" and row.kind == "mul"]
    assert gated[0].fields[0].start <= 0
    assert gated[0].fields[0].start + gated[0].fields[0].size >= 32


def test_layers_and_functions_each_have_their_row():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 4, 3, padding="same", dilation=2, groups=2)
            self.up = nn.ConvTranspose2d(4, 3, 2, stride=2)
            self.scale = nn.Parameter(torch.ones(3, 1, 1))
            self.head = nn.Linear(3, 5)
            self.never = nn.Linear(7, 7)

        def forward(self, x):
            x = self.scale * self.up(torch.relu(self.conv(x)))
            y = x.mean(dim=(2, 3), keepdim=True)
            return self.head((x * y).sum(dim=(2, 3))) @ torch.ones(5, 2, device=x.device)

    found = zoo.count(Net(), (2, 6, 6))
    rows = {(row.name, row.kind): row for row in found.layers}
    assert rows["conv", "Conv2d"].multiplications == 6 * 6 * 4 * 1 * 9
    assert rows["conv", "Conv2d"].fields == (Field(5, 1, -2),) * 2
    assert rows["up", "ConvTranspose2d"].multiplications == 6 * 6 * 4 * 3 * 4
    assert rows["up", "ConvTranspose2d"].fields is None
    assert rows["mul", "mul"].parameters == 3
    assert rows["head", "Linear"][3:6] == (20, 15, 5)
    assert rows["matmul", "matmul"].multiplications == 10
    assert rows["never.weight", "unused in evaluation"].parameters == 49
    assert found.parameters == sum(p.numel() for p in Net().parameters())
    assert str(found).splitlines()[-1].split() == ["total", f"{found.parameters:,}", f"{found.multiplications:,}",
                                                   f"{found.activations:,}"]  # fmt: skip


def test_memory_counts_what_is_written_and_what_is_alive_at_once():
    model = nn.Sequential(nn.Conv2d(1, 4, 1), nn.ReLU(inplace=True), nn.Conv2d(4, 1, 1), nn.Flatten(), nn.Linear(9, 2))
    found = zoo.count(model, (1, 3, 3))
    assert [(row.name, row.activations) for row in found.layers] == [("0", 36), ("2", 9), ("4", 2)]
    assert found.peak == 36 + 9
    assert found.memory == {"parameters": 33 * 4, "activations": 47 * 4, "peak": 45 * 4}
    assert zoo.count(model.double(), (1, 3, 3)).memory["peak"] == 45 * 8
    shortcut = zoo.count(zoo.BasicBlock(2, 2), (2, 3, 3))
    assert shortcut.peak == 3 * 18  # a layer's input and output, and the input of the block that waits for the sum


def test_groups_add_up_and_keep_the_last_shape_and_field():
    whole = zoo.count(zoo.slim("resnet", depth=14), (3, 32, 32))
    groups = whole.grouped()
    names = [row.name for row in groups.layers]
    assert names == ["conv1", "bn1", "relu", "layer1", "layer2", "layer3", "avgpool", "fc"]
    assert (groups.parameters, groups.multiplications) == (whole.parameters, whole.multiplications)
    assert groups.layers[3].fields == [row for row in whole.layers if row.name.startswith("layer1")][-1].fields
    assert len(whole.grouped(2).layers) > len(names)
    assert "kind" not in str(groups)


def test_counting_changes_and_computes_nothing():
    model = zoo.slim("vgg_bn").train()
    model.features[0].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    zoo.count(model, (3, 32, 32))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.training
    assert not model.features[0].training
    assert model.features[1].training


@torch.fx.wrap
def hidden_product(x):
    return x @ x


@torch.fx.wrap
def noise(x, strength):
    return x + strength * torch.randn_like(x) if strength else x


class Calls(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def test_what_evaluation_passes_on_unchanged_is_no_layer():
    model = nn.Sequential(nn.Conv2d(1, 1, 3), Calls(lambda x: noise(x, 0.0)), nn.Dropout(), nn.Conv2d(1, 1, 3))
    found = zoo.count(model, (1, 6, 6))
    assert [row.name for row in found.layers] == ["0", "3"]
    assert found.layers[-1].fields[0].size == 5


def test_signals_have_one_axis():
    model = nn.Sequential(nn.Conv1d(1, 2, 5, stride=2), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(18, 3))
    found = zoo.count(model, (1, 40))
    assert [row.fields for row in found.layers[:2]] == [(Field(5, 2, 0),), (Field(7, 4, 0),)]
    assert found.layers[-1].fields == (Field(39, 0, 0),)
    assert first_view(torch.zeros(1, 4)).fields == ()


class Peeks(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(("model", "shape", "said"), [
    (Peeks(), (3, 4, 4), "Peeks cannot be followed"),
    (Calls(lambda x: hidden_product(x)), (3, 4, 4), "it calls hidden_product, whose products are not counted"),
    (Calls(lambda x: torch.einsum("ncij,ncjk->ncik", x, x)), (3, 4, 4), "it calls einsum, whose products"),
    (nn.Sequential(nn.LSTM(3, 4)), (3, 4), "a layer LSTM"),
    (nn.Sequential(nn.Linear(3, 4)), (5,), "cannot be followed on \\(5,\\)"),
    (nn.Sequential(nn.Linear(3, 4)), (0,), "shape\\[0\\] is 0"),
])  # fmt: skip
def test_what_cannot_be_counted_is_refused(model, shape, said):
    with pytest.raises(ValueError, match=said):
        zoo.count(model, shape)


def test_a_function_that_builds_a_network_is_not_taken_for_one():
    with pytest.raises(TypeError, match="count: model is"):
        zoo.count(zoo.lenet5, (1, 32, 32))
