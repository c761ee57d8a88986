"""The house style: one look for every static figure, legible on white, on black and on a telephone.

A figure is a row of panels. Each panel is an SVG of its own, so that a wide screen shows the panels side
by side and a narrow one stacks them, with the text at a readable size in both cases. The foreground is
`currentColor`, the background transparent: the page's theme decides.
"""

from __future__ import annotations

import functools
import hashlib
import html
import io
from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.image import imsave

from dlbook.figures.legend import collect, legend_html, legend_panel
from dlbook.figures.svg import FOREGROUND, inline

__all__ = [
    "CYCLE",
    "DASHES",
    "FOREGROUND",
    "MARKERS",
    "PALETTE",
    "Figure",
    "house_style",
    "panel",
    "rgb",
]

# Five colours with a contrast of at least 3 to white and to the dark theme's #121212 alike, told apart
# also by readers with protanopia, deuteranopia or tritanopia (tests/test_figures_style.py measures both).
PALETTE = {
    "blue": "#1f78c1",
    "orange": "#d9600f",
    "green": "#0b9e77",
    "purple": "#b65d9d",
    "grey": "#80858c",
}
CYCLE = (*PALETTE.values(), FOREGROUND)
# Colour never carries a distinction alone: series also differ in dash, classes in marker.
DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)), (0, (9, 2)), "-")
MARKERS = ("o", "s", "^", "D", "v", "P")

# Pixels per point at which a panel is shown when there is room: 9.5 pt text becomes 15 px.
SCREEN_SCALE = 1.55
WIDE = 4.2
HALF = 3.4
THIRD = 2.6
LEGIBLE = 465  # points: a wider panel would have to be made too small for a narrow screen
_PNG_DPI = 120

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": FOREGROUND,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 7,
    "axes.labelsize": 9.5,
    "axes.labelcolor": FOREGROUND,
    "axes.edgecolor": FOREGROUND,
    "axes.facecolor": "none",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=CYCLE),
    "grid.color": FOREGROUND,
    "grid.alpha": 0.13,
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.color": FOREGROUND,
    "ytick.color": FOREGROUND,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.7,
    "lines.markersize": 4.5,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.9,
    "legend.borderaxespad": 0.2,
    "legend.columnspacing": 1.3,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "dlbook",
    "svg.image_inline": True,
    "path.simplify": True,
    "mathtext.fontset": "dejavusans",
}

_CSS = (
    ".dlbook-figure{display:flex;flex-wrap:wrap;justify-content:center;align-items:flex-start;"
    "gap:.75rem 1rem;margin:.5rem 0;color:inherit}"
    ".dlbook-legend{flex:1 0 100%;display:flex;flex-wrap:wrap;justify-content:center;gap:.1rem 1.1rem;"
    "font-size:.875rem;line-height:1.4;margin-bottom:-.4rem}"
    ".dlbook-legend svg{vertical-align:-.08em;margin-right:.4em}"
    ".dlbook-figure>svg{display:block;height:auto;min-width:0;overflow:visible;font-family:inherit}"
    ".dlbook-wide{justify-content:safe center;overflow-x:auto;padding:.25rem 0}"
    # The theme puts a light plate behind every HTML output in dark mode; these figures need none.
    "html[data-theme] .bd-content div.cell_output .text_html:has(.dlbook-figure)"
    "{background:none!important;color:inherit!important;padding:0!important}"
)

P = ParamSpec("P")
R = TypeVar("R")


def house_style(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a drawing function under the house's settings and leave the reader's own untouched."""

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return styled


def panel(width: float = WIDE, height: float = 2.6) -> tuple[Canvas, Axes]:
    """Return an empty panel of the given size in inches and its axes, without touching pyplot's state."""
    canvas = Canvas(figsize=(width, height), layout="constrained")
    canvas.get_layout_engine().set(w_pad=0.02, h_pad=0.03)
    return canvas, canvas.add_subplot()


def rgb(colour: str) -> np.ndarray:
    """Return the three components, 0 to 1, of a colour written "#rrggbb"."""
    return np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255


class Figure:
    """A row of panels with a text alternative, shown as inline SVG (HTML) or as PNG.

    Parameters
    ----------
    panels : sequence of matplotlib figures
        Drawn left to right where there is room, stacked where there is none.
    alt : str
        What a reader who cannot see the figure needs to know: its message, not its decoration.
    legend : sequence of matplotlib artists, optional
        The entries of the legend; by default every labelled artist of the panels, each label once. A label
        therefore has one look in the whole figure.

    Raises
    ------
    ValueError
        If `alt` is empty or there is no panel.
    """

    def __init__(self, panels: Sequence[Canvas], *, alt: str, legend: Sequence[Artist] | None = None) -> None:
        if not isinstance(alt, str) or not alt.strip():
            raise ValueError(f"Figure: alt must describe the figure in words, got {alt!r}")
        if not panels:
            raise ValueError("Figure: panels must hold at least one panel, got none")
        self.panels = tuple(panels)
        for canvas in self.panels:
            _settle(canvas)
        self.alt = " ".join(alt.split())
        self.legend = collect(panels) if legend is None else list(legend)

    @functools.cached_property
    def svgs(self) -> tuple[str, ...]:
        """The panels as inline SVG, ready for a page."""
        return tuple(self._svg(canvas, number) for number, canvas in enumerate(self.panels))

    def _svg(self, canvas: Canvas, number: int) -> str:
        stream = io.StringIO()
        with mpl.rc_context(_STYLE):
            # Without a date and a creator the same numbers give the same bytes.
            canvas.savefig(stream, format="svg", metadata={"Date": None, "Creator": None}, dpi=200)
        width = round(72 * canvas.get_figwidth())
        style = f"flex:1 1 {1.15 * width:.0f}px;width:100%;max-width:{SCREEN_SCALE * width:.0f}px"
        if width > LEGIBLE:
            style += f";min-width:{1.15 * width:.0f}px"
        salt = hashlib.sha256(f"{self.alt}|{number}".encode()).hexdigest()
        return inline(stream.getvalue(), salt=salt, style=style)

    def _repr_html_(self) -> str:
        """Return the figure as one self-contained block of HTML."""
        label = html.escape(self.alt, quote=True)
        body = "\n".join(([legend_html(self.legend)] if self.legend else []) + list(self.svgs))
        # What would be illegible on a telephone is scrolled there, by finger or by keyboard.
        wide = any(72 * canvas.get_figwidth() > LEGIBLE for canvas in self.panels)
        opening = 'class="dlbook-figure dlbook-wide" tabindex="0"' if wide else 'class="dlbook-figure"'
        return f'<style>{_CSS}</style>\n<div {opening} role="img" aria-label="{label}">\n{body}\n</div>'

    def _repr_png_(self) -> bytes:
        """Return the panels side by side on white, for viewers that show no HTML."""
        with mpl.rc_context(_STYLE):
            row = _beside([_pixels(canvas) for canvas in self.panels])
            if self.legend:
                above = _pixels(legend_panel(self.legend, row.shape[1] / _PNG_DPI))
                row = np.concatenate([above, np.pad(row, ((0, 0), (0, above.shape[1] - row.shape[1]), (0, 0)))])
        alpha = row[..., 3:]
        # Agg's colours are premultiplied by nothing: lay them over white by hand.
        rgb_on_white = row[..., :3] * alpha + (1 - alpha)
        stream = io.BytesIO()
        imsave(stream, rgb_on_white, format="png", metadata={"Software": None})
        return stream.getvalue()

    def __repr__(self) -> str:
        return f"<figure: {self.alt}>"


def _settle(canvas: Canvas) -> None:
    """Lay the panel out once and for all: a second pass would move it by a hair, and bytes would differ."""
    with mpl.rc_context(_STYLE):
        canvas.draw_without_rendering()
    canvas.set_layout_engine("none")


def _pixels(canvas: Canvas) -> np.ndarray:
    """Return a panel as RGBA, 0 to 1."""
    canvas.set_dpi(_PNG_DPI)
    agg = FigureCanvasAgg(canvas)
    agg.draw()
    return np.asarray(agg.buffer_rgba(), dtype=np.float64) / 255


def _beside(images: Sequence[np.ndarray]) -> np.ndarray:
    """Join images in a row, the lower ones padded below with nothing."""
    height = max(image.shape[0] for image in images)
    return np.concatenate([np.pad(image, ((0, height - image.shape[0]), (0, 0), (0, 0))) for image in images], axis=1)
