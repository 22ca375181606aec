"""Reading the two file formats: CIFAR's pickled batches and MNIST's IDX files."""

import gzip
import io
import pickle
import zlib

import numpy as np
from numpy._core.multiarray import _reconstruct

from .integrity import Damage

# All that a pickled NumPy array is made of, by the names that NumPy had when CIFAR-10 was made.
ADMITTED = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
}


class _ArrayUnpickler(pickle.Unpickler):
    """A pickle can name any function to be called; this one admits only arrays."""

    def find_class(self, module, name):
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no array")
        return ADMITTED[module, name]


def cifar_batch(data):
    """One batch of CIFAR-10.

    Parameters
    ----------
    data : bytes
        A pickled dictionary with "data", (n, 3072) uint8, and "labels", n integers.

    Returns
    -------
    images : (n, 3, 32, 32) uint8 array
    labels : (n,) int64 array

    Raises
    ------
    Damage
        If the pickle holds anything but arrays and plain values. Nothing of it is executed.
    """
    try:
        batch = _ArrayUnpickler(io.BytesIO(data), encoding="latin1").load()
    except pickle.UnpicklingError as error:
        raise Damage(f"a batch in it is not safe to read: {error}") from error
    return batch["data"].reshape(-1, 3, 32, 32), np.array(batch["labels"], dtype=np.int64)


def idx(path):
    """The array of bytes in a gzipped IDX file.

    The format: two zero bytes, the element type (8 is an unsigned byte), the number of
    dimensions, each dimension as a big-endian 32-bit integer, then the elements.

    Raises
    ------
    Damage
        If the file is not a whole gzipped IDX file of bytes.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise Damage(f"it cannot be unpacked ({error})") from error
    if data[:3] != b"\0\0\x08" or len(data) < 4 + 4 * data[3]:
        raise Damage(f"it is not an IDX file of bytes: it starts with {data[:4].hex(' ')}")
    shape = tuple(np.frombuffer(data, ">u4", count=data[3], offset=4).tolist())
    elements = np.frombuffer(data, np.uint8, offset=4 + 4 * data[3])
    if elements.size != np.prod(shape, dtype=np.int64):
        raise Damage(f"it holds {elements.size:,} bytes where its shape {shape} needs others")
    return elements.reshape(shape)
