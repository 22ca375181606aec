"""The layers on a GPU: our own CUDA kernels, started by CuPy; names and results of `layers`.

Read the kernels in this order, each faster than the one before and harder to read:
conv_naive.cu, conv_tiled.cu (with sources.cuh), conv_tensor.cu (with tensor_core.cuh and ptx.cuh);
then pool.cu, norm.cu, elementwise.cu. A `.py` file beside each starts its kernels. Importing this
needs neither CuPy nor a GPU; calling a layer without one raises a RuntimeError that says what is
missing. Convolution and ReLU keep x's memory format, the other layers give results in C order.

Where there is no GPU, the kernels are compiled by nvcc and run thread by thread on the CPU
(`cs_cnn/tests/cuda_on_cpu`). That is all that was done with them so far: not run on a GPU.
"""

from cs_cnn.fast_layers.gpu.conv import (
    conv2d_backward,
    conv2d_backward_filters,
    conv2d_forward,
    conv2d_relu_backward,
    conv2d_relu_forward,
    float32_math,
)
from cs_cnn.fast_layers.gpu.elementwise import (
    linear_backward,
    linear_forward,
    relu_backward,
    relu_forward,
)
from cs_cnn.fast_layers.gpu.graphs import capture
from cs_cnn.fast_layers.gpu.norm import batch_norm_backward, batch_norm_forward
from cs_cnn.fast_layers.gpu.pool import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)

__all__ = [
    "avg_pool2d_backward",
    "avg_pool2d_forward",
    "batch_norm_backward",
    "batch_norm_forward",
    "capture",
    "conv2d_backward",
    "conv2d_backward_filters",
    "conv2d_forward",
    "conv2d_relu_backward",
    "conv2d_relu_forward",
    "float32_math",
    "linear_backward",
    "linear_forward",
    "max_pool2d_backward",
    "max_pool2d_forward",
    "relu_backward",
    "relu_forward",
]
