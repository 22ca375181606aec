"""The formulas of one layer: parameters, multiply-accumulates, receptive field, Keras's padding.

Letters: `C_in`, `C_out` channels, `H`, `W` input, `KH`, `KW` kernel, `H_out`, `W_out` output.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.
"""

from cs_cnn.shapes import pair, window_shape


def conv_parameters(C_in, C_out, kernel_size, groups=1, bias=True):
    """How many numbers a convolution layer learns.

    Parameters
    ----------
    C_in, C_out : int
        Channels of the input, and filters.
    kernel_size : int or pair of ints
        (KH, KW).
    groups : int
        Each filter looks at C_in / groups channels.
    bias : bool
        Whether every filter has a bias.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If `groups` doesn't divide both C_in and C_out.
    """
    check_groups("conv_parameters", C_in, C_out, groups)
    KH, KW = pair(kernel_size, "kernel_size")
    ### BEGIN SOLUTION
    weights = C_out * (C_in // groups) * KH * KW
    return weights + C_out if bias else weights
    ### END SOLUTION


def conv_macs(shape, C_out, kernel_size, stride=1, padding=0, dilation=1, groups=1):
    """How many multiply-accumulates (MACs) a convolution layer does for one image.

    A MAC is one product, added to a sum. Zeros of the padding are multiplied like all numbers;
    adding the bias doesn't count.

    Parameters
    ----------
    shape : (C_in, H, W)
        One image.
    C_out : int
        Filters.
    kernel_size, stride, padding, dilation, groups
        As in `cs_cnn.layers.conv2d_forward`.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the kernel doesn't fit, or `groups` doesn't divide the channels.
    """
    C_in, H, W = shape
    check_groups("conv_macs", C_in, C_out, groups)
    KH, KW = pair(kernel_size, "kernel_size")
    H_out, W_out = window_shape("conv_macs", (H, W), (KH, KW), stride, padding, dilation)
    ### BEGIN SOLUTION
    products = (C_in // groups) * KH * KW  # in one number of the output
    return C_out * H_out * W_out * products
    ### END SOLUTION


def receptive_field(layers):
    """How many pixels of the input one output of a stack of layers can see, along one side.

    Parameters
    ----------
    layers : sequence of (kernel_size, stride, dilation)
        Convolution or pooling layers, three ints each, the first layer first.

    Returns
    -------
    int
        From the first pixel that is seen to the last; 1 without layers.

    Notes
    -----
    Padding moves the field but doesn't change its size. With all strides 1, L layers of one kernel
    K see 1 + L (K - 1) pixels.
    """
    ### BEGIN SOLUTION
    field, step = 1, 1  # step: how many pixels of the image two neighbours here are apart
    for kernel_size, stride, dilation in layers:
        field += dilation * (kernel_size - 1) * step
        step *= stride
    return field
    ### END SOLUTION


def keras_padding(size, kernel_size, stride=1, dilation=1):
    """The zeros that Keras adds along one side for padding="same".

    Keras fixes the output first, at size / stride rounded up, then adds as few zeros as that takes;
    an odd one goes to the end. PyTorch refuses "same" with a stride, and its padding=P adds P at
    both ends, so the same layer looks at other pixels there.

    Parameters
    ----------
    size, kernel_size, stride, dilation : int
        Of this side.

    Returns
    -------
    (before, after) : ints
        Fit for `output_size`'s padding, which then gives -(-size // stride).
    """
    places, span = -(-size // stride), dilation * (kernel_size - 1) + 1
    total = max((places - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def check_groups(name, C_in, C_out, groups):
    """Raise a ValueError that begins with `name` unless groups divides both numbers of channels."""
    if groups < 1 or C_in % groups or C_out % groups:
        raise ValueError(
            f"{name}: groups={groups} must divide the {C_in} channels of the input and the {C_out} "
            "filters; choose a number that divides both"
        )
