"""Number words against an independent package, and as a translation task."""

import re

import numpy as np
import pytest

from dlbook.data import load
from dlbook.data.number_words import LANGUAGES, LETTERS, WORDS, pieces, spell

num2words = pytest.importorskip("num2words").num2words

NUMBERS = [
    *range(1200),
    *(int(k) for k in np.random.default_rng(0).integers(1000, 10**6, 1500)),
    80_000,
    200_000,
    999_999,
]


def oracle(number, language):
    """Ask num2words, and undo what it writes otherwise than we do."""
    said = num2words(number, lang=language)
    if language == "en":
        return " ".join(re.findall("[a-z]+", said.replace(" and ", " ")))
    if language == "de":  # 101000 is hunderteintausend: the s of eins stays at the end of a number
        return said.replace("einstausend", "eintausend")
    if language == "sv":  # three equal consonants in a row are written as two, and forty is fyrtio
        return said.replace(" ", "").replace("ttt", "tt").replace("förtio", "fyrtio")
    return said


@pytest.mark.parametrize("language", LANGUAGES)
def test_spelling_agrees_with_an_independent_package(language):
    for number in NUMBERS:
        assert spell(number, language) == oracle(number, language), number


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_numbers_are_written_alike(language):
    numbers = np.random.default_rng(1).choice(10**6, 20_000, replace=False)
    assert len({spell(number, language) for number in numbers}) == 20_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_is_longer_than_its_row(language):
    longest = max((spell(number, language) for number in range(100, 1000)), key=len)
    most = max(len(pieces(number, language)) for number in range(1000))
    # A number is at most two groups of three digits and the word for a thousand.
    assert 2 * most + 1 <= WORDS
    thousand = len(spell(1000, language))
    assert 2 * len(longest) + thousand + 2 <= LETTERS + 2 * (language == "fr")


def test_german_turns_units_and_tens_round_and_english_does_not():
    assert pieces(47, "de") == ["sieben", "und", "vierzig"]
    assert pieces(47, "en") == ["forty", "seven"]


@pytest.mark.parametrize(("source", "target"), [("en", "de"), ("de", "fr"), ("fr", "sv"), ("sv", "en")])
def test_tokens_spell_both_sides(source, target):
    data = load("number_words", n=300, n_test=50, source=source, target=target)
    words, letters = data.symbols["x"], data.symbols["y"]
    for number, x, y, written in zip(*(data.train[key] for key in ("number", "x", "y", "target")), strict=True):
        assert [words[i] for i in x if i] == pieces(number, source)
        spelled = [letters[i] for i in y if i]
        assert spelled[0] == "<s>"
        assert spelled[-1] == "</s>"
        assert "".join(spelled[1:-1]) == written == spell(number, target)


def test_splits_share_no_number_and_large_tests_on_larger_ones():
    data = load("number_words", n=2000, n_test=500)
    assert not set(data.train["number"]) & set(data.test["number"])
    assert 0.05 < np.mean(data.train["number"] < 1000) < 0.15
    large = load("number_words", n=2000, n_test=500, split="large")
    assert large.train["number"].max() < 100_000 <= large.test["number"].min()


def test_what_cannot_be_spelt_is_refused():
    for number, language in ((10**6, "en"), (-1, "en"), (1, "la")):
        with pytest.raises(ValueError, match="pieces: "):
            pieces(number, language)
    for options in ({"source": "la"}, {"target": "la"}, {"split": "odd"}, {"n": 10**6}):
        with pytest.raises(ValueError, match="number_words: "):
            load("number_words", **options)
