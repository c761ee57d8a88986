"""Transfer: frozen layers that stand still, a probe that takes their steps, twins, the borrowed network."""

import inspect

import numpy as np
import pytest

from dlbook.data.pretrained import PACKAGE
from dlbook.numpy import transfer_learning as tl
from dlbook.numpy.convolution import convnet, convnet_objective, init_convnet
from dlbook.numpy.gradient_descent import sgd
from dlbook.numpy.linear_classifiers import linear
from dlbook.numpy.optimization import adam, adamw, optimize, sgd_momentum

torch = pytest.importorskip("torch")
from dlbook.torch import transfer_learning as torch_tl  # noqa: E402
from dlbook.torch.optimization import adam as torch_adam  # noqa: E402

pytestmark = pytest.mark.law
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def problem(seed=0, n=12, classes=3):
    rng = np.random.default_rng(seed)
    params = init_convnet((2, 6, 5), (3, 4), classes, rng, dtype="float64")
    return params, (rng.normal(size=(n, 2, 6, 5)), np.arange(n) % classes)


def tensors(tree):
    return tuple(map(tensors, tree)) if isinstance(tree, tuple) else torch.from_numpy(np.array(tree))


def same(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(a, tuple):
            same(a, b)
        else:
            np.testing.assert_allclose(a, np.asarray(b), **CLOSE)


def test_the_head_on_the_features_is_the_network():
    params, (x, _) = problem()
    for average in (False, True):
        params = init_convnet((2, 6, 5), (3, 4), 3, np.random.default_rng(0), dtype="float64", average=average)
        h = tl.features(x, params, average=average)
        np.testing.assert_allclose(linear(h, *params[-1]), convnet(x, params, average=average), **CLOSE)


def test_a_new_head_replaces_the_last_layer_only():
    params, _ = problem()
    new = tl.replace_head(params, 7, np.random.default_rng(0))
    assert all(a is b for a, b in zip(new[:-1], params[:-1], strict=True))
    assert new[-1][0].shape == (7, params[-1][0].shape[1])
    large = tl.replace_head(((np.zeros((2, 400)), np.zeros(2)),), 500, np.random.default_rng(0), gain=3.0)[0][0]
    assert large.var() == pytest.approx(3 / 400, rel=0.02)
    assert not tl.replace_head(params, 7, np.random.default_rng(0), gain=0.0)[-1][0].any()
    with pytest.raises(ValueError, match="classes is 0"):
        tl.replace_head(params, 0, np.random.default_rng(0))


@pytest.mark.parametrize("half", [tl, torch_tl])
def test_what_is_no_network_and_no_data_is_refused(half):
    params, (x, target) = problem()
    rng, told = np.random.default_rng(0), {"epochs": 1, "rng": None}
    for wrong in ((), None, params[:1]):  # nothing, and what ends in a convolution
        with pytest.raises(ValueError, match=r"replace_head: params is .* the last of them linear"):
            half.replace_head(wrong, 3, rng)
    with pytest.raises(ValueError, match="features: params is a tuple of 0"):
        half.features(x, ())
    with pytest.raises(ValueError, match="linear_probe: params is a tuple of 0"):
        half.linear_probe((), (x, target), **told)
    for train in (half.fine_tune, half.linear_probe):
        with pytest.raises(ValueError, match=r"data is .* expected \(x, target\)"):
            train(params, x, **told)
    with pytest.raises(ValueError, match=r"linear_probe: .* at least one example"):
        half.linear_probe(params, (x[:0], target[:0]), **told)
    with pytest.raises(TypeError, match=r"freeze: layers is 0, expected numbers such as \(0, 1\)"):
        half.freeze(convnet_objective(), 0)
    with pytest.raises(TypeError, match=r"layerwise: factors is 0\.5"):
        half.layerwise(adam, 0.5)
    with pytest.raises(TypeError, match="layerwise: optimizer is 'adam'"):
        half.layerwise("adam", (0, 1, 1))
    with pytest.raises(TypeError, match="rng is 3, expected a generator"):
        tl.fine_tune(params, (x, target), epochs=1, rng=3)
    with pytest.raises(ValueError, match="parameter_groups: lr is -1"):
        torch_tl.parameter_groups([torch.nn.Linear(2, 2)], lr=-1)


def test_frozen_layers_may_come_from_something_that_is_read_once():
    params, data = problem()
    frozen = tl.freeze(convnet_objective(), (layer for layer in (0, 1)))
    for _ in range(2):
        assert not frozen(params, *data)[1][0][0].any()


def test_a_head_of_zeros_sends_nothing_back_and_learns_class_means():
    params, (x, target) = problem()
    ready = tl.replace_head(params, 3, np.random.default_rng(0), gain=0.0)
    _, grads = convnet_objective()(ready, x, target)
    assert not any(g.any() for layer in grads[:-1] for g in layer)
    h = tl.features(x, params)
    means = np.stack([h[target == k].mean(axis=0) for k in range(3)])
    np.testing.assert_allclose(-grads[-1][0], means / 3 - h.mean(axis=0) / 3, **CLOSE)


@pytest.mark.parametrize("optimizer", [adam, sgd_momentum, adamw])
def test_a_probe_takes_the_steps_of_a_network_with_a_frozen_trunk(optimizer):
    params, data = problem()
    told = {"optimizer": optimizer, "lr": 0.05, "epochs": 5, "batch_size": 5}
    whole = tl.fine_tune(params, data, decay=0.0, rng=np.random.default_rng(3), **told)
    probe = tl.linear_probe(params, data, rng=np.random.default_rng(3), **told)
    same(probe.params, whole.params)
    np.testing.assert_allclose(probe.values, whole.values, rtol=1e-9)
    for old, new in zip(params[:-1], whole.params[:-1], strict=True):
        np.testing.assert_array_equal(old[0], new[0])
    assert (whole.params[-1][0] != params[-1][0]).any()


def test_a_zero_gradient_is_frozen_for_plain_steps_only():
    params, data = problem()
    frozen = tl.freeze(convnet_objective(), (0, 1))
    told = {"lr": 0.1, "batch_size": 4, "epochs": 2}
    plain = sgd(frozen, params, data, rng=np.random.default_rng(0), **told).params
    np.testing.assert_array_equal(plain[0][0], params[0][0])
    decayed = optimize(frozen, params, data, optimizer=adamw, weight_decay=0.5, rng=np.random.default_rng(0), **told)
    np.testing.assert_allclose(decayed.params[0][0], (1 - 0.1 * 0.5) ** 6 * params[0][0])
    still = optimize(convnet_objective(), params, data, optimizer=tl.layerwise(adamw, (0, 0, 1)), weight_decay=0.5,
                     rng=np.random.default_rng(0), **told)  # fmt: skip
    np.testing.assert_array_equal(still.params[0][0], params[0][0])
    velocity = optimize(convnet_objective(), params, data, optimizer=sgd_momentum, rng=np.random.default_rng(0), **told)
    coasting = optimize(frozen, velocity.params, data, optimizer=sgd_momentum, state=velocity.state,
                        rng=np.random.default_rng(0), **told)  # fmt: skip
    assert (coasting.params[0][0] != velocity.params[0][0]).any()
    with pytest.raises(ValueError, match=r"layers is \[5\]"):
        tl.freeze(convnet_objective(), (5,))(params, *data)


def test_rates_of_one_are_the_optimizer_and_adam_does_not_feel_scaled_gradients():
    params, data = problem()
    told = {"lr": 0.01, "batch_size": 4, "epochs": 3}
    plain = optimize(convnet_objective(), params, data, optimizer=adam, rng=np.random.default_rng(0), **told).params
    ones = tl.fine_tune(params, data, decay=1.0, rng=np.random.default_rng(0), **told).params
    same(plain, ones)

    def scaled(params, *batch):
        value, grads = convnet_objective()(params, *batch)
        return value, (tuple(1e-3 * g for g in grads[0]), *grads[1:])

    shrunk = optimize(scaled, params, data, optimizer=adam, eps=1e-30, rng=np.random.default_rng(0), **told).params
    exact = optimize(convnet_objective(), params, data, optimizer=adam, eps=1e-30, rng=np.random.default_rng(0), **told)
    same(shrunk, exact.params)
    slow = tl.fine_tune(params, data, decay=0.1, rng=np.random.default_rng(0), **told).params
    moved = [np.abs(new[0] - old[0]).max() for new, old in zip(slow, params, strict=True)]
    assert moved[0] < 0.2 * moved[1] < 0.04 * moved[2] / 0.2  # each layer below moves about a tenth as far
    with pytest.raises(ValueError, match="params has 3 layers and there are 2 factors"):
        optimize(convnet_objective(), params, data, optimizer=tl.layerwise(adam, (1, 1)), rng=None, **told)


# ------------------------------------------------------------------------------------------------ the twins


@pytest.mark.parametrize("name", tl.__all__)
def test_both_halves_have_the_same_names_parameters_and_defaults(name):
    signatures = [inspect.signature(getattr(half, name)).parameters.values() for half in (tl, torch_tl)]
    mine, yours = ([(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in s] for s in signatures)
    assert mine == yours


DRAWN = {"random_crop": {"size": 4, "padding": 1}, "random_resized_crop": {"size": (3, 7)}, "color_jitter": {},
         "rand_augment": {"magnitude": 7.0, "num_ops": 3}}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_changes_of_both_halves_are_the_same(name, channels):
    x = np.random.default_rng(0).random((30, channels, 6, 5))
    ours = getattr(tl, name)(x, np.random.default_rng(1), **DRAWN[name])
    theirs = getattr(torch_tl, name)(torch.from_numpy(x), np.random.default_rng(1), **DRAWN[name])
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    questions = (tl.count_bright, tl.heavier_side, tl.brightest_channel)
    for question in questions:
        twin = getattr(torch_tl, question.__name__)
        np.testing.assert_array_equal(question(x), twin(torch.from_numpy(x)))
        share = torch_tl.label_kept(twin, lambda a: a.flip(-1), torch.from_numpy(x))
        assert share == tl.label_kept(question, lambda a: a[..., ::-1], x)


@pytest.mark.parametrize("decay", [0.0, 0.5, 1.0])
def test_fine_tuning_takes_the_same_steps_in_both_halves(decay):
    params, data = problem()
    ready = tl.replace_head(params, 3, np.random.default_rng(1))
    theirs = torch_tl.replace_head(tensors(params), 3, np.random.default_rng(1))
    same(ready, theirs)
    told = {"lr": 0.02, "epochs": 3, "batch_size": 5}
    ours = tl.fine_tune(ready, data, decay=decay, rng=np.random.default_rng(2), **told)
    run = torch_tl.fine_tune(theirs, tensors(data), decay=decay, rng=np.random.default_rng(2), **told)
    same(ours.params, run.params)
    if not decay:
        probe = torch_tl.linear_probe(theirs, tensors(data), rng=np.random.default_rng(2), **told)
        same(ours.params, probe.params)
    value, grads = torch_tl.freeze(lambda p, a: (a, p), (0,))(theirs, 1.0)
    assert value == 1.0
    assert not grads[0][0].any()
    assert grads[1][0].any()


def test_parameter_groups_make_torch_take_the_layerwise_steps():
    torch.manual_seed(0)
    layers = [torch.nn.Linear(3, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 2)]
    model = torch.nn.Sequential(*layers).double()
    start = tuple((m.weight.detach().clone(), m.bias.detach().clone()) for m in layers)
    x, target = torch.randn(6, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1, 1, 0])
    stepper = torch.optim.Adam(torch_tl.parameter_groups(layers, lr=0.1, decay=0.5))
    torch.nn.functional.cross_entropy(model(x), target).backward()
    grads = tuple((m.weight.grad.clone(), m.bias.grad.clone()) for m in layers)
    stepper.step()
    params, _ = torch_tl.layerwise(torch_adam, (0.25, 0.5, 1.0))(start, grads, lr=0.1)
    for module, (weight, bias) in zip(layers, params, strict=True):
        torch.testing.assert_close(module.weight.detach(), weight)
        torch.testing.assert_close(module.bias.detach(), bias)
    assert [len(torch_tl.parameter_groups(layers, lr=0.1, decay=d)) for d in (0.0, 0.5)] == [1, 3]
    torch_tl.freeze_module(layers[0])
    assert [group["lr"] for group in torch_tl.parameter_groups(layers, lr=0.1, decay=0.5)] == [0.05, 0.1]


def test_a_frozen_module_has_neither_gradients_nor_new_statistics():
    trunk = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    x = torch.randn(4, 1, 5, 5) + 3
    assert torch_tl.freeze_module(trunk) is trunk
    before = trunk[1].running_mean.clone()
    assert not trunk(x).requires_grad
    torch.testing.assert_close(trunk[1].running_mean, before)
    trunk.train()(x)
    assert (trunk[1].running_mean != before).any()


# ------------------------------------------------------------------------------------------------ the borrowed network


def test_the_network_has_the_published_number_of_parameters_and_names():
    net = torch_tl.EfficientNetLite0()
    assert sum(p.numel() for p in net.parameters()) == 4_652_008
    state = net.state_dict()
    assert sum(v.numel() for v in state.values()) == 4_694_073  # with the statistics and counters of 49 batch norms
    assert state["_blocks.15._project_conv.weight"].shape == (320, 1152, 1, 1)
    assert "_blocks.0._expand_conv.weight" not in state
    with torch.no_grad():
        small = torch_tl.EfficientNetLite0(classes=3).eval()
        x = small.prepared(torch.rand(2, 3, 20, 30), size=64)
        assert x.shape == (2, 3, 64, 64)
        torch.testing.assert_close(small(x), small._fc(small.features(x)))


def test_the_published_weights_know_a_cat():
    pytest.importorskip(PACKAGE)
    from dlbook.data import photograph
    from dlbook.data.pretrained import efficientnet_lite0

    net = torch_tl.EfficientNetLite0()
    net.load_state_dict(efficientnet_lite0())
    torch_tl.freeze_module(net)
    cat = torch.from_numpy(np.array(photograph("cat"))).permute(2, 0, 1)[None, :, :300, 75:375].float() / 255
    assert int(net(net.prepared(cat)).argmax()) in (281, 282, 285)
