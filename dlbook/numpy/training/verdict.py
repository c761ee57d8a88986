"""What a check says: what came, what was expected, and what to suspect."""

from dataclasses import dataclass, field

__all__ = ["Check", "Preflight"]


@dataclass(frozen=True)
class Check:
    """The outcome of one check; true when it passed.

    Parameters
    ----------
    name : of the check, in words.
    passed : whether what came is what was expected.
    came, expected : in words, with the numbers.
    suspect : the usual causes when it fails.
    value : the number that decided.
    """

    name: str
    passed: bool
    came: str
    expected: str
    suspect: str
    value: float = field(default=float("nan"), compare=False)

    def __bool__(self) -> bool:
        return bool(self.passed)

    def __str__(self) -> str:
        line = f"{'ok  ' if self.passed else 'FAIL'} {self.name}: {self.came}; expected {self.expected}"
        return line if self.passed else f"{line}\n     suspect: {self.suspect}"

    __repr__ = __str__


@dataclass(frozen=True)
class Preflight:
    """The outcomes of all checks of a model before its training; true when all passed."""

    checks: tuple[Check, ...]

    def __bool__(self) -> bool:
        return all(self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that failed."""
        return tuple(check.name for check in self.checks if not check)

    def __str__(self) -> str:
        passed = sum(map(bool, self.checks))
        return "\n".join([*map(str, self.checks), f"{passed} of {len(self.checks)} checks passed"])

    __repr__ = __str__
