"""Links out of a page: the repository, Binder, Colab. They follow the repository's own remote."""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from dlbook.sphinxext.pages import KEY

__all__ = ["Remote", "connect", "for_colab", "remote_of"]

PUBLISHED = "gh-pages"  # the branch that holds the built site, and with it the executed notebooks


@dataclass(frozen=True)
class Remote:
    """Where a repository lives: `https://host/owner/name`, and its main branch ("" when unknown)."""

    host: str
    owner: str
    name: str
    branch: str = ""

    @property
    def url(self) -> str:
        """The address for a browser."""
        return f"https://{self.host}/{self.owner}/{self.name}"


def remote_of(root: Path) -> Remote | None:
    """Return the remote `origin` of a repository, or None where it has none on a host."""
    address = _git(root, "remote", "get-url", "origin")
    # https://user@host/owner/name.git, ssh://git@host:22/owner/name, git@host:owner/name.git
    found = re.fullmatch(
        r"(?:(?:https?|ssh|git)://)(?:[^@/]*@)?([\w.-]+)(?::\d+)?/([\w./-]+?)/([\w.-]+?)(?:\.git)?/?", address
    ) or re.fullmatch(r"(?:[^@/]*@)([\w.-]+):([\w./-]+?)/([\w.-]+?)(?:\.git)?/?", address)
    if not found:
        return None
    head = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    return Remote(*found.groups(), branch=head.removeprefix("origin/"))


def _git(root: Path, *words: str) -> str:
    try:
        run = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def connect(app: Sphinx, root: Path) -> None:
    """Take part in a Sphinx build."""
    app.connect("config-inited", lambda app, config: _follow(config, remote_of(root)), priority=400)
    app.connect("html-page-context", _colab, priority=900)  # after the theme's own buttons (501)


def _follow(config: Config, remote: Remote | None) -> None:
    """Put the remote in the place of the addresses of `_config.yml`."""
    if remote is None:
        return
    options = config.html_theme_options
    options["repository_url"] = remote.url
    if remote.branch:
        options["repository_branch"] = remote.branch
    if remote.host == "github.com":
        config.html_baseurl = f"https://{remote.owner}.github.io/{remote.name}/"
        config.notfound_urls_prefix = f"/{remote.name}/"


def _colab(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Send Colab to the executed notebook of the published site: it opens no Markdown."""
    options = app.config.html_theme_options
    branch = options.get("repository_branch") or "main"
    folder = options.get("path_to_docs", "").strip("/")
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                source = f"/blob/{branch}/{folder}/{pagename}.md"
                button["url"] = button["url"].replace(source, f"/blob/{PUBLISHED}/_sources/{pagename}.ipynb")
    notebook = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    if context.get("ipynb_source") and notebook.is_file():
        source = f"git+{options['repository_url']}@{branch}"
        text = for_colab(notebook.read_text(encoding="utf-8"), source)
        notebook.write_text(text, encoding="utf-8")


def for_colab(text: str, source: str) -> str:
    """Return a notebook that begins by installing the book's package where it is missing.

    Parameters
    ----------
    text : the notebook, as JSON.
    source : where pip finds the package.
    """
    notebook = json.loads(text)
    notebook["metadata"].get("kernelspec", {}).pop(KEY, None)
    code = [
        "# Where the book's package is missing (Colab starts without it), fetch it.\n",
        "from importlib.util import find_spec\n",
        "\n",
        'if find_spec("dlbook") is None:\n',
        f'    %pip install --quiet "dlbook[data] @ {source}"',
    ]
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": code}
    if notebook.get("nbformat_minor", 0) >= 5:
        cell["id"] = "install-dlbook"
    notebook["cells"].insert(0, cell)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
