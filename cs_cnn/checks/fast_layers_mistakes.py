"""The known mistakes of notebook 05's NumPy functions, one edit of the reference each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.fast_layers import im2col, one_tile

PAD = "np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))"
STRIDES = ("SH * (H_out - 1) + 1, SH)", "H_out)", "SW * (W_out - 1) + 1, SW)", "W_out)")
SWAPPED = ("SH * (H_out - 1) + 1, SH)", "SW * (H_out - 1) + 1, SW)")
SWAPPED += ("SW * (W_out - 1) + 1, SW)", "SH * (W_out - 1) + 1, SH)")
WINDOW_HINT = "Row (c, p, q) holds what w[c, p, q] meets: its slice begins at p * DH, q * DW."

IM2COL_MISTAKES = mistakes_of(
    im2col.im2col,
    (
        "the padding is ignored",
        "Windows slide over the padded image: np.pad(x, ...) first.",
        PAD,
        "x",
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
        "the padding repeats the edge instead of zeros",
        "Zero padding: np.pad's mode is 'constant' (its default), not 'edge'.",
        "(left, right)))",
        '(left, right)), mode="edge")',
    ),
    (
        "the stride is ignored",
        "From one window to the next it is SH rows and SW columns: slices with a step.",
        *STRIDES,
    ),
    (
        "vertical and horizontal stride are swapped",
        "The first number of a pair moves down, the second to the right.",
        *SWAPPED,
    ),
    (
        "the dilation is ignored",
        "The weights of a kernel lie DH rows and DW columns apart.",
        "p * DH",
        "p",
        "q * DW",
        "q",
    ),
    (
        "vertical and horizontal dilation are swapped",
        "The first number of a pair is for rows: DH goes with p, DW with q.",
        "p * DH",
        "p * DW",
        "q * DW",
        "q * DH",
    ),
    (
        "the windows are upside down and back to front",
        WINDOW_HINT,
        "cols[:, :, p, q] =",
        "cols[:, :, KH - 1 - p, KW - 1 - q] =",
    ),
    (
        "rows and columns of a window are swapped",
        "p counts the rows of the kernel and q its columns: cols[:, :, p, q].",
        "cols[:, :, p, q] =",
        "cols[:, :, q % KH, p % KW] =",
    ),
    (
        "every row is the upper left pixel of its window",
        WINDOW_HINT,
        "slice(p * DH, p * DH + ",
        "slice(0, ",
        "slice(q * DW, q * DW + ",
        "slice(0, ",
    ),
    (
        "only the first channel is copied",
        "A window reaches through all channels.",
        "x_pad[:, :, rows",
        "x_pad[:, :1, rows",
    ),
    (
        "every image of the batch is the first one",
        "Copy all images at once: x_pad[:, :, rows, columns].",
        "x_pad[:, :, rows",
        "x_pad[:1, :, rows",
    ),
    (
        "only one weight's row is filled",
        "One assignment for each of the KH * KW weights: loop over p and over q.",
        "for q in range(KW):",
        "for q in range(1):",
    ),
    (
        "the columns are always float64",
        "Keep x's dtype: cols is given to you with the right one; write into it.",
        "### END SOLUTION",
        "cols = cols.astype(np.float64)\n    ### END SOLUTION",
    ),
)

COL2IM_MISTAKES = mistakes_of(
    im2col.col2im,
    (
        "copies of a pixel overwrite each other",
        "A pixel lies in many windows, and all its copies add up: use += instead of =.",
        "columns] += ",
        "columns] = ",
    ),
    (
        "the copies are averaged",
        "The backward pass adds up: don't divide by the number of copies.",
        "+= cols[:, :, p, q]",
        "+= cols[:, :, p, q] / (KH * KW)",
    ),
    (
        "the images are returned with their padding",
        "Cut the rows and columns of the padding off: the shape must be the images'.",
        "return x_pad[:, :, top : top + H, left : left + W]",
        "return x_pad",
    ),
    (
        "the padding is cut off at the wrong end",
        "The image begins at row top and column left of x_pad.",
        "top : top + H, left : left + W",
        ":H, :W",
    ),
    ("the stride is ignored", "Add where `im2col` copied from: slices with a step.", *STRIDES),
    (
        "vertical and horizontal stride are swapped",
        "The first number of a pair moves down, the second to the right.",
        *SWAPPED,
    ),
    (
        "the dilation is ignored",
        "The weights of a kernel lie DH rows and DW columns apart, as in `im2col`.",
        "p * DH",
        "p",
        "q * DW",
        "q",
    ),
    (
        "vertical and horizontal dilation are swapped",
        "The first number of a pair is for rows: DH goes with p, DW with q.",
        "p * DH",
        "p * DW",
        "q * DW",
        "q * DH",
    ),
    (
        "the windows are upside down and back to front",
        "Row (c, p, q) was copied from the slice that begins at p * DH, q * DW: put it back there.",
        "+= cols[:, :, p, q]",
        "+= cols[:, :, KH - 1 - p, KW - 1 - q]",
    ),
    (
        "rows and columns of a window are swapped",
        "p counts the rows of the kernel and q its columns: cols[:, :, p, q].",
        "+= cols[:, :, p, q]",
        "+= cols[:, :, q % KH, p % KW]",
    ),
    (
        "everything is added to the upper left pixel of its window",
        "Row (c, p, q) was copied from the slice that begins at p * DH, q * DW: put it back there.",
        "slice(p * DH, p * DH + ",
        "slice(0, ",
        "slice(q * DW, q * DW + ",
        "slice(0, ",
    ),
    (
        "all images are added up",
        "Every image has columns of its own: add cols[:, :, p, q], all images at once.",
        "+= cols[:, :, p, q]",
        "+= cols[:, :, p, q].sum(axis=0)",
    ),
    (
        "only one weight's row is added",
        "One addition for each of the KH * KW weights: loop over p and over q.",
        "for q in range(KW):",
        "for q in range(1):",
    ),
    (
        "the images are always float64",
        "Keep the dtype of cols: x_pad is given to you with the right one.",
        "left : left + W]",
        "left : left + W].astype(np.float64)",
    ),
)

POOL_MISTAKES = mistakes_of(
    one_tile.max_pool2d_tiles,
    (
        "rows and columns left over are not cut off",
        "Only whole windows count: x[:, :, : H_out * KH, : W_out * KW] before the reshape.",
        "x[:, :, : H_out * KH, : W_out * KW]",
        "x",
    ),
    (
        "the rows and columns left over are cut off at the beginning",
        "The first window begins at the first pixel: keep the beginning, cut the end.",
        "x[:, :, : H_out * KH, : W_out * KW]",
        "x[:, :, x.shape[2] - H_out * KH :, x.shape[3] - W_out * KW :]",
    ),
    (
        "windows are taken from pixels that lie far apart",
        "Row i * KH + p is row p of window i: the window's number comes first, reshape to "
        "(..., H_out, KH, W_out, KW).",
        "reshape(N, C, H_out, KH, W_out, KW).max(axis=(3, 5))",
        "reshape(N, C, KH, H_out, KW, W_out).max(axis=(2, 4))",
    ),
    (
        "the maximum runs over the windows instead of inside them",
        "Inside a window are the axes of KH and KW: 3 and 5.",
        "axis=(3, 5)",
        "axis=(2, 4)",
    ),
    (
        "the maximum runs over columns only",
        "A window has two axes, KH and KW: axis=(3, 5).",
        ".max(axis=(3, 5))",
        ".max(axis=5)[:, :, :, 0]",
    ),
    (
        "the mean instead of the maximum",
        "Max pooling keeps the largest number of a window.",
        ".max(",
        ".mean(",
    ),
    (
        "the smallest instead of the largest",
        "Max pooling keeps the largest number of a window.",
        ".max(",
        ".min(",
    ),
    (
        "negative numbers are lost",
        "The largest of four negative numbers is negative: nothing starts from 0.",
        ".max(axis=(3, 5))",
        ".max(axis=(3, 5), initial=0)",
    ),
    (
        "the output is always float64",
        "Keep x's dtype.",
        ".max(axis=(3, 5))",
        ".max(axis=(3, 5)).astype(np.float64)",
    ),
)

WINOGRAD_MISTAKES = mistakes_of(
    one_tile.winograd_tile,
    (
        "the products are a matrix product",
        "In the middle every number of U meets one number of V: * instead of @.",
        "U * V",
        "U @ V",
    ),
    (
        "the tile is transformed along its columns only",
        "Nested: once down the columns and once along the rows, IN_2 @ tile @ IN_2.T.",
        "IN_2 @ tile @ IN_2.T",
        "IN_2 @ tile",
    ),
    (
        "the tile's transform is transposed",
        "IN_2 stands on the left, its transpose on the right.",
        "IN_2 @ tile @ IN_2.T",
        "IN_2.T @ tile @ IN_2",
    ),
    (
        "the channels are not added up",
        "A filter reaches through all channels: sum the products over axis 1.",
        "products.sum(axis=1)",
        "products[:, 0]",
    ),
    (
        "the channels are averaged",
        "A convolution sums over its channels.",
        "products.sum(axis=1)",
        "products.mean(axis=1)",
    ),
    (
        "rows and columns of the output are swapped",
        "OUT_2 stands on the left and its transpose on the right, without another transpose.",
        "OUT_2 @ products.sum(axis=1) @ OUT_2.T",
        "(OUT_2 @ products.sum(axis=1) @ OUT_2.T).swapaxes(1, 2)",
    ),
    (
        "the tile is turned by 180 degrees",
        "No flip: a convolution layer is a cross-correlation.",
        "IN_2 @ tile @",
        "IN_2 @ tile[:, ::-1, ::-1] @",
    ),
    (
        "the output is not transformed back",
        "The products are 4 x 4: OUT_2 @ ... @ OUT_2.T makes 2 x 2 of them.",
        "OUT_2 @ products.sum(axis=1) @ OUT_2.T",
        "products.sum(axis=1)[:, :2, :2]",
    ),
)
