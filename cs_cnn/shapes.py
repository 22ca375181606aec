"""Output-size arithmetic of convolution and pooling, and the wording of every shape error.

Letters, here and in the layers: `N` images, `C_in`, `C_out` channels, `H`, `W` input height and
width, `KH`, `KW` kernel, `H_out`, `W_out` output.
"""

from numbers import Integral

import numpy as np


def pair(value, name="value", least=1):
    """Return `value` as two ints (vertical, horizontal), the way PyTorch reads an int or a pair.

    Parameters
    ----------
    value : int or sequence of two ints
        One number for both directions, or one for each.
    name : str
        What to call it in an error.
    least : int
        The smallest number allowed.

    Raises
    ------
    ValueError
        If it is neither an int nor two ints, or smaller than `least`.
    """
    if type(value) is int and value >= least:  # most are: layers ask a dozen times a call
        return value, value
    both = (value, value) if isinstance(value, Integral) else value
    try:
        first, second = both
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be an int or a pair of ints, got {value!r}") from None
    if not all(isinstance(v, Integral) and not isinstance(v, bool) for v in (first, second)):
        raise ValueError(f"{name} must be an int or a pair of ints, got {value!r}")
    if min(first, second) < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")
    return int(first), int(second)


def pad_pairs(padding, kernel_size=1, dilation=1, stride=1):
    """Return the zeros to add as ((top, bottom), (left, right)).

    Parameters
    ----------
    padding : int, pair of ints, "same" or "valid"
        As in PyTorch: "valid" adds nothing; "same" adds what keeps H and W with stride 1, and
        where that number is odd the extra row or column goes to the bottom or the right.
    kernel_size, dilation, stride : int or pair of ints

    Raises
    ------
    ValueError
        For another word, a negative number, or "same" with a stride other than 1.
    """
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        if pair(stride, "stride") != (1, 1):
            raise ValueError(
                f'padding="same" needs stride 1, got stride={stride!r}: give a number instead'
            )
        kernels, dilations = pair(kernel_size, "kernel_size"), pair(dilation, "dilation")
        totals = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        raise ValueError(f'padding must be a number, a pair, "same" or "valid", got {padding!r}')
    return tuple((p, p) for p in pair(padding, "padding", least=0))


def output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    """How many places a kernel can take along one side: (N + 2P - D(F - 1) - 1) // S + 1.

    Parameters
    ----------
    size : int
        Pixels along this side.
    kernel_size, stride, dilation : int
        F, S and D of this side.
    padding : int or pair of ints
        Zeros at both ends, or (before, after).

    Returns
    -------
    int
        At least 1. Pixels at the end that no full window reaches are left out, as in PyTorch.

    Raises
    ------
    ValueError
        "doesn't fit": the kernel is larger than the padded side.
    """
    before, after = (padding, padding) if isinstance(padding, Integral) else padding
    ### BEGIN SOLUTION
    span = dilation * (kernel_size - 1) + 1
    if span > size + before + after:
        need = f"it spans {span} pixels (kernel_size={kernel_size}, dilation={dilation})"
        room = f"the side has {size} and padding adds {before} + {after}"
        fix = "use a smaller kernel or more padding"
        raise ValueError(f"the kernel doesn't fit: {need} but {room}; {fix}")
    return (size + before + after - span) // stride + 1
    ### END SOLUTION


def window_shape(name, size, kernel_size, stride=1, padding=0, dilation=1):
    """(H_out, W_out) of a kernel that slides over an image of `size` (H, W).

    `name` opens the error if something is wrong. Arguments are as in PyTorch; see `output_size`.
    """
    try:
        kernels, strides = pair(kernel_size, "kernel_size"), pair(stride, "stride")
        dilations = pair(dilation, "dilation")
        pads = pad_pairs(padding, kernels, dilations, strides)
        return tuple(map(output_size, size, kernels, strides, pads, dilations))
    except ValueError as error:
        raise ValueError(f"{name}: {error} (image {tuple(size)})") from None


def conv2d_shape(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    """Check what a convolution is given and return the shape of its output.

    Parameters
    ----------
    x : array (N, C_in, H, W)
    w : array (C_out, C_in / groups, KH, KW)
    b : array (C_out,) or None
    stride, padding, dilation, groups
        As in `cs_cnn.layers.conv2d_forward`.

    Returns
    -------
    (N, C_out, H_out, W_out)

    Raises
    ------
    ValueError
        With both numbers, the shapes and what to change.
    """
    need_dims("conv2d", 4, x=x, w=w)
    shapes = f"(x.shape={x.shape}, w.shape={w.shape}, groups={groups})"
    (N, C_in, H, W), (C_out, C_group, KH, KW) = x.shape, w.shape
    if not isinstance(groups, Integral) or groups < 1 or C_in % groups or C_out % groups:
        raise ValueError(
            f"conv2d: groups={groups} must divide the {C_in} channels of x and the {C_out} filters "
            f"of w {shapes}"
        )
    if C_in != C_group * groups:
        raise ValueError(f"conv2d: x has {C_in} channels but w expects {C_group * groups} {shapes}")
    if b is not None and b.shape != (C_out,):
        raise ValueError(f"conv2d: b must hold one number per filter, {(C_out,)}, got {b.shape}")
    return (N, C_out, *window_shape("conv2d", (H, W), (KH, KW), stride, padding, dilation))


def pool2d_shape(name, x, kernel_size, stride=None, padding=0, dilation=1):
    """Check what a pooling layer is given and return the shape of its output.

    As PyTorch, `stride` defaults to `kernel_size`, and padding may be at most half the kernel, so
    that no window lies in the padding alone. Raises a ValueError that begins with `name`.
    """
    need_dims(name, 4, x=x)
    (KH, KW), (PH, PW) = pair(kernel_size, "kernel_size"), pair(padding, "padding", least=0)
    if 2 * PH > KH or 2 * PW > KW:
        raise ValueError(
            f"{name}: padding={padding!r} is more than half of kernel_size={kernel_size!r}: "
            "a window would lie in the padding alone"
        )
    stride = kernel_size if stride is None else stride
    return (*x.shape[:2], *window_shape(name, x.shape[2:], kernel_size, stride, padding, dilation))


def linear_shape(x, w, b=None):
    """The shape of a fully connected layer's output, once x, w and b fit together.

    Parameters
    ----------
    x : array (..., D_in)
    w : array (D_out, D_in)
    b : array (D_out,), optional

    Raises
    ------
    ValueError
    """
    if w.ndim != 2 or x.shape[-1:] != w.shape[1:]:
        raise ValueError(
            f"linear: x has {x.shape[-1] if x.ndim else 0} features but w must be (D_out, D_in) "
            f"with as many (x.shape={x.shape}, w.shape={w.shape})"
        )
    if b is not None and b.shape != w.shape[:1]:
        raise ValueError(f"linear: b must have shape {w.shape[:1]}, got {b.shape}")
    return (*x.shape[:-1], len(w))


def need_dims(name, ndim, **arrays):
    """Raise a ValueError unless each named array has `ndim` dimensions."""
    for label, array in arrays.items():
        if array.ndim != ndim:
            raise ValueError(
                f"{name}: {label} must have {ndim} dimensions, got {array.ndim} "
                f"({label}.shape={array.shape})"
            )


def need_shape(name, label, array, shape):
    """Raise a ValueError unless `array` (called `label`) has exactly this shape."""
    if array.shape != tuple(shape):
        raise ValueError(
            f"{name}: {label} must have the output's shape {tuple(shape)}, got {array.shape}"
        )


def lowest(dtype):
    """The smallest value of a dtype, to pad with where a maximum is taken: -inf for floats."""
    return -np.inf if np.issubdtype(dtype, np.floating) else np.iinfo(dtype).min
