"""The known mistakes of `max_pool2d_forward` and `max_pool2d_backward`, one edit each."""

from cs_cnn import layers
from cs_cnn.checks.mistakes import mistakes_of

# Clipping keeps a wrong window inside the image, so that the mistake shows in the numbers.
LAST_ROW, LAST_COL = "x_pad.shape[2] - DH * (KH - 1) - 1", "x_pad.shape[3] - DW * (KW - 1) - 1"

FORWARD_MISTAKES = mistakes_of(
    layers.max_pool2d_forward,
    (
        "the mean instead of the maximum",
        "That is average pooling: take the largest number of the window.",
        ".max(",
        ".mean(",
    ),
    ("the minimum instead of the maximum", "Take the largest number.", ".max(", ".min("),
    (
        "the largest absolute value",
        "The largest number counts with its sign: -5 is smaller than 1.",
        "x_pad[:, :, rows, cols].max(",
        "np.abs(x_pad[:, :, rows, cols]).max(",
    ),
    (
        "one maximum for all channels",
        "Pooling works on each channel by itself: take the maximum over axes 2 and 3 only.",
        "x_pad[:, :, rows, cols].max(axis=(2, 3))",
        "x_pad[:, :, rows, cols].max(axis=(1, 2, 3))[:, None]",
    ),
    (
        "one maximum for the whole batch",
        "Pooling works on each image by itself: take the maximum over axes 2 and 3 only.",
        "x_pad[:, :, rows, cols].max(axis=(2, 3))",
        "x_pad[:, :, rows, cols].max(axis=(0, 2, 3))",
    ),
    (
        "negative maxima become 0",
        "A window of negative numbers has a negative maximum: don't start from 0.",
        ".max(axis=(2, 3))",
        ".max(axis=(2, 3), initial=0)",
    ),
    (
        "zeros of the padding win",
        "Pad with -infinity, not with 0: the border must never be the maximum.",
        "constant_values=lowest(x.dtype)",
        "constant_values=0",
    ),
    (
        "the padding is ignored",
        "Windows start on the padded image, PH rows above and PW columns left of x.",
        "(PH, PH), (PW, PW)",
        "(0, 2 * PH), (0, 2 * PW)",
    ),
    (
        "the stride is the kernel size, whatever it is",
        "Windows are SH and SW apart; only the default stride is the kernel size.",
        "i * SH",
        f"min(i * KH, {LAST_ROW})",
        "j * SW",
        f"min(j * KW, {LAST_COL})",
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
        "height and width of the window are swapped",
        "kernel_size is (KH, KW): KH rows, KW columns.",
        "DH * (KH - 1) + 1, DH",
        "DH * (KW - 1) + 1, DH",
        "DW * (KW - 1) + 1, DW",
        "DW * (KH - 1) + 1, DW",
    ),
    (
        "vertical and horizontal stride are swapped",
        "The first number of a pair moves down (i), the second to the right (j).",
        "i * SH",
        f"min(i * SW, {LAST_ROW})",
        "j * SW",
        f"min(j * SH, {LAST_COL})",
    ),
    (
        "the dilation is ignored",
        "With dilation take every DH-th row and DW-th column: a slice with a step.",
        "DH * (KH - 1) + 1, DH",
        "KH",
        "DW * (KW - 1) + 1, DW",
        "KW",
    ),
    (
        "the window is one column short",
        "A slice a:b ends before b: the window has KW columns.",
        "DW * (KW - 1) + 1, DW",
        "max(1, DW * (KW - 1)), DW",
    ),
    (
        "the output is always float64",
        "Keep the input's dtype: out is given to you with the right one; write into it.",
        "### END SOLUTION",
        "out = out.astype(np.float64)\n    ### END SOLUTION",
    ),
)

BACKWARD_MISTAKES = mistakes_of(
    layers.max_pool2d_backward,
    (
        "every pixel that ties gets the gradient",
        "The gradient of one output goes to one pixel: the first maximum in reading order "
        "(np.argmax finds it).",
        "p, q = np.unravel_index(np.argmax(x_pad[n, c, rows, cols]), (KH, KW))",
        "window = x_pad[n, c, rows, cols]",
        "dx_pad[n, c, i * SH + p * DH, j * SW + q * DW] += dout[n, c, i, j]",
        "dx_pad[n, c, rows, cols] += dout[n, c, i, j] * (window == window.max())",
    ),
    (
        "pixels that tie share the gradient",
        "PyTorch's rule: the first maximum in reading order takes all of it.",
        "p, q = np.unravel_index(np.argmax(x_pad[n, c, rows, cols]), (KH, KW))",
        "won = x_pad[n, c, rows, cols] == x_pad[n, c, rows, cols].max()",
        "dx_pad[n, c, i * SH + p * DH, j * SW + q * DW] += dout[n, c, i, j]",
        "dx_pad[n, c, rows, cols] += dout[n, c, i, j] * won / won.sum()",
    ),
    (
        "the last of the pixels that tie wins",
        "PyTorch's rule: the first maximum in reading order takes the gradient.",
        "np.argmax(x_pad[n, c, rows, cols]), (KH, KW))",
        "KH * KW - 1 - np.argmax(x_pad[n, c, rows, cols][::-1, ::-1]), (KH, KW))",
    ),
    (
        "the first maximum by columns wins a tie",
        "Reading order goes row by row, as np.argmax of the window does; don't transpose it.",
        "p, q = np.unravel_index(np.argmax(x_pad[n, c, rows, cols]), (KH, KW))",
        "q, p = np.unravel_index(np.argmax(x_pad[n, c, rows, cols].T), (KW, KH))",
    ),
    (
        "windows that overlap overwrite each other",
        "A pixel that wins several windows collects from each: use += instead of =.",
        "q * DW] += ",
        "q * DW] = ",
    ),
    (
        "the whole window gets the gradient",
        "Only the pixel that won the maximum passed its value on; only it gets the gradient.",
        "dx_pad[n, c, i * SH + p * DH, j * SW + q * DW] += ",
        "dx_pad[n, c, rows, cols] += ",
    ),
    (
        "the window shares the gradient equally",
        "That is the backward pass of average pooling: here the winner takes all.",
        "dx_pad[n, c, i * SH + p * DH, j * SW + q * DW] += dout[n, c, i, j]",
        "dx_pad[n, c, rows, cols] += dout[n, c, i, j] / (KH * KW)",
    ),
    (
        "the incoming gradient is ignored",
        "Chain rule: pass dout[n, c, i, j] on, not 1.",
        "+= dout[n, c, i, j]",
        "+= 1",
    ),
    (
        "the input is passed on instead of the gradient",
        "dx collects gradients: the winner's value decides where, dout decides how much.",
        "+= dout[n, c, i, j]",
        "+= x_pad[n, c, rows, cols].max()",
    ),
    (
        "dx is returned with its padding",
        "dx must have x's shape: cut the border off.",
        "dx_pad[:, :, PH : PH + H, PW : PW + W]",
        "dx_pad",
    ),
    (
        "the padding is cut off at the wrong end",
        "x begins at row PH and column PW of the padded image.",
        "dx_pad[:, :, PH : PH + H, PW : PW + W]",
        "dx_pad[:, :, :H, :W]",
    ),
    (
        "zeros of the padding win",
        "Pad with -infinity as in the forward pass, or the border takes gradients.",
        "constant_values=lowest(x.dtype)",
        "constant_values=0",
    ),
    (
        "row and column of the winner are swapped",
        "np.unravel_index gives (row, column): p belongs to the height.",
        "i * SH + p * DH, j * SW + q * DW",
        "min(i * SH + q * DH, dx_pad.shape[2] - 1), min(j * SW + p * DW, dx_pad.shape[3] - 1)",
    ),
    (
        "the stride is the kernel size, whatever it is",
        "The window of output (i, j) starts at (i * SH, j * SW), as in the forward pass.",
        "i * SH",
        f"min(i * KH, {LAST_ROW})",
        "j * SW",
        f"min(j * KW, {LAST_COL})",
    ),
    (
        "the dilation is ignored when the gradient is put back",
        "Row p of the window is row i * SH + p * DH of the image.",
        "p * DH",
        "p",
        "q * DW",
        "q",
    ),
    (
        "dx is always float64",
        "Keep the input's dtype: np.zeros_like(x) does.",
        "PW : PW + W]",
        "PW : PW + W].astype(np.float64)",
    ),
)
