"""Links out of a page follow the repository's own remote."""

import json
import subprocess

import pytest

from dlbook.sphinxext.links import for_colab, remote_of


def repository(folder, address=""):
    for words in [["init", "--quiet"], *([["remote", "add", "origin", address]] if address else [])]:
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/someone/their-book.git",
        "https://github.com/someone/their-book",
        "https://github.com/someone/their-book/",
        "https://name:secret@github.com/someone/their-book.git",
        "git@github.com:someone/their-book.git",
        "ssh://git@github.com:22/someone/their-book.git",
    ],
)
def test_every_form_of_address_leads_to_the_same_page_and_no_secret(tmp_path, address):
    remote = remote_of(repository(tmp_path, address))
    assert remote.url == "https://github.com/someone/their-book"
    assert (remote.host, remote.owner, remote.name) == ("github.com", "someone", "their-book")


@pytest.mark.parametrize("address", ["", "/srv/git/book", "../book", "file:///srv/git/book"])
def test_without_a_remote_on_a_host_the_configuration_stands(tmp_path, address):
    assert remote_of(repository(tmp_path, address)) is None


def test_the_published_notebook_begins_by_fetching_the_package():
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "dlbook_sources": "abc"}},
        "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Title"}],
    }
    made = json.loads(for_colab(json.dumps(notebook), "git+https://github.com/someone/their-book@main"))
    first, second = made["cells"]
    assert second["source"] == "# Title"
    assert "%pip install" in "".join(first["source"])
    assert "git+https://github.com/someone/their-book@main" in "".join(first["source"])
    assert made["metadata"]["kernelspec"] == {"name": "python3"}
