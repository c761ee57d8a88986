"""The charts of every chapter: whole numbers where nothing lies between, and a word that hides no curve."""

import numpy as np
import pytest

from dlbook.figures.charts import fig_curves


def drawn(values, **options):
    return fig_curves({"accuracy": {"run": values}}, alt="a chart", **options).panels[0]


@pytest.mark.parametrize(
    ("x", "whole"),
    [(range(3), True), (None, True), (np.arange(3) / 4, False), ((8, 20, 32), True), (range(30), True)],
)
def test_ticks_lie_on_whole_numbers_where_the_points_do(x, whole):
    ax = drawn(np.linspace(0.1, 0.3, 3 if x is None else len(x)), x=x).axes[0]
    low, high = ax.get_xlim()
    ticks = np.array([tick for tick in ax.get_xticks() if low <= tick <= high])
    assert (ticks % 1 == 0).all() == whole
    assert len(ticks) >= 2
    if x is not None and len(x) <= 6:
        assert ticks.tolist() == list(x)


@pytest.mark.parametrize("values", [[0.9, 0.5, 0.1], [0.1, 0.5, 0.9], [0.9, 0.5, 0.52], [0.12, 0.5, 0.1], [0.1] * 3])
@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_the_word_for_guessing_hides_no_marker(values, level):
    canvas = drawn(values, chance={"accuracy": level})
    canvas.draw_without_rendering()
    ax = canvas.axes[0]
    (word,) = (text for text in ax.texts if text.get_text() == "chance")
    box = word.get_window_extent()
    places = ax.transData.transform(np.column_stack([[1, 2, 3], values]))
    assert not any(box.contains(*place) for place in places)
    assert ax.bbox.padded(1).containsx(box.x0)
    assert ax.bbox.padded(1).containsx(box.x1)
