"""The build of the book: a Sphinx extension, named in `_config.yml`.

`build` holds its order: the gate of the property tests, the listings, the execution of pages. `offline`, `links`
and `verification` dress the pages.
"""

from sphinx.application import Sphinx

from dlbook.sphinxext.build import Build

__all__ = ["setup"]


def setup(app: Sphinx) -> dict:
    """Connect the extension to a Sphinx build."""
    Build().connect(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
