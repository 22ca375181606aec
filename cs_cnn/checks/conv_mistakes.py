"""The known mistakes of `conv2d_forward` and `conv2d_backward`, one edit of the reference each."""

from cs_cnn import layers
from cs_cnn.checks.mistakes import mistakes_of

FORWARD_MISTAKES = mistakes_of(
    layers.conv2d_forward,
    (
        "the bias is never added",
        "Every output is its dot product plus the bias of its filter: add b[f].",
        " + b[f]",
        "",
    ),
    (
        "the bias is added along the wrong axis",
        "b holds one number per filter: it belongs to axis 1 of out, not to the columns.",
        " + b[f]",
        " + b[j % C_out]",
    ),
    (
        "the kernel is flipped",
        "You turn the kernel by 180 degrees, as in a signal processing convolution. A convolution "
        "layer takes the dot product as it is (cross-correlation).",
        "window * w[f]",
        "window * w[f, :, ::-1, ::-1]",
    ),
    (
        "only the first channel is used",
        "A filter extends through the full depth of its input: sum over all channels too.",
        "window * w[f]",
        "window[:1] * w[f, :1]",
    ),
    (
        "every filter is the first one",
        "Output channel f needs the weights w[f].",
        "window * w[f]",
        "window * w[0]",
    ),
    (
        "every image of the batch is the first one",
        "Use image n for output n: x_pad[n].",
        "x_pad[n, first",
        "x_pad[0, first",
    ),
    (
        "the mean of the products instead of the sum",
        "A dot product sums; it does not divide by the number of taps.",
        "np.sum(window",
        "np.mean(window",
    ),
    (
        "the largest product instead of the sum",
        "That is closer to max pooling: a convolution sums the products.",
        "np.sum(window",
        "np.max(window",
    ),
    (
        "the padding is ignored",
        "Windows start on the padded image: pad x with zeros first (np.pad), then slide.",
        "x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))",
        "x_pad = x",
    ),
    (
        "the padding repeats the edge instead of zeros",
        "Zero padding: np.pad's mode is 'constant' (its default), not 'edge'.",
        "(left, right)))",
        '(left, right)), mode="edge")',
    ),
    (
        "vertical and horizontal padding are swapped",
        "The first number of a pair is for the height (rows), the second for the width (columns).",
        "(top, bottom), (left, right)))",
        "(left, right), (top, bottom)))\n"
        "    x_pad = np.pad(x_pad, ((0, 0), (0, 0), (0, H_out * SH), (0, W_out * SW)))",
    ),
    (
        "padding on one side only",
        "Pad all four sides: top and bottom, left and right.",
        "(top, bottom), (left, right)))",
        "(0, top + bottom), (0, left + right)))",
    ),
    (
        "an odd amount of 'same' padding goes to the top and left",
        "When the total is odd, the extra zeros go to the bottom and the right, as in PyTorch.",
        "(top, bottom), (left, right)))",
        "(bottom, top), (right, left)))",
    ),
    (
        "the stride is ignored",
        "Output (i, j) looks at the window that starts at (i * SH, j * SW).",
        "i * SH",
        "i",
        "j * SW",
        "j",
    ),
    (
        "vertical and horizontal stride are swapped",
        "The first number of a pair moves down (i), the second to the right (j).",
        "i * SH",
        "min(i * SW, x_pad.shape[2] - DH * (KH - 1) - 1)",
        "j * SW",
        "min(j * SH, x_pad.shape[3] - DW * (KW - 1) - 1)",
    ),
    (
        "one stride for both directions",
        "stride may be a pair: use SH for rows and SW for columns.",
        "j * SW",
        "min(j * SH, x_pad.shape[3] - DW * (KW - 1) - 1)",
    ),
    (
        "the dilation is ignored",
        "With dilation the taps of the kernel lie DH rows and DW columns apart: a slice with a "
        "step.",
        "DH * (KH - 1) + 1, DH)",
        "KH)",
        "DW * (KW - 1) + 1, DW)",
        "KW)",
    ),
    (
        "every group looks at the first group's channels",
        "Filter f belongs to group f // (C_out // groups) and sees that group's channels only.",
        "first = f // (C_out // groups) * C_group",
        "first = 0",
    ),
    (
        "filters are dealt to the groups in turn",
        "Groups are blocks: the first C_out // groups filters are group 0, the next are group 1.",
        "first = f // (C_out // groups) * C_group",
        "first = f % groups * C_group",
    ),
    (
        "the output is always float64",
        "Keep the input's dtype: out is given to you with the right one; write into it.",
        "### END SOLUTION",
        "out = out.astype(np.float64)\n    ### END SOLUTION",
    ),
    (
        "x is changed in place",
        "x belongs to the caller, who still needs it: work on a copy (np.pad makes one).",
        "for n in range(N):",
        "x[:] = 0\n    for n in range(N):",
    ),
)

BACKWARD_MISTAKES = mistakes_of(
    layers.conv2d_backward,
    (
        "windows that overlap overwrite each other in dx",
        "A pixel lies in many windows and collects from each: use += instead of =.",
        "dx_pad[window] += ",
        "dx_pad[window] = ",
    ),
    (
        "dw keeps only the last window",
        "A filter meets every window, and their shares add up: use += instead of =.",
        "dw[f] += ",
        "dw[f] = ",
    ),
    (
        "dw keeps only the last image",
        "The filters are shared by the whole batch: sum over the images too.",
        "for n in range(N):",
        "for n in range(N):\n        dw[:] = 0",
    ),
    (
        "dx is returned with its padding",
        "dx must have x's shape: cut the rows and columns of the padding off.",
        "dx_pad[:, :, top : top + H, left : left + W]",
        "dx_pad",
    ),
    (
        "the padding is cut off at the wrong end",
        "x begins at row top and column left of the padded image.",
        "dx_pad[:, :, top : top + H, left : left + W]",
        "dx_pad[:, :, :H, :W]",
    ),
    (
        "db sums over the images only",
        "One bias per filter, used at every place of every image: sum over axes 0, 2 and 3.",
        "dout.sum(axis=(0, 2, 3))",
        "dout.sum(axis=0)",
    ),
    (
        "db forgets to sum over the images",
        "The biases are shared by the whole batch: sum over axis 0 too.",
        "dout.sum(axis=(0, 2, 3))",
        "dout[-1].sum(axis=(1, 2))",
    ),
    (
        "db is a mean",
        "The loss already contains its mean: gradients are sums over all places.",
        "dout.sum(axis=(0, 2, 3))",
        "dout.mean(axis=(0, 2, 3))",
    ),
    (
        "the gradients are divided by the batch size",
        "The loss already contains its mean: don't divide again.",
        "dx = dx_pad[",
        "dw /= N\n    dx = dx_pad[",
    ),
    (
        "dx uses the flipped kernel",
        "In this form every window gets dout times the filter as it is. (The flip belongs to the "
        "formula that gathers, not to the one that scatters.)",
        "dout[n, f, i, j] * w[f]",
        "dout[n, f, i, j] * w[f, :, ::-1, ::-1]",
    ),
    (
        "dw ignores the padding",
        "The windows of the forward pass lay on the padded image: pad x here too.",
        "dout[n, f, i, j] * x_pad[window]",
        "dout[n, f, i, j] * np.pad(x, ((0, 0), (0, 0), (0, top + bottom), "
        "(0, left + right)))[window]",
    ),
    (
        "the stride is ignored",
        "The window of output (i, j) starts at (i * SH, j * SW), as in the forward pass.",
        "i * SH",
        "i",
        "j * SW",
        "j",
    ),
    (
        "the dilation is ignored",
        "Address the same pixels as the forward pass: slices with the steps DH and DW.",
        "DH * (KH - 1) + 1, DH)",
        "KH)",
        "DW * (KW - 1) + 1, DW)",
        "KW)",
    ),
    (
        "every group looks at the first group's channels",
        "Filter f belongs to group f // (C_out // groups): both gradients stay in its channels.",
        "first = f // (C_out // groups) * C_group",
        "first = 0",
    ),
    (
        "dx and dw are swapped in kind: dx uses x, dw uses w",
        "The product rule: the gradient by one factor is the other factor.",
        "dout[n, f, i, j] * x_pad[window]",
        "dout[n, f, i, j] * w[f]",
        "dx_pad[window] += dout[n, f, i, j] * w[f]",
        "dx_pad[window] += dout[n, f, i, j] * x_pad[window]",
    ),
    (
        "the incoming gradient is ignored",
        "Chain rule: multiply by dout[n, f, i, j].",
        "dout[n, f, i, j] * ",
        "",
    ),
    (
        "dx is always float64",
        "Keep the input's dtype: np.zeros_like(x) does.",
        "dx = dx_pad[:, :, top : top + H, left : left + W]",
        "dx = dx_pad[:, :, top : top + H, left : left + W].astype(np.float64)",
    ),
)
