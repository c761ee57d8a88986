"""The API reference: every module of a part of the package, found on the disk and not in a list."""

import ast
from collections.abc import Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from dlbook.laws import ledger
from dlbook.sphinxext.sources import Sources

__all__ = ["Laws", "ModuleReference", "connect"]


def connect(app: Sphinx) -> None:
    """Take part in a Sphinx build."""
    app.add_directive("module-reference", ModuleReference)
    app.add_directive("laws", Laws)


class ModuleReference(SphinxDirective):
    """Document the modules below a dotted name, each in a section, from their docstrings."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return one section for each module that defines something public or says what it is for."""
        sources = Sources(ledger.ROOT)
        if sources.module(self.arguments[0]) is None:
            raise self.error(f"there is no module {self.arguments[0]}")
        return list(self._sections(sources))

    def _sections(self, sources: Sources) -> Iterator[nodes.section]:
        for name in sources.below(self.arguments[0]):
            if any(part.startswith("_") for part in name.split(".")):
                continue
            module = sources.module(name)
            self.env.note_dependency(str(module.path))
            own = [n for n in _offered(sources, name) if sources.home(name, n) == (name, n)]
            lines = ["```{eval-rst}", f".. automodule:: {name}", *([f"   :members: {', '.join(own)}"] if own else [])]
            label = nodes.make_id(name)
            section = nodes.section("", nodes.title("", "", nodes.literal("", name)), ids=[f"api-{label}"])
            section["names"] = [f"api-{label}"]
            self.state.nested_parse(StringList([*lines, "```"], source=str(module.path)), 0, section)
            yield section


def _offered(sources: Sources, name: str) -> list[str]:
    """Return the names in a module's `__all__`, or else its functions and classes without an underscore."""
    found = sources.module(name).definitions
    if "__all__" in found:
        return sources.public(name)
    return [n for n, d in found.items() if isinstance(d, ast.FunctionDef | ast.ClassDef) and n[0] != "_"]


class Laws(SphinxDirective):
    """List the generic laws by name, each with the sentence that its docstring begins with."""

    def run(self) -> list[nodes.Node]:
        """Return a definition list."""
        sources = Sources(ledger.ROOT)
        name = "dlbook.laws.generic"
        module = sources.module(name)
        self.env.note_dependency(str(module.path))
        table = module.definitions["LAWS"].value
        items = []
        for key, value in zip(table.keys, table.values, strict=True):
            sentence = sources.docstring(*sources.home(name, ast.unparse(value))).split("\n\n")[0]
            term = nodes.term("", ast.literal_eval(key))
            items.append(nodes.definition_list_item("", term, nodes.definition("", nodes.paragraph("", sentence))))
        return [nodes.definition_list("", *items)]
