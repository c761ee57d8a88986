"""Cards of the small sets: toys in two dimensions, signals, digits of 8x8."""

from dlbook.data.cards import Card

_OWN = "made by this package, BSD-3-Clause"
_PLANE = "x (N, 2) float32, t (N,)"


def _toy(name: str, title: str, used_for: str, flaws: str, *options: tuple[str, str], classes: str) -> Card:
    return Card(
        name=name,
        title=title,
        kind="generated",
        source="a formula, in the docstring of the generator",
        licence=_OWN,
        content=_PLANE,
        size=(300, 300),
        classes=classes,
        used_for=used_for,
        flaws=flaws,
        loader=f"toys:{name}",
        options=options,
    )


CARDS = [
    _toy(
        "blobs",
        "one round cloud of points per class",
        "decision boundaries, first steps of gradient descent, support vectors",
        "two inputs: nothing of what is hard about many dimensions shows",
        ("classes", "number of clouds, 3"),
        ("spread", "standard deviation of a cloud, 0.8; the centres lie on a circle of radius 2"),
        classes="class 0, class 1, ...",
    ),
    _toy(
        "moons",
        "two half circles that reach into each other",
        "what a hidden layer adds",
        "two inputs; a handful of hidden units solve it",
        ("noise", "standard deviation, 0.15"),
        classes="class 0, class 1",
    ),
    _toy(
        "spiral",
        "interleaved arms, one per class",
        "depth and width of a network, initialisation",
        "two inputs; the arms touch at the centre, where no classifier is right",
        ("classes", "number of arms, 3"),
        ("turns", "how often an arm winds round the centre, 0.7"),
        ("noise", "standard deviation of the angle in radian, 0.2"),
        classes="class 0, class 1, ...",
    ),
    _toy(
        "xor",
        "four clouds at the corners of a square, opposite ones alike",
        "the smallest problem that no linear classifier solves",
        "two inputs and four clouds",
        ("noise", "standard deviation of a cloud, 0.3"),
        classes="class 0, class 1",
    ),
    _toy(
        "rings",
        "concentric circles, one per class",
        "features and kernels: linear in the radius, hopeless in the coordinates",
        "two inputs; one hand-made feature solves it",
        ("classes", "number of rings, 2"),
        ("noise", "standard deviation of the radius, 0.1"),
        classes="class 0, class 1, ...",
    ),
    Card(
        name="digits",
        title="real handwritten digits, 8x8",
        kind="bundled",
        source="Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository 1998, "
        "test part, as scikit-learn carries it",
        licence="CC BY 4.0 (UCI); scikit-learn itself is BSD-3-Clause",
        content="x (N, 1, 8, 8) float32 in [0, 1] in steps of 1/16, t (N,)",
        size=(1347, 450),
        classes="0 ... 9",
        used_for="the first real data, unit tests, quick checks of generative models",
        flaws="too easy: one layer reaches about .96; only 1797 images, each an average over 4x4 pixels of "
        "a larger "
        "scan; who wrote which digit is not recorded",
        loader="handwriting:digits",
        options=(
            (
                "split",
                "'random' (stratified, by seed) or 'ordered' (first 1347, last 450 of the file: harder)",
            ),
        ),
        needs="scikit-learn",
    ),
    Card(
        name="mnist1d",
        title="MNIST-1D: ten shapes of a pen hidden in 40 noisy numbers",
        kind="generated",
        source="the published recipe and templates of Greydanus & Kobak, Scaling Down Deep Learning with "
        "MNIST-1D, "
        "ICML 2024, written anew with its own random stream",
        licence=f"{_OWN}; the templates are numbers from the paper, whose code is Apache-2.0",
        content="x (N, 40) float32 of mean 0 and standard deviation 1 over the training set, t (N,)",
        size=(4000, 1000),
        classes="0 ... 9",
        used_for="telling models apart in seconds: one layer about .33, two more than .55, convolution about .9",
        flaws="synthetic, and the classes differ only in shape; figures of the paper compare within a point "
        "or two, "
        "since the random stream is another",
        loader="mnist1d:mnist1d",
        options=(("clean", "True leaves noise and slope out, False is the published set"),),
    ),
]
