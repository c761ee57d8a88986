"""A card for every data set: where it comes from, who may use it, what is wrong with it."""

import difflib
from dataclasses import dataclass
from functools import cache
from importlib import import_module


@dataclass(frozen=True)
class Card:
    """Describe one data set.

    Parameters
    ----------
    name : what `load` takes
    title : one line for a list
    kind : "generated" (made here from a seed), "bundled" (carried by a package) or "download" (only on
        request)
    source : who made it, or by which recipe
    licence : of the data, and what it asks for
    content : columns, shapes, units
    size : default number of training and test examples; for a fixed set, all it has
    classes : what the labels mean
    used_for : what the book does with it
    flaws : what it does not show, or gets wrong
    options : keyword -> what it does
    loader : module:function
    kept : whether a generated set is kept on disk, because making it takes longer than reading it
    needs : packages beyond NumPy
    """

    name: str
    title: str
    kind: str
    source: str
    licence: str
    content: str
    size: tuple[int, int]
    classes: str
    used_for: str
    flaws: str
    loader: str
    options: tuple[tuple[str, str], ...] = ()
    kept: bool = False
    needs: str = ""

    def __str__(self) -> str:
        rows = [("source", self.source), ("licence", self.licence), ("content", self.content)]
        rows += [
            ("size", f"{self.size[0]} training and {self.size[1]} test examples"),
            ("classes", self.classes),
        ]
        rows += [("used for", self.used_for), ("flaws", self.flaws)]
        rows += [(f"option {key}", text) for key, text in self.options]
        return "\n".join([f"{self.name}: {self.title} ({self.kind})"] + [f"  {key}: {text}" for key, text in rows])


SHELVES = ("cards_images", "cards_scenes", "cards_text", "cards_small")


@cache
def _all() -> dict[str, Card]:
    cards = [entry for shelf in SHELVES for entry in import_module(f"dlbook.data.{shelf}").CARDS]
    return {entry.name: entry for entry in sorted(cards, key=lambda entry: entry.name)}


def names() -> tuple[str, ...]:
    """Return the names that `load` takes, sorted.
    """
    return tuple(_all())


def card(name: str) -> Card:
    """Return the card of a data set.

    Parameters
    ----------
    name : one of `names()`

    Raises
    ------
    ValueError : there is no such set; the message offers the nearest name
    """
    cards = _all()
    if name in cards:
        return cards[name]
    near = difflib.get_close_matches(str(name), cards, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise ValueError(f"no data set {name!r}{hint} There are: {', '.join(cards)}")
