"""A page's key goes into its kernelspec, and every line stays where it was."""

import pytest
import yaml
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from dlbook.sphinxext.pages import KEY, code_of, with_key

PAGE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
{more}---

# Title

```{{code-cell}} ipython3
%matplotlib inline
x = 1
```
"""


@pytest.mark.parametrize("more", ["", "mystnb:\n  code_prompt_show: Show\n"])
def test_the_key_joins_the_kernelspec_without_moving_a_line(more):
    text = PAGE.format(more=more)
    keyed = with_key(text, "abc123")
    assert len(keyed.splitlines()) == len(text.splitlines())
    assert keyed.splitlines()[-8:] == text.splitlines()[-8:]
    before, after = (yaml.safe_load(t.split("---")[1]) for t in (text, keyed))
    assert after.pop("kernelspec") == {**before.pop("kernelspec"), KEY: "abc123"}
    assert after == before


def test_the_book_reads_a_page_with_its_key():
    def read(text):
        return read_myst_markdown_notebook(text, MdParserConfig(), add_source_map=True, path="page.md")

    text = PAGE.format(more="")
    plain, keyed = read(text), read(with_key(text, "abc123"))
    assert keyed.metadata["kernelspec"][KEY] == "abc123"
    assert keyed.metadata["source_map"] == plain.metadata["source_map"]
    assert [c.source for c in keyed.cells] == [c.source for c in plain.cells]


def test_lines_for_ipython_alone_are_no_python():
    notebook = read_myst_markdown_notebook(PAGE.format(more=""), MdParserConfig(), path="page.md")
    assert code_of(notebook) == "x = 1"
