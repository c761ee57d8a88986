"""Fetch the real CIFAR-10 and Fashion-MNIST, only when asked to, and only what the pinned hashes allow."""

import hashlib
import http.client
import os
import re
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dlbook.data.cache import cache_dir

if TYPE_CHECKING:
    from tqdm import tqdm

CHUNK = 1 << 18  # bytes read at a time
TIMEOUT = 30.0  # seconds without a byte until the connection counts as lost
TRIES = 3  # connections per address; each goes on where the last one broke off


@dataclass(frozen=True)
class Remote:
    """Name one file, where it is, and what it must be.

    Parameters
    ----------
    name : file name in the cache
    urls : addresses that hold the same bytes, tried in order
    sha256 : of the whole file, hexadecimal
    size : in bytes
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    size: int


_FASHION = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)


def _fashion(name: str, sha256: str, size: int) -> Remote:
    return Remote(name, tuple(base + name for base in _FASHION), sha256, size)


FILES: dict[str, tuple[Remote, ...]] = {
    "cifar10": (
        Remote(
            "cifar-10-binary.tar.gz",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            170_052_171,
        ),
    ),
    "fashion_mnist": (
        _fashion(
            "train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            26_421_880,
        ),
        _fashion(
            "train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515
        ),
        _fashion(
            "t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102
        ),
        _fashion(
            "t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148
        ),
    ),
}


class DownloadError(RuntimeError):
    """Say in one line why a file could not be fetched."""


def fetch(name: str, *, progress: bool = True) -> tuple[Path, ...]:
    """Download the files of a real data set into the cache, or find them there.

    An interrupted transfer goes on where it stopped, at the next call too. A file takes its name only when its
    SHA-256 is right.

    Parameters
    ----------
    name : "cifar10" (162 MiB) or "fashion_mnist" (30 MiB)
    progress : show a progress bar

    Returns
    -------
    paths : of the files, in a fixed order

    Raises
    ------
    ValueError : a data set that needs no download, or none at all
    DownloadError : no network, a server that refuses, or bytes that are not the published ones

    **Source** the cards of the two sets
    """
    if name not in FILES:
        from dlbook.data.cards import card

        card(name)  # an unknown name gets its own message
        raise ValueError(f"fetch: {name!r} needs no download; to download there are {', '.join(FILES)}")
    folder = cache_dir() / "downloads" / name
    return tuple(fetch_file(remote, folder, progress=progress) for remote in FILES[name])


def stored(name: str) -> tuple[Path, ...]:
    """Return the files that `fetch` has brought, without any network.

    Raises
    ------
    DownloadError : they are not there; the message says how to get them
    """
    folder = cache_dir() / "downloads" / name
    paths = tuple(folder / remote.name for remote in FILES[name])
    if not all(path.exists() for path in paths):
        size = sum(remote.size for remote in FILES[name]) / 2**20
        raise DownloadError(
            f"{name!r} is not on this computer; dlbook.data.fetch({name!r}) downloads {size:.0f} MiB to {folder}"
        )
    return paths


def fetch_file(remote: Remote, folder: Path, *, progress: bool = True) -> Path:
    """Download one file, or find it.

    Parameters
    ----------
    remote : what to fetch
    folder : where it goes; made if need be

    Raises
    ------
    DownloadError : as `fetch`

    **Source** RFC 9110, range requests
    """
    path = folder / remote.name
    if path.exists():
        return path  # it got this name only after its hash was right
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{remote.name}.part"
    with open(part, "ab+") as file:
        _lock(file, remote.name)
        if not path.exists():  # or else another process finished between the two looks
            _from_any(remote, file, progress)
    try:
        os.replace(part, path)  # after closing: Windows renames no open file
    except FileNotFoundError:
        if not path.exists():
            raise
    return path


def _from_any(remote: Remote, file: BinaryIO, progress: bool) -> None:
    """Fill `file` from the first address that gives the right bytes."""
    failures = []
    for url in remote.urls:
        try:
            _transfer(url, file, remote, progress)
            return
        except (OSError, http.client.HTTPException, DownloadError) as error:
            reason = getattr(error, "reason", None) or error
            failures.append(f"{url}: {reason}")
    raise DownloadError(f"cannot download {remote.name!r} ({'; '.join(failures)})")


def _transfer(url: str, file: BinaryIO, remote: Remote, progress: bool) -> None:
    """Fetch what `file` lacks, going on after broken connections, and check the whole."""
    have = file.seek(0, os.SEEK_END)
    fruitless = 0
    with _bar(remote, have, progress) as bar:
        while have < remote.size and fruitless < TRIES:
            before = have
            try:
                have = _continue(url, file, have, remote.size, bar)
            except (http.client.HTTPException, ConnectionError, TimeoutError):
                have = file.seek(0, os.SEEK_END)
                if fruitless == TRIES - 1 and have == before:
                    raise
            fruitless = 0 if have > before else fruitless + 1
    if have < remote.size:
        raise DownloadError(f"the server stopped after {have} of {remote.size} bytes")
    found = _sha256(file)
    if found != remote.sha256:
        file.truncate(0)
        raise DownloadError(f"SHA-256 {found[:12]}... is not the published {remote.sha256[:12]}...; thrown away")


def _continue(url: str, file: BinaryIO, have: int, size: int, bar: "tqdm") -> int:
    """Append what one connection gives from byte `have` on, and return how many bytes there are."""
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-", "User-Agent": "dlbook"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        first = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
        start = int(first[1]) if answer.status == 206 and first else 0
        if start != have:  # a server without ranges begins anew
            have = 0
            file.truncate(0)
            bar.reset()
        while have < size:
            chunk = answer.read(min(CHUNK, size - have))
            if not chunk:
                break
            file.write(chunk)
            have += len(chunk)
            bar.update(len(chunk))
    file.flush()
    return have


def _bar(remote: Remote, have: int, progress: bool) -> "tqdm":
    from tqdm import tqdm

    return tqdm(
        total=remote.size, initial=have, unit="B", unit_scale=True, desc=remote.name, disable=not progress, leave=False
    )


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def _lock(file: BinaryIO, name: str) -> None:
    """Hold `file` until it is closed; the system lets go of it if this process dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise DownloadError(f"another process is downloading {name!r}; wait for it") from None
