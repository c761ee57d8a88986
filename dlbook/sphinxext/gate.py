"""The gate: no property, no book.

Before anything is read, the build looks at the verification ledger. When it does not belong to the sources and
versions at hand, the property tests run, which write it anew; when one fails, the build ends here.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from sphinx.util import logging

from dlbook.laws import ledger
from dlbook.sphinxext.stop import BuildStopped

__all__ = ["pass_gate"]

_log = logging.getLogger(__name__)
_SHOWN = 12  # failures that are told in full


def pass_gate(root: Path) -> None:
    """Return when every property holds for the sources that are here; otherwise end the build.

    Parameters
    ----------
    root : the top of the repository, where the tests lie.

    Raises
    ------
    BuildStopped : with each law that failed and its smallest input.
    """
    if ledger.current():
        _log.info("property tests: passed already for these sources (%s)", ledger.read()["written"])
        return
    workers = os.cpu_count() or 1
    _log.info("property tests: running, %d at a time", workers)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-m", "law", "-n", str(workers), "-q", "--no-header"]
        command += ["--tb=short", f"--maxfail={_SHOWN}", f"--junitxml={report}"]
        run = subprocess.run(command, cwd=root, capture_output=True)
        output = run.stdout.decode(errors="replace")
        if run.returncode:
            failures = _failures(report)
            told = "\n\n".join(failures[:_SHOWN]) or output[-3000:] + run.stderr.decode(errors="replace")[-3000:]
            more = f"\n\n... and {len(failures) - _SHOWN} more" if len(failures) > _SHOWN else ""
            raise BuildStopped(
                f"{len(failures) or 'Some'} of the property tests failed, so the book is not built "
                f"and the site stays as it is.\n\n{told}{more}\n\nTo see it again: python -m pytest -m law --lf"
            )
    if not ledger.current():
        raise BuildStopped(
            "The property tests passed, but wrote no ledger for these sources. Was a file of dlbook/ or tests/ "
            "changed while they ran? Then build again."
        )
    _log.info("property tests: %s", output.strip().splitlines()[-1].strip("= "))


def _failures(report: Path) -> list[str]:
    """Return one text for each failure of a JUnit report: the test, what it said, the smallest input."""
    if not report.exists():
        return []
    texts = []
    for case in ElementTree.parse(report).iter("testcase"):
        for bad in [*case.findall("failure"), *case.findall("error")]:
            lines = (bad.text or bad.get("message", "")).splitlines()
            # A traceback marks what was said with E; a law's own message has no traceback.
            said = [line[1:].strip() for line in lines if line.startswith("E ")] or lines
            texts.append("\n    ".join([case.get("name", "?"), *said[:_SHOWN]]))
    return sorted(texts, key=lambda text: "the law '" not in text)  # causes before consequences
