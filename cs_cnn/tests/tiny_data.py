"""Tiny archives in the formats of CIFAR-10 and MNIST, and a server that sends well or badly."""

import gzip
import hashlib
import io
import pickle
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from cs_cnn.data import catalogue

FOLDER = "cifar-10-batches-py"
ARCHIVE = "cifar-10-python.tar.gz"


def checksums(content):
    return {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "md5": hashlib.md5(content).hexdigest(),
    }


def pickled_batch(rng, n=20):
    batch = {
        "data": rng.integers(0, 256, (n, 3072), dtype=np.uint8),
        "labels": [i % 10 for i in range(n)],
    }
    new = pickle.dumps(batch, protocol=3)
    old = new.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert old != new  # as NumPy was when CIFAR-10 was made
    return old


def tar_of(members, level=9):
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=level, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name, content in members.items():
            info = tarfile.TarInfo(f"{FOLDER}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def idx_of(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.tobytes(), mtime=0)


def cifar10_members():
    """Two training batches and the test batch, 20 images each, by name."""
    rng = np.random.default_rng(0)
    names = ["data_batch_1", "data_batch_2", "test_batch"]
    return {**{name: pickled_batch(rng) for name in names}, "batches.meta": b"not read"}


def mnist_contents():
    """The four files, with 30 training and 20 test images, by name."""
    rng = np.random.default_rng(1)
    files = {}
    for part, n in (("train", 30), ("t10k", 20)):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        files[f"{part}-images-idx3-ubyte.gz"] = idx_of(images)
        files[f"{part}-labels-idx1-ubyte.gz"] = idx_of(np.arange(n, dtype=np.uint8) % 10)
    return files


def set_official(monkeypatch, name, files, members=None):
    """Make these contents the official ones of a set; the official host is one that is not."""
    entries = []
    for file, content in files.items():
        entry = {"name": file, "url": f"http://127.0.0.1:9/{file}", **checksums(content)}
        if members:
            entry["members"] = [
                {"name": f"{FOLDER}/{member}", **checksums(part)}
                for member, part in members.items()
            ]
        entries.append(entry)
    changed = {**catalogue.REGISTRY[name], "files": entries}
    monkeypatch.setitem(catalogue.REGISTRY, name, changed)


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_tiny_cifar10(loaded, members):
    assert loaded.x_train.shape == (40, 3, 32, 32) and loaded.x_test.shape == (20, 3, 32, 32)
    first = pickle.loads(members["data_batch_1"])["data"][0].reshape(3, 32, 32)
    np.testing.assert_array_equal(np.rint(loaded.x_train[0] * 255), first)
    last = pickle.loads(members["data_batch_2"])["data"][-1].reshape(3, 32, 32)
    np.testing.assert_array_equal(np.rint(loaded.x_train[-1] * 255), last)


class Server(ThreadingHTTPServer):
    """Sends `content[path]`; `status`, `announced` and `stall` make it fail."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.asked = {}, []
        self.status, self.announced, self.stall = 200, None, False
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/data"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.removeprefix("/data/")
        self.server.asked.append(name)
        content = self.server.content.get(name)
        self.send_response(404 if content is None else self.server.status)
        content = content or b"not here"
        self.send_header("Content-Length", str(self.server.announced or len(content)))
        self.end_headers()
        if self.server.stall:
            self.wfile.write(content[:10])
            self.wfile.flush()
            self.server.released.wait(60)
            return
        self.wfile.write(content)

    def log_message(self, *args):
        pass
