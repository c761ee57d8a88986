"""Cards of the sets with more than a label: glyphs with fonts, scenes with depth, pictures with captions."""

from dlbook.data.cards import Card

_OWN = "made by this package, BSD-3-Clause"
_FONTS = "fonts carried by Matplotlib: DejaVu (Bitstream Vera licence), STIX (OFL), Computer Modern (BaKoMa licence)"
_CHARACTERS = ("characters", "'digits' or 'letters' (A to J)")
_SPLIT = ("split", "'random' tests on the fonts of the training set, 'fonts' on five that it never shows")

CARDS = [
    Card(
        name="glyphs28",
        title="printed digits or letters, white on black, in the format of MNIST",
        kind="generated",
        source="own generator, after notMNIST; outlines from the fonts that Matplotlib carries",
        licence=f"{_OWN}; {_FONTS}",
        content="x (N, 1, 28, 28) float32 in [0, 1], t (N,), font (N,) its name",
        size=(6000, 1000),
        classes="0 ... 9, or A ... J",
        used_for="generative models, which need clean strokes; a shift of distribution between fonts",
        flaws="sixteen fonts, many of one family: less varied than handwriting; FreeType's versions may differ in the "
        "last bit of a grey value",
        loader="glyphs:glyphs28",
        options=(_CHARACTERS, _SPLIT),
        kept=True,
        needs="matplotlib Pillow",
    ),
    Card(
        name="glyphs32",
        title="coloured characters between parts of others, in the format of street numbers",
        kind="generated",
        source="own generator, after Netzer et al., Reading Digits in Natural Images with Unsupervised Feature "
        "Learning, 2011",
        licence=f"{_OWN}; {_FONTS}; pieces of scikit-image's photographs, public domain or CC0 (tissue: no known "
        "restrictions)",
        content="x (N, 3, 32, 32) float32 in [0, 1], t (N,), font (N,) its name",
        size=(8000, 2000),
        classes="0 ... 9, or A ... J",
        used_for="a second colour task, harder for linear models, where a mirrored image is another class",
        flaws="printed and cleanly cut out: no blur, no glare, no perspective; ten photographs make all grounds",
        loader="glyphs:glyphs32",
        options=(_CHARACTERS, _SPLIT, ("texture", "'photo' or 'noise' (pink noise) behind the characters")),
        kept=True,
        needs="matplotlib Pillow scikit-image",
    ),
    Card(
        name="scenes",
        title="objects on a plane with true class, object and depth of every pixel",
        kind="generated",
        source="own generator: a pinhole camera half a metre over a plane",
        licence=_OWN,
        content="x (N, 3, 48, 48) float32 in [0, 1]; mask (class) and instance (object, 0 is background) (N, 48, 48); "
        "depth (N, 48, 48) float32 in metres, 1 to 12",
        size=(3000, 300),
        classes="of the mask: background, disc, square, triangle, star, cross, heart",
        used_for="segmentation, depth from one image, occlusion",
        flaws="flat cut-outs of one size: their apparent size gives their depth away; no shadows; about 88 % of the "
        "pixels are background",
        loader="scenes:scenes",
        options=(("texture", "'noise' (NumPy alone) or 'photo' for ground, sky and some objects"),),
        kept=True,
        needs="scikit-image (texture='photo' only)",
    ),
    Card(
        name="captions",
        title="two objects and both sentences that are true of them",
        kind="generated",
        source="own generator and grammar",
        licence=_OWN,
        content="x (N, 3, 40, 40) float32 in [0, 1]; references (N, 2) sentences; tokens (N, 2, 12) their words' "
        "numbers between <s> and </s>, padded with 0; mask (N, 40, 40): 1 first object, 2 second",
        size=(5000, 400),
        classes="none; symbols['tokens'] is the vocabulary: <pad>, <s>, </s> and 21 words",
        used_for="captioning with attention; what a network does with pairs it has never seen together",
        flaws="21 words and one sentence pattern; score against both references, or a perfect model reaches half",
        loader="captions:captions",
        options=(("pairs", "'seen' or 'held_out': colour and shape of the first test object never met in training"),),
        kept=True,
    ),
]
