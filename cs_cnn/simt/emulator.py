"""Runs a kernel on the CPU: block after block, thread after thread, barrier after barrier.

Real threads run at the same time and in no order. Here each runs alone up to its next barrier, in
order of their numbers; the report finds out what might have gone wrong in another order.
"""

import inspect
import itertools
import math
import sys
from collections import namedtuple

import numpy as np

from cs_cnn.simt import device
from cs_cnn.simt.fibres import Fibre, small_stacks
from cs_cnn.simt.memory import Log
from cs_cnn.simt.report import report

Dim3 = namedtuple("Dim3", "x y z")
MOST_THREADS = 1024  # of a block, on every NVIDIA GPU


class Gpu:
    """What a kernel knows of the GPU, under `cupyx.jit`'s names; filled in while a kernel runs."""

    def __init__(self):
        self.launch = None

    def __getattr__(self, name):
        if name in ("threadIdx", "blockIdx", "blockDim", "gridDim"):
            raise RuntimeError(f"gpu.{name} is known only inside a kernel that `launch` runs")
        raise AttributeError(f"gpu has no {name!r}")

    def syncthreads(self):
        """Wait here until every thread of the block has come here."""
        self.launch.wait(sys._getframe(1).f_lineno)

    def shared_memory(self, dtype, size):
        """A fast array with `size` numbers that all threads of a block share; full of garbage."""
        return self.launch.shared_array(np.dtype(dtype), size)


gpu = Gpu()


def launch(kernel, grid, block, *arguments):
    """Run a kernel with grid x block threads, on the GPU for CuPy arrays, else in the emulator.

    Parameters
    ----------
    kernel : function
        One thread's work, in the language of `cupyx.jit`. Whole numbers that it takes from the
        function around it are constants when it is compiled.
    grid : tuple of up to 3 ints
        Blocks in x, y and z.
    block : tuple of up to 3 ints
        Threads of a block in x, y and z, at most 1024.
    *arguments : arrays and numbers

    Returns
    -------
    dict
        What `cs_cnn.simt.report.report` counted, all plain values; empty on a GPU, which counts
        nothing.

    Raises
    ------
    ValueError
        If grid or block is not one to three positive ints, or a block has too many threads.
    """
    grid, block = _dim3("grid", grid), _dim3("block", block)
    if math.prod(block) > MOST_THREADS:
        raise ValueError(
            f"launch: a block of {tuple(block)} has {math.prod(block)} threads, at most "
            f"{MOST_THREADS} are possible: make it smaller and the grid larger"
        )
    if any(device.is_on_gpu(argument) for argument in arguments):
        device.launch(kernel, gpu, grid, block, arguments)
        return {}
    return Launch(kernel, grid, block, arguments).run()


def _dim3(name, sizes):
    sizes = tuple(sizes)
    if not 1 <= len(sizes) <= 3 or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"launch: {name} must be one to three positive ints, got {sizes}")
    return Dim3(*sizes, *[1] * (3 - len(sizes)))


class Launch:
    """One run of a kernel in the emulator."""

    def __init__(self, kernel, grid, block, arguments):
        self.kernel, self.grid, self.block = kernel, grid, block
        self.log, self.missed, self.fibre = Log(), [], None
        names = inspect.signature(kernel).parameters
        self.arguments = [
            self.log.watch(name, value) if isinstance(value, np.ndarray) else value
            for name, value in zip(names, arguments, strict=True)
        ]
        self.threads = list(map(_xyz, itertools.product(*map(range, reversed(block)))))
        self.blocks = list(map(_xyz, itertools.product(*map(range, reversed(grid)))))

    def run(self):
        """Run every block and report."""
        barriers = "syncthreads" in self.kernel.__code__.co_names
        run_block = self.run_in_step if barriers else self.run_freely
        gpu.launch, gpu.gridDim, gpu.blockDim = self, self.grid, self.block
        try:
            with small_stacks():
                for number, gpu.blockIdx in enumerate(self.blocks):
                    self.log.block, self.shared = number, []
                    run_block()
        finally:
            gpu.launch = None
            for name in ("gridDim", "blockDim", "blockIdx", "threadIdx"):
                vars(gpu).pop(name, None)
        return report(self)

    def enter(self, thread, epoch=0):
        """From now on this thread runs."""
        gpu.threadIdx = self.threads[thread]
        self.log.thread, self.log.epoch, self.log.step, self.used = thread, epoch, 0, 0

    def run_freely(self):
        """Without barriers: one thread after the other, each to its end."""
        for thread in range(len(self.threads)):
            self.enter(thread)
            self.kernel(*self.arguments)

    def run_in_step(self):
        """With barriers: all threads up to the first one, then all up to the next, and so on."""
        fibres = [Fibre(self.kernel, self.arguments) for _ in self.threads]
        running, epoch = list(enumerate(fibres)), 0
        try:
            while running:
                for thread, self.fibre in running:
                    self.enter(thread, epoch)
                    self.fibre.resume()
                waiting = [(thread, fibre) for thread, fibre in running if not fibre.ended]
                lines = {fibre.line for _, fibre in waiting}
                if waiting and (len(waiting) < len(running) or len(lines) > 1):
                    self.missed.append((self.log.block, len(waiting), len(running), len(lines)))
                running, epoch = waiting, epoch + 1
        finally:
            self.fibre = None
            for fibre in fibres:
                fibre.drop()

    def wait(self, line):
        """The thread that runs waits at a barrier."""
        if self.fibre is None:
            raise RuntimeError("call gpu.syncthreads() in the kernel itself, not in a function")
        self.fibre.pause(line)

    def shared_array(self, dtype, size):
        """The next shared array of this thread: the block's first, second, ..."""
        if self.used == len(self.shared):
            name = "shared" if not self.shared else f"shared{len(self.shared) + 1}"
            garbage = np.full(size, np.nan).astype(dtype)
            self.shared.append(self.log.watch(name, garbage, shared=True))
        self.used += 1
        return self.shared[self.used - 1]

    def who(self, block, thread):
        """A thread in words."""
        return f"thread {tuple(self.threads[thread])} of block {tuple(self.blocks[block])}"


def _xyz(zyx):
    return Dim3(*reversed(zyx))
