"""`dlbook data`."""

import sys

import click


@click.group(invoke_without_command=True)
@click.pass_context
def data(context: click.Context) -> None:
    """List the data sets, show one's card, or download one.

    All but a few are generated here or come with a package: nothing is downloaded unless you ask for it.

    \b
    Examples:
      dlbook data                       the list
      dlbook data show mnist1d          its card: source, licence, size, known flaws
      dlbook data fetch cifar10         download it, resumable, checked against its SHA-256

    Next, in Python: `from dlbook.data import load; load("mnist1d")`.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_)


@data.command("list")
def list_() -> None:
    """List the data sets."""
    from dlbook.data import card, names

    width = max(map(len, names()))
    for name in names():
        about = card(name)
        click.echo(f"{name:{width}}  {about.kind:9}  {about.title}")


@data.command()
@click.argument("name")
def show(name: str) -> None:
    """Show the card of a data set."""
    from dlbook.data import card

    try:
        click.echo(str(card(name)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


@data.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Download a data set; an interrupted download is taken up again by the same command."""
    from dlbook.data import card

    try:
        about = card(name)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if about.kind != "download":
        click.echo(f"{name} is {about.kind}: there is nothing to download, load({name!r}) works at once")
        return
    from dlbook.data import fetch as download
    from dlbook.data.download import DownloadError

    try:
        paths = download(name)
    except (DownloadError, OSError) as error:
        click.echo(f"{name} was not downloaded: {' '.join(str(error).split())}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo(f"stopped; dlbook data fetch {name} goes on from here", err=True)
        sys.exit(130)
    for path in paths:
        click.echo(f"{path} is here")
    click.echo(f'next, in Python: from dlbook.data import load; load("{name}")')
