"""What a chapter's code cells may call beside the operations: listings, and numbers that are checked.

`listing(f)` shows the tested source of f; `measured` and `stated` put a number of the run into the text and
stop the page when the number is not what the text says. All work on the site, in JupyterLab, in Colab and in
a browser's kernel; none needs Sphinx.
"""

import ast
import html
import inspect
import math
import re
import textwrap
from collections.abc import Callable
from functools import cache

from dlbook.laws import ledger

__all__ = ["Listing", "OutOfBand", "badge", "listing", "measured", "stated"]

_RECORD = "application/papermill.record/"  # the type of an output that is kept for the text, not shown in place
_COLOURS = {  # Pygments' classes to JupyterLab's theme; the site brings colours of its own
    "k, .kn, .kc, .ow": "keyword",
    "s1, .s2, .sa, .si": "string",
    "c1": "comment",
    "mi, .mf": "number",
    "nd": "meta",
    "nf, .nc": "def",
}


class OutOfBand(AssertionError):
    """A number of the run is not what the page says of it."""


# -- numbers -------------------------------------------------------------------------------------------


def measured(name: str, value: float, low: float, high: float, *, digits: int | None = None, because: str = "") -> None:
    """Assert that a measured number lies in its band, and keep it for the text under a name.

    In the text, the role `glue:text` with that name shows it. A page on which it leaves the band is not built.

    Parameters
    ----------
    name : letters, digits, `_`, `-` and `.`; unique on the page.
    value : what the run gave.
    low, high : the band, wide enough for another processor or library version, and narrow enough that the
        page's sentence is true everywhere in it.
    digits : decimals shown; by default as many as the width of the band makes meaningful.
    because : why the band is what it is; part of the message when the number leaves it.

    Raises
    ------
    ValueError : when the band is no band, or the name cannot be used in the text.
    OutOfBand : when the value is not finite or not in the band.
    """
    value, low, high = float(value), float(low), float(high)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"measured({name!r}): the band must be two finite numbers, low < high; got [{low}, {high}]")
    if not (math.isfinite(value) and low <= value <= high):
        reason = f" ({because})" if because else ""
        raise OutOfBand(
            f"{name} = {value:.6g} lies outside its band [{low:g}, {high:g}]{reason}. If nobody changed the "
            "code behind it, another processor or library version moved it: widen the band, with a reason. "
            "Otherwise the text of this page no longer holds."
        )
    if digits is None:
        digits = max(0, 1 - math.floor(math.log10(high - low)))
    _keep(name, number(value, digits))


def stated(name: str, value: float, expected: float, *, digits: int = 4, rel: float = 1e-9) -> None:
    """Assert that a number is what a formula says, to rounding, and keep it for the text under a name.

    Parameters
    ----------
    name, value, digits : as for `measured`.
    expected : the exact value.
    rel : the relative error that rounding may cause.

    Raises
    ------
    OutOfBand : when the two differ.
    """
    value, expected = float(value), float(expected)
    if not math.isclose(value, expected, rel_tol=rel, abs_tol=rel * 1e-3):  # NaN is close to nothing
        raise OutOfBand(f"{name} = {value!r}, but the text's formula gives {expected!r} (allowed: {rel:g} relative)")
    _keep(name, number(value, digits))


def number(value: float, digits: int) -> str:
    """Write a number for the text: decimals as asked, powers of ten where it is too small or large for them.

    >>> number(0.96, 3), number(1.2345e-10, 2), number(-12345678.0, 0)
    ('0.960', '1.2 × 10⁻¹⁰', '−12 345 678')
    """
    if value and not 10.0 ** (-digits) <= abs(value) < 1e15:
        mantissa, exponent = f"{value:.1e}".split("e")
        power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{mantissa} × 10{power}".replace("-", "−")
    grouped = f"{value:,.{digits}f}" if abs(value) >= 1e4 else f"{value:.{digits}f}"
    return grouped.replace(",", " ").replace("-", "−")


def _keep(name: str, text: str) -> None:
    """Emit a text as a hidden output that the page's prose can quote."""
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError(f"the name {name!r} cannot be quoted in the text: use letters, digits, '_', '-' and '.'")
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        bundle = {f"{_RECORD}text/plain": repr(text)}  # quoted, or 0.960 would be read as a number and lose its 0
        display(bundle, raw=True, metadata={"scrapbook": {"name": name, "mime_prefix": _RECORD}})


# -- listings ------------------------------------------------------------------------------------------


def listing(*functions: Callable) -> "Listing":
    """Show the source of functions or classes as it is tested, with a line on what was verified.

    Parameters
    ----------
    *functions : functions or classes of `dlbook`, decorated or not.

    Returns
    -------
    An object that notebooks display; make the call the last line of its cell.

    Raises
    ------
    TypeError : when there is nothing to show, or something has no Python source.
    """
    if not functions:
        raise TypeError("listing() needs at least one function to show")
    return Listing(functions)


class Listing:
    """Sources to be displayed, as HTML, Markdown or text."""

    def __init__(self, functions: tuple[Callable, ...]):
        self.shown = []
        for f in functions:
            definition = inspect.unwrap(f)
            try:
                source = textwrap.dedent(inspect.getsource(definition))
            except (TypeError, OSError) as error:
                raise TypeError(f"listing: {f!r} has no Python source to show") from error
            path = f"{definition.__module__}.{definition.__qualname__}"
            self.shown.append((path, without_docstring(source), inspect.getdoc(definition) or ""))

    def __repr__(self) -> str:
        return "\n\n".join(source for _, source, _ in self.shown)

    def _repr_markdown_(self) -> str:
        return "\n\n".join(f"```python\n{source}\n```\n{_verdict(path)}" for path, source, _ in self.shown)

    def _repr_html_(self) -> str:
        style = "".join(
            f".jp-OutputArea .dlbook-listing :is(.{c}){{color:var(--jp-mirror-editor-{v}-color)}}"
            for c, v in _COLOURS.items()
        )
        parts = [_html(path, source, doc) for path, source, doc in self.shown]
        return f'<div class="dlbook-listing"><style>{style}</style>{"".join(parts)}</div>'


def without_docstring(source: str) -> str:
    """Return the source of one definition without its own docstring."""
    node = ast.parse(source).body[0]
    if ast.get_docstring(node, clean=False) is None:
        return source.rstrip()
    text = node.body[0]
    lines = source.splitlines()
    if len(node.body) == 1:  # an exception class, say: nothing but a docstring
        return "\n".join([*lines[: text.lineno - 1], " " * text.col_offset + "..."])
    rest = lines[text.end_lineno :]
    while rest and not rest[0].strip():
        rest.pop(0)
    return "\n".join(lines[: text.lineno - 1] + rest).rstrip()


def _html(path: str, source: str, doc: str) -> str:
    name = path.rpartition(".")[2]
    first, _, rest = doc.partition("\n")
    told = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(first))
    summary = f"<code>{html.escape(name)}</code> {told}"
    head = f"<p class='dlbook-summary'>{summary}</p>"
    if rest.strip():
        body = f"<pre>{html.escape(rest.strip())}</pre>"
        head = f"<details class='dlbook-summary'><summary>{summary}</summary>{body}</details>"
    code = f'<div class="highlight-python notranslate"><div class="highlight">{_coloured(source)}</div></div>'
    return f"{head}{code}{badge(path)}"


def _coloured(source: str) -> str:
    try:
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import PythonLexer
    except ImportError:
        return f"<pre>{html.escape(source)}</pre>"
    return f"<pre>{highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))}</pre>"


# -- what was verified ---------------------------------------------------------------------------------


@cache
def _ledger() -> dict:
    """Return the ledger when it belongs to the sources that are here, else an empty one."""
    return ledger.read() if ledger.current() else {"rows": []}


def _verdict(path: str, rows: list[dict] | None = None) -> str:
    """Say in one line what the property tests found for an operation; a twin shares its reference's rows."""
    reference = path.replace("dlbook.torch.", "dlbook.numpy.", 1)
    known = _ledger()["rows"] if rows is None else rows
    own = [row for row in known if row["module"] == reference]
    name = path.rpartition(".")[2]
    if not own:
        return "" if known else f"{name}: the laws have not been run on this machine (`make test` runs them)"
    passed = [row for row in own if row["outcome"] == "passed"]
    caught = sum(row["outcome"] == "caught" for row in own)
    examples = sum(row["examples"] or 0 for row in passed)
    line = f"{name}: {len(passed)} law{'s hold' if len(passed) != 1 else ' holds'} on {examples} examples"
    errors = [r for r in passed if r["worst"] is not None and r["tolerance"]]
    if errors:
        worst = max(errors, key=lambda row: row["worst"] / row["tolerance"])
        line += f"; largest error {worst['worst']:.1e} of {worst['tolerance']:.0e} allowed ({worst['law']})"
    return line + (f"; {caught} planted bug{'s' if caught != 1 else ''} caught" if caught else "")


def badge(path: str, rows: list[dict] | None = None, href: str = "") -> str:
    """Return the line on what was verified as HTML.

    Parameters
    ----------
    path : dotted path of a reference or of its twin.
    rows : rows of the ledger; by default those of the ledger of this machine.
    href : where the line links to; nowhere by default.
    """
    text = html.escape(_verdict(path, rows)).replace("`make test`", "<code>make test</code>")
    if href and text:
        text = f'<a href="{html.escape(href)}">{text}</a>'
    return f'<p class="dlbook-badge" data-operation="{html.escape(path)}">{text}</p>'
