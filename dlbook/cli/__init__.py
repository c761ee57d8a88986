"""The `dlbook` command. Each subcommand's module is imported only when it is called."""

import difflib
from importlib import import_module

import click

from dlbook import __version__

# name -> (module, what the list of commands says)
COMMANDS = {
    "exercise": ("exercise", "Write a file of functions to fill in."),
    "check": ("check", "Check your functions against the book's laws."),
    "data": ("data", "List the data sets, or download one."),
    "train": ("train", "Run one of the book's trainings, resumable."),
    "ledger": ("ledger", "Show what has been verified, and how well."),
    "doctor": ("doctor", "Say what is installed, what is missing and how to get it."),
}


class Misunderstood(click.ClickException):
    """A usage error in one line, exit status 2."""

    exit_code = 2

    def __init__(self, error: click.UsageError):
        command = error.ctx.command_path if error.ctx else "dlbook"
        super().__init__(f"{' '.join(error.format_message().split())} (see {command} --help)")


class Lazy(click.Group):
    """A group that knows its commands by name and imports one when it is needed."""

    def make_context(self, *args, **extra) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise Misunderstood(error) from None

    def invoke(self, context: click.Context):
        try:
            return super().invoke(context)
        except click.UsageError as error:
            raise Misunderstood(error) from None

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _ = COMMANDS[name]
        return getattr(import_module(f"{__name__}.{module}"), name)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def resolve_command(self, context: click.Context, args: list[str]):
        if args and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(COMMANDS)}."
            context.fail(f"no command {args[0]!r}; {hint}")
        return super().resolve_command(context, args)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="dlbook")
def main() -> None:
    """A deep-learning textbook that checks itself, and your own code with it.

    \b
    Start here:
      dlbook exercise linear       writes linear.py, a function without its body
      (fill it in)
      dlbook check linear.py       tries every law on it, shows the smallest input that fails

    Every command explains itself: dlbook COMMAND --help.
    """
