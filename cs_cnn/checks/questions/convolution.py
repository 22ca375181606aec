"""The questions of notebook 04, the convolution layer."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "one_number": Question(
        (10,),
        "Multiply each number of the window by the weight that lies on it, in both channels; add "
        "all eight products and the bias.",
        {
            (12,): "That is the dot product; add the bias.",
            (14,): "The bias is -2: add it, don't subtract it.",
            (5,): "That is the first channel alone; a filter reaches through all channels.",
            (3,): "That is the second channel alone; a filter reaches through all channels.",
            (8,): "The bias is added once per filter, not once per channel.",
            (6,): "The filter is not flipped: its upper left weight lies on the upper left pixel.",
        },
    ),
    "output_height_width": Question(
        (7, 6),
        "For each side: size plus both paddings minus kernel, divided by the stride, rounded down, "
        "plus 1. The first number of a pair belongs to the height.",
        {
            (6, 5): "The first window counts too: add 1. And padding is added at both ends.",
            (5, 5): "Count the padding: 2 rows above and 2 below, 2 columns left and 2 right.",
            (6, 6): "The padding is added at both ends of a side.",
            (7, 7): "A window that hangs over the edge is left out: round down.",
            (13, 18): "That is with stride 1: windows are 2 rows and 3 columns apart.",
            (6, 7): "Height comes first: H_out before W_out, KH = 3 rows, KW = 5 columns.",
            (5, 9): "The first stride moves down, the second to the right.",
        },
    ),
    "volume_and_parameters": Question(
        (10, 32, 32, 760),
        "One map per filter, each of size (32 + 2 * 2 - 5) + 1; a filter has 5 * 5 * 3 weights "
        "and a bias.",
        {
            (10, 32, 32, 750): "Those are the weights; every filter has a bias as well.",
            (10, 32, 32, 751): "Every filter has a bias of its own.",
            (10, 32, 32, 260): "A filter reaches through all 3 channels.",
            (10, 28, 28, 760): "That is the size without the padding.",
            (10, 30, 30, 760): "The padding is added at both ends of a side.",
            (30, 32, 32, 760): "A filter gives one map, however many channels it looks at.",
            (3, 32, 32, 760): "The output has one channel per filter.",
            (32, 32, 10, 760): "Right numbers; channels come first here.",
        },
    ),
    "grouped_weights": Question(
        (162,),
        "Each of the 9 filters sees 6 / 3 channels, with 3 * 3 weights for each.",
        {
            (486,): "That is with groups=1; here a filter sees the channels of its group only.",
            (54,): "That is one group alone; count the filters of all three.",
            (81,): "A group has 6 / 3 = 2 channels, and a filter sees both.",
            (171,): "Those are the weights and the biases; the weights alone are asked for.",
            (1458,): "Groups make filters thinner: divide the channels by 3.",
        },
    ),
    "overlap": Question(
        (11,),
        "Find the two windows that hold the pixel, and the weight that lies on it in each; add "
        "gradient times weight.",
        {
            (3,): "That is the second window alone, as if it overwrote the first: shares add up.",
            (8,): "That is the first window alone; the pixel lies in the second window too.",
            (14,): "In the first window the pixel lies under the right weight, in the second under "
            "the left one.",
            (13,): "That is dx[0, 0, 1, 0]: the row comes before the column.",
            (5,): "That adds the weights; each is multiplied by the gradient of its output.",
        },
    ),
    "max_pool": Question(
        (5, -1, 9, 8),
        "The largest number of each 2x2 window: upper left, upper right, lower left, lower right.",
        {
            (5, 0, 9, 8): "The largest of four negative numbers is negative.",
            (5, -4, 9, 8): "-1 is larger than -4.",
            (0, -4, 4, 1): "Those are the smallest numbers.",
            (2, -2.5, 6.5, 3.5): "Those are the means.",
            (5, 9, -1, 8): "Row by row: the upper right window comes second.",
        },
    ),
    "pool_gradient": Question(
        (0, 3, 4, 0),
        "Each output's gradient goes to the first largest pixel of its window; a pixel that wins "
        "twice collects twice.",
        {
            (0, 3, 6, 0): "In the window with two 5s only the first one wins.",
            (0, 2, 5, 0): "In the window with two 5s the first one takes all; they don't share.",
            (0, 1, 6, 0): "In the window with two 5s the first one wins, not the last.",
            (0, 2, 4, 0): "The first 5 wins two windows: its shares add up.",
            (0, 15, 20, 0): "The winner gets the gradient, not the gradient times its value.",
            (1, 3, 6, 4): "Only the winner gets the gradient, not the whole window.",
        },
    ),
}
