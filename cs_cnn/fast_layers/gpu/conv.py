"""The convolution on the GPU: checks what it is given, then takes the fastest step that can do it.

    step         numbers                               groups   when
    conv_tensor  float16, bfloat16, float32 as asked   1        always, if it can
    conv_tiled   all four types                        any      float64; exact float32; groups
    conv_naive   all four types                        any      to learn from, and to compare with

`float32_math` says how exact a product of two float32 numbers is.
"""

from contextlib import contextmanager
from contextvars import ContextVar

from cs_cnn.fast_layers.gpu import conv_naive, conv_tensor, conv_tiled
from cs_cnn.fast_layers.gpu.elementwise import relu_backward
from cs_cnn.fast_layers.gpu.geometry import conv_geometry
from cs_cnn.fast_layers.gpu.launch import device, number
from cs_cnn.fast_layers.gpu.memory import Images, in_pieces
from cs_cnn.shapes import need_shape

STEPS = {"naive": conv_naive, "tiled": conv_tiled, "tensor": conv_tensor}
MODES = {"float32": None, "3xtf32": "Tf32x3", "tf32": "Tf32"}
_mode = ContextVar("float32_math", default="float32")


@contextmanager
def float32_math(mode):
    """Within `with float32_math(mode):`, how convolutions multiply float32 numbers.

    Parameters
    ----------
    mode : {"float32", "3xtf32", "tf32"}
        "float32", the default, uses the ordinary units. "tf32" cuts both factors to 10 bits of
        fraction, for tensor cores (a relative error near 1e-3). "3xtf32" writes each factor as a
        sum of two such numbers and multiplies three times (an error near float32's own; the idea is
        Markidis and others, 2018). All three add up in float32.
    """
    if mode not in MODES:
        raise ValueError(f"float32_math: mode must be one of {', '.join(MODES)}, got {mode!r}")
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution on the GPU; arguments, results and errors are `cs_cnn.layers.conv2d_forward`'s.

    The dtype is float16, bfloat16, float32 or float64. The results out and dx have x's memory
    format: C order, or channels last (an (N, C, H, W) view with the strides of (N, H, W, C)), which
    is what tensor cores read; the other steps convert.
    """
    return _forward(x, w, b, stride, padding, dilation, groups, relu=False)


def conv2d_relu_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Convolution, bias and ReLU in one kernel; arguments as in `conv2d_forward`."""
    out, cache = _forward(x, w, b, stride, padding, dilation, groups, relu=True)
    return out, (*cache, out)


def conv2d_backward(dout, cache):
    """Gradients of `conv2d_forward`: dx, dw, db (db is None without b)."""
    return _backward("conv2d_backward", dout, cache, images=True)


def conv2d_backward_filters(dout, cache):
    """dw and db alone: for a first layer, whose images don't learn."""
    return _backward("conv2d_backward_filters", dout, cache, images=False)[1:]


def conv2d_relu_backward(dout, cache):
    """Gradients of `conv2d_relu_forward`: dx, dw, db."""
    *cache, out = cache
    need_shape("conv2d_relu_backward", "dout", dout, out.shape)
    return conv2d_backward(relu_backward(dout, out), tuple(cache))


def choose(dtype, groups):
    """The step (a module) that computes a convolution, and the options to give it."""
    kind = MODES[_mode.get()] if dtype == "float32" else None
    suits = dtype != "float64" and (dtype != "float32" or kind is not None)
    if groups == 1 and suits and device().tensor_cores:
        return conv_tensor, {"kind": kind}
    return conv_tiled, {}


def _forward(x, w, b, stride, padding, dilation, groups, relu):
    g = conv_geometry(x, w, b, stride, padding, dilation, groups)
    number("conv2d", x.dtype)
    cache = (x, w, b, stride, padding, dilation, groups)
    w = w.astype(x.dtype, copy=False)
    b = None if b is None else b.astype(x.dtype, copy=False)
    step, options = choose(x.dtype, groups)
    out = Images(x)

    def piece(x):
        return step.forward(x, w, b, g._replace(N=len(x)), relu=relu, **options)

    in_pieces("conv2d", piece, out.keep, x)
    return out.whole, cache


def _backward(name, dout, cache, images):
    x, w, b, stride, padding, dilation, groups = cache
    g = conv_geometry(x, w, b, stride, padding, dilation, groups)
    need_shape(name, "dout", dout, (g.N, g.C_out, g.H_out, g.W_out))
    dout, filters = (a.astype(x.dtype, copy=False) for a in (dout, w))
    step, options = choose(x.dtype, groups)

    def piece(x, dout):
        part, dout = g._replace(N=len(x)), step.arranged(dout)
        dx = step.backward_data(x, dout, filters, part, **options) if images else None
        return dx, step.backward_weights(x, dout, part, **options)

    dx, dw = Images(x), []

    def keep(rows, gradients):
        if images:
            dx.keep(rows, gradients[0])
        dw[:] = [gradients[1] if rows.start == 0 else dw[0] + gradients[1]]

    in_pieces(name, piece, keep, x, dout)
    wide = None if x.dtype == "float64" else "float32"
    db = None if b is None else dout.sum(axis=(0, 2, 3), dtype=wide).astype(b.dtype, copy=False)
    return dx.whole, dw[0].astype(w.dtype, copy=False), db
