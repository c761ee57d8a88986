"""What a network costs, layer by layer: the result of counting, and its table."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from dlbook.numpy.convolution.receptive import Field
from dlbook.numpy.linear_classifiers.arguments import whole_number

__all__ = ["Count", "Layer"]


class Layer(NamedTuple):
    """What one layer costs for one example.

    Parameters
    ----------
    name : of the module, or of the module that calls the function; of the function where the network itself calls it.
    kind : the module's class, or the function.
    shape : of the output, without the axis of the examples.
    parameters : numbers that are learned.
    multiplications : of convolutions and matrix products; each comes with an addition.
    activations : numbers that the layer writes; zero where it only looks at its input in another way.
    fields : what one unit sees of the input, along each axis; None where there is no rule.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiplications: int
    activations: int
    fields: tuple[Field, ...] | None


@dataclass(frozen=True)
class Count:
    """What a network costs for one example.

    Parameters
    ----------
    layers : in the order in which they are computed.
    peak : the most numbers that are needed at one time in evaluation, input and weights' outputs but not weights.
    bytes_each : bytes of one number.
    """

    layers: tuple[Layer, ...]
    peak: int
    bytes_each: int

    @property
    def parameters(self) -> int:
        """Return the number of all parameters."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiplications(self) -> int:
        """Return the number of all multiplications."""
        return sum(layer.multiplications for layer in self.layers)

    @property
    def flops(self) -> int:
        """Return the number of floating point operations: a multiplication and an addition each."""
        return 2 * self.multiplications

    @property
    def activations(self) -> int:
        """Return how many numbers all layers write: what training keeps for the way back, or nearly."""
        return sum(layer.activations for layer in self.layers)

    @property
    def memory(self) -> dict[str, int]:
        """Return bytes: of the parameters, of the activations of one example in training, and at the peak without."""
        return {
            "parameters": self.parameters * self.bytes_each,
            "activations": self.activations * self.bytes_each,
            "peak": self.peak * self.bytes_each,
        }

    def grouped(self, levels: int = 1) -> "Count":
        """Add up the layers that share the first parts of their names, if they follow each other.

        Parameters
        ----------
        levels : how many parts of the names are looked at: 1 for `layer1`, 2 for `layer1.0`.
        """
        whole_number("Count.grouped", "levels", levels, 1)
        rows: list[Layer] = []
        for layer in self.layers:
            name = ".".join(layer.name.split(".")[:levels])
            if rows and rows[-1].name == name:
                last = rows[-1]
                sums = (getattr(last, key) + getattr(layer, key)
                        for key in ("parameters", "multiplications", "activations"))  # fmt: skip
                rows[-1] = Layer(name, "", layer.shape, *sums, layer.fields)
            else:
                rows.append(layer._replace(name=name, kind=""))
        return replace(self, layers=tuple(rows))

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table as text: a row of headings, one for each layer, one for the whole."""
        head = ("layer", "kind", "output", "parameters", "multiplications", "activations", "sees")
        body = [
            (layer.name, layer.kind, "x".join(map(str, layer.shape)),
             *(f"{n:,}" for n in (layer.parameters, layer.multiplications, layer.activations)), _seen(layer.fields))
            for layer in self.layers
        ]  # fmt: skip
        total = ("total", "", "", *(f"{n:,}" for n in (self.parameters, self.multiplications, self.activations)), "")
        return [head, *body, total]

    def __str__(self) -> str:
        table = self.rows()
        kept = [i for i, column in enumerate(zip(*table, strict=True)) if any(column[1:])]
        widths = {i: max(len(row[i]) for row in table) for i in kept}
        left = {i for i in kept if i < 3}
        lines = ["  ".join(row[i].ljust(widths[i]) if i in left else row[i].rjust(widths[i]) for i in kept).rstrip()
                 for row in table]
        return "\n".join(lines)


def _seen(fields: tuple[Field, ...] | None) -> str:
    if fields is None:
        return "?"
    sizes = [f.size for f in fields]
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))
