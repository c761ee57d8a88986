"""Trainings that take longer than a page may: each can be stopped, taken up again, and gives the same numbers.

`dlbook train NAME` runs one from the command line, `python -m dlbook.experiments.<topic>` the set of runs whose
numbers a chapter shows, into `book/results/<topic>.json`.
"""

from importlib import import_module

# name -> (module:recipe, what the list says); imported only when it is run.
RUNS = {
    "one_layer": ("one_layer:RECIPE", "softmax regression, the network of one layer"),
    "convnet": ("convnet:RECIPE", "convolutional networks on images"),
}


def recipe(name: str):
    """Return the recipe of a run.

    Raises
    ------
    ValueError : for a name that is not in `RUNS`; the message offers the nearest.
    """
    if name not in RUNS:
        import difflib

        near = difflib.get_close_matches(name, RUNS, n=1)
        raise ValueError(f"no training is called {name!r}; "
                         + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(RUNS)}"))
    module, attribute = RUNS[name][0].split(":")
    return getattr(import_module(f"{__name__}.{module}"), attribute)
