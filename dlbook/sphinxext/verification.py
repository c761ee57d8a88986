"""The verification ledger on the pages: its own table, and the line below every listing and every identity."""

import json
import re
from collections.abc import Callable, Iterable
from html import escape, unescape
from itertools import groupby
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from dlbook.laws import ledger
from dlbook.page import badge, number
from dlbook.sphinxext.sources import Sources

__all__ = ["VerificationLedger", "connect"]

PAGE = "verification"  # the page that holds the table
IDENTITIES = "dlbook.laws.identities."  # where the formulas of the appendix are tried


def connect(app: Sphinx) -> None:
    """Take part in a Sphinx build."""
    app.add_directive("verification-ledger", VerificationLedger)
    app.connect("html-page-context", _badges, priority=900)


def rows_of_results(folder: Path) -> list[dict]:
    """Return the rows that runs on other devices recorded: the lists named `rows` in `results/*.json`."""
    found = []
    for path in sorted(folder.glob("results/*.json")):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        rows = recorded.get("rows", []) if isinstance(recorded, dict) else []
        found += [row for row in rows if isinstance(row, dict) and {"module", "law", "outcome"} <= row.keys()]
    return found


class VerificationLedger(SphinxDirective):
    """Show the ledger as one table for each chapter: equation, function, laws, examples, worst error."""

    HEAD = ("Equation", "Function", "Laws", "Examples", "Closest to its tolerance", "Planted bugs")

    def run(self) -> list[nodes.Node]:
        """Return the tables, with a line that says when and with which versions they were made."""
        self.env.note_dependency(str(ledger.PATH))
        recorded = ledger.read() or {"rows": [], "versions": {}, "profile": "none", "written": "never"}
        rows = recorded["rows"] + rows_of_results(Path(self.env.srcdir))
        versions = ", ".join(f"{name} {version}" for name, version in recorded["versions"].items())
        note = f"Written {recorded['written']}, profile {recorded['profile']}; {versions}."
        sources = Sources(Path(ledger.ROOT))
        output: list[nodes.Node] = [nodes.paragraph("", note, classes=["dlbook-versions"])]
        rows.sort(key=lambda row: (row["chapter"], row["module"]))
        for chapter, of_chapter in groupby(rows, key=lambda row: row["chapter"]):
            output += [nodes.rubric("", chapter.replace("_", " ").capitalize()), self._table(of_chapter, sources)]
        return output

    def _table(self, rows: Iterable[dict], sources: Sources) -> nodes.table:
        group = nodes.tgroup(cols=len(self.HEAD))
        group += [nodes.colspec(colwidth=w) for w in (8, 22, 16, 10, 30, 14)]
        group += nodes.thead("", _row([nodes.Text(h) for h in self.HEAD]))
        body = nodes.tbody()
        for path, own in groupby(rows, key=lambda row: row["module"]):
            body += self._operation(path, list(own), sources)
        group += body
        return nodes.table("", group, classes=["dlbook-ledger"])

    def _operation(self, path: str, rows: list[dict], sources: Sources) -> nodes.row:
        """Return the row of one operation, with its anchor."""
        name = path.rpartition(".")[2]
        tried = [row for row in rows if row["outcome"] != "caught"]
        passed = [row for row in tried if row["outcome"] == "passed"]
        caught = [row for row in rows if row["outcome"] == "caught"]
        laws = f"{len(passed)} of {len(tried)}" if len(passed) < len(tried) else str(len(passed))
        row = _row(
            [
                self._equations(path, sources),
                nodes.literal("", name),
                _folded(laws, [_law(r) for r in tried]),
                nodes.Text(f"{sum(r['examples'] or 0 for r in passed):,}".replace(",", " ")),
                nodes.Text(_worst(passed)),
                _folded(f"{len(caught)} caught", [f"{r['law']}, by: {r['by']}" for r in caught]),
            ]
        )
        row["ids"] = [f"op-{name}"]
        return row

    def _equations(self, path: str, sources: Sources) -> nodes.Node:
        """Return links to the equations that a function's docstring names in its line **Book**."""
        module, _, name = path.rpartition(".")
        links = nodes.inline()
        for label in re.findall(r"\beq-[\w-]+", sources.docstring(module, name).rpartition("**Book**")[2]):
            text = nodes.inline("", label)
            links += addnodes.pending_xref(
                "", text, refdomain="math", reftype="eq", reftarget=label, refdoc=self.env.docname, refwarn=True
            )
            links += nodes.Text(" ")
        return links


def _row(cells: Iterable[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def _law(row: dict) -> str:
    """Say what came of one law."""
    law = row["law"] if row["device"] == "cpu" else f"{row['law']} on {row['device']}"
    if row["outcome"] != "passed":
        return f"{law}: {row['outcome']}"
    return f"{law}: {row['examples']} examples" + (
        f", worst {number(row['worst'], 1)} of {number(row['tolerance'], 1)}" if _has_error(row) else ""
    )


def _has_error(row: dict) -> bool:
    return row.get("worst") is not None and bool(row.get("tolerance"))


def _worst(rows: list[dict]) -> str:
    """Name the law that came nearest to its tolerance on the processor; a GPU's sixteen bits always come nearer."""
    rows = [row for row in rows if _has_error(row) and row["device"] == "cpu"]
    if not rows:
        return "exact"
    row = max(rows, key=lambda row: row["worst"] / row["tolerance"])
    return f"{number(row['worst'], 1)} of {number(row['tolerance'], 1)} ({row['law']})"


def _folded(summary: str, lines: list[str]) -> nodes.raw:
    """Return a summary that opens into a list."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return nodes.raw("", f"<details><summary>{escape(summary)}</summary><ul>{items}</ul></details>", format="html")


def _badges(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Write the lines below listings anew, from the ledger as it is, and a line below each formula of the appendix."""
    body = context.get("body") or ""
    rows = (ledger.read() or {"rows": []})["rows"]
    page = app.builder.get_relative_uri(pagename, PAGE) if PAGE in app.env.found_docs else ""

    def href(path: str) -> str:
        return f"{page}#op-{path.rpartition('.')[2]}" if page else ""

    def fresh(match: re.Match) -> str:
        path = unescape(match[1])
        return badge(path, rows, href(path))

    context["body"] = re.sub(r'<p class="dlbook-badge" data-operation="([^"]*)">.*?</p>', fresh, body, flags=re.S)
    tried = [row for row in rows if row["chapter"] == pagename and row["module"].startswith(IDENTITIES)]
    if tried:
        context["body"] = _sealed(context["body"], tried, href)


def _sealed(body: str, rows: list[dict], href: Callable[[str], str]) -> str:
    """Put a line below each numbered formula that is an identity of the same name: what was drawn, what was refuted."""
    paths = {f"equation-eq-id-{row['operation'].replace('_', '-')}": row["module"] for row in rows}

    def seal(match: re.Match) -> str:
        path = paths.get(match[1])
        if path is None:
            return match[0]
        own = [row for row in rows if row["module"] == path]
        examples = sum(row["examples"] or 0 for row in own if row["outcome"] == "passed")
        refuted = sum(row["outcome"] == "caught" for row in own)
        text = f"{examples} examples, {refuted} near-miss{'es' if refuted != 1 else ''} refuted"
        if href(path):
            text = f'<a href="{escape(href(path))}">{text}</a>'
        return f'{match[0]}\n<p class="dlbook-seal">{text}</p>'

    return re.sub(r'<div class="math[^>]*id="(equation-eq-[\w-]+)">.*?</div>', seal, body, flags=re.S)
