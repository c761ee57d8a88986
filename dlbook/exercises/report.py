"""What the checker answers: one `Report` for each operation, as text, as HTML, as plain data between processes."""

import html
from dataclasses import dataclass, field

# status -> the word that stands beside the operation's name
WORDS = {"right": "ok", "wrong": "WRONG", "stopped": "STOPPED", "unusable": "cannot be run",
         "unwritten": "not written yet", "missing": "missing"}
WIDTH = 110


@dataclass
class Report:
    """The answer for one operation.

    Parameters
    ----------
    operation : its name, or the file's when the file itself could not be run.
    status : "right", "wrong", "unwritten", "missing", "stopped" (time, memory, crash, exit), or "unusable" (the
        file itself cannot be run).
    headline : one line that says what came of it.
    sections : titles with lines below them: the smallest failing input, got and expected, the diagnosis.
    laws : for each law tried its name, the examples, the worst error, the tolerance and the outcome.
    output : what the reader's code printed, capped.
    notes : what else there is to know, "twin laws not run".
    """

    operation: str
    status: str
    headline: str
    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    laws: list[dict] = field(default_factory=list)
    output: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every law held."""
        return self.status == "right"

    def text(self, *, verbose: bool = False) -> str:
        """Write the report as plain text; `verbose` adds the table of laws and all that was printed."""
        lines = [f"{self.operation}: {WORDS[self.status]}   {self.headline}"]
        for title, body in self.sections:
            lines += [f"    {title}", *(f"        {line}" for line in body)]
        if verbose and self.laws:
            lines += ["    laws", *(f"        {line}" for line in self.table())]
        if self.output and (verbose or self.status in ("wrong", "stopped", "unusable")):
            printed = self.output.splitlines()
            shown = printed if verbose else printed[-3:]
            lines += ["    it printed", *(f"        {line[:WIDTH]}" for line in shown)]
        return "\n".join(lines + [f"    ({note})" for note in self.notes])

    def table(self) -> list[str]:
        """Return one line for each law: examples, worst error beside what is allowed."""
        width = max((len(law["law"]) for law in self.laws), default=0)
        return [f"{law['law']:{width}}  {_measured(law)}" for law in self.laws]

    def _repr_html_(self) -> str:
        color = {"right": "#1a7f37", "unwritten": "#9a6700", "missing": "#9a6700"}.get(self.status, "#cf222e")
        # A frame in the status's colour beside the word itself: legible in light, dark and without colour.
        out = [f'<div class="dlbook-report" style="border-left: 4px solid {color}; padding: 0.2em 0.8em">',
               f"<strong>{html.escape(self.operation)}: {WORDS[self.status]}</strong> {html.escape(self.headline)}"]
        for title, body in self.sections:
            text = html.escape("\n".join(body))
            out.append(f"<div style='margin-top: 0.4em'>{html.escape(title)}</div><pre style='margin: 0'>{text}</pre>")
        if self.laws:
            rows = "".join(f"<tr><td style='text-align: left'>{html.escape(law['law'])}</td>"
                           f"<td style='text-align: left'>{html.escape(_measured(law))}</td></tr>" for law in self.laws)
            out.append(f"<details><summary>{len(self.laws)} laws</summary><table>{rows}</table></details>")
        if self.output:
            out.append(f"<details><summary>it printed</summary><pre>{html.escape(self.output)}</pre></details>")
        out += [f"<div><small>({html.escape(note)})</small></div>" for note in self.notes]
        return "".join([*out, "</div>"])

    def __repr__(self) -> str:
        return self.text()


def _measured(law: dict) -> str:
    if law["outcome"] != "passed":
        return law["outcome"]
    examples = f"{law['examples']} examples"
    if law.get("worst") is None:
        return examples
    return f"{examples}, worst error {law['worst']:.1e} of {law['tolerance']:.1e} allowed"
