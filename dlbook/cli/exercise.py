"""`dlbook exercise TOPIC`."""

import sys
from pathlib import Path

import click


@click.command()
@click.argument("topic", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Where to write it; TOPIC.py by default, - for the screen.")
@click.option("--list", "show", is_flag=True, help="List the chapters and their operations.")
def exercise(topic: str | None, output: Path | None, show: bool) -> None:
    """Write a file of functions to fill in: signature and explanation of each, without the body.

    TOPIC is a chapter (all its operations), an assignment or a single operation. A file that exists is never
    overwritten.

    \b
    Examples:
      dlbook exercise --list
      dlbook exercise linear                                writes linear.py
      dlbook exercise linear_classifiers -o week_1.py       the whole chapter
      dlbook exercise assignment_1                          what an assignment asks for

    Next: fill in a function, then `dlbook check linear.py`.
    """
    from dlbook.exercises.stubs import UnknownTopicError, operations_of, stubs
    from dlbook.laws.procedure import exercises

    if show or topic is None:
        for chapter in dict.fromkeys(op.chapter for op in exercises().values()):
            click.echo(f"{chapter}: {', '.join(operations_of(chapter))}")
        if not show:
            click.echo("Choose one of these: dlbook exercise TOPIC", err=True)
            sys.exit(2)
        return
    path = output or Path(f"{topic}.py")
    if path == Path():
        raise click.UsageError("-o names no file")
    try:
        source = stubs(topic, file=path.name if path.name != "-" else None)
    except UnknownTopicError as error:
        raise click.UsageError(str(error)) from None
    if str(path) == "-":
        click.echo(source, nl=False)
        return
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(source)
    except FileExistsError:
        raise click.UsageError(f"{path} exists and is left as it is; choose another name with -o FILE") from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None
    click.echo(f"{path} is written. Fill it in, then: dlbook check {path}")
