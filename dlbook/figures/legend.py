"""The legend of a figure: a line of HTML that wraps with the page, one for all panels."""

from __future__ import annotations

import html
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.colors import to_hex
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dlbook.figures.svg import FOREGROUND

__all__ = ["collect", "legend_html", "legend_panel"]

_MARKS = {
    "o": "M{l} 6a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z",
    "s": "M{l} {t}h{d}v{d}h-{d}z",
    "^": "M{l} {b}h{d}L15 {t}z",
    "D": "M{l} 6L15 {t}L{e} 6L15 {b}z",
    "v": "M{l} {t}h{d}L15 {b}z",
    "P": "M{l} 6H{e}M15 {t}V{b}",
}


def collect(panels: Sequence[Canvas]) -> list[Artist]:
    """Return the first artist of every label in the panels, in order of appearance."""
    found: dict[str, Artist] = {}
    for canvas in panels:
        for ax in canvas.axes:
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
                found.setdefault(label, handle)
    return list(found.values())


def legend_html(handles: Sequence[Artist]) -> str:
    """Return the entries as a row that wraps: a sample of the line or mark, and its name."""
    entries = (f"<span>{_sample(handle)}{html.escape(str(handle.get_label()))}</span>" for handle in handles)
    return '<div class="dlbook-legend">' + "".join(entries) + "</div>"


def legend_panel(handles: Sequence[Artist], width: float) -> Canvas:
    """Return a panel that holds the legend alone, for the PNG, `width` inches wide."""
    columns = max(1, min(len(handles), int(width // 1.6)))
    rows = -(-len(handles) // columns)
    canvas = Canvas(figsize=(width, 0.1 + 0.2 * rows))
    canvas.legend(handles=list(handles), loc="center left", ncols=columns)
    return canvas


def _sample(handle: Artist) -> str:
    """Draw a line with its dash and mark, or a patch of colour, in a box of 30 x 12."""
    if isinstance(handle, Patch) and not handle.get_fill():
        stroke = _stroke(handle, handle.get_edgecolor())  # an outline, such as a histogram's
        return f'<svg viewBox="0 0 30 12" width="30" height="12">{stroke}</svg>'
    if not isinstance(handle, Line2D):
        colour = _colour(
            handle.get_facecolor() if hasattr(handle, "get_facecolor") else handle.patches[0].get_facecolor()
        )
        return f'<svg viewBox="0 0 30 12" width="30" height="12"><path d="M8 1h14v10h-14z" fill="{colour}"/></svg>'
    parts = []
    if handle.get_linestyle() != "None":
        parts.append(_stroke(handle, handle.get_color()))
    if handle.get_marker() in _MARKS:
        r = min(handle.get_markersize(), 9) / 2 * 1.2
        spots = {"r": r, "d": 2 * r, "l": 15 - r, "e": 15 + r, "t": 6 - r, "b": 6 + r}
        path = _MARKS[handle.get_marker()].format(**{name: f"{value:.3g}" for name, value in spots.items()})
        face, edge = handle.get_markerfacecolor(), handle.get_markeredgecolor()
        fill = "none" if face == "none" else _colour(face)
        parts.append(f'<path d="{path}" fill="{fill}" stroke="{_colour(edge)}" stroke-width="1.2"/>')
    box = 'viewBox="0 0 30 12" width="30"' if handle.get_linestyle() != "None" else 'viewBox="8 0 14 12" width="14"'
    return f'<svg {box} height="12">{"".join(parts)}</svg>'


def _stroke(handle: Line2D | Patch, colour: object) -> str:
    """Draw a stroke across the box with the width and the dash of a line or of an outline."""
    _, dashes = handle._dash_pattern  # Matplotlib keeps the dash in points nowhere else
    dash = f' stroke-dasharray="{" ".join(f"{d:.3g}" for d in dashes)}"' if dashes else ""
    look = f'stroke="{_colour(colour)}" stroke-width="{1.3 * handle.get_linewidth():.3g}"'
    return f'<path d="M1 6H29" fill="none" {look}{dash}/>'


def _colour(colour: object) -> str:
    """Return a colour for the page, the foreground as the page's own."""
    text = to_hex(colour[0] if getattr(colour, "ndim", 1) == 2 else colour)
    return "currentColor" if text == FOREGROUND else text
