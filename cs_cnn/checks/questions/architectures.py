"""The questions of notebook 08, architectures."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "alexnet_first_layer": Question(
        (55, 23296),
        "The size is (224 + 2 * 2 - 11) / 4, rounded down, plus 1. Each of the 64 filters has "
        "3 * 11 * 11 weights and one bias.",
        {
            (55, 23232): "The size is right. Each filter has a bias too: 64 more.",
            (54, 23296): "The parameters are right. The first window counts: add 1 to the size.",
            (56, 23296): "The parameters are right. A window that hangs over the edge is left out.",
            (55, 7808): "The size is right. A filter reaches through all three colours.",
            (55, 7744): "The size is right. A filter reaches through all colours, and has a bias.",
        },
    ),
    "stacked_kernels": Question(
        (110592, 200704),
        "A layer of C filters of K x K over C channels has C * C * K * K weights. Take three of "
        "them with K = 3, then one with K = 7, both with C = 64.",
        {
            (36864, 200704): "That is one layer of 3 x 3; there are three.",
            (1728, 3136): "Each filter reaches through all 64 channels, and there are 64 filters.",
            (200704, 110592): "The three small layers come first in the question.",
        },
    ),
    "fire_parameters": Question(
        (11408, 73856),
        "Count weights and biases. Fire: 16 filters over 64 channels, then 64 of 1 x 1 and 64 of "
        "3 x 3 over 16 channels. Plain: 128 filters of 3 x 3 over 64 channels.",
        {
            (11264, 73728): "Those are the weights; add one bias for each filter.",
            (11408, 73728): "The Fire module is right. Plain: add its 128 biases.",
            (11264, 73856): "The plain layer is right. Fire: add its 16 + 64 + 64 biases.",
        },
    ),
    "residual_of_nothing": Question(
        (0, 3),
        "The two convolutions add nothing, so the sum is x itself. Which ReLU does it meet?",
        {
            (-2, 3): "A ReLU follows the sum.",
            (0, 0): "The shortcut carries x around the convolutions.",
        },
    ),
    "two_scores": Question(
        (0.9, 0.9),
        "The ratio of two probabilities is e to the difference of the scores: here 9 to 1.",
        {
            (0.9, 0.1): "Adding the same number to every score changes no probability.",
            (9, 9): "9 is the ratio; the two probabilities add up to 1.",
        },
    ),
}
