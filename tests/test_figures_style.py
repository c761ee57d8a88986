"""The palette, measured; the legend; the settings stay in the house."""

import itertools
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from dlbook.figures.legend import collect, legend_html
from dlbook.figures.style import FOREGROUND, PALETTE, Figure, house_style, panel, rgb
from dlbook.figures.svg import inline

# Machado, Oliveira and Fernandes 2009, table 1, severity 1, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour):
    c = rgb(colour)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2.1: (L1 + 0.05) / (L2 + 0.05) with relative luminances L."""
    low, high = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(components):
    """CIE L*a*b* of linear RGB, white D65."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(
        components, 0, 1
    )
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_agrees_with_its_definition_at_the_ends():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("ground", ["#ffffff", "#121212", "#14181e"])
@pytest.mark.parametrize("name", PALETTE)
def test_every_colour_stands_out_on_light_and_dark(name, ground):
    assert contrast(PALETTE[name], ground) >= 3


@pytest.mark.parametrize("kind", BLINDNESS)
def test_the_first_four_colours_differ_for_every_kind_of_colour_vision(kind):
    seen = {name: lab(np.asarray(BLINDNESS[kind]) @ linear(colour)) for name, colour in list(PALETTE.items())[:4]}
    # A just noticeable difference is about 2; ten is told apart in thin lines, which differ in dash too.
    for one, other in itertools.combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 10, (one, other)


def test_the_house_style_leaves_the_settings_of_the_reader_alone():
    before = dict(mpl.rcParams)

    @house_style
    def draw():
        assert mpl.rcParams["svg.fonttype"] == "none"
        raise RuntimeError("drawing fails")

    with pytest.raises(RuntimeError):
        draw()
    assert dict(mpl.rcParams) == before


def test_text_in_a_figure_is_escaped():
    canvas, ax = panel()
    ax.plot([0, 1], label="<b>a & b</b>")
    ax.set(xlabel="<i> & x", ylabel="y")
    text = Figure([canvas], alt='"<script>"')._repr_html_()
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<script>" not in text


def test_a_label_that_occurs_in_two_panels_is_explained_once():
    panels = []
    for _ in range(2):
        canvas, ax = panel()
        ax.plot([0, 1], label="training")
        ax.plot([0, 2], "s--", label="test")
        panels.append(canvas)
    assert [handle.get_label() for handle in collect(panels)] == ["training", "test"]
    assert Figure(panels, alt="a")._repr_html_().count("training") == 1


def test_an_outline_is_shown_in_the_legend_by_its_own_colour_and_dash():
    for colour, dash in (("#1f77b4", "-"), ("#d45500", "--")):
        sample = legend_html([StepPatch([1], [0, 1], fill=False, ec=colour, ls=dash, label="layer 2")])
        assert f'stroke="{colour}"' in sample
        assert ("dasharray" in sample) == (dash == "--")


def test_a_legend_in_the_foreground_colour_follows_the_theme():
    sample = legend_html([Line2D([], [], color=FOREGROUND, ls="--", marker="o", label="bound")])
    assert sample.count("currentColor") == 3
    assert "stroke-dasharray" in sample


def test_numbers_in_labels_keep_their_digits():
    canvas, ax = panel()
    ax.plot([0, 1])
    ax.set_title("calibration error 0.01549")
    assert "0.01549" in Figure([canvas], alt="a").svgs[0]


def test_a_document_without_a_drawing_is_refused():
    with pytest.raises(ValueError, match="viewBox"):
        inline("<svg></svg>", salt="", style="")


def test_a_style_sheet_of_the_drawing_does_not_reach_the_page():
    canvas, ax = panel()
    ax.plot([0, 1])
    assert "<style" not in Figure([canvas], alt="a").svgs[0]


def test_drawing_does_without_pyplot_and_its_global_state():
    code = (
        "import sys, numpy as np; from dlbook.figures.charts import fig_curves;"
        "fig_curves({'loss (nats)': {'training': np.ones(3)}}, alt='a')._repr_png_();"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("inches", "wide"), [(4.2, False), (6.4, False), (7.2, True)])
def test_a_panel_too_wide_for_a_telephone_keeps_its_size_and_scrolls(inches, wide):
    with_text = Figure([panel(inches, 1.0)[0]], alt="a wide graph")._repr_html_()
    assert ('dlbook-wide" tabindex="0"' in with_text) == wide
    assert (f"min-width:{1.15 * round(72 * inches):.0f}px" in with_text) == wide
