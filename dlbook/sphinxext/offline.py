"""A site that asks nobody: formulas from its own MathJax, no script from elsewhere."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

__all__ = ["connect"]

# What a page loads, of a package with 24 MB: the typesetter, its fonts, and the macros that it fetches when needed.
MATHJAX = ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions")


def connect(app: Sphinx) -> None:
    """Take part in a Sphinx build."""
    app.connect("config-inited", _own_mathjax, priority=900)
    app.connect("html-page-context", _no_thebe, priority=900)
    app.connect("build-finished", _copy_mathjax)


def _own_mathjax(app: Sphinx, config: Config) -> None:
    config.mathjax_path = "mathjax/tex-chtml.js"
    # MathJax's menu makes a tab stop of every formula, hundreds of them before the next figure that the keyboard moves.
    # The formulas' text for screen readers stays; those that scroll get their tab stop from _static/formulas.js.
    mathjax = config.mathjax3_config or {}
    config.mathjax3_config = {**mathjax, "options": {**mathjax.get("options", {}), "enableMenu": False}}


def _copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy MathJax into the site, once."""
    target = Path(app.outdir) / "_static" / "mathjax"
    if exception or app.builder.format != "html" or app.builder.name == "epub" or target.exists():
        return
    package = find_spec("sphinx-mathjax-offline")
    if package is None:
        raise ExtensionError("MathJax is missing: python -m pip install sphinx-mathjax-offline")
    source = Path(package.origin).parent / "static" / "mathjax"
    for part in MATHJAX:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (source / part).is_dir() else shutil.copyfile)(source / part, target / part)


def _no_thebe(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Drop the scripts of thebe.

    jupyter-book loads them even where its button is off; they name a server of others, and the second copy of
    them ends in an error in the browser's console.
    """
    context["script_files"] = [js for js in context.get("script_files", []) if not _is_thebe(js)]
    context["css_files"] = [css for css in context.get("css_files", []) if "thebe" not in str(_name(css))]
    context["body"] = _without_thebe_config(context.get("body") or "")


def _name(asset) -> str:
    return getattr(asset, "filename", None) or str(asset)


def _is_thebe(js) -> bool:
    return "thebe" in f"{_name(js)}{getattr(js, 'attributes', {}).get('body', '')}".lower()


def _without_thebe_config(body: str) -> str:
    """Cut the block of settings, and the line after it, that thebe would read."""
    start = body.find('<script type="text/x-thebe-config">')
    if start < 0:
        return body
    stop = body.find("</script>", start)
    rest = body[stop + len("</script>") :]
    line = "<script>kernelName = "
    if rest.lstrip().startswith(line):
        rest = rest[rest.index("</script>") + len("</script>") :]
    return body[:start] + rest
