"""The map in the course page is complete: nothing that a lecture names is lost, no section is made up."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[1] / "book"
PAGE = BOOK / "course.md"
NOT_YET = "not yet written"
HEADER = ("Topic", "Chapter", "Section")
# Pages of the table of contents that teach no topic of a lecture.
AROUND = {"index", "notation", "course", "identities", "solutions", "api", "verification", "bibliography",
          "glossary"}

# What each lecture of the course names, in its own words and order.
LECTURES = {
    "1": ("the impact on speech", "the impact on computer vision", "the impact on NLP",
          "the course's syllabus", "its assignments", "its project", "its assessment"),
    "2": ('mini-batch gradient descent on "loss + regularization"',
          "supervised learning = minimizing loss + regularization", "linear classifiers",
          "binary SVM as an unconstrained problem", "gradient descent", "SGD", "mini-batch",
          "multi-class with one-layer networks", "different losses"),
    "3": ("chain rule", "chain rule for vector inputs and outputs", "computational graph",
          'back-propagation "in more detail than you probably ever expected"'),
    "4": ("k-layer nets", "activation functions", "their back-prop", "vanishing and exploding gradients",
          "careful initialization", "batch normalization", "back-prop through batch normalization"),
    "5": ("the art/science of training", "hyper-parameter optimisation", "variations of SGD", "dropout",
          "evaluation - ensembles"),
    "6": ("the convolution layer in detail", "gradient computations for it",
          "common operations, max-pooling etc.", "why conv beats fully connected",
          "the neuro-scientific basis"),
    "7": ("AlexNet", "VGGNet", "GoogLeNet", "ResNet", "data augmentation", "transfer learning",
          "stacking filters", "transposed convolution", "bottleneck ConvNets", "semantic segmentation",
          "depth estimation", "visualizing what a ConvNet has learnt"),
    "8": ("TensorFlow & PyTorch", "static against dynamic computation graphs",
          "how to use the Google Cloud service"),
    "9 and 10": ("RNNs", "back-prop for RNNs", "RNNs for synthesis",
                 "exploding and vanishing gradients in RNNs", "LSTMs", "ConvNets against LSTMs",
                 "tutorial examples on the board"),
    "11": ("history of (deep) generative modelling", "VAEs", "GANs", "adversarial training", "PixelRNN"),
    "12": ("NLP embeddings", "language translation, supervised", "image captioning", "attention networks"),
    "13": ("Transformers & self-attention", "adversarial examples", "odds & ends", "Q & A"),
}
SUGGESTED_READING = {
    "2": ("5.1.4", "5.2", "5.2.2", "5.7.2", "8.1.3", "8.3.1"), "3": ("6.5",), "4": ("8.7.1",),
    "5": ("8.3.1", "8.3.3", "8.5"), "6": ("9.1", "9.2", "9.3", "9.10"),
}


@dataclass(frozen=True)
class Row:
    """One line of the map: a topic, the page that treats it once it is written, its sections' labels."""

    lecture: str
    topic: str
    page: str | None
    labels: tuple[str, ...]
    section: str


def lectures(text: str) -> dict[str, str]:
    """Return the text under each heading such as `### Lecture 2: ...`, by the lecture's number."""
    parts = re.split(r"^#{1,3} +", text, flags=re.MULTILINE)
    heads = [re.match(r"Lectures? ([\d and]+): \S", part) for part in parts]
    return {head[1]: part for head, part in zip(heads, parts, strict=True) if head}


def rows_of(text: str) -> list[Row]:
    """Read the tables of topics: every table below a lecture's heading has the columns of HEADER."""
    rows = []
    for lecture, part in lectures(text).items():
        lines = [line for line in part.splitlines() if line.startswith("|")]
        cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        if not cells or cells[0] != HEADER:
            raise ValueError(f"lecture {lecture}: expected a table of the columns {HEADER}, got {cells[:1]}")
        for topic, chapter, section in cells[2:]:
            page = re.fullmatch(r"\{doc\}`(\w+)`", chapter)
            labels = tuple(re.findall(r"\{ref\}`([\w-]+)`", section))
            rows.append(Row(lecture, topic, page and page[1], labels, section))
    return rows


def labels_of(text: str) -> set[str]:
    """Return the section labels that a page defines: lines such as `(mini-batches)=`."""
    return set(re.findall(r"^\(([\w-]+)\)=\s*$", text, flags=re.MULTILINE))


def missing_labels(rows: list[Row], folder: Path) -> list[str]:
    """Name the labels that a row promises and its page, if it exists, does not define."""
    pages = {row.page: folder / f"{row.page}.md" for row in rows if row.labels}
    defined = {name: labels_of(page.read_text(encoding="utf-8"))
               for name, page in pages.items() if page.exists()}
    return [f"{row.page}: {label}" for row in rows if row.page in defined
            for label in row.labels if label not in defined[row.page]]


def contents() -> set[str]:
    """Return the pages that the table of contents names."""
    toc = (BOOK / "_toc.yml").read_text(encoding="utf-8")
    return set(re.findall(r"^\s*-?\s*(?:file|root):\s*(\S+)", toc, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(text) -> list[Row]:
    return rows_of(text)


def test_the_page_has_the_thirteen_lectures_in_order(text):
    assert list(lectures(text)) == list(LECTURES)


@pytest.mark.parametrize("lecture", LECTURES)
def test_every_topic_of_a_lecture_has_its_row(rows, lecture):
    named = tuple(row.topic for row in rows if row.lecture == lecture and not row.topic.startswith("+ "))
    assert named == LECTURES[lecture]


def test_a_row_names_its_sections_or_says_that_they_are_not_yet_written(rows):
    assert not [row for row in rows if not row.labels and row.section != NOT_YET]
    assert not [row for row in rows if row.labels and (NOT_YET in row.section or row.page is None)]


def test_every_label_in_the_map_is_defined_on_the_page_it_names(rows):
    assert not missing_labels(rows, BOOK)


def test_every_chapter_of_the_book_is_in_the_map(rows):
    chapters = {page for page in contents() if "/" not in page}  # a page below another is no chapter
    assert not chapters - AROUND - {row.page for row in rows}


def test_every_page_that_the_map_links_to_is_in_the_contents(rows):
    assert not {row.page for row in rows if row.page} - contents()


@pytest.mark.parametrize("lecture", SUGGESTED_READING)
def test_the_suggested_reading_is_that_of_the_course(text, lecture):
    line = re.search(r"^Suggested reading: (.*)$", lectures(text)[lecture], flags=re.MULTILINE)
    assert line is not None
    assert tuple(re.findall(r"\d+(?:\.\d+)+", line[1])) == SUGGESTED_READING[lecture]


SAMPLE = """## Syllabus

### Lecture 2: Linear classifiers

| Topic | Chapter | Section |
| --- | --- | --- |
| SGD | {doc}`gradient_descent` | {ref}`mini-batches`, {ref}`epochs` |
| + more | `convolution` | not yet written |

## Project

| Topic | Chapter | Section |
| --- | --- | --- |
| no lecture | `project` | not yet written |
"""


def test_the_map_is_read_row_by_row_and_other_tables_are_left_alone():
    assert rows_of(SAMPLE) == [
        Row("2", "SGD", "gradient_descent", ("mini-batches", "epochs"), "{ref}`mini-batches`, {ref}`epochs`"),
        Row("2", "+ more", None, (), "not yet written"),
    ]


def test_a_label_that_a_page_lost_is_named(tmp_path):
    (tmp_path / "gradient_descent.md").write_text("(mini-batches)=\n## Mini-batches\n", encoding="utf-8")
    assert missing_labels(rows_of(SAMPLE), tmp_path) == ["gradient_descent: epochs"]


def test_a_table_with_other_columns_is_refused():
    with pytest.raises(ValueError, match="lecture 2: expected a table of the columns"):
        rows_of(SAMPLE.replace("Chapter", "Page"))
