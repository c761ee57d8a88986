"""Cards of text and sound: corpora, number words, surnames, vowels."""

from dlbook.data.cards import Card

_OWN = "made by this package, BSD-3-Clause"
_TEXT = "text (a string) and x (N,) the number of each symbol, N characters; symbols['x'] is the alphabet"
_PSF = "Python Software Foundation licence; read from the reader's own Python, nothing is copied"

CARDS = [
    Card(
        name="pydoc_topics",
        title="the pages behind Python's help(), prose and code",
        kind="bundled",
        source="CPython's pydoc_data.topics, made from the language reference",
        licence=_PSF,
        content=_TEXT,
        size=(420_000, 46_000),
        classes="none",
        used_for="character models: prose with quotes, lists and code to continue",
        flaws="small, one topic, one style; it differs between versions of Python, so figures move a little; some "
        "embedded Pythons lack it",
        loader="corpora:pydoc_topics",
        needs="pydoc_data, which a full Python has",
    ),
    Card(
        name="python_source",
        title="source code of Python's standard library",
        kind="bundled",
        source="the modules beside os.py in the reader's Python, up to 3 million characters",
        licence=_PSF,
        content=_TEXT,
        size=(2_700_000, 300_000),
        classes="none",
        used_for="what a character model learns of structure: brackets, indentation, names",
        flaws="differs between versions of Python; comments and code of many hands and decades",
        loader="corpora:python_source",
    ),
    Card(
        name="docstring_words",
        title="sentences of docstrings, in 28 symbols",
        kind="bundled",
        source="docstrings of the standard library, or also of five scientific packages, read with ast",
        licence="of the packages read (PSF, BSD-3-Clause); nothing is copied",
        content=_TEXT + "; split at '. ' for sentences",
        size=(900_000, 100_000),
        classes="none",
        used_for="fast character models; with scope='packages' word vectors from 1.5 million words",
        flaws="differs with the versions installed; the language of manuals only: no stories, few verbs; punctuation "
        "and capitals are gone",
        loader="corpora:docstring_words",
        options=(("scope", "'stdlib', or 'packages' to add NumPy, SciPy, scikit-learn, scikit-image, Matplotlib"),),
        needs="numpy, scipy scikit-learn scikit-image matplotlib (scope='packages' only)",
    ),
    Card(
        name="number_words",
        title="numbers in words, to translate between English, German, French and Swedish",
        kind="generated",
        source="own rules for the four languages, 0 to 999999",
        licence=_OWN,
        content="number (N,); source, target (N,) strings; x (N, 13) words, y (N, 76) letters as numbers padded with 0",
        size=(9000, 1000),
        classes="none; symbols['x'] are the source's words, symbols['y'] the target's letters",
        used_for="translation with and without attention: German turns units and tens round",
        flaws="thirty words and no ambiguity: a page of rules solves it",
        loader="number_words:number_words",
        options=(
            ("source", "'en', 'de', 'fr' or 'sv'"),
            ("target", "'en', 'de', 'fr' or 'sv'"),
            ("split", "'random', or 'large': train below 100000, test from there on"),
        ),
    ),
    Card(
        name="surnames",
        title="surnames of fourteen languages",
        kind="bundled",
        source="lists in Faker, a package that makes test data",
        licence="MIT (Faker)",
        content="name (N,) strings, x (N, 24) letters as numbers padded with 0, t (N,)",
        size=(10_000, 2_500),
        classes="Irish, Slovak, Icelandic, Italian, Spanish, Dutch, English, Croatian, Zulu, Swedish, Estonian, "
        "German, Finnish, French",
        used_for="convolution over letters; classes of unequal size",
        flaws="lists for tests, not demography: how many names a language has says nothing about people, and a name "
        "says little about a person; names shared by languages are left out; a bigram count does as well as a network; "
        "the Icelandic ones are first names with an s, without the -son or -dottir that belongs to them",
        loader="surnames:surnames",
        options=(
            ("fold", "True takes accents off"),
            ("at_most", "names kept of a language, 2500; 400 makes the classes nearly equal"),
        ),
        needs="Faker",
    ),
    Card(
        name="vowels",
        title="eight synthetic vowels, an eighth of a second each",
        kind="generated",
        source="own synthesizer after Klatt 1980, mean formants of Peterson & Barney 1952",
        licence=f"{_OWN}; the formants are published measurements",
        content="x (N, 1, 1024) float32 at 8 kHz, width about 1; t (N,); pitch (N,) in hertz",
        size=(4000, 1000),
        classes="heed, hid, head, had, hud, hod, hood, who'd",
        used_for="convolution in one dimension against hand-made features (the logarithmic spectrum)",
        flaws="no human spoke: means of men's vowels, scaled; no consonants, no rooms",
        loader="vowels:vowels",
        options=(("noise", "standard deviation of the white noise, 0.1"),),
        kept=True,
    ),
]
