"""Send a function from a notebook to another process: its source, and all that it uses, as one source text.

Imported names are imported again, functions and classes of the notebook are sent by their source, other values are
pickled. What can be sent none of these ways is named, so that the reader can move it into the function.
"""

import ast
import base64
import builtins
import inspect
import pickle
import sys
import textwrap
from collections.abc import Callable
from types import FunctionType, ModuleType

NOTEBOOK = "<your notebook>"  # the file name under which the text runs
LARGEST = 20 * 2**20  # bytes of one pickled value


class CannotShipError(ValueError):
    """The function uses something that only exists in the process in which it was defined."""


def ship(function: Callable) -> str:
    """Return a source text that defines the function, under its own name, in another process.

    Raises
    ------
    CannotShipError : naming what cannot be sent, and what to do instead.
    """
    parts: dict[str, str] = {}
    _function(inspect.unwrap(function), parts)
    return "\n".join(parts.values())


def _function(what: Callable | type, parts: dict[str, str]) -> None:
    """Add the source of a function or class of the notebook, after all that it uses."""
    name = what.__name__
    if name in parts:
        return
    if not name.isidentifier():
        raise CannotShipError("it is a lambda; give it a name with def")
    try:
        source = textwrap.dedent(inspect.getsource(what))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        raise CannotShipError(f"the source of {name} cannot be found here; put it into a file and run: "
                              "dlbook check FILE") from None
    parts[name] = ""  # it may use itself
    scope = _scope(what)
    for used in dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)):
        if used in scope and used not in parts and used != name:
            _value(used, scope[used], name, parts)
    del parts[name]  # what it uses comes first: defaults, decorators and annotations are needed at once
    parts[name] = source


def _scope(what: Callable | type) -> dict:
    """Return the names that a function or class sees outside itself."""
    if isinstance(what, FunctionType):
        try:
            return {**what.__globals__, **inspect.getclosurevars(what).nonlocals}
        except ValueError:  # a closure cell that is still empty
            return what.__globals__
    return vars(sys.modules.get(what.__module__, builtins))


def _value(name: str, value, user: str, parts: dict[str, str]) -> None:
    """Add the statement that gives `name` its value in the other process."""
    if getattr(builtins, name, None) is value:
        return
    if isinstance(value, ModuleType):
        parts[name] = f"import {value.__name__} as {name}"
        return
    home, own = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if home == "__main__" and isinstance(inspect.unwrap(value) if callable(value) else None, FunctionType | type):
        _function(inspect.unwrap(value), parts)
        if value.__name__ != name:
            parts[name] = f"{name} = {value.__name__}"
        return
    plain = type(value).__module__ in ("builtins", "numpy") and not callable(value)
    # The notebook itself exists only here; multiprocessing knows it under a second name.
    elsewhere = [] if plain else [m for m, module in list(sys.modules.items()) if module is not sys.modules["__main__"]]
    for module, attribute in ((home, own), *((m, name) for m in elsewhere)):
        if module in elsewhere and getattr(sys.modules[module], "__dict__", {}).get(attribute) is value:
            parts[name] = f"from {module} import {attribute} as {name}"
            return
    try:
        data = pickle.dumps(value)
    except Exception:
        data = b"__main__"
    if b"__main__" in data or len(data) > LARGEST:
        raise CannotShipError(f"{user} uses {name}, a {type(value).__name__} that cannot be sent to another process; "
                              "make it inside the function, or put both into a file and run: dlbook check FILE")
    text = base64.b64encode(data).decode()
    parts[name] = f"import base64, pickle; {name} = pickle.loads(base64.b64decode({text!r}))"
