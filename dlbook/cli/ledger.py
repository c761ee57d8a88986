"""`dlbook ledger`."""

import sys

import click


@click.command()
@click.argument("operation", required=False)
def ledger(operation: str | None) -> None:
    """Show what the property tests have verified: for each operation and law the examples and the worst error.

    The ledger is written by a complete and green run of the tests (make test, or make book). With OPERATION only
    its rows are shown, the planted bugs among them and the law that caught each.

    \b
    Examples:
      dlbook ledger
      dlbook ledger cross_entropy

    Exit status: 0, or 1 when there is no ledger; a stale one is shown and said to be stale.
    """
    from dlbook.laws.ledger import PATH, current, read

    found = read()
    if found is None:
        click.echo(f"There is no ledger at {PATH} yet. Write one: make test", err=True)
        sys.exit(1)
    rows = [r for r in found["rows"] if operation in (None, r["operation"])]
    if not rows:
        known = ", ".join(dict.fromkeys(r["operation"] for r in found["rows"]))
        raise click.UsageError(f"no operation {operation!r} in the ledger; there are {known}")
    if operation is None:
        _summary(rows)
    else:
        _rows(rows)
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    click.echo(f"\nWritten {found['written']}, profile {found['profile']}; {versions}.")
    if not current():
        click.echo("It is STALE: the sources or versions have changed since. Write a new one: make test")


def _summary(rows: list[dict]) -> None:
    """Print one line for each operation."""
    names = list(dict.fromkeys(r["operation"] for r in rows))
    width = max(map(len, names))
    click.echo(f"{'operation':{width}}  laws  examples  planted bugs caught  nearest to its tolerance")
    for name in names:
        own = [r for r in rows if r["operation"] == name]
        laws = [r for r in own if r["outcome"] == "passed"]
        caught = sum(r["outcome"] == "caught" for r in own)
        share, law = max(((r["worst"] / r["tolerance"], r["law"]) for r in laws if r["worst"] is not None
                          and r["tolerance"]), default=(0.0, "-"))
        examples = sum(r["examples"] or 0 for r in laws)
        click.echo(f"{name:{width}}  {len(laws):4}  {examples:8}  {caught:19}  {share:.0e} of it ({law})")


def _rows(rows: list[dict]) -> None:
    """Print every law of one operation."""
    width = max(len(r["law"]) for r in rows)
    for row in rows:
        if row["outcome"] == "caught":
            said = f"caught by the law {row['by']!r}"
        elif row["outcome"] != "passed":
            said = row["outcome"]
        else:
            measured = row["worst"] is not None
            error = f", worst error {row['worst']:.1e} of {row['tolerance']:.1e} allowed" if measured else ""
            said = f"{row['examples']} examples{error}"
        click.echo(f"{row['law']:{width}}  {said}")
