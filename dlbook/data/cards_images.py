"""Cards of the image classification sets."""

from dlbook.data.cards import Card

_OWN = "made by this package, BSD-3-Clause"

CARDS = [
    Card(
        name="shapes32",
        title="ten shapes in colour, 32x32, in the format of CIFAR-10",
        kind="generated",
        source="own generator: posed outlines, random fillings, grounds, light and noise",
        licence=f"{_OWN}; with texture='photo' pieces of photographs, public domain or CC0 (tissue: no "
        f"known restrictions)",
        content="x (N, 3, 32, 32) float32 in [0, 1], t (N,), mask (N, 32, 32) bool: where the shape is",
        size=(8000, 2000),
        classes="disc, ring, crescent, square, triangle, star, cross, heart, arrow, hexagon",
        used_for="every chapter that classifies images: linear models fail, convolution succeeds; "
        "augmentation, "
        "saliency against the true mask",
        flaws="one object, always present, with a sharp outline: none of the ambiguity, clutter or bias of "
        "photographs; "
        "accuracies say nothing about real images",
        loader="shapes32:shapes32",
        options=(
            ("level", "'easy', 'medium' or 'hard': how far turn, size and filling vary"),
            (
                "texture",
                "'noise' (NumPy alone, the same bytes everywhere) or 'photo' (scikit-image's photographs)",
            ),
        ),
        kept=True,
        needs="scikit-image (texture='photo' only)",
    ),
    Card(
        name="photographs",
        title="fifteen photographs, cut square",
        kind="bundled",
        source="scikit-image's data (astronaut and hubble by NASA, rocket by SpaceX, tissue by the CMMI, "
        "Brussels, "
        "coins by the Brooklyn Museum, the others by their photographers) and scikit-learn's samples china, "
        "flower",
        licence="as scikit-image records it: astronaut, hubble, rocket public domain; brick, grass, gravel, "
        "cat, "
        "coffee, camera CC0; coins, tissue no known restrictions; moon, page not recorded. china "
        "(danielbuechele) "
        "and flower (vultilion) are CC BY 2.0: name them where they are shown",
        content="x (N, 3, size, size) float32 in [0, 1], name (N,) of each; dlbook.data.photograph(name) "
        "gives the "
        "whole picture as bytes",
        size=(12, 3),
        classes="none; the column name says which picture it is",
        used_for="filters by hand, denoising, colourisation, pretrained networks, reality checks",
        flaws="fifteen pictures prove nothing; several are grey, microscopic or astronomic",
        loader="photographs:photographs",
        options=(("size", "side in pixels, 128"),),
        needs="scikit-image scikit-learn Pillow",
    ),
    Card(
        name="patches",
        title="which of ten photographs is this patch from?",
        kind="generated",
        source="own cuts from scikit-image's photographs",
        licence="as the photographs: public domain, CC0, no known restrictions (tissue), not recorded (page)",
        content="x (N, C, 32, 32) float32 of mean 0 and standard deviation 1 per patch, t (N,)",
        size=(6000, 1500),
        classes="brick, grass, gravel, cat, astronaut, coffee, hubble, tissue, rocket, page",
        used_for="texture of real images without labels by hand; features learned without supervision",
        flaws="ten pictures: the class is the picture, not a kind of thing; left and right of one picture "
        "differ, "
        "which is honest but hard",
        loader="photographs:patches",
        options=(
            ("size", "side in pixels, 32"),
            ("colour", "True keeps three channels, False is grey, C = 1"),
        ),
        needs="scikit-image",
    ),
    Card(
        name="stereo",
        title="a motorcycle seen by two cameras, with its depth",
        kind="bundled",
        source="Scharstein et al., High-Resolution Stereo Datasets with Subpixel-Accurate Ground Truth, "
        "GCPR 2014 "
        "(Middlebury), as scikit-image carries it",
        licence="the authors permit use and publication and ask to be cited",
        content="x and right (1, 3, 500, 741), disparity in pixels, depth in metres, known bool, each (1, 500, 741)",
        size=(1, 0),
        classes="none",
        used_for="stereo matching, and what generated depth leaves out",
        flaws="one scene, indoors, with two good cameras",
        loader="photographs:stereo",
        needs="scikit-image",
    ),
    Card(
        name="cifar10",
        title="CIFAR-10: 60000 photographs of ten kinds of things, 32x32",
        kind="download",
        source="Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; binary version, 162 MiB. Its "
        "SHA-256 is the one that TensorFlow Datasets and other loaders pin; the MD5 on the authors' page belongs to it",
        licence="none stated by the authors; free for research, cite the report",
        content="x (N, 3, 32, 32) float32 in [0, 1], t (N,)",
        size=(50_000, 10_000),
        classes="airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
        used_for="the same experiments as on shapes32, on real photographs, when there is a GPU",
        flaws="pictures found on the web without consent; near duplicates between training and test set (about 3 %); "
        "some wrong labels",
        loader="published:cifar10",
        needs="dlbook.data.fetch('cifar10') once",
    ),
    Card(
        name="fashion_mnist",
        title="Fashion-MNIST: 70000 grey pictures of clothes, 28x28",
        kind="download",
        source="Xiao, Rasul & Vollgraf, Fashion-MNIST, 2017, 30 MiB. Its SHA-256s are those that torchvision's "
        "prototype loaders and other loaders pin; the MD5s on the authors' page belong to them",
        licence="MIT (Zalando)",
        content="x (N, 1, 28, 28) float32 in [0, 1], t (N,)",
        size=(60_000, 10_000),
        classes="T-shirt/top, Trouser, Pullover, Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot",
        used_for="a real set of moderate size: grey, centred, harder than digits",
        flaws="one shop's studio pictures; shirts, pullovers and coats overlap at this size; some wrong labels",
        loader="published:fashion_mnist",
        needs="dlbook.data.fetch('fashion_mnist') once",
    ),
]
