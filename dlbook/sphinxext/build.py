"""One build of the book, from the gate to the last page."""

import json
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

import dlbook
from dlbook.laws import ledger
from dlbook.sphinxext.completeness import has_listing, problems
from dlbook.sphinxext.execution import costs, run_pages
from dlbook.sphinxext.gate import pass_gate
from dlbook.sphinxext.pages import read_pages, with_key
from dlbook.sphinxext.sources import Sources
from dlbook.sphinxext.stop import BuildStopped

__all__ = ["Build"]

_log = logging.getLogger(__name__)


class Build:
    """What is known during one build: the pages with code, and what they cost."""

    def __init__(self):
        self.root = Path(dlbook.__file__).resolve().parent.parent
        self.pages, self.costs, self.executed = {}, {}, 0

    def connect(self, app: Sphinx) -> None:
        """Take part in a Sphinx build."""
        app.connect("builder-inited", self.prepare, priority=600)  # after MyST has its configuration (500)
        app.connect("env-get-outdated", self.outdated)
        app.connect("source-read", self.read)
        app.connect("build-finished", self.report)

    def prepare(self, app: Sphinx) -> None:
        """Pass the gate, check the listings, run the pages: all before the site is touched."""
        try:
            self._own_package(app)
            pass_gate(self.root)
            sources = Sources(self.root)
            self.pages = read_pages(app, sources)
            if wrong := problems(self.pages, sources):
                raise BuildStopped("\n".join(wrong))
            if app.config.nb_execution_mode == "cache":
                pages, config = list(self.pages.values()), app.env.mystnb_config
                path = config.execution_cache_path
                self.executed = run_pages(pages, path, config.execution_timeout, self.root)
                self.costs = costs(pages, path)
        except BuildStopped as stopped:
            outdir = Path(app.outdir)
            if outdir.is_dir() and not any(outdir.iterdir()):
                outdir.rmdir()  # there was no site; leave none behind, not even an empty one
            stopped.tell()
            raise

    def _own_package(self, app: Sphinx) -> None:
        """Refuse to test one copy of the sources and to print another."""
        if not Path(app.srcdir).resolve().is_relative_to(self.root):
            raise BuildStopped(
                f"The book lies in {app.srcdir}, but the installed dlbook in {self.root}. "
                "Install this one: python -m pip install -e ."
            )

    def outdated(self, app: Sphinx, env: BuildEnvironment, added: set, changed: set, removed: set) -> list[str]:
        """Name the pages whose sources changed since they were last read."""
        known = json.loads(self._keys(app).read_text()) if self._keys(app).exists() else {}
        stale = [name for name, page in self.pages.items() if known.get(name, page.key) != page.key]
        if stale:
            _log.info("pages whose sources changed: %s", ", ".join(stale))
        return stale

    @staticmethod
    def _keys(app: Sphinx) -> Path:
        """Return the file with the keys of the pages as this builder last wrote them."""
        return Path(app.doctreedir) / f"dlbook-keys-{app.builder.name}.json"

    def read(self, app: Sphinx, docname: str, source: list[str]) -> None:
        """Give a page its key, by which the cache finds the outputs that belong to these sources."""
        page = self.pages.get(docname)
        if page is None:
            return
        source[0] = with_key(source[0], page.key)
        if has_listing(page):  # the lines below listings quote the ledger
            app.env.note_dependency(str(ledger.PATH))

    def report(self, app: Sphinx, exception: Exception | None) -> None:
        """Remember the keys of the pages that are written now, and print what the pages cost."""
        if exception:
            return
        if (app.keep_going or app.warningiserror) and app._warncount:
            # The next build would find nothing to read, give no warning, and pass: let it read everything again.
            (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)
        self._keys(app).write_text(json.dumps({name: page.key for name, page in self.pages.items()}))
        if not self.costs:
            return
        _log.info("pages executed now: %d of %d; their cost when they last ran:", self.executed, len(self.pages))
        for name, cost in sorted(self.costs.items(), key=lambda item: -item[1].seconds):
            _log.info("  %-28s %5.1f s %6d MB", name, cost.seconds, cost.megabytes)
        _log.info("  %-28s %5.1f s", "all", sum(cost.seconds for cost in self.costs.values()))
