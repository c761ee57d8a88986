"""The build of the book: a Sphinx extension, named in `_config.yml`.

`build` holds its order: the gate of the property tests, the listings, the execution of pages. `verification`,
`reference`, `docstrings`, `links` and `offline` dress the pages; `workarounds` cures the tools.
"""

from sphinx.application import Sphinx

from dlbook.sphinxext import docstrings, links, offline, reference, verification, workarounds
from dlbook.sphinxext.build import Build

__all__ = ["setup"]


def setup(app: Sphinx) -> dict:
    """Connect the extension to a Sphinx build."""
    build = Build()
    build.connect(app)
    links.connect(app, build.root)
    for part in (docstrings, offline, reference, verification, workarounds):
        part.connect(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
