"""`dlbook train NAME`."""

import json
import sys
from pathlib import Path
from typing import Any

import click


def _listing(context: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from dlbook.experiments import RUNS, recipe

    for name in RUNS:
        about = recipe(name)
        click.echo(f"{name}: {about.title}")
        for option, default in about.options.items():
            values = f", one of {', '.join(about.choices[option])}" if option in about.choices else ""
            click.echo(f"  {option} = {'chosen for the data' if default is None else default}{values}")
    context.exit()


@click.command()
@click.option("--list", is_flag=True, is_eager=True, expose_value=False, callback=_listing,
              help="List the trainings with their options.")
@click.argument("name")
@click.option("--data", metavar="NAME", help="The data set; --list says which.")
@click.option("--epochs", default=40, show_default=True, type=click.IntRange(min=0), help="In all.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of the first weights and the order of the examples.")
@click.option("--device", help="numpy, or one of PyTorch's: cpu, cuda, mps. By default the first that can be used.")
@click.option("--set", "settings", multiple=True, metavar="OPTION=VALUE", help="Another option of the training.")
@click.option("--checkpoint", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Written after each epoch, continued if it is there. By default in the folder runs/.")
@click.option("--fresh", is_flag=True, help="Begin anew although there is a checkpoint.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write settings, curves and versions there, as JSON.")
def train(name: str, data: str | None, epochs: int, seed: int, device: str | None, settings: tuple[str, ...],
          checkpoint: Path | None, fresh: bool, output: Path | None) -> None:
    """Train a network of the book. It can be stopped at any time; the same command goes on with it.

    The result is the same, to the last bit, whether or not the run was interrupted.

    \b
    Examples:
      dlbook train --list
      dlbook train one_layer                                    MNIST-1D, in NumPy, seconds
      dlbook train one_layer --data digits --set lr=0.2
      dlbook train one_layer --data cifar10 --device cuda       after: dlbook data fetch cifar10
      dlbook train convnet --set model=slim_resnet --set depth=20
      dlbook train convnet --data cifar10 --set model=resnet50 --set size=224 --device cuda

    Exit status: 0 trained, 1 it could not be, 2 the command was not understood, 130 interrupted.
    """
    from dlbook.experiments import recipe
    from dlbook.experiments.training import CheckpointError
    from dlbook.experiments.training import train as run

    try:
        chosen = recipe(name)
        options = {**_options(chosen, settings), **({} if data is None else {"data": data})}
        for option, values in chosen.choices.items():
            if option in options and options[option] not in values:
                raise ValueError(f"{option} is {options[option]!r}, expected one of {', '.join(values)}")
        device = device or ("numpy" if chosen.numpy else "cpu")
        path = checkpoint or _default_path(chosen, options, device, seed)
        if fresh:
            path.unlink(missing_ok=True)
        bar = Bar(f"{name} on {({**chosen.options, **options}).get('data', '')}", epochs)
        with bar:
            result = run(chosen, device=device, seed=seed, epochs=epochs, checkpoint=path, report=bar, **options)
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on from the last epoch", err=True)
        sys.exit(130)
    except CheckpointError as error:
        raise click.ClickException(str(error)) from None
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from None
    except (OSError, RuntimeError, ArithmeticError, ModuleNotFoundError) as error:
        raise click.ClickException(" ".join(str(error).split())) from None
    measured = ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in result.last().items())
    click.echo(f"{name}, {epochs} epoch{'s' * (epochs != 1)}: {measured}")
    click.echo(f"checkpoint: {path}")
    if output:
        try:
            output.write_text(json.dumps(result.record(), indent=1) + "\n")
        except OSError as error:
            said = f"{output} cannot be written: {error.strerror}; the checkpoint is kept"
            raise click.ClickException(said) from None


def _default_path(chosen, options: dict[str, Any], device: str, seed: int) -> Path:
    """Name a checkpoint after all that distinguishes its run."""
    parts = [chosen.name, device.replace(":", ""), f"seed{seed}"]
    parts[1:1] = [f"{v}" if k in chosen.choices else f"{k}{v}" for k, v in {**chosen.options, **options}.items()
                  if v != chosen.options[k] or k == "data"]
    return Path("runs") / ("-".join(parts) + ".npz")


def _options(chosen, settings: tuple[str, ...]) -> dict[str, Any]:
    """Turn `lr=0.1` into a value of the kind that the option's default has."""
    found = {}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or key not in chosen.options:
            raise ValueError(f"--set {text}: expected OPTION=VALUE with one of {', '.join(chosen.options)}")
        default = chosen.options[key]
        if isinstance(default, str):
            found[key] = value
            continue
        try:
            number = json.loads(value)
        except ValueError:
            number = None
        if type(number) not in (int, float) or (isinstance(default, int) and type(number) is not int):
            raise ValueError(f"--set {text}: expected a number")
        found[key] = float(number) if isinstance(default, float) else number
    return found


class Bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, what: str, epochs: int):
        from tqdm import tqdm

        self.bar = tqdm(desc=what, total=epochs, unit="epoch", disable=None, leave=False)

    def __call__(self, epoch: int, measured: dict[str, float]) -> None:
        self.bar.set_postfix({key: f"{value:.3f}" for key, value in measured.items() if "test" in key}, refresh=False)
        self.bar.update(epoch - self.bar.n)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *details) -> None:
        self.bar.close()
