"""Fetching and reading published files, against a server on this computer and files that the test writes."""

import gzip
import hashlib
import http.server
import io
import tarfile
import threading

import numpy as np
import pytest

from dlbook.data import card, download, fetch, load
from dlbook.data.download import FILES, DownloadError, Remote, fetch_file
from dlbook.data.published import CIFAR10_CLASSES, CIFAR10_TRAIN, FASHION_CLASSES, read_cifar10, read_idx

CONTENT = np.random.default_rng(0).bytes(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DLBOOK_CACHE", str(tmp_path / "cache"))


class Server(http.server.BaseHTTPRequestHandler):
    """Serve CONTENT under /good, break off after 300000 bytes under /broken, and more."""

    requests: list[tuple[str, str | None]] = []  # noqa: RUF012

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.requests.append((self.path, wanted))
        if self.path == "/missing":
            self.send_error(404)
            return
        ranged = wanted is not None and self.path != "/ranges_ignored"
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if ranged else 0
        body = CONTENT[start:]
        self.send_response(206 if ranged else 200)
        if ranged:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/broken":
            body = body[:300_000]
        if self.path == "/silent":
            body = b""
        if self.path == "/altered":
            body = bytes(len(body))
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Server, "requests", [])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def remote(*urls, sha256=SHA256):
    return Remote("file.bin", urls, sha256, len(CONTENT))


def test_a_file_arrives_whole_and_is_not_asked_for_again(server, tmp_path):
    path = fetch_file(remote(f"{server}/good"), tmp_path, progress=False)
    assert path.read_bytes() == CONTENT
    assert [p.name for p in tmp_path.glob("*")] == ["file.bin"]
    assert fetch_file(remote(f"{server}/good"), tmp_path, progress=False) == path
    assert len(Server.requests) == 1


def test_a_broken_transfer_goes_on_where_it_stopped(server, tmp_path):
    assert fetch_file(remote(f"{server}/broken"), tmp_path, progress=False).read_bytes() == CONTENT
    assert [wanted for _, wanted in Server.requests] == ["bytes=0-", "bytes=300000-", "bytes=600000-"]


def test_a_later_call_goes_on_from_what_an_earlier_one_left(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:123_456])
    assert fetch_file(remote(f"{server}/good"), tmp_path, progress=False).read_bytes() == CONTENT
    assert Server.requests == [("/good", "bytes=123456-")]


def test_a_server_without_ranges_begins_anew(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"something else")
    assert fetch_file(remote(f"{server}/ranges_ignored"), tmp_path, progress=False).read_bytes() == CONTENT


def test_a_transfer_that_stalls_is_one_clear_error_and_keeps_what_it_has(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match=r"cannot download 'file.bin' .* stopped after 1000 of 700000 bytes"):
        fetch_file(remote(f"{server}/silent"), tmp_path, progress=False)
    assert len(Server.requests) == download.TRIES
    assert (tmp_path / "file.bin.part").read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("path", ["good", "altered"])
def test_wrong_bytes_never_get_the_name_of_the_file(server, tmp_path, path):
    wrong = remote(f"{server}/{path}", sha256="0" * 64) if path == "good" else remote(f"{server}/{path}")
    with pytest.raises(DownloadError, match=r"SHA-256 \w+\.\.\. is not the published"):
        fetch_file(wrong, tmp_path, progress=False)
    assert not (tmp_path / "file.bin").exists()
    assert (tmp_path / "file.bin.part").read_bytes() == b""


def test_the_next_address_is_tried(server, tmp_path):
    path = fetch_file(remote(f"{server}/missing", f"{server}/altered", f"{server}/good"), tmp_path, progress=False)
    assert path.read_bytes() == CONTENT


def test_no_network_is_one_line_that_names_the_address(tmp_path):
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        url = f"http://127.0.0.1:{held.getsockname()[1]}/file"
        with pytest.raises(DownloadError, match=r"cannot download 'file.bin'") as caught:
            fetch_file(remote(url), tmp_path, progress=False)
    assert url in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_transfers_of_one_file_do_not_mix(server, tmp_path):
    with open(tmp_path / "file.bin.part", "ab+") as held:
        download._lock(held, "file.bin")
        with pytest.raises(DownloadError, match=r"another process is downloading 'file.bin'"):
            fetch_file(remote(f"{server}/good"), tmp_path, progress=False)
    assert fetch_file(remote(f"{server}/good"), tmp_path, progress=False).read_bytes() == CONTENT


def test_a_progress_bar_shows_the_name(server, tmp_path, capsys):
    fetch_file(remote(f"{server}/good"), tmp_path)
    assert "file.bin" in capsys.readouterr().err


@pytest.mark.parametrize("name", FILES)
def test_pinned_files_have_a_hash_a_size_and_an_address(name):
    assert card(name).kind == "download"
    for file in FILES[name]:
        assert len(bytes.fromhex(file.sha256)) == 32
        assert file.size > 1000
        assert all(url.endswith(f"/{file.name}") for url in file.urls)
    with pytest.raises(DownloadError, match=rf"dlbook.data.fetch\('{name}'\) downloads"):
        load(name)


def test_only_real_sets_are_fetched():
    with pytest.raises(ValueError, match="'blobs' needs no download; to download there are cifar10, fashion_mnist"):
        fetch("blobs")
    with pytest.raises(ValueError, match="did you mean 'cifar10'"):
        fetch("cifar-10")


def write_cifar(path, records):
    with tarfile.open(path, "w:gz") as tar:
        for name, data in records.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.tobytes())


def serve(monkeypatch, tmp_path, name, files):
    """Pin the given files in place of the published ones, and put them where `fetch` would."""
    folder = tmp_path / "cache" / "downloads" / name
    folder.mkdir(parents=True)
    pinned = []
    for old, data in zip(FILES[name], files, strict=True):
        (folder / old.name).write_bytes(data)
        pinned.append(Remote(old.name, ("http://127.0.0.1:9/x",), hashlib.sha256(data).hexdigest(), len(data)))
    monkeypatch.setitem(FILES, name, tuple(pinned))


def test_cifar10_is_read_without_pickle(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (12, 3, 32, 32), np.uint8), rng.integers(0, 10, 12, np.uint8)
    records = [bytes([label]) + image.tobytes() for image, label in zip(images, labels, strict=True)]
    batches = {name: b"".join(records[2 * i : 2 * i + 2]) for i, name in enumerate((*CIFAR10_TRAIN, "test_batch.bin"))}
    write_cifar(tmp_path / "small.tar.gz", batches)
    serve(monkeypatch, tmp_path, "cifar10", [(tmp_path / "small.tar.gz").read_bytes()])
    assert fetch("cifar10", progress=False)[0].name == "cifar-10-binary.tar.gz"
    data = load("cifar10")
    assert data.classes == CIFAR10_CLASSES
    assert data.x_train.dtype == np.float32
    np.testing.assert_array_equal(np.rint(255 * data.x_train), images[:10])
    np.testing.assert_array_equal(np.r_[data.t_train, data.t_test], labels)
    assert load("cifar10", n=3, n_test=1).x_train.shape == (3, 3, 32, 32)
    with pytest.raises(ValueError, match="n must be at most 10, got 11"):
        load("cifar10", n=11)


def test_a_damaged_cifar10_archive_is_refused(tmp_path):
    write_cifar(tmp_path / "short.tar.gz", {"test_batch.bin": bytes(3000)})
    with pytest.raises(ValueError, match=r"test_batch.bin has 3000 bytes, not a multiple of 3073"):
        read_cifar10(tmp_path / "short.tar.gz", ("test_batch.bin",))
    with pytest.raises(ValueError, match=r"has no data_batch_1.bin"):
        read_cifar10(tmp_path / "short.tar.gz", ("data_batch_1.bin",))


def test_fashion_mnist_is_read(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (7, 28, 28), np.uint8), rng.integers(0, 10, 7, np.uint8)]
    arrays += [rng.integers(0, 256, (3, 28, 28), np.uint8), rng.integers(0, 10, 3, np.uint8)]
    serve(monkeypatch, tmp_path, "fashion_mnist", [idx(array) for array in arrays])
    data = load("fashion_mnist")
    assert data.classes == FASHION_CLASSES
    np.testing.assert_array_equal(np.rint(255 * data.x_train[:, 0]), arrays[0])
    np.testing.assert_array_equal(data.t_train, arrays[1])
    np.testing.assert_array_equal(np.rint(255 * data.x_test[:, 0]), arrays[2])
    np.testing.assert_array_equal(data.t_test, arrays[3])


def test_labels_that_do_not_fit_the_images_are_refused(monkeypatch, tmp_path):
    images, labels = np.zeros((3, 28, 28), np.uint8), np.zeros(2, np.uint8)
    serve(monkeypatch, tmp_path, "fashion_mnist", [idx(a) for a in (images, labels, images, labels)])
    with pytest.raises(ValueError, match="3 images do not fit 2 labels"):
        load("fashion_mnist")


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: b"\1" + data[1:], lambda data: data[:3]]
)
def test_a_damaged_idx_file_is_refused(tmp_path, damage):
    whole = gzip.decompress(idx(np.arange(12, dtype=np.uint8).reshape(2, 3, 2)))
    (tmp_path / "whole").write_bytes(whole)
    assert read_idx(tmp_path / "whole").tolist() == np.arange(12).reshape(2, 3, 2).tolist()
    (tmp_path / "damaged").write_bytes(damage(whole))
    with pytest.raises(ValueError, match="read_idx: damaged"):
        read_idx(tmp_path / "damaged")
