"""Downloads, damage and recovery, on tiny archives that a local server sends well or badly."""

import gzip
import hashlib
import os
import pickle

import numpy as np
import pytest

from cs_cnn import data
from cs_cnn.data import fetching

from .tiny_data import (
    ARCHIVE,
    FOLDER,
    assert_tiny_cifar10,
    cifar10_members,
    files_under,
    mnist_contents,
    pickled_batch,
    set_official,
    tar_of,
)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CS_CNN_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("CS_CNN_MIRROR", raising=False)
    return tmp_path / "cache"


@pytest.fixture
def members():
    return cifar10_members()


@pytest.fixture
def archive(monkeypatch, members):
    content = tar_of(members)
    set_official(monkeypatch, "cifar10", {ARCHIVE: content}, members)
    return content


@pytest.fixture
def mnist_files(monkeypatch):
    files = mnist_contents()
    set_official(monkeypatch, "mnist", files)
    return files


# Good downloads -------------------------------------------------------------------------------


def test_download_is_kept_and_used_again(server, archive, members, cache):
    server.content[ARCHIVE] = archive
    assert_tiny_cifar10(data.load_cifar10(), members)
    assert files_under(cache) == [f"cifar10/{ARCHIVE}"]
    assert_tiny_cifar10(data.load_cifar10(), members)
    assert server.asked == [ARCHIVE]


def test_mirror_option_beats_the_environment(server, archive, monkeypatch, cache):
    monkeypatch.setenv("CS_CNN_MIRROR", "http://127.0.0.1:9/none")
    server.content[ARCHIVE] = archive
    assert data.fetch("cifar10", mirror=server.url + "/") == [cache / "cifar10" / ARCHIVE]


def test_mnist_gets_its_four_files(server, mnist_files, cache):
    server.content.update(mnist_files)
    loaded = data.load_mnist(n_test=10)
    assert loaded.x_train.shape == (30, 1, 28, 28) and loaded.x_test.shape == (10, 1, 28, 28)
    raw = gzip.decompress(mnist_files["train-images-idx3-ubyte.gz"])[16:]
    np.testing.assert_array_equal(np.rint(loaded.x_train * 255).ravel(), np.frombuffer(raw, "u1"))
    assert loaded.y_train.tolist() == [i % 10 for i in range(30)]
    assert files_under(cache) == sorted(f"mnist/{name}" for name in mnist_files)


def test_progress_bar_writes_nothing_on_stderr(server, archive, capsys):
    server.content[ARCHIVE] = archive
    data.fetch("cifar10")
    captured = capsys.readouterr()
    assert ARCHIVE in captured.out and captured.err == ""


def test_force_downloads_again(server, archive):
    server.content[ARCHIVE] = archive
    data.fetch("cifar10")
    data.fetch("cifar10", force=True)
    assert server.asked == [ARCHIVE, ARCHIVE]


def test_sets_without_files_need_nothing():
    assert data.fetch("digits") == [] and data.fetch("colours") == []


# Bad downloads: a clear error, nothing kept, and the next try works ----------------------------


def altered(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("sent", "behaviour", "reason"),
    [
        (lambda whole: whole[:3000], {"announced": 100_000}, "3000 bytes read"),
        (lambda whole: whole[:3000], {}, "it has 3,000 bytes where"),
        (altered, {}, "its sha256 is"),
        (lambda whole: b"<html>Please log in</html>", {}, "it has 26 bytes where"),
        (lambda whole: None, {}, "404"),
        (lambda whole: whole, {"status": 500}, "500"),
        (lambda whole: whole, {"stall": True}, "timed out"),
    ],
    ids=["cut", "short", "altered", "error page", "gone", "broken", "stalled"],
)
def test_failed_download(sent, behaviour, reason, server, archive, members, cache, monkeypatch):
    server.content[ARCHIVE] = sent(archive)
    with monkeypatch.context() as bad, pytest.raises(data.DataError) as caught:
        for name, value in behaviour.items():
            bad.setattr(server, name, value)
        if server.stall:
            bad.setattr(fetching, "TIMEOUT", (10, 0.3))
        data.load_cifar10()
    message = str(caught.value)
    assert reason in message and f"{server.url}/{ARCHIVE}" in message
    assert "load_digits()" in message and "load_colours()" in message
    assert files_under(cache) == []

    server.content[ARCHIVE] = archive
    assert_tiny_cifar10(data.load_cifar10(), members)


@pytest.mark.parametrize("mirror", ["http://127.0.0.1:9", "no address at all"])
def test_no_network(mirror, archive, cache):
    with pytest.raises(data.DataError, match=r"could not be downloaded .*load_digits\(\)"):
        data.load_cifar10(mirror=mirror)
    assert files_under(cache) == []


def test_failed_force_keeps_the_good_file(server, archive, members):
    server.content[ARCHIVE] = archive
    data.fetch("cifar10")
    server.content[ARCHIVE] = archive[:3000]
    with pytest.raises(data.DataError, match="did not send the official file"):
        data.fetch("cifar10", force=True)
    assert_tiny_cifar10(data.load_cifar10(), members)


def test_unwritable_directory(archive, server, tmp_path):
    server.content[ARCHIVE] = archive
    (tmp_path / "cifar10").write_text("a file where a directory is needed")
    with pytest.raises(data.DataError, match="cannot be written .*CS_CNN_DATA"):
        data.load_cifar10(directory=tmp_path)


# Files that are there already ------------------------------------------------------------------


@pytest.mark.parametrize("place", [ARCHIVE, f"cifar10/{ARCHIVE}"])
def test_archive_in_the_directory_is_used(place, archive, members, tmp_path):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_bytes(archive)
    assert_tiny_cifar10(data.load_cifar10(directory=tmp_path), members)


def test_path_of_the_archive_itself(archive, members, tmp_path, monkeypatch):
    path = tmp_path / "my copy.tar.gz"
    path.write_bytes(archive)
    assert_tiny_cifar10(data.load_cifar10(directory=path), members)
    monkeypatch.setenv("CS_CNN_DATA", str(path))
    assert data.fetch("cifar10") == [path]


@pytest.mark.parametrize("given", [".", FOLDER])
@pytest.mark.parametrize("place", ["", "cifar10"])
def test_extracted_directory_is_used(place, given, archive, members, tmp_path):
    folder = tmp_path / place / FOLDER
    folder.mkdir(parents=True)
    for name, content in members.items():
        (folder / name).write_bytes(content)
    directory = tmp_path if given == "." else folder
    assert_tiny_cifar10(data.load_cifar10(directory=directory), members)
    assert data.fetch("cifar10", directory=directory) == [folder]


def test_extracted_directory_must_be_whole(archive, members, tmp_path):
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name, content in members.items():
        (folder / name).write_bytes(content)
    (folder / "data_batch_2").unlink()
    for use in (data.load_cifar10, lambda directory: data.fetch("cifar10", directory=directory)):
        with pytest.raises(data.DataError, match=f"{FOLDER}/data_batch_2 is missing"):
            use(directory=tmp_path)
    (folder / "data_batch_2").write_bytes(members["data_batch_1"])
    with pytest.raises(data.DataError, match=f"{FOLDER}/data_batch_2 in it is not the official"):
        data.load_cifar10(directory=tmp_path)


def test_damaged_file_is_explained_and_mended(server, archive, members, cache):
    path = cache / "cifar10" / ARCHIVE
    path.parent.mkdir(parents=True)
    path.write_bytes(archive[:3000])
    for use in (data.load_cifar10, lambda: data.fetch("cifar10")):
        with pytest.raises(data.DataError) as caught:
            use()
        for part in (str(path), "3,000 bytes", f"{len(archive):,} are expected"):
            assert part in str(caught.value)
        assert hashlib.sha256(archive[:3000]).hexdigest() in str(caught.value)
        assert hashlib.sha256(archive).hexdigest() in str(caught.value)
        assert "cs-cnn data fetch cifar10 --force" in str(caught.value)
    assert path.read_bytes() == archive[:3000] and server.asked == []
    server.content[ARCHIVE] = archive
    data.fetch("cifar10", force=True)
    assert_tiny_cifar10(data.load_cifar10(), members)


def test_damaged_mnist_file_is_explained(mnist_files, tmp_path):
    for name, content in mnist_files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(b"")
    with pytest.raises(data.DataError, match=r"t10k-images.* is damaged: it has 0 bytes"):
        data.load_mnist(directory=tmp_path)


# Archives that are not the official one ---------------------------------------------------------


def test_repacked_archive_with_official_members_is_used(server, archive, members):
    repacked = tar_of(dict(reversed(members.items())), level=1)
    assert repacked != archive
    server.content[ARCHIVE] = repacked
    with pytest.warns(data.RepackedArchiveWarning, match="not the official archive"):
        loaded = data.load_cifar10()
    assert_tiny_cifar10(loaded, members)
    with pytest.warns(data.RepackedArchiveWarning):
        data.fetch("cifar10")


def test_repacked_archive_with_one_other_member_is_not(archive, members, tmp_path):
    other = {**members, "data_batch_2": pickled_batch(np.random.default_rng(9))}
    (tmp_path / ARCHIVE).write_bytes(tar_of(other))
    with pytest.raises(data.DataError, match="data_batch_2 in it is not the official one"):
        data.load_cifar10(directory=tmp_path)


class Malice:
    """Unpickling it makes a directory."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_pickle_that_is_not_official_is_not_opened(archive, members, tmp_path):
    bad = pickle.dumps(Malice(tmp_path / "done"), protocol=2)
    (tmp_path / ARCHIVE).write_bytes(tar_of({**members, "data_batch_1": bad}))
    with pytest.raises(data.DataError, match="data_batch_1 in it is not the official one"):
        data.load_cifar10(directory=tmp_path)
    assert not (tmp_path / "done").exists()


def test_pickle_that_asks_for_a_function_is_refused(members, tmp_path, monkeypatch):
    bad = {**members, "data_batch_1": pickle.dumps(Malice(tmp_path / "done"), protocol=2)}
    content = tar_of(bad)
    set_official(monkeypatch, "cifar10", {ARCHIVE: content}, bad)
    (tmp_path / ARCHIVE).write_bytes(content)
    with pytest.raises(data.DataError, match=r"not safe to read: it asks for \w+\.mkdir"):
        data.load_cifar10(directory=tmp_path)
    assert not (tmp_path / "done").exists()
    pickle.loads(bad["data_batch_1"])
    assert (tmp_path / "done").exists()  # so the test would have seen it


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not gzip", "cannot be unpacked"),
        (gzip.compress(b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", mtime=0), "not an IDX file of bytes"),
        (gzip.compress(b"\0\0\x08\x03\0\0", mtime=0), "not an IDX file of bytes"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc", mtime=0), "it holds 3 bytes"),
    ],
    ids=["not gzip", "not bytes", "cut head", "cut data"],
)
def test_idx_file_that_is_none(content, reason, mnist_files, tmp_path, monkeypatch):
    files = {**mnist_files, "train-images-idx3-ubyte.gz": content}
    set_official(monkeypatch, "mnist", files)
    for name, part in files.items():
        (tmp_path / name).write_bytes(part)
    with pytest.raises(data.DataError, match=reason):
        data.load_mnist(directory=tmp_path)


# What is here -----------------------------------------------------------------------------------


def states(directory):
    return {row.name: row for row in data.status(directory)}


def test_status(archive, mnist_files, members, tmp_path):
    rows = states(tmp_path)
    states_of = [row.state for row in rows.values()]
    assert states_of == ["missing", "missing", "built in", "built in", "missing"]
    assert "cs-cnn data fetch cifar10" in rows["cifar10"].detail

    path = tmp_path / ARCHIVE
    path.write_bytes(archive)
    name, content = next(iter(mnist_files.items()))
    (tmp_path / name).write_bytes(content)
    rows = states(tmp_path)
    assert rows["cifar10"] == data.SetStatus("cifar10", "ready", path, len(archive), "")
    assert rows["mnist"].state == "missing" and "1 of 4 files" in rows["mnist"].detail
    assert rows["mnist"].bytes == len(content)

    path.write_bytes(tar_of(members, level=1))
    assert states(tmp_path)["cifar10"].state == "ready"
    assert "not the official archive" in states(tmp_path)["cifar10"].detail

    path.write_bytes(archive[:3000])
    assert states(tmp_path)["cifar10"].state == "damaged"
    assert "--force" in states(tmp_path)["cifar10"].detail
