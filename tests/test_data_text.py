"""What the corpora and the surnames promise. Their content differs between versions of Python: ranges only."""

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.surnames import LOCALES


@pytest.fixture(autouse=True, scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLBOOK_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


CORPORA = {
    "pydoc_topics": (300_000, 60, 200),
    "python_source": (2_000_000, 90, 400),
    "docstring_words": (500_000, 28, 28),
}


@pytest.mark.parametrize("name", CORPORA)
def test_a_corpus_is_long_enough_and_its_alphabet_small_enough(name):
    length, fewest, most = CORPORA[name]
    data = load(name)
    assert len(data.train["text"]) + len(data.test["text"]) > length
    assert fewest <= len(data.symbols["x"]) <= most
    assert 8 < len(data.train["text"]) / len(data.test["text"]) < 12


@pytest.mark.parametrize("name", CORPORA)
def test_numbers_spell_the_text(name):
    data = load(name, n=5000, n_test=500)
    for split in (data.train, data.test):
        assert "".join(data.symbols["x"][i] for i in split["x"]) == split["text"]
    assert len(data.x_train) == 5000
    assert len(data.x_test) == 500
    assert list(data.symbols["x"]) == sorted(set(data.train["text"] + data.test["text"]))


@pytest.mark.parametrize("name", CORPORA)
def test_the_order_of_a_corpus_follows_the_seed_and_too_much_is_refused(name):
    texts = [load(name, n=5000, seed=seed).train["text"] for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    with pytest.raises(ValueError, match=f"{name}: there are"):
        load(name, n=10**8)


def test_docstring_words_use_28_symbols_and_make_sentences():
    text = load("docstring_words").train["text"]
    assert set(text) == set("abcdefghijklmnopqrstuvwxyz .")
    assert "  " not in text
    words = np.array([len(sentence.split()) for sentence in text.split(". ")[1:-1]])
    assert words.min() >= 4
    assert 5 < np.median(words) < 20
    with pytest.raises(ValueError, match="scope must be one of stdlib, packages, got 'all'"):
        load("docstring_words", scope="all")


def test_english_words_are_frequent_in_the_prose():
    text = f" {load('pydoc_topics').train['text'].lower()} "
    assert text.count(" the ") / len(text.split()) > 0.02


@pytest.fixture(scope="module")
def surnames():
    return load("surnames")


def test_every_language_has_names_and_none_is_in_two(surnames):
    counts = np.bincount(surnames.t_train)
    assert surnames.classes == tuple(LOCALES)
    assert counts.min() > 100
    assert counts.max() > 4 * counts.min()
    names = [*surnames.train["name"], *surnames.test["name"]]
    assert len(names) == len(set(names))
    assert 8000 < len(names) < 30_000


def test_names_are_spelt_by_their_numbers(surnames):
    alphabet = surnames.symbols["x"]
    for name, numbers in zip(surnames.train["name"][:300], surnames.x_train, strict=False):
        assert "".join(alphabet[i] for i in numbers if i) == name
    assert len(alphabet) < 60


def test_folding_takes_the_accents_off(surnames):
    plain, accented = surnames.symbols["x"], load("surnames", fold=False).symbols["x"]
    assert len(plain) < len(accented)
    assert "ö" in accented
    assert "ö" not in plain


def test_capping_makes_the_languages_nearly_equal():
    counts = np.bincount(load("surnames", at_most=300).t_train)
    assert counts.max() == 240
    assert counts.min() > 150
    with pytest.raises(ValueError, match="at_most must be at least 10"):
        load("surnames", at_most=3)
    with pytest.raises(ValueError, match="n must be at most"):
        load("surnames", n=10**6)
