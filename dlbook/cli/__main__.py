"""`python -m dlbook.cli`: the command where it is not on the path."""

from dlbook.cli import main

main(prog_name="dlbook")
