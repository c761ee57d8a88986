"""How a build ends before its time."""

import sys

__all__ = ["BuildStopped"]


class BuildStopped(SystemExit):
    """End the build with a message and a non-zero status.

    No `SphinxError`: jupyter-book answers one with a long traceback of its own, below which nobody finds the message.
    """

    def __init__(self, message: str):
        super().__init__(1)
        self.message = message

    def tell(self) -> None:
        """Print the message where it is seen: last, and on the error stream."""
        sys.stdout.flush()
        rule = "=" * 78
        print(f"\n{rule}\nThe book was not built.\n{rule}\n\n{self.message}\n", file=sys.stderr, flush=True)
