"""The verification ledger: which law was tried on which operation, on how many examples, how near it came.

The property tests write it when all of them passed; the book's build reads it, and runs the tests itself when the
ledger does not belong to the sources that it finds.
"""

import hashlib
import json
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import dlbook

ROOT = Path(dlbook.__file__).resolve().parent.parent
PATH = ROOT / "_build" / "ledger.json"


def versions() -> dict[str, str]:
    """Return the versions on which a verification depends; a package that is missing is named so."""
    found = {"python": platform.python_version()}
    for package in ("numpy", "torch", "hypothesis"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def fingerprint(root: Path = ROOT) -> str:
    """Return a hash over every Python source of `dlbook/` and `tests/` and over the versions."""
    digest = hashlib.sha256(json.dumps(versions()).encode())
    for path in sorted(p for folder in ("dlbook", "tests") for p in (root / folder).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write(rows: Iterable[dict], profile: str, path: Path = PATH) -> None:
    """Write the ledger of a complete run. Rows are dicts: see `read`."""
    text = json.dumps(
        {
            "fingerprint": fingerprint(),
            "profile": profile,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": versions(),
            "rows": sorted(rows, key=lambda r: (r["module"], r["law"])),
        },
        indent=1,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(text + "\n")
    draft.replace(path)


def read(path: Path = PATH) -> dict | None:
    """Return the ledger, or None when there is none or it cannot be read.

    Its rows have `operation`, `module`, `chapter`, `law`, `examples`, `worst`, `tolerance`, `device`, `outcome`
    ("passed", "caught" for a planted bug, "not run"), and `by` (the law that caught a planted bug).
    """
    try:
        return json.loads(path.read_text())
    except (OSError, json.JSONDecodeError):
        return None


def current() -> bool:
    """Say whether the ledger belongs to the sources and versions that are here now."""
    ledger = read()
    return ledger is not None and ledger["fingerprint"] == fingerprint()
