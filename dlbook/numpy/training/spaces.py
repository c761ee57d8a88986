"""Search spaces: for each hyper-parameter a scale, on which configurations are drawn, laid out as a grid, or narrowed.

A scale maps the unit interval to values and back. All that a search does with a hyper-parameter, it does in the unit
interval: there "half of the range" means the same for a learning rate, a width and a name.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from dlbook.numpy.linear_classifiers.arguments import above_zero, check_generator, whole_number

__all__ = ["Choice", "Integers", "LogUniform", "Uniform", "grid_configs", "narrow_space", "sample_config"]

Config = dict[str, Any]


@dataclass(frozen=True)
class Uniform:
    r"""A number of which equal differences matter equally.

    $$a + u\,(b - a), \qquad u \in [0, 1]$$

    Parameters
    ----------
    low, high : a and b, low < high, both finite.

    Raises
    ------
    ValueError : when low is not below high, or one of them is not finite.

    **Source** Bergstra and Bengio (2012), section 2.
    **Book** eq-scales
    """

    low: float
    high: float

    def __post_init__(self):
        if not -math.inf < self.low < self.high < math.inf:
            raise ValueError(f"{type(self).__name__}: low is {self.low} and high {self.high}, expected low < high, "
                             "both finite")

    def at(self, u: float) -> float:
        """Return the value at u, 0 to 1."""
        return float(self.low + u * (self.high - self.low))

    def place(self, value: float) -> float:
        """Return the u at which a value lies."""
        return (value - self.low) / (self.high - self.low)

    def between(self, u: float, v: float) -> "Uniform":
        """Return the part of the scale from u to v."""
        return Uniform(self.at(u), self.at(v))


@dataclass(frozen=True)
class LogUniform(Uniform):
    r"""A positive number of which equal factors matter equally: a learning rate, the strength of a penalty.

    $$a \left(\frac b a\right)^u, \qquad u \in [0, 1]$$

    Parameters
    ----------
    low, high : a and b, 0 < low < high.

    Raises
    ------
    ValueError : when low is not positive, or not below high.

    Examples
    --------
    >>> round(LogUniform(1e-4, 1e-2).at(0.5), 9)
    0.001

    **Source** Bergstra and Bengio (2012), section 2.
    **Book** eq-scales
    """

    def __post_init__(self):
        above_zero("LogUniform", "low", self.low)
        super().__post_init__()

    def at(self, u: float) -> float:
        return float(math.exp(math.log(self.low) + u * (math.log(self.high) - math.log(self.low))))

    def place(self, value: float) -> float:
        return math.log(value / self.low) / math.log(self.high / self.low)

    def between(self, u: float, v: float) -> "LogUniform":
        return LogUniform(self.at(u), self.at(v))


@dataclass(frozen=True)
class Integers:
    """A whole number from low to high, both included.

    Parameters
    ----------
    low, high : low <= high.
    log : True when factors matter and not differences, as for a width.

    Raises
    ------
    ValueError : when low is above high, or not positive on a logarithmic scale.

    **Source** definition.
    **Book** eq-scales
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self):
        low = whole_number("Integers", "low", self.low, 1 if self.log else -(2**62))
        whole_number("Integers", "high", self.high, low)

    def _real(self) -> Uniform:
        # Each whole number owns the half on both sides of it, or the two at the ends would come half as often.
        return (LogUniform if self.log else Uniform)(self.low - 0.5, self.high + 0.5)

    def at(self, u: float) -> int:
        """Return the value at u, 0 to 1."""
        return int(np.clip(round(self._real().at(u)), self.low, self.high))

    def place(self, value: int) -> float:
        """Return the u at which a value lies."""
        return self._real().place(value)

    def between(self, u: float, v: float) -> "Integers":
        """Return the part of the scale from u to v."""
        return Integers(self.at(u), self.at(v), self.log)


@dataclass(frozen=True)
class Choice:
    """One of a few things without an order: names, say.

    Parameters
    ----------
    values : at least one.

    Raises
    ------
    ValueError : for no value.

    **Source** definition.
    **Book** eq-scales
    """

    values: Sequence[Any]

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values:
            raise ValueError("Choice: values is empty, expected at least one")

    def at(self, u: float) -> Any:
        """Return the value whose share of the unit interval holds u."""
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]


Space = Mapping[str, Uniform | LogUniform | Integers | Choice]


def _check_space(function: str, space: Space) -> None:
    for name, scale in space.items():
        if not isinstance(scale, Uniform | Integers | Choice):
            raise TypeError(f"{function}: space[{name!r}] is {scale!r}, expected a scale: Uniform, LogUniform, "
                            "Integers or Choice")


def sample_config(space: Space, rng: np.random.Generator) -> Config:
    """Draw one configuration, each hyper-parameter independently of the others.

    Parameters
    ----------
    space : name -> scale.
    rng : draws.

    Returns
    -------
    config : name -> value.

    Raises
    ------
    TypeError : when an entry of the space is no scale, or rng no generator.

    Examples
    --------
    >>> import numpy as np
    >>> sample_config({"width": Integers(3, 3), "activation": Choice(["relu"])}, np.random.default_rng(0))
    {'width': 3, 'activation': 'relu'}

    **Source** Bergstra and Bengio (2012), section 1.
    **Book** eq-scales
    """
    check_generator("sample_config", rng)
    _check_space("sample_config", space)
    return {name: scale.at(rng.random()) for name, scale in space.items()}


def grid_configs(space: Space, points: int | Mapping[str, int]) -> list[Config]:
    """List the configurations of a grid: every combination of some values of each hyper-parameter.

    Parameters
    ----------
    space : name -> scale.
    points : how many values of each, the ends included; of a `Choice` always all.

    Returns
    -------
    configs : the last hyper-parameter changes fastest; equal configurations occur once.

    Raises
    ------
    TypeError : when an entry of the space is no scale.
    ValueError : for fewer than one point, or a hyper-parameter without its number.

    Examples
    --------
    >>> [config["lr"] for config in grid_configs({"lr": LogUniform(0.01, 1.0)}, 3)]
    [0.01, 0.1, 1.0]

    **Source** Bergstra and Bengio (2012), section 1.
    **Book** eq-scales
    """
    _check_space("grid_configs", space)
    axes = []
    for name, scale in space.items():
        if isinstance(scale, Choice):
            axes.append(scale.values)
            continue
        wanted = points.get(name) if isinstance(points, Mapping) else points
        count = whole_number("grid_configs", f"points of {name}", wanted, 1)
        places = np.linspace(0, 1, count) if count > 1 else [0.5]
        # Ten digits: 0.1 and not 0.10000000000000002.
        values = (scale.at(u) for u in places)
        axes.append(tuple(dict.fromkeys(float(f"{v:.10g}") if isinstance(v, float) else v for v in values)))
    return [dict(zip(space, values, strict=True)) for values in product(*axes)]


def narrow_space(space: Space, configs: Sequence[Config], *, margin: float = 0.1) -> dict:
    """Return the smallest box that holds some configurations, a margin wider on each side, within the old space.

    Parameters
    ----------
    space : name -> scale.
    configs : at least one, of this space.
    margin : in parts of the old range.

    Returns
    -------
    space : of a `Choice` the values that occur are left.

    Raises
    ------
    TypeError : when an entry of the space is no scale.
    ValueError : for no configuration, a negative margin, or none around configurations that agree in a number.

    Examples
    --------
    >>> narrow_space({"x": Uniform(0.0, 8.0)}, [{"x": 3.0}, {"x": 5.0}], margin=0.125)
    {'x': Uniform(low=2.0, high=6.0)}

    **Source** KTH DD2424, assignment 2 (coarse, then fine).
    **Book** eq-narrow
    """
    if not configs or not margin >= 0:
        raise ValueError(f"narrow_space: got {len(configs)} configs and margin {margin}, expected some and at least 0")
    _check_space("narrow_space", space)
    narrowed = {}
    for name, scale in space.items():
        values = [config[name] for config in configs]
        if isinstance(scale, Choice):
            narrowed[name] = Choice([value for value in scale.values if value in values])
        else:
            places = [scale.place(value) for value in values]
            if margin == 0 and isinstance(scale, Uniform) and min(places) == max(places):
                raise ValueError(f"narrow_space: margin is 0 and all configs have {name} = {values[0]}, expected a "
                                 "margin above 0: no box is left of this range")
            narrowed[name] = scale.between(max(0.0, min(places) - margin), min(1.0, max(places) + margin))
    return narrowed
