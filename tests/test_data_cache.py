"""The cache of generated sets: the same bytes, two processes at once, damage, and no place to write."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dlbook.data import cache, load
from dlbook.data.cache import cache_dir, cached, fingerprint, replace_atomically


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLBOOK_CACHE", str(tmp_path / "cache"))


def counting():
    calls = []

    def make():
        calls.append(1)
        return {"x": np.arange(5), "classes/": np.array(["a", "b"])}

    return calls, make


def test_a_set_is_made_once_for_the_same_options():
    calls, make = counting()
    for options in ({"n": 1, "m": "a"}, {"m": "a", "n": 1}, {"n": 2, "m": "a"}):
        arrays = cached("toy", options, make)
        np.testing.assert_array_equal(arrays["x"], np.arange(5))
        assert list(arrays["classes/"]) == ["a", "b"]
    assert len(calls) == 2


def test_changed_sources_never_meet_old_output_and_remove_it(monkeypatch):
    calls, make = counting()
    cached("toy", {}, make)
    monkeypatch.setattr(cache, "fingerprint", lambda: "0123456789ab")
    cached("toy", {}, make)
    assert len(calls) == 2
    assert [path.name.split("-")[1] for path in (cache_dir() / "generated").glob("toy-*")] == ["0123456789ab"]
    assert len(fingerprint()) == 12


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 not a zip", b"\x80\4pickle"])
def test_a_damaged_file_is_made_anew(damage):
    calls, make = counting()
    cached("toy", {}, make)
    (path,) = (cache_dir() / "generated").glob("toy-*")
    path.write_bytes(damage)
    np.testing.assert_array_equal(cached("toy", {}, make)["x"], np.arange(5))
    cached("toy", {}, make)
    assert len(calls) == 2


def test_a_place_that_cannot_be_written_costs_a_warning(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DLBOOK_CACHE", str(tmp_path / "file"))
    _calls, make = counting()
    with pytest.warns(UserWarning, match="cannot keep 'toy' in"):
        np.testing.assert_array_equal(cached("toy", {}, make)["x"], np.arange(5))


def test_a_writer_that_fails_leaves_nothing_behind(tmp_path):
    def fail(path):
        path.write_text("half")
        raise KeyboardInterrupt

    (tmp_path / "set.npz").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        replace_atomically(tmp_path / "set.npz", fail)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["set.npz"]
    assert (tmp_path / "set.npz").read_text() == "old"


def test_two_processes_at_once_get_the_same_set():
    code = "from dlbook.data import load; print(load('shapes32', n=20, n_test=5).x_train.sum(dtype=float))"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert printed[0] == printed[1] == f"{load('shapes32', n=20, n_test=5).x_train.sum(dtype=float)}\n"
    assert len(list((cache_dir() / "generated").iterdir())) == 1


def test_without_the_variable_the_cache_is_the_users(monkeypatch):
    monkeypatch.delenv("DLBOOK_CACHE")
    assert cache_dir().name in ("dlbook", "Cache")
    assert os.fspath(cache_dir()).count("dlbook") >= 1
