"""Faults of the tools that the build uses, each cured in one function that can go when its tool is mended."""

from docutils import nodes
from sphinx.application import Sphinx

__all__ = ["connect"]


def connect(app: Sphinx) -> None:
    """Take part in a Sphinx build."""
    app.connect("doctree-read", _untitled_sections, priority=100)  # before sphinx-codeautolink reads sections
    app.connect("builder-inited", _no_buttons_in_epub, priority=50)
    app.connect("html-page-context", _named_toggles, priority=900)


def _untitled_sections(app: Sphinx, doctree: nodes.document) -> None:
    """Turn the bodies of exercises and proofs into containers.

    sphinx-exercise and sphinx-proof wrap them in sections without a title, all with one id; sphinx-codeautolink
    keeps a stack of titles and crashes on them.
    """
    for section in list(doctree.findall(nodes.section)):
        within_page = isinstance(section.parent, nodes.document | nodes.section)
        if not within_page and not any(isinstance(child, nodes.title) for child in section.children):
            section.replace_self(nodes.container("", *section.children, classes=section["classes"]))


def _no_buttons_in_epub(app: Sphinx) -> None:
    """Take the buttons away where they make no sense: sphinx-book-theme looks for a repository and crashes."""
    if app.builder.name in ("html", "dirhtml"):
        return
    options = app.config.html_theme_options
    app.config.html_theme_options = {
        k: v for k, v in options.items() if k != "launch_buttons" and not k.startswith("use_")
    }


def _named_toggles(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Give the arrows that unfold the table of contents a name: a screen reader finds nothing else in them."""
    make = context.get("generate_toctree_html")
    if make is None:
        return

    def named(*args, **options):
        contents = make(*args, **options)
        for arrow in contents.find_all("summary") if hasattr(contents, "find_all") else []:
            arrow["aria-label"] = "Parts of this page"
        return contents

    context["generate_toctree_html"] = named
