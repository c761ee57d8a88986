"""Numbers from 0 to 999999 in words: English, German, French, Swedish."""

import itertools
from collections.abc import Callable

import numpy as np

Columns = dict[str, np.ndarray]
LIMIT = 1_000_000
WORDS = 13  # most pieces of a number, in French
LETTERS = 76  # most letters of a number between <s> and </s>, in French

SMALL = {
    language: words.split()
    for language, words in {
        "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen",
        "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
        "sechzehn siebzehn achtzehn neunzehn",
        "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize "
        "dix-sept dix-huit dix-neuf",
        "sv": "noll ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton "
        "arton nitton",
    }.items()
}
TENS = {
    language: words.split()
    for language, words in {
        "en": "twenty thirty forty fifty sixty seventy eighty ninety",
        "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
        "fr": "vingt trente quarante cinquante soixante",
        "sv": "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio",
    }.items()
}


def _english(number: int) -> list[str]:
    if number >= 1000:
        return [*_english(number // 1000), "thousand", *(_english(number % 1000) if number % 1000 else [])]
    if number >= 100:
        return [SMALL["en"][number // 100], "hundred", *(_english(number % 100) if number % 100 else [])]
    if number >= 20:
        return [TENS["en"][number // 10 - 2], *([SMALL["en"][number % 10]] if number % 10 else [])]
    return [SMALL["en"][number]]


def _german(number: int) -> list[str]:
    """Units come before tens: 47 is seven-and-forty; a final one is `eins`, one before another word `ein`."""

    def below_thousand(number: int, last: bool) -> list[str]:
        parts = [SMALL["de"][number // 100], "hundert"] if number >= 100 else []
        number %= 100
        if number == 1:
            parts.append("eins" if last else "ein")
        elif 0 < number < 20:
            parts.append(SMALL["de"][number])
        elif number >= 20:
            parts += [SMALL["de"][number % 10], "und"] if number % 10 else []
            parts.append(TENS["de"][number // 10 - 2])
        return parts

    if number == 0:
        return ["null"]
    thousands = [*below_thousand(number // 1000, False), "tausend"] if number >= 1000 else []
    return thousands + below_thousand(number % 1000, True)


def _french(number: int) -> list[str]:
    """Seventy is sixty-ten, eighty is four-twenties, ninety four-twenty-ten; a final round hundred takes an s."""

    def below_hundred(number: int, last: bool) -> list[str]:
        if number < 20:
            return SMALL["fr"][number].split("-")
        if number >= 80:
            rest = number - 80
            return (
                ["quatre", "vingt", *below_hundred(rest, last)] if rest else ["quatre", "vingts" if last else "vingt"]
            )
        tens = min(number // 10, 6)
        rest = number - 10 * tens
        joint = ["et"] if rest in (1, 11) else []
        return [TENS["fr"][tens - 2], *joint, *(below_hundred(rest, last) if rest else [])]

    def below_thousand(number: int, last: bool) -> list[str]:
        hundreds, rest = divmod(number, 100)
        parts = [SMALL["fr"][hundreds]] if hundreds > 1 else []
        if hundreds:
            parts.append("cents" if hundreds > 1 and rest == 0 and last else "cent")
        return parts + (below_hundred(rest, last) if rest else [])

    if number == 0:
        return ["zéro"]
    thousands, rest = divmod(number, 1000)
    parts = below_thousand(thousands, False) if thousands > 1 else []
    return parts + (["mille"] if thousands else []) + (below_thousand(rest, True) if rest else [])


def _swedish(number: int) -> list[str]:
    if number >= 1000:
        return [*_swedish(number // 1000), "tusen", *(_swedish(number % 1000) if number % 1000 else [])]
    if number >= 100:
        return [SMALL["sv"][number // 100], "hundra", *(_swedish(number % 100) if number % 100 else [])]
    if number >= 20:
        return [TENS["sv"][number // 10 - 2], *([SMALL["sv"][number % 10]] if number % 10 else [])]
    return [SMALL["sv"][number]]


LANGUAGES: dict[str, Callable[[int], list[str]]] = {
    "en": _english,
    "de": _german,
    "fr": _french,
    "sv": _swedish,
}


def pieces(number: int, language: str) -> list[str]:
    """Spell a number as the words it is made of.

    Parameters
    ----------
    number : 0 to 999999
    language : "en", "de", "fr" or "sv"

    Raises
    ------
    ValueError : no such language, or a number out of range

    Examples
    --------
    >>> pieces(47, "de")
    ['sieben', 'und', 'vierzig']

    **Source** grammar of the four languages
    """
    if language not in LANGUAGES:
        raise ValueError(f"pieces: language must be one of {', '.join(LANGUAGES)}, got {language!r}")
    if not 0 <= number < LIMIT:
        raise ValueError(f"pieces: number must be from 0 to {LIMIT - 1}, got {number!r}")
    return LANGUAGES[language](int(number))


def spell(number: int, language: str) -> str:
    """Write a number as the language does: apart in English, in one word in German and Swedish.

    English goes without "and", commas and hyphens, so that its words can be counted. In Swedish three equal
    consonants in a row become two: ettusen.

    Parameters
    ----------
    number : 0 to 999999
    language : "en", "de", "fr" or "sv"

    Raises
    ------
    ValueError : as `pieces`

    Examples
    --------
    >>> spell(47, "en"), spell(47, "de"), spell(97, "fr")
    ('forty seven', 'siebenundvierzig', 'quatre-vingt-dix-sept')

    **Source** grammar of the four languages
    """
    words = pieces(number, language)
    if language == "en":
        return " ".join(words)
    if language == "de":
        return "".join(words)
    if language == "sv":
        return "".join(words).replace("ttt", "tt")
    apart = {"cent", "cents", "mille", "et"}
    written = words[0]
    for before, word in itertools.pairwise(words):
        written += (" " if {before, word} & apart else "-") + word
    return written


def number_words(
    *, n: int, n_test: int, seed: int, source: str = "en", target: str = "de", split: str = "random"
) -> tuple[Columns, Columns, tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Pair numbers written in two languages, to translate word by word into letter by letter.

    number (N,); source, target (N,) as written; x (N, S) numbers of the source's words, y (N, T) numbers of the
    target's letters between <s> and </s>, both padded with 0. `symbols["x"]` and `symbols["y"]` say what they mean.
    One number in ten is below 1000, as far as there are enough of those.

    Parameters
    ----------
    source, target : "en", "de", "fr" or "sv"
    split : "random", or "large": train below 100000, test from there on

    Raises
    ------
    ValueError : no such language or split, or more pairs than there are numbers

    **Source** own rules; the task after Sutskever et al. 2014 and Bahdanau et al. 2015
    """
    for key, language in (("source", source), ("target", target)):
        if language not in LANGUAGES:
            raise ValueError(f"number_words: {key} must be one of {', '.join(LANGUAGES)}, got {language!r}")
    if split not in ("random", "large"):
        raise ValueError(f"number_words: split must be 'random' or 'large', got {split!r}")
    if n + n_test > LIMIT // 10:
        raise ValueError(f"number_words: n + n_test must be at most {LIMIT // 10}, got {n + n_test}")
    rng = np.random.default_rng([seed, 0])
    if split == "random":
        drawn = _numbers(n + n_test, LIMIT, rng)
        numbers = drawn[:n], drawn[n:]
    else:
        numbers = _numbers(n, LIMIT // 10, rng), LIMIT // 10 + rng.choice(LIMIT - LIMIT // 10, n_test, replace=False)
    words = ("<pad>", *_vocabulary(source))
    letters = ("<pad>", "<s>", "</s>", *_alphabet(target))
    train, test = (_encode(part, source, target, words, letters) for part in numbers)
    return train, test, (), {"x": words, "y": letters}


def _numbers(count: int, limit: int, rng: np.random.Generator) -> np.ndarray:
    """Draw different numbers below `limit`, a tenth of them below 1000."""
    small = min(1000, count // 10)
    low = rng.choice(1000, small, replace=False)
    high = 1000 + rng.choice(limit - 1000, count - small, replace=False)
    return rng.permutation(np.concatenate([low, high]))


# Every piece and letter that any number needs occurs below 1000, in round thousands, or before "thousand".
_WITNESSES = (*range(1000), 1000, 21000, 80000, 200000)


def _vocabulary(language: str) -> list[str]:
    return sorted({word for number in _WITNESSES for word in pieces(number, language)})


def _alphabet(language: str) -> list[str]:
    return sorted({letter for number in (*_WITNESSES, 999999) for letter in spell(number, language)})


def _encode(numbers: np.ndarray, source: str, target: str, words: tuple[str, ...], letters: tuple[str, ...]) -> Columns:
    number_of_word = {word: i for i, word in enumerate(words)}
    number_of_letter = {letter: i for i, letter in enumerate(letters)}
    spelled = [pieces(number, source) for number in numbers]
    written = [spell(number, target) for number in numbers]
    x = np.zeros((len(numbers), WORDS), np.int16)
    y = np.zeros((len(numbers), LETTERS), np.int16)
    for i, (list_of_words, text) in enumerate(zip(spelled, written, strict=True)):
        x[i, : len(list_of_words)] = [number_of_word[word] for word in list_of_words]
        y[i, : len(text) + 2] = [1, *(number_of_letter[letter] for letter in text), 2]
    return {
        "number": np.asarray(numbers, dtype=np.int64),
        "source": np.array([spell(number, source) for number in numbers]),
        "target": np.array(written),
        "x": x,
        "y": y,
    }
