"""Turn Matplotlib's stand-alone SVG into markup that can stand in a page among others of its kind.

What Matplotlib writes is a document: it has a prolog, a timestamp, a style sheet whose `*` would reach the
whole page, black as the default colour, and ids that repeat from figure to figure. None of it may leak.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["FOREGROUND", "inline"]

# A colour that no figure uses for anything else; it becomes `currentColor`. On the white ground of a PNG
# it is black to the eye.
FOREGROUND = "#010203"

# Matplotlib writes the short form up to 3.10, the long one since.
_FONT = re.compile(r"font: ([^;\"]*?)([\d.]+)px [^;\"]*")
_FAMILY = re.compile(r"font-family: [^;\"]*;? ?")
_NO_TURN = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r'\sid="([^"]+)"')
_REFERENCE = re.compile(r'(?:href="#|url\(#)([^")]+)')


def inline(document: str, *, salt: str, style: str) -> str:
    """Return the `<svg>` element of `document` for use inside a page.

    Parameters
    ----------
    document : str
        The SVG that Matplotlib wrote, with `svg.fonttype` "none".
    salt : str
        Told into the ids, so that two panels with equal drawings still have different ones.
    style : str
        CSS of the root element.

    Raises
    ------
    ValueError
        If `document` holds no `<svg>` element with a view box.
    """
    root = re.search(r'<svg\b[^>]*viewBox="([^"]+)"[^>]*>', document)
    if root is None:
        raise ValueError("inline: document must hold an <svg> with a viewBox, got none")
    body = document[root.end() : document.rindex("</svg>")]
    body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>|<style.*?</style>", "", body, flags=re.S)
    body = body.replace("xlink:href", "href")
    body = body.replace(FOREGROUND, "currentColor")
    body = _FAMILY.sub("", _FONT.sub(_font, body))
    # A hundredth of a point is far below what a screen shows, and halves the page's weight. Labels keep their digits.
    body = _TAG.sub(lambda tag: _NUMBER.sub(_shorter, tag[0]), body)
    body = _NO_TURN.sub("", body)
    body = re.sub(r"\s*\n\s*", " ", body).replace("> <", "><").replace('" />', '"/>').strip()
    body = _own_ids(body, salt)
    # The joins that Matplotlib's style sheet asked for, kept to this element.
    return (
        f'<svg viewBox="{root[1]}" style="{style}" aria-hidden="true" focusable="false" '
        f'stroke-linejoin="round" stroke-linecap="butt">{body}</svg>'
    )


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _font(match: re.Match[str]) -> str:
    """Keep size and weight of a font and leave its family to the page."""
    size = f"font-size: {match[2]}px"
    weight = "; font-weight: bold" if re.search(r"\b(bold|[67]00)\b", match[1]) else ""
    slant = "; font-style: italic" if re.search(r"italic|oblique", match[1]) else ""
    return size + weight + slant


def _own_ids(body: str, salt: str) -> str:
    """Drop ids that nothing refers to and make the others unique to this drawing."""
    used = dict.fromkeys(_REFERENCE.findall(body))
    prefix = "f" + hashlib.sha256((salt + body).encode()).hexdigest()[:10]
    names = {old: f"{prefix}-{number}" for number, old in enumerate(used)}
    body = _ID.sub(lambda match: f' id="{names[match[1]]}"' if match[1] in names else "", body)
    return _REFERENCE.sub(lambda match: match[0].replace(match[1], names[match[1]]), body)
