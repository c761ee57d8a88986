"""The entries of `optimization`: rates of learning, and single steps of optimizers."""

import numpy as np
from hypothesis import strategies as st

from dlbook.laws.arrays import SEEDS
from dlbook.laws.operation import Bug, Example
from dlbook.laws.procedure import procedure
from dlbook.numpy.gradient_descent.trees import tree_map
from dlbook.numpy.optimization import adam, sgd_momentum, step_lr, triangular_doubling_lr, triangular_lr

RATE = st.floats(1e-4, 1.0)


def rates(f, *args, **options):
    """The rates of the first forty steps."""
    rate = f(*args, **options)
    return np.array([rate(step) for step in range(40)], float)


@st.composite
def staircases(draw):
    return Example((draw(RATE),), {"step_size": draw(st.integers(1, 12)), "gamma": draw(st.floats(0.1, 0.9))})


procedure(
    step_lr,
    examples=staircases(),
    answer=rates,
    exact=(((0.8,), {"step_size": 15, "gamma": 0.5}, [0.8] * 15 + [0.4] * 15 + [0.2] * 10, None),),
    refuses={
        "a rate of zero": lambda e: e.with_arg(0, 0.0),
        "stairs without length": lambda e: e.with_options(step_size=0),
    },
    bugs=(
        Bug("a rate that falls at every step", "step // step_size", "step / step_size",
            "Between two drops the rate stays where it is: divide the step number and round down."),
        Bug("the first drop one step early", "step // step_size", "(step + 1) // step_size",
            "The first step_size steps, 0 to step_size - 1, have the rate lr."),
        Bug("one drop only", "gamma ** (step // step_size)", "(gamma if step >= step_size else 1)",
            "The rate drops again after every step_size steps."),
    ),
)  # fmt: skip


@st.composite
def cycles(draw):
    low = draw(RATE)
    options = {"step_size_up": draw(st.integers(1, 9))}
    if draw(st.booleans()):
        options["step_size_down"] = draw(st.integers(1, 9))
    options |= draw(st.sampled_from([{}, {"mode": "triangular2"}, {"mode": "exp_range", "gamma": 0.9}]))
    return Example((low, low + draw(RATE)), options)


procedure(
    triangular_lr,
    examples=cycles(),
    answer=rates,
    exact=(((0.25, 1.25), {"step_size_up": 2}, [0.25, 0.75, 1.25, 0.75] * 10, None),),
    refuses={
        "ends in the wrong order": lambda e: e.with_args(e.args[1], e.args[0]),
        "a climb without length": lambda e: e.with_options(step_size_up=0),
        "a mode that does not exist": lambda e: e.with_options(mode="sawtooth"),
    },
    bugs=(
        Bug("no fall", "height = t / up if t <= up else (up + down - t) / down", "height = min(t / up, 1)",
            "After step_size_up steps the rate falls again, as far as it has climbed."),
        Bug("the fall as long as the climb", "(up + down - t) / down", "max(2 * up - t, 0) / up",
            "step_size_down says how long the fall takes."),
        Bug("the lower end forgotten", "return low + amplitude(step) * (high - low) * height",
            "return amplitude(step) * high * height", "The rate runs between base_lr and max_lr, not from 0."),
        Bug("an amplitude that shrinks within a cycle", "0.5 ** (step // (up + down))", "0.5 ** (step / (up + down))",
            "In the mode triangular2 the amplitude is halved from one cycle to the next, and not in between."),
    ),
)  # fmt: skip


@st.composite
def doublings(draw):
    low = draw(RATE)
    return Example((low, low + draw(RATE)), {"step_size_up": draw(st.integers(1, 6))})


procedure(
    triangular_doubling_lr,
    examples=doublings(),
    answer=rates,
    exact=(
        (
            (0.25, 1.25), {"step_size_up": 1},
            [0.25, 1.25] + [0.25, 0.75, 1.25, 0.75] + [0.25, 0.5, 0.75, 1.0, 1.25, 1.0, 0.75, 0.5]
            + [0.25 + k / 8 for k in (*range(9), *range(7, 0, -1))]
            + [0.25 + k / 16 for k in range(10)], None,
        ),
    ),
    refuses={
        "ends in the wrong order": lambda e: e.with_args(e.args[1], e.args[0]),
        "a climb without length": lambda e: e.with_options(step_size_up=0),
    },
    bugs=(
        Bug("cycles of one length", "doubled = 1 << ((step // (2 * n) + 1).bit_length() - 1)",
            "doubled, step = 1, step % (2 * n)", "Each cycle is twice as long as the one before."),
        Bug("cycles that begin too early", "2 * n * (doubled - 1)", "n * (doubled - 1)",
            "Before cycle k there are 2 n (2^k - 1) steps: 2 n + 4 n + ... for the cycles before."),
        Bug("one climb per cycle, no fall", "(1 - abs(t / (doubled * n) - 1))", "min(t / (doubled * n), 1)",
            "After the climb the rate falls again, for as many steps."),
        Bug("a length that grows by one", "doubled * n", "(doubled.bit_length()) * n",
            "The climbs have n, 2 n, 4 n, 8 n steps: doubled, not lengthened by n."),
    ),
)  # fmt: skip


def walk(f, params, grads, **options):
    """The parameters after each of four steps, with grads, -grads, grads / 2 and grads."""
    state, visited = None, []
    for factor in (1.0, -1.0, 0.5, 1.0):
        params, state = f(params, tree_map(lambda g, factor=factor: factor * g, grads), state, **options)
        visited.append(params)
    return visited


@st.composite
def steps(draw, **options):
    rng = np.random.default_rng(draw(SEEDS))
    shapes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2)), draw(st.integers(1, 3))
    params, grads = (tuple(rng.normal(size=shape) for shape in shapes) for _ in range(2))
    given = {name: draw(st.sampled_from(values)) for name, values in options.items() if draw(st.booleans())}
    return Example((params, grads), {"lr": draw(RATE), **given})


OF_STEPS = {
    "a gradient of another shape": lambda e: e.with_arg(1, tuple(np.ones((5, 5)) for _ in e.args[0])),
    "a negative rate": lambda e: e.with_options(lr=-0.1),
}

procedure(
    sgd_momentum,
    examples=steps(momentum=[0.0, 0.5, 0.9], dampening=[0.0, 0.5], weight_decay=[0.0, 0.1]),
    answer=walk,
    refuses={**OF_STEPS, "a momentum of one": lambda e: e.with_options(momentum=1.0)},
    bugs=(
        Bug("the velocity forgotten", "v *= momentum", "v *= 0",
            "The velocity of the step before counts: multiply it by the momentum, then add the gradient."),
        Bug("a velocity that is a mean", "weight = 1.0 if step == 1 or momentum == 0 else 1 - dampening",
            "weight = 1 - momentum", "The new gradient is added whole, but for the dampening."),
        Bug("the first gradient damped too", "1.0 if step == 1 or momentum == 0 else 1 - dampening", "1 - dampening",
            "The first velocity is the first gradient itself; the dampening begins with the second."),
        Bug("a step uphill", "p -= np.multiply(v, lr, out=work)", "p += np.multiply(v, lr, out=work)",
            "Descend: subtract the velocity."),
    ),
)  # fmt: skip

procedure(
    adam,
    examples=steps(betas=[(0.5, 0.9)], eps=[1e-8, 0.1], weight_decay=[0.0, 0.1], amsgrad=[True]),
    answer=walk,
    refuses={**OF_STEPS, "a beta of one": lambda e: e.with_options(betas=(0.9, 1.0))},
    bugs=(
        Bug("no bias correction of the mean", "lr / (1 - beta1**step)", "lr",
            "m begins at zero: divide it by 1 - beta1 to the power of the step, or the first steps are too short."),
        Bug("no bias correction of the square", "(1 - beta2**step) ** 0.5", "1.0",
            "v begins at zero: divide it by 1 - beta2 to the power of the step, or the first steps are too long."),
        Bug("the correction of the first step for ever", "lr / (1 - beta1**step), (1 - beta2**step) ** 0.5",
            "lr / (1 - beta1), (1 - beta2) ** 0.5",
            "The correction fades: beta is taken to the power of the step number."),
        Bug("epsilon inside the root", "work += eps * root", "work[...] = np.sqrt(work**2 + eps * root**2)",
            "Epsilon is added to the root of v, not to v."),
        Bug("the square of the mean", "work *= 1 - beta2\n        v += work\n        if largest:",
            "work[...] = (1 - beta2) * m * m\n        v += work\n        if largest:",
            "v is the running mean of the squared gradients, not of the squared mean."),
    ),
)  # fmt: skip
