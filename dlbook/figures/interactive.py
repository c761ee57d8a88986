"""Figures that move: a still picture for paper, and a small script that brings it to life on a screen.

The block that `Interactive` writes is self-contained: markup, style, script and the numbers that Python
computed. It needs no network and no library. Without scripts (print, a mail, an untrusted notebook) the
still picture stays.
"""

from __future__ import annotations

import functools
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files

import numpy as np

from dlbook.figures.style import PALETTE, Figure

__all__ = ["Interactive", "widget_source"]

_HOST_CSS = (
    "html[data-theme] .bd-content div.cell_output .text_html:has(.dlbook-interactive)"
    "{background:none!important;color:inherit!important;padding:0!important}"
    ".dlbook-still[hidden]{display:none}"
)


@functools.cache
def widget_source(name: str) -> str:
    """Return the text of a file of the widgets, comments and indentation removed.

    Parameters
    ----------
    name : str
        File name in `dlbook/figures/widgets`, for instance "boundary.js".
    """
    source = (files("dlbook.figures") / "widgets" / name).read_text(encoding="utf-8")
    lines = (re.sub(r"(?:^|\s)//.*$", "", line).strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line)


class Interactive:
    """A figure the reader can move, with a still one in its place where scripts do not run.

    Parameters
    ----------
    widget : str
        Name of the script: `dlbook/figures/widgets/<widget>.js` registers `dlbook.widgets.<widget>`.
    data : mapping
        What the script draws: numbers, strings, arrays, and nested mappings or lists of them.
    still : Figure
        The same state drawn at rest; its text alternative is the figure's.
    hint : str
        One sentence that says what can be moved.

    Raises
    ------
    TypeError
        If `data` holds something that JSON cannot.
    ValueError
        If `data` holds a number that is not finite.
    """

    def __init__(self, widget: str, data: Mapping[str, object], *, still: Figure, hint: str) -> None:
        self.widget = widget
        self.still = still
        self.alt = still.alt
        self.hint = hint
        self.data = {**data, "hint": hint}
        # "<" cannot close the script element from within when it is written as an escape.
        self._json = json.dumps(_plain(self.data), allow_nan=False, sort_keys=True).replace("<", "\\u003c")

    @functools.cached_property
    def key(self) -> str:
        """A name for the figure that follows from what it shows, so that the same input gives the same page."""
        return self.widget + "-" + hashlib.sha256((self.alt + self._json).encode()).hexdigest()[:12]

    def _repr_html_(self) -> str:
        """Return still picture, style and script as one block of HTML."""
        colours = "".join(f"--{name}:{value};" for name, value in PALETTE.items())
        label = html.escape(f"{self.alt} {self.hint}", quote=True)
        scripts = "\n".join(map(widget_source, ("core.js", "controls.js", f"{self.widget}.js")))
        return (
            f'<div class="dlbook-interactive" data-dlbook="{self.key}" data-label="{label}">\n'
            f"<style>{_HOST_CSS}.dlbook-live{{{colours}}}\n{widget_source('core.css')}</style>\n"
            f'<div class="dlbook-still">{self.still._repr_html_()}</div>\n'
            f"</div>\n<script>\n{scripts}\n"
            f'dlbook.mount("{self.key}","{self.widget}",{self._json});\n</script>'
        )

    def _repr_png_(self) -> bytes:
        """Return the still picture."""
        return self.still._repr_png_()

    def __repr__(self) -> str:
        return f"<interactive figure: {self.alt}>"


def _plain(value: object) -> object:
    """Turn arrays and NumPy scalars into lists and numbers of five significant digits."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    # More digits than a screen resolves would only make the page heavy.
    return float(f"{value:.5g}") if isinstance(value, float) else value
