"""`dlbook check FILE [NAME...]`."""

import sys
from pathlib import Path

import click

COLORS = {"right": "green", "unwritten": "yellow", "missing": "yellow"}


class Status:
    """One line on a terminal that says what is being tried; nothing where the output goes to a file."""

    def __init__(self):
        self.live = sys.stderr.isatty()

    def __call__(self, operation: str, law: str) -> None:
        if self.live:
            click.echo(f"\r\033[K{operation}: {law} ..."[:100], nl=False, err=True)

    def clear(self) -> None:
        if self.live:
            click.echo("\r\033[K", nl=False, err=True)


def no_nan(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse nan, which no range keeps out."""
    if value != value:
        raise click.BadParameter("nan is no number of seconds.")
    return value


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--time-limit", default=30.0, show_default=True, type=click.FloatRange(0.1, 1e6), metavar="SECONDS",
              callback=no_nan, help="For each operation.")
@click.option("--memory-limit", default=2048, show_default=True, type=click.IntRange(min=0), metavar="MB",
              help="For each operation, beyond what the checker needs; 0 for none.")
@click.option("--examples", default=60, show_default=True, type=click.IntRange(min=1), metavar="N",
              help="Inputs drawn for each law, at most.")
@click.option("-v", "--verbose", is_flag=True, help="Show each law with its worst error, and all that was printed.")
def check(file: Path, names: tuple[str, ...], time_limit: float, memory_limit: int, examples: int,
          verbose: bool) -> None:
    """Check your functions in FILE against the laws that the book's own code obeys.

    NAME is an operation (linear, softmax, ...); without one, every operation that FILE defines is checked. A
    function returns the pair (y, pullback). Each law is tried on drawn inputs, and the first that fails
    is shown with the smallest input found, what you got, what was expected, and the likely mistake.

    \b
    Examples:
      dlbook exercise linear              writes linear.py to fill in
      dlbook check linear.py
      dlbook check week_1.py softmax cross_entropy --time-limit 60

    Your code runs in a process of its own with a limit on time and (where the system can: Linux, or anywhere with
    psutil installed) on memory. That guards against accidents and is no sandbox: check only code that you would
    also run.

    Exit status: 0 all is right, 1 a law fails or something is not written, 2 the command was not understood.
    """
    from dlbook.exercises.checking import UsageError, check_file
    from dlbook.exercises.isolation import Limits

    status, reports = Status(), []
    try:
        for report in check_file(file, names, limits=Limits(time_limit, memory_limit or None),
                                 examples=examples, progress=status):
            status.clear()
            reports.append(report)
            first, _, rest = report.text(verbose=verbose).partition("\n")
            name, _, said = first.partition(": ")
            click.echo(click.style(name, bold=True) + ": " + click.style(said, fg=COLORS.get(report.status, "red")))
            if rest:
                click.echo(rest)
    except UsageError as error:
        status.clear()
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from None
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        status.clear()
        click.echo("stopped", err=True)
        sys.exit(130)
    right = sum(report.ok for report in reports)
    if len(reports) > 1:
        click.echo(f"{right} of {len(reports)} right")
    sys.exit(0 if right == len(reports) else 1)
