"""The capstone on CIFAR-10: the course's layers beside PyTorch, the same network and recipe.

    python -m benchmarks.capstone numpy            # five minutes on two CPU cores
    python -m benchmarks.capstone torch            # the same in PyTorch, on the CPU
    python -m benchmarks.capstone long             # a wider network, for half an hour
    python -m benchmarks.capstone gpu --seeds 10   # CuPy, then PyTorch, on one GPU

It prints a line for each epoch. The seconds count from the standardised images in memory to the
accuracy on all test images; a GPU's first run compiles the kernels, and isn't counted.
"""

import argparse
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.environment import blas, settle
from cs_cnn.backend import array_module, need_gpu, to_gpu
from cs_cnn.capstone import GPU, LONG, SHORT, Network, train
from cs_cnn.capstone.network import HEAD
from cs_cnn.data import load_cifar10
from cs_cnn.fast_layers.threads import cores


class TorchNetwork(Network):
    """`Network` with PyTorch's layers and autograd; takes and gives the same arrays."""

    def forward(self, x, training=False):
        self.tensors = {name: tensor(w).requires_grad_(training) for name, w in self.params.items()}
        with torch.set_grad_enabled(training):
            self.out = self._scores(tensor(x), training)
        return array_module(x).asarray(self.out.detach())

    def backward(self, dscores):
        self.out.backward(tensor(dscores))
        return {name: array_module(dscores).asarray(t.grad) for name, t in self.tensors.items()}

    def _scores(self, x, training):
        x = F.relu(F.conv2d(x, tensor(self.first).to(x.dtype)))
        for name, _ in self._convolutions():
            w, beta = (self.tensors[f"{name}.{key}"] for key in ("w", "beta"))
            mean, var = (tensor(self.averages[f"{name}.{key}"]) for key in ("mean", "var"))
            w = w.to(x.dtype, memory_format=torch.channels_last)
            x = F.conv2d(x, w, padding=1)
            if name.endswith("a"):
                x = F.max_pool2d(x, 2)
            ones = torch.ones_like(beta)
            x = F.batch_norm(x, mean, var, ones, beta, training, momentum=0.3)  # moves mean and var
            x = F.relu(x)
        x = F.max_pool2d(x, x.shape[2:]).flatten(1)
        return F.linear(x, (self.tensors["head.w"] / HEAD).to(x.dtype))


def tensor(array):
    """A tensor that shares its memory with an array of NumPy or CuPy."""
    return torch.as_tensor(array)


def run(recipe, make=Network, move=np.asarray, quiet=False):
    """Train once and print how it went."""
    print(make.__name__, recipe, flush=True)

    def report(epoch, seconds, loss, accuracy):
        print(
            f"epoch {epoch:4.1f}  {seconds:7.1f} s  loss {loss:.3f}  right {accuracy:.2%}",
            flush=True,
        )

    result = train(load_cifar10(), recipe, make, move, None if quiet else report)
    print(
        f"{make.__name__}: {result.accuracy:.2%} of all test images after {result.seconds:.1f} s; "
        f"{result.operations / 1e6:.1f} million MACs an image",
        flush=True,
    )
    return result


def on_gpu(seeds):
    """Many runs of both, after one that compiles; mean and spread."""
    print(need_gpu().cuda.runtime.getDeviceProperties(0)["name"].decode())
    torch.backends.cudnn.benchmark = True  # the first run, not counted, finds the fastest kernels
    for make in (Network, TorchNetwork):
        run(replace(GPU, epochs=0.2), make, to_gpu, quiet=True)
        results = [run(replace(GPU, seed=s), make, to_gpu, quiet=True) for s in range(seeds)]
        right = np.array([r.accuracy for r in results])
        seconds = np.array([r.seconds for r in results])
        print(
            f"{make.__name__}, {seeds} seeds: {right.mean():.2%} (standard deviation "
            f"{right.std():.2%}), {seconds.mean():.2f} s (at most {seconds.max():.2f} s)"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["numpy", "torch", "long", "gpu"])
    parser.add_argument("--seeds", type=int, default=10, help="how many runs on the GPU")
    parser.add_argument("--epochs", type=float, help="in place of the recipe's")
    options = parser.parse_args()
    settle()
    print("NumPy computes with", blas())
    torch.set_num_threads(cores())
    recipe = LONG if options.what == "long" else SHORT
    if options.epochs:
        recipe = replace(recipe, epochs=options.epochs)
    if options.what == "gpu":
        on_gpu(options.seeds)
    else:
        run(recipe, TorchNetwork if options.what == "torch" else Network)


if __name__ == "__main__":
    main()
