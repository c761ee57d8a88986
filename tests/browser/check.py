"""Look at every page of the built site in a headless browser: light, dark, and on a narrow screen.

Needs Node.js and Chromium, which no Python environment brings; says how to get them where they are missing.

    python tests/browser/check.py [PAGE ...]
"""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
SITE = HERE.parents[1] / "_build" / "html"
WORK = HERE.parents[1] / "_build" / "browser"
GENERATED = ("genindex", "py-modindex", "search", "404")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
HINT = "{} is missing. Debian and Ubuntu: apt install chromium nodejs npm. macOS: brew install chromium node."


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not talk."""

    def log_message(self, *_) -> None:
        """Say nothing."""


def needed(*names: str) -> str:
    """Return the path of the first program that is there."""
    found = next(filter(None, map(shutil.which, names)), None)
    return found or sys.exit(HINT.format(names[0]))


def main() -> None:
    """Serve the site, let the browser walk over it, and pass its status on."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no site yet: make book")
    browser = os.environ.get("CHROME_PATH") or needed(*BROWSERS)
    node, npm = needed("node"), needed("npm")
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "check.mjs"):
        shutil.copy(HERE / name, WORK / name)
    if not (WORK / "node_modules").exists():
        subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=WORK, check=True)
    found = (p.relative_to(SITE) for p in SITE.rglob("*.html"))
    every = sorted(p.as_posix() for p in found if p.parts[0][0] != "_" and p.stem not in GENERATED)
    pages = sys.argv[1:] or every
    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}/"
        status = subprocess.run([node, "check.mjs", base, browser, str(WORK), *pages], cwd=WORK).returncode
        server.shutdown()
    print(f"Pictures: {WORK}")
    sys.exit(status)


if __name__ == "__main__":
    main()
