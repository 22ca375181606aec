"""The same kernel on a real GPU: CuPy translates its Python to CUDA and compiles it."""

from types import CellType, FunctionType

_COMPILED = {}


def is_on_gpu(value):
    """Whether it is one of CuPy's arrays; CuPy itself is not imported to find out."""
    return type(value).__module__.partition(".")[0] == "cupy"


def launch(kernel, gpu, grid, block, arguments):
    """Compile the kernel unless the same one has been compiled, and run it."""
    cells = kernel.__closure__ or ()
    key = (kernel.__code__, *(cell.cell_contents for cell in cells))
    if key not in _COMPILED:
        _COMPILED[key] = _translated(kernel, gpu)
    _COMPILED[key](tuple(grid), tuple(block), arguments)


def _translated(kernel, gpu):
    """The kernel with CuPy's own `jit` in place of the emulator's `gpu`."""
    from cupyx import jit

    def swapped(value):
        return jit if value is gpu else value

    names = {name: swapped(value) for name, value in kernel.__globals__.items()}
    cells = tuple(CellType(swapped(cell.cell_contents)) for cell in kernel.__closure__ or ())
    twin = FunctionType(kernel.__code__, names, kernel.__name__, None, cells)
    # NumPy's rules for mixed types: an unsigned threadIdx plus a signed int is a signed int.
    return jit.rawkernel(mode="numpy")(twin)
