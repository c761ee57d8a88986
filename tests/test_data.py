"""Laws that hold for every data set: cards, splits, types, seeds, and no network."""

import hashlib
import inspect
import socket
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from dlbook.data import card, flatten, load, names, standardize

OFFLINE = [name for name in names() if card(name).kind != "download"]
GENERATED = [name for name in names() if card(name).kind == "generated"]
CORPORA = ("pydoc_topics", "python_source", "docstring_words")
SMALL = {"n": 60, "n_test": 20}


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("DLBOOK_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a data set opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def digest(data) -> str:
    total = hashlib.sha256()
    for split in (data.train, data.test):
        for key in sorted(split):
            value = split[key]
            total.update(value.encode() if isinstance(value, str) else np.ascontiguousarray(value).tobytes())
    return total.hexdigest()


def small(name, **options):
    """Load few examples of a set that is made here, and all of one that is carried by a package."""
    size = SMALL if name in GENERATED else {"n": 20_000, "n_test": 2000} if name in CORPORA else {}
    return load(name, **size, **options)


@pytest.mark.parametrize("name", names())
def test_every_card_is_complete_and_names_a_loader(name):
    about = card(name)
    assert about.name == name
    assert about.kind in ("generated", "bundled", "download")
    for field in ("title", "source", "licence", "content", "classes", "used_for", "flaws"):
        text = getattr(about, field)
        assert len(text) > 3, field
        assert " ".join(text.split()) == text, field
    assert len(about.size) == 2
    assert about.size[0] > 0
    module, function = about.loader.split(":")
    signature = inspect.signature(getattr(import_module(f"dlbook.data.{module}"), function))
    assert {key for key in signature.parameters if key not in ("n", "n_test", "seed")} == {k for k, _ in about.options}
    assert name in str(about)
    assert about.flaws in str(about)


@pytest.mark.parametrize("name", OFFLINE)
def test_every_default_loads_without_a_network(name, no_network):
    data = small(name)
    for split, default in zip((data.train, data.test), card(name).size, strict=True):
        sizes = {len(value) for value in split.values()}
        assert len(sizes) == 1
        assert (sizes.pop() > 0) == (default > 0)
        for key, value in split.items():
            assert isinstance(value, str) or value.dtype in (np.float32, np.int64, bool) or value.dtype.kind == "U", key
            if not isinstance(value, str) and value.dtype == np.float32:
                assert np.isfinite(value).all()
    assert data.card is card(name)
    assert all(isinstance(c, str) for c in data.classes)
    if "t" in data.train:
        assert data.t_train.min() >= 0
        assert max(data.t_train.max(), data.t_test.max()) < len(data.classes)
        assert set(np.unique(data.t_test)) <= set(np.unique(data.t_train))


@pytest.mark.parametrize("name", [name for name in OFFLINE if name not in (*CORPORA, "stereo")])
def test_no_training_example_is_also_a_test_example(name):
    data = small(name)
    train = {row.tobytes() for row in data.x_train}
    assert not any(row.tobytes() in train for row in data.x_test)


@pytest.mark.parametrize("name", GENERATED)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(name):
    first = digest(small(name, seed=3, cache=False))
    assert digest(small(name, seed=3, cache=False)) == first
    assert digest(small(name, seed=4, cache=False)) != first


@pytest.mark.parametrize("name", GENERATED)
def test_generators_leave_the_global_stream_of_numpy_alone(name):
    before = np.random.get_state()[1].copy()
    small(name, cache=False)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize("name", GENERATED)
def test_sizes_are_those_asked_for_and_classes_are_balanced(name):
    data = load(name, n=37, n_test=11)
    assert all(len(value) == 37 for value in data.train.values())
    assert all(len(value) == 11 for value in data.test.values())
    if "t" in data.train and card(name).classes != "unbalanced":
        counts = np.bincount(load(name, n=120).t_train, minlength=len(data.classes))
        assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("name", [name for name in GENERATED if card(name).kept])
def test_a_kept_set_equals_a_fresh_one(name):
    options = dict(SMALL, seed=5)
    fresh = load(name, cache=False, **options)
    assert digest(load(name, **options)) == digest(load(name, **options)) == digest(fresh)


def test_an_unknown_name_lists_the_names_and_offers_the_nearest():
    with pytest.raises(ValueError, match=r"did you mean 'shapes32'\?.*blobs") as caught:
        load("shape32")
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="There are: "):
        card("")


def test_an_unknown_option_names_the_options_there_are():
    with pytest.raises(ValueError, match="no option 'dificulty'; it has level, texture"):
        load("shapes32", dificulty="hard")


@pytest.mark.parametrize("bad", [0, -1, 2.5, True, "10"])
def test_sizes_and_seeds_must_be_whole_numbers(bad):
    with pytest.raises(ValueError, match="n must be a positive integer"):
        load("blobs", n=bad)
    if bad != 0:
        with pytest.raises(ValueError, match="seed must be a non-negative integer"):
            load("blobs", seed=bad)


def test_a_data_set_unpacks_into_four_arrays_and_says_what_it_holds():
    data = load("blobs", n=30, n_test=10)
    x_train, t_train, x_test, t_test = data
    assert x_train is data.x_train
    assert t_test is data.t_test
    assert x_test.shape == (10, 2)
    assert t_train.shape == (30,)
    assert "x (30, 2)" in repr(data)


def test_a_column_that_is_not_there_is_an_error_that_lists_those_that_are():
    data = load("blobs", n=30)
    broken = type(data)("blobs", {"x": data.x_train}, {}, (), data.card)
    with pytest.raises(AttributeError, match="no column 't' in train; it has x"):
        _ = broken.t_train


def test_flatten_keeps_the_rows():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(flatten(x), x.reshape(2, 12))
    assert flatten(np.zeros((0, 3, 2))).shape == (0, 6)
    with pytest.raises(ValueError, match="axis of examples"):
        flatten(np.float64(1))


def test_standardize_uses_the_training_set_alone():
    rng = np.random.default_rng(0)
    x_train, x_test = (
        rng.normal(5, 3, (200, 4)).astype(np.float32),
        rng.normal(0, 1, (7, 4)).astype(np.float32),
    )
    x_train[:, 2], x_test[:, 2] = 0.3, 0.8
    a, b = standardize(x_train, x_test)
    assert a.dtype == b.dtype == np.float32
    np.testing.assert_allclose(a.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(a.std(axis=0), [1, 1, 0, 1], atol=1e-5)
    np.testing.assert_allclose(b[:, 0], (x_test[:, 0] - x_train[:, 0].mean()) / x_train[:, 0].std(), rtol=1e-4)
    np.testing.assert_allclose(b[:, 2], 0.5, rtol=1e-4)
    with pytest.raises(ValueError, match="examples differ"):
        standardize(x_train, x_test[:, :2])
    with pytest.raises(ValueError, match="no examples"):
        standardize(x_train[:0], x_test)


def test_every_public_name_is_there_and_another_is_an_error():
    import dlbook.data

    assert dir(dlbook.data) == sorted(dlbook.data.__all__)
    assert all(getattr(dlbook.data, name) is not None for name in dlbook.data.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        _ = dlbook.data.lode


def test_importing_the_data_package_imports_nothing_heavy():
    code = (
        "import sys, dlbook.data as d; d.names(); d.load('blobs', cache=False);"
        "heavy = {'torch', 'matplotlib', 'sklearn', 'skimage', 'scipy', 'PIL', 'hypothesis', 'tqdm'} & "
        "set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
