"""The known mistakes of convolution arithmetic, one edit of the reference each."""

from cs_cnn import shapes
from cs_cnn.arithmetic import counting
from cs_cnn.checks.mistakes import mistakes_of

RESULT = "(size + before + after - span) // stride + 1"
FITS = "if span > size + before + after:"

SIZE_MISTAKES = mistakes_of(
    shapes.output_size,
    (
        "the first place is not counted",
        "(N + 2P - F) / S counts the steps; the place where you start makes one more: add 1.",
        RESULT,
        "(size + before + after - span) // stride",
    ),
    (
        "the 1 is added before the division",
        "Steps first, then one more place: (N + 2P - F) // S + 1.",
        RESULT,
        "(size + before + after - span + 1) // stride",
    ),
    (
        "the padding is ignored",
        "The kernel slides over the padded side: N plus the zeros at both ends.",
        RESULT,
        "(size - span) // stride + 1",
    ),
    (
        "the padding is added at one end only",
        "There are zeros before and after: add both.",
        RESULT,
        "(size + before - span) // stride + 1",
    ),
    (
        "both ends get the padding of the first",
        "Padding may be a pair: `before` zeros at one end, `after` at the other.",
        RESULT,
        "(size + 2 * before - span) // stride + 1",
    ),
    (
        "the stride is ignored",
        "Windows are `stride` pixels apart: divide the way that is left by it.",
        RESULT,
        "size + before + after - span + 1",
    ),
    (
        "the stride divides the whole side",
        "Take the kernel off before you divide: the first window needs no step.",
        RESULT,
        "(size + before + after) // stride",
    ),
    (
        "the size is not rounded",
        "Half a place is no place: divide with //.",
        RESULT,
        "(size + before + after - span) / stride + 1",
    ),
    (
        "the size is rounded up",
        "A window that hangs over the end is left out: round down, with //.",
        RESULT,
        "-(-(size + before + after - span) // stride) + 1",
    ),
    (
        "the size is rounded to the nearest",
        "Round down, with //: however little is missing, the last window doesn't fit.",
        RESULT,
        "round((size + before + after - span) / stride) + 1",
    ),
    (
        "a rest is refused",
        "PyTorch leaves out what no full window reaches. Refuse only a kernel that has no place.",
        FITS,
        "if span > size + before + after or (size + before + after - span) % stride:",
    ),
    (
        "the dilation is ignored",
        "Taps that are D apart span D (F - 1) + 1 pixels.",
        "span = dilation * (kernel_size - 1) + 1",
        "span = kernel_size",
    ),
    (
        "the dilation multiplies the whole kernel",
        "F taps have F - 1 gaps: they span D (F - 1) + 1 pixels, not D F.",
        "span = dilation * (kernel_size - 1) + 1",
        "span = dilation * kernel_size",
    ),
    (
        "a kernel without a place is not refused",
        "If the kernel spans more than the padded side, raise a ValueError.",
        FITS,
        "if False:",
    ),
    (
        "a kernel with exactly one place is refused",
        "A kernel as large as the padded side fits once: refuse only a larger one.",
        FITS,
        "if span >= size + before + after:",
    ),
    (
        "the padding doesn't count when it is asked what fits",
        "Compare the kernel with the padded side.",
        FITS,
        "if span > size:",
    ),
    (
        "the dilation doesn't count when it is asked what fits",
        "Compare what the kernel spans, D (F - 1) + 1, with the padded side.",
        FITS,
        "if kernel_size > size + before + after:",
    ),
)

PARAMETERS_MISTAKES = mistakes_of(
    counting.conv_parameters,
    (
        "the biases are not counted",
        "Every filter has one bias.",
        "weights + C_out if bias",
        "weights if bias",
    ),
    (
        "one bias for the whole layer",
        "Every filter has a bias of its own.",
        "weights + C_out if bias",
        "weights + 1 if bias",
    ),
    (
        "a bias per channel of the input",
        "A bias belongs to a filter: there are C_out of them.",
        "weights + C_out if bias",
        "weights + C_in if bias",
    ),
    (
        "biases even with bias=False",
        "Without biases only the weights are left.",
        " if bias else weights",
        "",
    ),
    (
        "filters of a single channel",
        "A filter reaches through all the channels of its group.",
        "C_out * (C_in // groups) * KH * KW",
        "C_out * KH * KW",
    ),
    (
        "a single filter",
        "There are C_out filters.",
        "C_out * (C_in // groups)",
        "(C_in // groups)",
    ),
    (
        "every kernel is square",
        "The kernel has KH rows and KW columns.",
        "KH * KW",
        "KH * KH",
    ),
    (
        "the groups are ignored",
        "With groups a filter sees C_in / groups channels.",
        "C_in // groups",
        "C_in",
    ),
    (
        "the filters are divided by the groups, too",
        "All groups together have C_out filters; only the channels that each sees get fewer.",
        "C_out * (C_in // groups)",
        "(C_out // groups) * (C_in // groups)",
    ),
    (
        "the groups multiply",
        "Groups make a layer smaller: divide by them.",
        "(C_in // groups)",
        "(C_in * groups)",
    ),
)

MACS_MISTAKES = mistakes_of(
    counting.conv_macs,
    (
        "one place only",
        "The filter is multiplied anew at each of the H_out x W_out places.",
        "C_out * H_out * W_out * products",
        "C_out * products",
    ),
    (
        "the input's places instead of the output's",
        "The filter is laid down once for each number of the output: H_out x W_out times.",
        "H_out * W_out",
        "H * W",
    ),
    (
        "one filter only",
        "Each of the C_out filters does this work.",
        "C_out * H_out * W_out * products",
        "H_out * W_out * products",
    ),
    (
        "one channel only",
        "A filter reaches through all the channels of its group.",
        "(C_in // groups) * KH * KW",
        "KH * KW",
    ),
    (
        "operations are counted twice",
        "One multiplication and one addition make one multiply-accumulate.",
        "C_out * H_out * W_out * products",
        "2 * C_out * H_out * W_out * products",
    ),
    (
        "the bias is counted",
        "Adding the bias is no multiplication; it isn't counted here.",
        "* products\n",
        "* (products + 1)\n",
    ),
    (
        "the output is square",
        "The output has H_out rows and W_out columns.",
        "H_out * W_out",
        "H_out * H_out",
    ),
    (
        "every kernel is square",
        "The kernel has KH rows and KW columns.",
        "* KH * KW",
        "* KH * KH",
    ),
    (
        "the groups are ignored",
        "With groups a filter sees C_in / groups channels.",
        "C_in // groups",
        "C_in",
    ),
    (
        "the filters are divided by the groups, too",
        "All groups together have C_out filters; only the channels that each sees get fewer.",
        "return C_out",
        "return C_out // groups",
    ),
)

GROW = "field += dilation * (kernel_size - 1) * step"
STEP = "step *= stride"

FIELD_MISTAKES = mistakes_of(
    counting.receptive_field,
    (
        "it starts from 0",
        "Without any layer an output sees one pixel, itself: begin with 1.",
        "field, step = 1, 1",
        "field, step = 0, 1",
    ),
    (
        "every layer adds its whole kernel",
        "Neighbours overlap: a kernel of K adds K - 1 pixels to what one of them sees.",
        "(kernel_size - 1)",
        "kernel_size",
    ),
    (
        "the fields are multiplied",
        "A layer adds K - 1 pixels; it doesn't multiply.",
        GROW,
        "field *= dilation * (kernel_size - 1) + 1",
    ),
    (
        "the last layer alone",
        "Each layer adds to what the ones before it see.",
        GROW,
        "field = 1 + dilation * (kernel_size - 1) * step",
    ),
    (
        "the strides are ignored",
        "After a stride of 2, neighbours are 2 pixels of the image apart: K - 1 counts double.",
        STEP,
        "pass",
    ),
    (
        "a layer's own stride makes its own field larger",
        "A stride spreads the outputs of its layer; only the layers after it see farther.",
        GROW,
        "field += dilation * (kernel_size - 1) * step * stride",
    ),
    (
        "only the stride of the layer before counts",
        "Strides multiply: all layers before this one have spread its inputs.",
        STEP,
        "step = stride",
    ),
    (
        "the strides are added",
        "Two layers of stride 3 put neighbours 9 pixels apart, not 6: multiply.",
        STEP,
        "step += stride",
    ),
    (
        "the strides add their excess",
        "Two layers of stride 3 put neighbours 9 pixels apart, not 5: multiply.",
        STEP,
        "step += stride - 1",
    ),
    (
        "the stack is upside down",
        "The first layer stands first: begin with it.",
        "in layers:",
        "in reversed(layers):",
    ),
    (
        "going back, a stride stretches the whole field",
        "From the last layer to the first: K taps have K - 1 steps, (field - 1) * stride + K.",
        "in layers:",
        "in reversed(layers):",
        GROW,
        "field = field * stride + dilation * (kernel_size - 1)",
    ),
    (
        "the dilation is ignored",
        "Taps that are D apart reach over D (K - 1) pixels.",
        GROW,
        "field += (kernel_size - 1) * step",
    ),
    (
        "the dilation multiplies the whole kernel",
        "K taps have K - 1 gaps: D (K - 1), not D K - 1.",
        GROW,
        "field += (dilation * kernel_size - 1) * step",
    ),
    (
        "the dilation lasts",
        "Dilation spreads the taps of its own layer; the next one's inputs lie where they lay.",
        STEP,
        "step *= stride * dilation",
    ),
)
