"""What to do when the GPU's memory runs out: the batch in smaller pieces."""

from cs_cnn.backend import array_module


def in_pieces(name, run, *arrays):
    """Call `run` on the whole batch, or on smaller and smaller pieces of it if memory runs out.

    Parameters
    ----------
    name : str
        Begins the error.
    run : callable
        Takes the arrays, or as many of their first rows as a piece has; returns anything.
    arrays : arrays with the batch along their first axis

    Returns
    -------
    list
        What `run` returned for each piece, in order.

    Raises
    ------
    MemoryError
        If not even a single image fits; CuPy's own words say how much was asked for.
    """
    batch, size = len(arrays[0]), max(len(arrays[0]), 1)
    while True:
        try:
            starts = range(0, max(batch, 1), size)
            return [run(*(a[s : s + size] for a in arrays)) for s in starts]
        except MemoryError as error:  # CuPy's OutOfMemoryError is one
            if size == 1:
                shapes = ", ".join(str(a.shape) for a in arrays)
                raise MemoryError(
                    f"{name}: one image at a time is still too much for the GPU's memory "
                    f"(arrays of {shapes}): {error}"
                ) from error
            free_cached_memory(*arrays)
            size = -(-size // 2)


def free_cached_memory(*arrays):
    """Give back what CuPy's memory pool keeps for the next array, if the arrays are CuPy's."""
    xp = array_module(*arrays)
    if hasattr(xp, "get_default_memory_pool"):
        xp.get_default_memory_pool().free_all_blocks()
