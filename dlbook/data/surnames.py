"""Surnames and their language, from the lists of the package Faker."""

import unicodedata
from collections import Counter
from importlib import import_module

import numpy as np

from dlbook.data.handwriting import stratified

Columns = dict[str, np.ndarray]
LOCALES = {
    "Irish": "ga_IE",
    "Slovak": "sk_SK",
    "Icelandic": "is_IS",
    "Italian": "it_IT",
    "Spanish": "es_ES",
    "Dutch": "nl_NL",
    "English": "en_GB",
    "Croatian": "hr_HR",
    "Zulu": "zu_ZA",
    "Swedish": "sv_SE",
    "Estonian": "et_EE",
    "German": "de_DE",
    "Finnish": "fi_FI",
    "French": "fr_FR",
}
LENGTH = 24  # letters of the longest name that is kept; a handful are longer


def surnames(
    *, n: int | None = None, n_test: int | None = None, seed: int = 0, fold: bool = True, at_most: int = 2500
) -> tuple[Columns, Columns, tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return surnames with their language: name (N,), x (N, 24) numbers of their letters, t (N,).

    Names that two languages share are left out. A fifth of every language tests. Letters that the training set does
    not have are 0 in the test set, as is the padding; `symbols["x"]` says which letter a number is.

    Parameters
    ----------
    fold : take accents off, so that they do not give the language away
    at_most : names kept of a language; 400 makes the classes nearly equal
    seed : of the split and of which names are kept

    Raises
    ------
    ValueError : more names asked for than there are, or at_most below 10

    **Source** Faker's providers of person names
    """
    if at_most < 10:
        raise ValueError(f"surnames: at_most must be at least 10, got {at_most!r}")
    rng = np.random.default_rng([seed, 0])
    found = [_names(locale, fold) for locale in LOCALES.values()]
    shared = Counter(name for names in found for name in names)
    kept = [[name for name in sorted(names) if shared[name] == 1] for names in found]
    kept = [[names[i] for i in rng.permutation(len(names))[:at_most]] for names in kept]
    name = np.array([one for names in kept for one in names])
    t = np.repeat(np.arange(len(kept)), [len(names) for names in kept])
    train, test = stratified(t, 0.2, seed)
    for key, rows, size in (("n", train, n), ("n_test", test, n_test)):
        if size is not None and size > len(rows):
            raise ValueError(f"surnames: {key} must be at most {len(rows)}, got {size}")
    train, test = train[:n], test[:n_test]
    alphabet = ("<pad>", *sorted(set("".join(name[train]))))
    number = {letter: i for i, letter in enumerate(alphabet)}

    def columns(rows: np.ndarray) -> Columns:
        x = np.zeros((len(rows), LENGTH), np.int16)
        for i, row in enumerate(rows):
            letters = [number.get(letter, 0) for letter in name[row]]
            x[i, : len(letters)] = letters
        return {"name": name[rows], "x": x, "t": t[rows]}

    return columns(train), columns(test), tuple(LOCALES), {"x": alphabet}


def _names(locale: str, fold: bool) -> set[str]:
    """Collect a locale's lists: they are attributes whose names begin with last_name, lists or weighted dicts."""
    provider = import_module(f"faker.providers.person.{locale}").Provider
    names: set[str] = set()
    for attribute in dir(provider):
        value = getattr(provider, attribute)
        if attribute.startswith("last_name") and not callable(value):
            names |= {unicodedata.normalize("NFC", name).lower() for name in value if isinstance(name, str)}
    if fold:
        names = {
            "".join(sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.combining(sign))
            for name in names
        }
    return {name for name in names if len(name) <= LENGTH and "," not in name}
