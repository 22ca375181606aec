"""What to do when the GPU's memory runs out: the batch in smaller pieces."""

from cs_cnn.backend import array_module
from cs_cnn.fast_layers.gpu.geometry import empty_as, in_format_of


def in_pieces(name, run, keep, *arrays):
    """Call `run` on the whole batch, or on smaller and smaller pieces of it if memory runs out.

    Parameters
    ----------
    name : str
        Begins the error.
    run : callable
        Takes the arrays, or as many of their first rows as a piece has; returns anything.
    keep : callable
        Is given the rows of a piece (a slice) and what `run` returned for it, in order, and from
        the first piece again after a failure.
    arrays : arrays with the batch along their first axis

    Raises
    ------
    MemoryError
        If not even a single image fits; CuPy's own words say how much was asked for.
    """
    batch, size = len(arrays[0]), max(len(arrays[0]), 1)
    while True:
        try:
            for start in range(0, max(batch, 1), size):
                rows = slice(start, min(start + size, batch))
                keep(rows, run(*(a[rows] for a in arrays)))
            return
        except MemoryError as error:  # CuPy's OutOfMemoryError is one
            if size == 1:
                shapes = ", ".join(str(a.shape) for a in arrays)
                raise MemoryError(
                    f"{name}: one image at a time is still too much for the GPU's memory "
                    f"(arrays of {shapes}): {error}"
                ) from error
            free_cached_memory(*arrays)
            size = -(-size // 2)


class Images:
    """The images of all pieces as one array, in the memory format of x.

    Of several pieces, each is copied to its place and given up before the next one is made.
    """

    def __init__(self, x):
        self.x, self.whole = x, None

    def keep(self, rows, piece):
        """Put the images of a piece at their rows of the batch."""
        if rows.start == 0:
            self.whole = None  # what an attempt before this one made
        if len(piece) == len(self.x):
            self.whole = in_format_of(self.x, piece)
            return
        if self.whole is None:
            self.whole = empty_as(self.x, (len(self.x), *piece.shape[1:]))
        self.whole[rows] = piece


def free_cached_memory(*arrays):
    """Give back what CuPy's memory pool keeps for the next array, if the arrays are CuPy's."""
    xp = array_module(*arrays)
    if hasattr(xp, "get_default_memory_pool"):
        xp.get_default_memory_pool().free_all_blocks()
