"""CUDA graphs: the kernels of a whole training step, recorded once and started together.

Starting one kernel from Python takes several microseconds, and the kernels of a small network take
less than that each: the GPU waits for Python. A graph is started as one.
"""

from contextvars import ContextVar

from cs_cnn.backend import need_gpu

recording = ContextVar("recording", default=False)  # whether `capture` calls the function


def capture(function, *arrays):
    """Record what `function(*arrays)` does on the GPU, and return a function that does it again.

    Parameters
    ----------
    function : callable
        Works on CuPy arrays alone, the same way each time: it must not look at their numbers, nor
        bring any to the CPU, nor use `@` (CuPy refuses to record cuBLAS; the linear layer here does
        without). What it keeps from call to call (weights, running averages), it has to
        change in place. It is called twice before it is recorded, to compile its kernels and to
        reserve memory; what it changes in place is changed twice then. Recording changes nothing.
    arrays : CuPy arrays
        Example inputs.

    Returns
    -------
    replay : callable
        `replay(*new)` copies `new` (of the same shapes and dtypes) to where the recording reads its
        inputs, starts the graph, and returns what `function` returned: the same arrays each time,
        overwritten by the next call.

    Raises
    ------
    RuntimeError
        Without CuPy or a GPU.
    """
    cupy = need_gpu()
    inputs = [array.copy() for array in arrays]
    pool = cupy.cuda.MemoryPool()  # the recording's own: nobody else may get what it has freed
    stream = cupy.cuda.Stream(non_blocking=True)
    cupy.cuda.Device().synchronize()  # the copies are made on another stream
    token = recording.set(True)
    try:
        with cupy.cuda.using_allocator(pool.malloc), stream:
            for _ in range(2):
                function(*inputs)
            stream.begin_capture()
            try:
                results = function(*inputs)
            finally:
                graph = stream.end_capture()
    finally:
        recording.reset(token)
    stream.synchronize()

    def replay(*new):
        for there, array in zip(inputs, new, strict=True):
            if (array.shape, array.dtype) != (there.shape, there.dtype):
                raise ValueError(
                    f"capture: recorded with {there.shape} of {there.dtype}, got {array.shape} of "
                    f"{array.dtype}: record again for other shapes"
                )
            there[...] = array
        graph.launch()
        return results

    replay.kept = pool, function  # what the graph's addresses point at lives as long as it does
    return replay
