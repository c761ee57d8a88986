"""Optimizers, schedules, clipping and averages are those of torch.optim, step by step, and so are the twins."""

import copy
import inspect
import math
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_optimization import EXACT, OPTIMIZERS, a_tree, same, seeds

from dlbook.numpy import gradient_descent as gd
from dlbook.numpy import optimization as op
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.shapes import leaves

torch = pytest.importorskip("torch")
from dlbook.torch import gradient_descent as torch_gd  # noqa: E402
from dlbook.torch import optimization as torch_op  # noqa: E402

pytestmark = pytest.mark.law

DECAY = {"weight_decay": st.sampled_from([0.0, 0.1])}
# A second beta of 0 would divide the mean by a single gradient, which may be almost 0, and magnify the rounding.
BETAS = {"betas": st.sampled_from([(0.9, 0.999), (0.0, 0.5), (0.8, 0.3)]), "eps": st.sampled_from([1e-8, 1e-2])}
MOMENTUM = {"momentum": st.sampled_from([0.3, 0.9])}
PEERS = {
    "sgd_momentum": ("SGD", {**MOMENTUM, **DECAY, "dampening": st.sampled_from([0.0, 0.4])}, {}),
    "plain": ("SGD", {"momentum": st.just(0.0), **DECAY, "dampening": st.sampled_from([0.0, 0.4])}, {}),
    "nesterov": ("SGD", {**MOMENTUM, **DECAY}, {"nesterov": True}),
    "adagrad": ("Adagrad", {**DECAY, "lr_decay": st.sampled_from([0.0, 0.2]), "eps": st.sampled_from([1e-10, 1e-2]),
                            "initial_accumulator_value": st.sampled_from([0.0, 0.3])}, {}),
    "rmsprop": ("RMSprop", {**DECAY, "alpha": st.sampled_from([0.0, 0.5, 0.99]), "eps": st.sampled_from([1e-8, 1e-2]),
                            "momentum": st.sampled_from([0.0, 0.7])}, {}),
    "centered": ("RMSprop", {**DECAY, "alpha": st.sampled_from([0.5, 0.99]), "eps": st.just(1e-2),
                             "momentum": st.sampled_from([0.0, 0.7]), "centered": st.just(True)}, {}),
    "adadelta": ("Adadelta", {**DECAY, "rho": st.sampled_from([0.0, 0.9]), "eps": st.sampled_from([1e-6, 1e-2])}, {}),
    "adam": ("Adam", {**DECAY, **BETAS, "amsgrad": st.booleans()}, {}),
    "adamw": ("AdamW", {**DECAY, **BETAS, "amsgrad": st.booleans()}, {}),
    "nadam": ("NAdam", {**DECAY, **BETAS, "momentum_decay": st.sampled_from([0.004, 0.5])}, {}),
}  # fmt: skip
NAMES = {"plain": "sgd_momentum", "centered": "rmsprop"}


def tensors(tree):
    return tree_map(lambda a: torch.from_numpy(np.array(a)), tree)


@pytest.fixture
def exact_state():
    """Let torch keep NAdam's product of momenta in float64: it has the default dtype, not that of the parameters."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("exact_state")
@pytest.mark.parametrize("case", PEERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), seed=seeds, lr=st.sampled_from([1e-3, 0.1]))
def test_every_step_is_that_of_torch_optim_and_of_the_twin(case, data, seed, lr):
    peer, strategies, fixed = PEERS[case]
    name = NAMES.get(case, case)
    options = {option: data.draw(strategy, label=option) for option, strategy in strategies.items()}
    rng = np.random.default_rng(seed)
    params = twin = a_tree(rng)
    twin, state, twin_state = tensors(twin), None, None
    theirs = [torch.from_numpy(np.array(leaf)).requires_grad_() for _, leaf in leaves(params)]
    optimizer = getattr(torch.optim, peer)(theirs, lr=lr, **options, **fixed)
    for step in range(25):
        rate = lr / (1 + step // 10)  # the rate changes on the way
        grads = a_tree(rng, 10.0 ** rng.integers(-3, 2)) if step % 7 != 6 else tree_map(np.zeros_like, params)
        for p, (_, g) in zip(theirs, leaves(grads), strict=True):
            p.grad = torch.from_numpy(np.array(g))
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        params, state = getattr(op, name)(params, grads, state, lr=rate, **options)
        twin, twin_state = getattr(torch_op, name)(twin, tensors(grads), twin_state, lr=rate, **options)
        for (path, p), q, (_, r) in zip(leaves(params), theirs, leaves(twin), strict=True):
            np.testing.assert_allclose(p, q.detach().numpy(), err_msg=f"{path} at step {step}", **EXACT)
            np.testing.assert_allclose(r.numpy(), q.detach().numpy(), err_msg=f"the twin's {path}", **EXACT)


@given(data=st.data(), seed=seeds)
def test_lion_is_its_papers_algorithm(data, seed):
    beta1, beta2 = data.draw(st.sampled_from([(0.9, 0.99), (0.0, 0.5)]))
    lr, decay = 0.01, data.draw(st.sampled_from([0.0, 0.3]))
    rng = np.random.default_rng(seed)
    params = a_tree(rng)
    theta = np.concatenate([np.ravel(leaf) for _, leaf in leaves(params)])
    m = np.zeros_like(theta)
    twin, state, twin_state = tensors(params), None, None
    for _ in range(25):
        grads = a_tree(rng)
        g = np.concatenate([np.ravel(leaf) for _, leaf in leaves(grads)])
        update = beta1 * m + (1 - beta1) * g
        theta = theta - lr * (np.sign(update) + decay * theta)
        m = beta2 * m + (1 - beta2) * g
        options = {"lr": lr, "betas": (beta1, beta2), "weight_decay": decay}
        params, state = op.lion(params, grads, state, **options)
        twin, twin_state = torch_op.lion(twin, tensors(grads), twin_state, **options)
    ours, theirs = (np.concatenate([np.ravel(np.asarray(leaf)) for _, leaf in leaves(t)]) for t in (params, twin))
    np.testing.assert_allclose(ours, theta, **EXACT)
    np.testing.assert_allclose(theirs, theta, **EXACT)


@pytest.mark.parametrize("name", op.__all__)
def test_both_halves_have_the_same_names_parameters_and_defaults(name):
    signatures = [inspect.signature(getattr(half, name)).parameters.values() for half in (op, torch_op)]
    ours, theirs = ([(p.name, p.kind, getattr(p.default, "__name__", p.default)) for p in s] for s in signatures)
    assert ours == theirs


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda f: f.__name__)
def test_defaults_are_those_of_torch(optimizer):
    peer, _, _ = PEERS.get(optimizer.__name__, (None, None, {}))
    if peer is None:
        assert not hasattr(torch.optim, "Lion"), "torch has it now: compare"
        return
    theirs = inspect.signature(getattr(torch.optim, peer)).parameters
    differing = {"momentum"} if peer == "SGD" else set()  # 0 there, which is plain SGD
    for name, parameter in inspect.signature(optimizer).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and name not in {"lr", *differing}:
            assert parameter.default == theirs[name].default, name


def rates_of(build, steps=200, lr=0.7):
    """Return the rates of a scheduler of torch, the optimizer's own before it included."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR warns of its own inner calls
        scheduler = build(optimizer)
        found = []
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return found


S = torch.optim.lr_scheduler
SCHEDULES = {
    "step": (op.step_lr(0.7, step_size=30, gamma=0.3), lambda o: S.StepLR(o, 30, gamma=0.3)),
    **{
        f"{mode}-{down}": (
            op.triangular_lr(0.01, 0.5, step_size_up=13, step_size_down=down, mode=mode, gamma=0.99),
            lambda o, mode=mode, down=down: S.CyclicLR(
                o, 0.01, 0.5, step_size_up=13, step_size_down=down, mode=mode, gamma=0.99
            ),
        )
        for mode in ("triangular", "triangular2", "exp_range")
        for down in (None, 7)
    },
    **{
        f"cosine-{mult}": (
            op.cosine_restarts(0.7, t_0=17, t_mult=mult, eta_min=0.02),
            lambda o, mult=mult: S.CosineAnnealingWarmRestarts(o, 17, T_mult=mult, eta_min=0.02),
        )
        for mult in (1, 2, 3)
    },
    "plain cosine": (op.cosine_restarts(0.7, t_0=201), lambda o: S.CosineAnnealingLR(o, 201)),
    "warm-up": (
        op.warmup(0.7, total_iters=40, start_factor=0.2),
        lambda o: S.LinearLR(o, start_factor=0.2, total_iters=40),
    ),
    "warm-up, then cosine": (
        op.warmup(op.cosine_restarts(0.7, t_0=170), total_iters=30, start_factor=0.1),
        lambda o: S.SequentialLR(
            o, [S.LinearLR(o, start_factor=0.1, total_iters=30), S.CosineAnnealingLR(o, 170)], milestones=[30]
        ),
    ),
    **{
        f"one cycle, {shape}": (
            op.one_cycle_lr(0.7, total_steps=201, pct_start=0.25, anneal_strategy=shape, final_div_factor=50.0),
            lambda o, shape=shape: S.OneCycleLR(
                o, 0.7, total_steps=201, pct_start=0.25, anneal_strategy=shape, cycle_momentum=False,
                final_div_factor=50.0,
            ),
        )
        for shape in ("cos", "linear")
    },
}  # fmt: skip


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_that_of_torch(name):
    ours, theirs = SCHEDULES[name]
    np.testing.assert_allclose([ours(step) for step in range(200)], rates_of(theirs), rtol=1e-12, atol=1e-14)


@given(n=st.integers(1, 20), cycle=st.integers(0, 4), part=st.integers(0, 39))
def test_the_triangle_is_that_of_the_courses_assignment(n, cycle, part):
    # eta_min to eta_max for 2 l n <= t <= (2 l + 1) n, and back for (2 l + 1) n <= t <= 2 (l + 1) n
    low, high, t = 1e-5, 1e-1, 2 * cycle * n + part % (2 * n)
    if t <= (2 * cycle + 1) * n:
        expected = low + (t - 2 * cycle * n) / n * (high - low)
    else:
        expected = high - (t - (2 * cycle + 1) * n) / n * (high - low)
    assert op.triangular_lr(low, high, step_size_up=n)(t) == pytest.approx(expected, rel=1e-12)


@given(n=st.integers(1, 20))
def test_doubling_cycles_double_and_touch_both_ends(n):
    rate = op.triangular_doubling_lr(0.1, 0.9, step_size_up=n)
    rates = np.array([rate(step) for step in range(30 * n + 1)])
    bottoms = [2 * n * (2**k - 1) for k in range(5)]
    tops = [bottom + n * 2**k for k, bottom in enumerate(bottoms[:4])]
    np.testing.assert_allclose(rates[bottoms], 0.1)
    np.testing.assert_allclose(rates[tops], 0.9)
    assert rates.min() > 0.0999
    assert rates.max() < 0.9001
    for k in range(4):
        inside = np.diff(rates[bottoms[k] : tops[k] + 1])
        np.testing.assert_allclose(inside, 0.8 / (n * 2**k))
    single = op.triangular_lr(0.1, 0.9, step_size_up=n)
    np.testing.assert_allclose(rates[: 2 * n], [single(step) for step in range(2 * n)], rtol=1e-14)


@given(seed=seeds, max_norm=st.sampled_from([0.1, 1.0, 1e3]), norm_type=st.sampled_from([1.0, 2.0, 3.5, math.inf]))
def test_clipping_is_that_of_torch(seed, max_norm, norm_type):
    grads = a_tree(np.random.default_rng(seed), 3.0)
    theirs = [torch.zeros(np.shape(leaf), dtype=torch.float64) for _, leaf in leaves(grads)]
    for clip in ("norm", "value"):
        for p, (_, g) in zip(theirs, leaves(grads), strict=True):
            p.grad = torch.from_numpy(np.array(g))
        if clip == "norm":
            norm = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type=norm_type)
            ours, found = op.clip_norm(grads, max_norm, norm_type=norm_type)
            twin, twin_norm = torch_op.clip_norm(tensors(grads), max_norm, norm_type=norm_type)
            assert found == pytest.approx(float(norm), rel=1e-12)
            assert twin_norm == pytest.approx(float(norm), rel=1e-12)
        else:
            torch.nn.utils.clip_grad_value_(theirs, max_norm)
            ours, twin = op.clip_value(grads, max_norm), torch_op.clip_value(tensors(grads), max_norm)
        for p, (_, a), (_, b) in zip(theirs, leaves(ours), leaves(twin), strict=True):
            np.testing.assert_allclose(a, p.grad.numpy(), **EXACT)
            np.testing.assert_allclose(b.numpy(), p.grad.numpy(), **EXACT)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_clipping_of_what_is_no_number_is_that_of_torch(bad):
    grads = (np.array([bad, 1.0]), np.array([2.0]))
    theirs = [torch.zeros(2, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)]
    for p, g in zip(theirs, grads, strict=True):
        p.grad = torch.from_numpy(g.copy())
    torch.nn.utils.clip_grad_norm_(theirs, 1.0)
    for half, convert in ((op, lambda g: g), (torch_op, tensors)):
        cut, _ = half.clip_norm(convert(grads), 1.0)
        for p, g in zip(theirs, cut, strict=True):
            np.testing.assert_array_equal(np.asarray(g), p.grad.numpy())
        with pytest.raises(FloatingPointError, match="clip_norm: the norm of the gradient is"):
            half.clip_norm(convert(grads), 1.0, error_if_nonfinite=True)


@given(seed=seeds, decay=st.sampled_from([0.5, 0.999]))
def test_averages_are_those_of_torch_and_of_the_twin(seed, decay):
    rng = np.random.default_rng(seed)
    model = torch.nn.Linear(3, 2).double()
    average = torch.optim.swa_utils.AveragedModel(model, avg_fn=torch.optim.swa_utils.get_ema_avg_fn(decay))
    state = corrected = twin_state = None
    for _ in range(5):
        params = rng.normal(size=(2, 3)), rng.normal(size=2)
        with torch.no_grad():
            model.weight.copy_(torch.from_numpy(params[0]))
            model.bias.copy_(torch.from_numpy(params[1]))
        average.update_parameters(model)
        plain, state = op.ema(params, state, decay=decay, bias_correction=False)
        ours, corrected = op.ema(params, corrected, decay=decay)
        twin, twin_state = torch_op.ema(tensors(params), twin_state, decay=decay)
        same(ours, tree_map(lambda t: t.numpy(), twin))
    np.testing.assert_allclose(plain[0], average.module.weight.detach().numpy(), **EXACT)
    np.testing.assert_allclose(plain[1], average.module.bias.detach().numpy(), **EXACT)


@pytest.mark.parametrize("optimizer", [f.__name__ for f in OPTIMIZERS])
def test_both_loops_take_the_same_path(optimizer):
    rng = np.random.default_rng(0)
    params = rng.normal(size=(4, 3)), rng.normal(size=4)
    x, target = rng.normal(size=(12, 3)), np.arange(12) % 4

    def run(half, losses, convert, **extra):
        return half.optimize(
            half.clipped(losses.objective(strength=0.1), max_norm=0.5), convert(params), convert((x, target)),
            optimizer=getattr(half, optimizer), lr=half.warmup(0.1, total_iters=3), batch_size=5, epochs=2,
            rng=np.random.default_rng(1), keep_path=True, measure=lambda p: {"size": float(abs(p[0]).sum())}, **extra,
        )  # fmt: skip

    ours, theirs = run(op, gd, lambda a: a), run(torch_op, torch_gd, tensors)
    for a, b in ((ours.path[0], theirs.path[0]), (ours.values, theirs.values), (ours.rates, theirs.rates)):
        np.testing.assert_allclose(a, b.numpy(), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(ours.measured["size"], theirs.measured["size"].numpy(), rtol=1e-9)
    assert ours.state.keys() == theirs.state.keys()
    averages = [
        half.optimize(
            losses.objective(), convert(params), convert((x, target)), optimizer=half.averaged(half.adam, decay=0.5),
            lr=0.1, batch_size=5, epochs=1, rng=None,
        ).state["params"][0]
        for half, losses, convert in ((op, gd, lambda a: a), (torch_op, torch_gd, tensors))
    ]  # fmt: skip
    np.testing.assert_allclose(averages[0], averages[1].numpy(), rtol=1e-9)


def test_both_halves_minimize_alike():
    params, hessian = np.array([1.0, -2.0]), np.diag([1.0, 5.0])
    ours = op.minimize(gd.value_and_grad(gd.quadratic), params, hessian, lr=0.1, steps=9, keep_path=True)
    theirs = torch_op.minimize(
        torch_gd.value_and_grad(torch_gd.quadratic), *tensors((params, hessian)), lr=0.1, steps=9, keep_path=True
    )
    same((ours.params, ours.path, ours.values, ours.rates), (theirs.params, theirs.path, theirs.values, theirs.rates))
    assert ours.state["step"] == theirs.state["step"] == 9


def test_both_halves_know_the_factors_of_momentum():
    arguments = 0.3, 0.6, [0.1, 1.0, 4.0, 12.0]
    np.testing.assert_allclose(op.momentum_factor(*arguments), torch_op.momentum_factor(*arguments).numpy(), rtol=1e-7)


def test_both_range_tests_find_the_same():
    rng = np.random.default_rng(0)
    params = rng.normal(size=(4, 3)), rng.normal(size=4)
    data = rng.normal(size=(12, 3)), np.arange(12) % 4
    ours, theirs = (
        half.lr_range_test(
            losses.objective(), convert(params), convert(data), min_lr=1e-3, max_lr=1e6, steps=50, batch_size=4,
            rng=np.random.default_rng(1), measure=lambda p: {"size": float(abs(p[0]).sum())},
        )
        for half, losses, convert in ((op, gd, lambda a: a), (torch_op, torch_gd, tensors))
    )  # fmt: skip
    assert 10 < len(ours.values) < 50
    np.testing.assert_allclose(ours.values, theirs.values.numpy(), rtol=1e-9)
    np.testing.assert_allclose(ours.rates, theirs.rates.numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours.measured["size"], theirs.measured["size"].numpy(), rtol=1e-9)


@pytest.mark.parametrize(("option", "value"), [("min_lr", 20.0), ("blow_up", 1.0), ("steps", 1)])
def test_both_range_tests_refuse_the_same(option, value):
    for half, losses, convert in ((op, gd, lambda a: a), (torch_op, torch_gd, tensors)):
        with pytest.raises(ValueError, match=f"lr_range_test: {option} is {value}"):
            half.lr_range_test(
                losses.objective(), convert(np.ones((2, 1))), convert((np.ones((4, 1)), np.zeros(4, int))),
                batch_size=2, rng=None, **{option: value},
            )  # fmt: skip


@pytest.mark.parametrize("limits", [{"max_norm": 0.0}, {"max_value": -1.0}, {}])
def test_both_halves_refuse_limits_when_they_build_a_clipped_function(limits):
    for half in (op, torch_op):
        with pytest.raises(ValueError, match="clipped: max_"):
            half.clipped(gd.objective(), **limits)


@pytest.mark.parametrize("half", [op, torch_op])
def test_the_name_of_an_optimizer_is_refused(half):
    with pytest.raises(TypeError, match="minimize: optimizer is 'adam', expected a function"):
        half.minimize(gd.objective(), np.ones(1) if half is op else torch.ones(1), optimizer="adam", lr=1, steps=1)
    with pytest.raises(TypeError, match="optimize: optimizer is 'adam', expected a function"):
        half.optimize(gd.objective(), None, (), optimizer="adam", lr=1, batch_size=1, epochs=1, rng=None)


def test_the_twins_change_nothing_either():
    rng = np.random.default_rng(0)
    params, grads, more = (tensors(a_tree(rng)) for _ in range(3))
    before = copy.deepcopy((params, grads))
    for optimizer in OPTIMIZERS:
        after, state = getattr(torch_op, optimizer.__name__)(params, grads, lr=0.1)
        kept = copy.deepcopy(state)
        getattr(torch_op, optimizer.__name__)(after, more, state, lr=0.1)
        for (_, a), (_, b) in zip(leaves((params, grads, state)), leaves((*before, kept)), strict=True):
            assert torch.equal(torch.as_tensor(a), torch.as_tensor(b))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: op.step_lr(0, step_size=3), "step_lr: lr is 0"),
        (lambda: op.step_lr(1, step_size=0), "step_lr: step_size is 0"),
        (lambda: op.triangular_lr(2, 1, step_size_up=3), "triangular_lr: base_lr is 2, expected at most max_lr = 1"),
        (lambda: op.triangular_lr(1, 2, step_size_up=3, mode="square"), "triangular_lr: mode is 'square'"),
        (lambda: op.triangular_doubling_lr(1, 2, step_size_up=0), "triangular_doubling_lr: step_size_up is 0"),
        (lambda: op.cosine_restarts(1, t_0=0), "cosine_restarts: t_0 is 0"),
        (lambda: op.cosine_restarts(0.1, t_0=3, eta_min=0.5), "cosine_restarts: eta_min is 0.5"),
        (lambda: op.warmup(1, total_iters=3, start_factor=0), "warmup: start_factor is 0"),
        (lambda: op.warmup(1, total_iters=3, start_factor=2), "warmup: start_factor is 2"),
        (lambda: op.one_cycle_lr(1, total_steps=10, pct_start=0.1), "one_cycle_lr: pct_start is 0.1"),
        (lambda: op.one_cycle_lr(1, total_steps=10, anneal_strategy="exp"), "one_cycle_lr: anneal_strategy is 'exp'"),
        (lambda: op.one_cycle_lr(1, total_steps=10)(10), "one_cycle_lr: step is 10, expected 0 to 9"),
    ],
)
def test_a_schedule_refuses_and_says_what_it_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
