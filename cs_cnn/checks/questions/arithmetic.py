"""The questions of notebook 03, convolution arithmetic."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "shrinking": Question(
        (20, 14),
        "Without padding a layer takes F - 1 pixels off a side. Do it three times.",
        {
            (28, 26): "That is one layer; there are three.",
            (24, 20): "That is two layers; there are three.",
            (17, 11): "A kernel of F takes F - 1 pixels off, not F: the first place counts.",
            (32, 32): "There is no padding here: every layer takes F - 1 pixels off.",
            (26, 23): "A layer takes F - 1 pixels off a side, not (F - 1) / 2.",
        },
    ),
    "same_size": Question(
        (5, 4),
        "Half of what the kernel would take off: (span - 1) / 2 at each end. A dilated kernel "
        "spans D (F - 1) + 1 pixels.",
        {
            (10, 8): "That is the padding of both ends together.",
            (5, 1): "Taps that are 4 pixels apart: the second kernel spans 4 * 2 + 1 = 9 pixels.",
            (5, 2): "Taps that are 4 pixels apart: the second kernel spans 4 * 2 + 1 = 9 pixels.",
            (6, 5): "One too many: (F - 1) / 2, not (F + 1) / 2.",
            (5, 5): "Three taps that are 4 apart span 4 * 2 + 1 = 9 pixels, not 12 or 11.",
        },
    ),
    "halving_layer": Question(
        (128, 28, 28, 73856),
        "(56 + 2 - 3) / 2 rounded down, plus 1; and 64 * 3 * 3 weights and a bias for each of the "
        "128 filters.",
        {
            (128, 28, 28, 73728): "Those are the weights; every filter has a bias as well.",
            (128, 28, 28, 73729): "Every filter has a bias of its own.",
            (128, 27, 27, 73856): "The padding is 1: count the zeros at both ends.",
            (128, 29, 29, 73856): "A window that hangs over the edge is left out: round down.",
            (128, 56, 56, 73856): "The stride is 2.",
            (64, 28, 28, 73856): "The output has one channel per filter.",
            (128, 28, 28, 1280): "A filter reaches through all 64 channels.",
            (128, 28, 28, 73792): "A bias belongs to a filter: there are 128, not 64.",
        },
    ),
    "multiplications": Question(
        (768000,),
        "75 products for one number of the output, and the output has 10 * 32 * 32 numbers.",
        {
            (750,): "Those are the weights; each is used at all 32 * 32 places.",
            (76800,): "That is one filter; there are ten.",
            (256000,): "A filter reaches through all 3 channels.",
            (588000,): "That is without padding: the output keeps 32 x 32.",
            (778240,): "Adding the bias is no multiplication.",
            (1536000,): "A multiplication and the addition that follows count as one.",
            (10240,): "Those are the numbers put out; each takes 75 multiplications.",
        },
    ),
    "fields": Question(
        (7, 19),
        "Begin with 1. Each layer adds K - 1, times the strides of all layers before it.",
        {
            (9, 13): "Each layer adds K - 1, not K: neighbours overlap.",
            (7, 11): "In the second stack a step of the second layer is 2 pixels of the image, and "
            "one of the third is 4.",
            (7, 15): "Strides multiply: a step of the third layer is 2 * 2 pixels of the image.",
            (7, 29): "A stride counts for the layers after it, not for its own.",
            (6, 18): "Begin with 1, the pixel itself.",
            (27, 63): "The kernels' sizes don't multiply; each layer adds K - 1.",
            (7, 7): "The last layer sees more than the first: each adds to the ones before.",
        },
    ),
    "pointwise": Question(
        (64, 14, 14, 16448),
        "A 1 x 1 kernel fits at every pixel. Each of the 64 filters has 256 weights and a bias.",
        {
            (64, 14, 14, 16384): "Those are the weights; every filter has a bias as well.",
            (256, 14, 14, 16448): "The output has one channel per filter.",
            (64, 14, 14, 128): "A filter has one weight for each of the 256 channels.",
            (64, 14, 14, 65): "A filter has one weight for each of the 256 channels.",
            (64, 13, 13, 16448): "A 1 x 1 kernel takes nothing off: 14 - 1 + 1.",
            (1, 14, 14, 16448): "Each filter gives a map of its own.",
            (64, 14, 14, 16640): "A bias belongs to a filter: there are 64, not 256.",
        },
    ),
    "keras_same": Question(
        (5, 0, 1),
        "10 / 2 places. The last window begins at pixel 8 and is 3 long, so it needs one pixel "
        "more than there is; an odd zero goes to the end.",
        {
            (5, 1, 1): "That is PyTorch's padding=1. Keras adds as few zeros as 5 places need.",
            (5, 1, 0): "Keras puts an odd zero at the end.",
            (10, 1, 1): "With a stride, Keras's same means size / stride, rounded up.",
            (4, 0, 0): "That is Keras's valid, without any zeros.",
            (5, 0, 0): "The last of 5 windows needs pixels 8, 9 and 10; there are pixels 0 to 9.",
            (5, 0.5, 0.5): "There is no half a zero; an odd one goes to the end.",
        },
    ),
    "alexnet_first": Question(
        (55, 290400, 34944),
        "(227 - 11) / 4 + 1 places along a side; 96 maps of them; 96 filters of 11 * 11 * 3 "
        "weights and a bias.",
        {
            (54, 279936, 34944): "That is with 224 pixels; here the side has 227.",
            (55, 253440, 34944): "So says the paper. Multiply it out: 96 maps of 55 x 55.",
            (55, 290400, 34848): "Those are the weights; every filter has a bias as well.",
            (55, 3025, 34944): "That is one map; there are 96.",
            (55, 290400, 11712): "A filter reaches through all 3 colours.",
            (55, 290400, 364): "That is one filter; there are 96.",
            (56, 301056, 34944): "216 / 4 + 1 = 55: nothing is left over.",
        },
    ),
}
