"""Arrays that write down who reads and writes them, number by number."""

from collections import namedtuple

import numpy as np

# One access: which array, which place in it, whether it writes; which block and thread did it, how
# many barriers it had passed, and how many accesses it had made since the last one.
Access = namedtuple("Access", "array place write block thread epoch step")


class Log:
    """All accesses of a launch, and whoever runs at the moment.

    Attributes
    ----------
    accesses : list of tuples in the order of `Access`
    arrays : list of Watched
    outside : list of (thread, str)
        Accesses that lie outside of an array: which thread, and a sentence without it.
    """

    def __init__(self):
        self.accesses, self.arrays, self.outside = [], [], []
        self.block = self.thread = self.epoch = self.step = 0

    def watch(self, name, array, shared=False):
        """Return a stand-in for the array that logs here."""
        self.arrays.append(Watched(self, len(self.arrays), name, array, shared))
        return self.arrays[-1]

    def add(self, array, place, write):
        self.accesses.append((array, place, write, self.block, self.thread, self.epoch, self.step))
        self.step += 1


class Watched:
    """One array as a kernel sees it: one number at a time, negative indices lie outside."""

    def __init__(self, log, number, name, array, shared):
        self.log, self.number, self.name, self.shared = log, number, name, shared
        self.shape, self.dtype = array.shape, array.dtype
        self.flat = np.ascontiguousarray(array).reshape(-1)
        self.steps = [int(np.prod(self.shape[k + 1 :])) for k in range(array.ndim)]

    def __getitem__(self, index):
        place = self._place(index, write=False)
        return self.dtype.type(np.nan) if place is None else self.flat[place]

    def __setitem__(self, index, value):
        place = self._place(index, write=True)
        if place is not None:
            self.flat[place] = value

    def _place(self, index, write):
        index = index if isinstance(index, tuple) else (index,)
        place, inside = 0, len(index) == len(self.shape)
        for i, size, step in zip(index, self.shape, self.steps, strict=False):
            inside = inside and 0 <= i < size
            place += i * step
        if len(index) != len(self.shape) or not isinstance(place, int | np.integer):
            raise TypeError(
                f"a kernel uses one number at a time: {self.name} has {len(self.shape)} dimensions "
                f"and needs as many whole numbers, got {self.name}{list(index)}"
            )
        if not inside:
            verb = "writes" if write else "reads"
            where = f"{self.name}{[int(i) for i in index]}, outside of its shape {self.shape}"
            self.log.outside.append(((self.log.block, self.log.thread), f"{verb} {where}"))
            return None
        self.log.add(self.number, int(place), write)
        return int(place)

    def name_of(self, place):
        """A place as it is written in Python: x[0, 2, 1]."""
        return f"{self.name}{[int(i) for i in np.unravel_index(place, self.shape)]}"
