"""The API reference: docstrings as they are written here, in the markup of Sphinx.

A docstring is read in an editor first. So it has formulas between dollars, code between single backticks, and
parameters as `name : what it is`; Sphinx wants other signs for each.
"""

import re
from collections.abc import Callable, Iterator

from sphinx.application import Sphinx

__all__ = ["connect", "to_sphinx"]

_FIELDS = {"Parameters": "param", "Attributes": "ivar", "Raises": "raises", "Returns": "returns", "Yields": "yields"}


def connect(app: Sphinx) -> None:
    """Take part in a Sphinx build."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", _process, priority=400)  # before others add to a docstring (500)


def _process(app: Sphinx, what: str, name: str, obj: object, options: dict, lines: list[str]) -> None:
    lines[:] = [*to_sphinx(lines), ""]  # others may add a paragraph


def to_sphinx(lines: list[str]) -> list[str]:
    """Return a docstring in the markup of Sphinx.

    Parameters
    ----------
    lines : the docstring, without its indentation.
    """
    final: list[str] = []

    def keep(piece: str) -> str:
        """Put what is final out of the reach of the next rules."""
        final.append(piece)
        return f"\x00{len(final) - 1}\x00"

    text = _inline("\n".join(lines), keep)
    text = "\n".join(_sections(text.split("\n")))
    while "\x00" in text:
        text = re.sub(r"\x00(\d+)\x00", lambda m: final[int(m[1])], text)
    return text.split("\n")


def _inline(text: str, keep: Callable[[str], str]) -> str:
    """Rewrite formulas, code and labels of equations; protect what only looks like markup."""
    text = re.sub(r":\n\n((?: {4}.*\n|\n)*(?: {4}.*))", lambda m: ":" + keep(f":\n\n{m[1]}"), text)  # code block
    text = re.sub(r"^>>>.*(?:\n.+)*", lambda m: keep(re.sub(r" *# doctest:.*", "", m[0])), text, flags=re.M)
    text = re.sub(r"``.+?``|:[\w:]+:`[^`]+`", lambda m: keep(m[0]), text)
    text = re.sub(r"^( *)\$\$(.+?)\$\$ *$", lambda m: keep(_display(m[2], m[1])), text, flags=re.M | re.S)
    text = re.sub(r"\$([^$]+)\$(\w?)", lambda m: keep(_word(f":math:`{_line(m[1])}`", m[2])), text)
    text = re.sub(r"`([^`]+)`(\w?)", lambda m: keep(_word(f"``{_line(m[1])}``", m[2])), text)
    text = re.sub(r"\*\*Book\*\*.*", lambda m: re.sub(r"\beq-[\w-]+", lambda e: keep(f":eq:`{e[0]}`"), m[0]), text)
    # Bold and emphasis stay; any other sign that would be markup by accident (*args, |x|, name_) is escaped.
    signs = r"(\*\*[^*\n]+\*\*|(?<![\w*])\*[^\s*](?:[^*\n]*[^\s*])?\*(?![\w*]))|[|*]|(?<=\w)_(?!\w)"
    return re.sub(signs, lambda m: m[0] if m[1] else keep("\\" + m[0]), text)


def _line(text: str) -> str:
    return " ".join(text.split())


def _word(markup: str, letter: str) -> str:
    """Let a letter follow markup: `Example`s."""
    return f"{markup}\\ {letter}" if letter else markup


def _display(formula: str, indent: str) -> str:
    body = "\n".join(f"{indent}   {line.strip()}" for line in formula.strip().split("\n"))
    return f"\n{indent}.. math::\n\n{body}\n"


def _sections(lines: list[str]) -> Iterator[str]:
    """Turn underlined sections into fields: `:param x: what it is`."""
    section, skip = "", False
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        if skip:
            skip = False
        elif re.fullmatch(r"-{3,}", following) and line.strip():
            section, skip = line.strip(), True
            yield from ["", *([] if section in _FIELDS else [f".. rubric:: {section}", ""])]
        elif line.startswith("**"):  # Source and Book end the last section
            section = ""
            yield from ["", line]
        elif section in _FIELDS and line and not line.startswith(" "):
            name, colon, what = line.partition(" : ")
            if not colon and section in ("Returns", "Yields") and lines[i - 1].strip("- "):
                yield f"    {line}"  # the next line of a sentence
                continue
            # "name : str" above "    The file." are two sentences.
            stop = "." if re.match(r"    [A-Z]", following) and what and what[-1] not in ".,;:" else ""
            yield _field(section, name, what + stop, bool(colon))
        else:
            yield line


def _field(section: str, name: str, what: str, named: bool) -> str:
    if section in ("Returns", "Yields"):
        return f":{_FIELDS[section]}: {f'**{name}**: {what}' if named else name}"
    return f":{_FIELDS[section]} {name}: {what}"
