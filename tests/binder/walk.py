"""What Binder would do with this repository, as far as it can be tried without Docker.

1. The build file that repo2docker writes: the right Python, the right requirements, the step after them.
2. An environment from `binder/` alone, with the Jupyter that repo2docker's own lock file names.
3. A Jupyter server in it, on this machine's loopback; every page of the table of contents opened as a notebook,
   and its cells executed over the kernel protocol. No page may fail or take more memory than Binder gives.

    python tests/binder/walk.py
"""

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import yaml
from server import JupyterServer

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "_build" / "binder"
LIMIT = 2000  # MB for one chapter; Binder gives about 2 GB to everything
LEFT_OUT = (".git", ".venv", "_build", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")


def build_file() -> None:
    """Let repo2docker write its build file, and look for what must be in it."""
    command = [sys.executable, "-m", "repo2docker", "--debug", "--no-build", str(ROOT)]
    text = subprocess.run(command, check=True, capture_output=True, text=True)
    text = text.stdout + text.stderr
    wanted = [
        r"python=3\.11",
        r"^RUN .*pip install .*-r \"binder/requirements\.txt\"$",
        r"^RUN chmod \+x binder/postBuild$",
        r"^RUN \./binder/postBuild$",
    ]
    missing = [line for line in wanted if not re.search(line, text, flags=re.M)]
    if missing:
        sys.exit("repo2docker's build file lacks: " + "; ".join(missing))
    print("build file: Python 3.11, binder/requirements.txt, binder/postBuild")


def jupyter_of_binder() -> list[str]:
    """Return the versions of Jupyter in the image, from repo2docker's lock file."""
    lock = Path(find_spec("repo2docker").origin).parent / "buildpacks" / "conda" / "environment.py-3.11-linux-64.lock"
    found = re.findall(r"/(jupyterlab|jupyter_server|ipykernel)-([\d.]+)-", lock.read_text())
    return [f"{name}=={version}" for name, version in found]


def environment(repository: Path) -> Path:
    """Make the environment of `binder/`, or keep the one of the last walk if nothing in it has changed."""
    base = jupyter_of_binder()
    made_of = [*sorted((ROOT / "binder").iterdir()), ROOT / "pyproject.toml"]
    stamp = hashlib.sha256("".join(base).encode() + b"".join(p.read_bytes() for p in made_of)).hexdigest()
    venv, mark = WORK / "venv", WORK / "venv" / ".stamp"
    if mark.exists() and mark.read_text() == stamp:
        print("environment: as in the last walk")
        return venv
    print("environment: installing binder/requirements.txt with", ", ".join(base), flush=True)
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    lines = (repository / "binder" / "requirements.txt").read_text().splitlines()
    # The index that has PyTorch for processors only may be out of reach; first see whether pip finds it without.
    plain = WORK / "requirements.txt"
    plain.write_text("\n".join(line for line in lines if not line.startswith("--extra-index-url")) + "\n")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *base]
    if subprocess.run([*pip, "-r", str(plain)], cwd=repository).returncode:
        subprocess.run([*pip, "-r", "binder/requirements.txt"], cwd=repository, check=True)
    mark.write_text(stamp)
    return venv


def pages(repository: Path) -> list[str]:
    """List the pages of the table of contents, as paths in the repository."""
    table = yaml.safe_load((repository / "book" / "_toc.yml").read_text())

    def files(node) -> list[str]:
        if isinstance(node, dict):
            own = [node[key] for key in ("root", "file") if key in node]
            return own + [f for value in node.values() for f in files(value)]
        return [f for item in node for f in files(item)] if isinstance(node, list) else []

    return [f"book/{name}.md" for name in files(table)]


async def walk(server: JupyterServer, paths: list[str]) -> list[str]:
    """Open and execute pages, as many at a time as there are cores; return what went wrong."""
    at_a_time = asyncio.Semaphore(os.cpu_count() or 1)
    wrong = []

    async def one(path: str) -> None:
        async with at_a_time:
            page = await server.run(path)
        if page.error:
            wrong.append(f"{path}: {page.error}")
        elif page.megabytes > LIMIT:
            wrong.append(f"{path}: takes {page.megabytes} MB, Binder gives {LIMIT}")
        print(f"  {path:32} {page.cells:3} cells {page.seconds:6.1f} s {page.megabytes:5} MB", flush=True)

    await asyncio.gather(*map(one, paths))
    return wrong


def main() -> None:
    """Do the three steps; leave with a non-zero status when one fails."""
    build_file()
    repository, home = WORK / "repository", WORK / "home"
    for folder in (repository, home):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, repository, ignore=shutil.ignore_patterns(*LEFT_OUT))
    home.mkdir()
    venv = environment(repository)
    settings = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON"))},
        "HOME": str(home),
        "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": str(venv),
    }
    subprocess.run(["bash", "binder/postBuild"], cwd=repository, env=settings, check=True, capture_output=True)
    viewers = subprocess.run(
        [str(venv / "bin" / "jupytext-config"), "list-default-viewer"], env=settings, capture_output=True, text=True
    )
    if "markdown" not in viewers.stdout:
        sys.exit("after binder/postBuild, JupyterLab would not open .md files as notebooks")
    paths = pages(repository)
    print(f"walk: {len(paths)} pages")
    with JupyterServer(venv, repository, settings) as server:
        wrong = asyncio.run(walk(server, paths))
    if wrong:
        sys.exit("\n".join(["", *wrong]))
    print("Binder: every page opens as a notebook and runs")


if __name__ == "__main__":
    main()
