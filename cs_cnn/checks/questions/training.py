"""The questions of notebook 06, training a ConvNet."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "first_weights": Question(
        (1 / 12, 1 / 5),
        "A filter meets 8 * 6 * 6 = 288 numbers, a neuron of the last layer 25: the roots of "
        "2 / 288 and of 1 / 25.",
        {
            (0.5, 1 / 5): "A filter reaches through all 8 channels and all 6 * 6 pixels.",
            (1 / 144, 1 / 25): "Take the root: those are variances.",
            (1 / 12, (2 / 25) ** 0.5): "No ReLU follows the last layer: no factor of 2 there.",
            (1 / 288**0.5, 1 / 5): "A ReLU follows the convolution: 2 / fan_in.",
            (
                1 / 2,
                (1 / 10) ** 0.5,
            ): "What counts is how many numbers go in, not how many come out.",
        },
    ),
    "first_loss": Question(
        (2.3,),
        "Each class gets a probability of 1/10, and -log(1/10) = log 10 = 2.30.",
        {
            (0.1,): "That is the probability of the right class; the loss is -log of it.",
            (-2.3,): "The logarithm is -2.3, and the loss is minus that.",
            (1,): "The natural logarithm: log 10 = 2.30.",
            (0,): "A loss of 0 would mean to be certain, and right.",
            (10,): "-log(1/10), the natural logarithm of 10.",
        },
    ),
    "pattern_layers": Question(
        (6, 3, 4, 4),
        "The bracket comes three times: two CONV and one POOL each. 32 -> 16 -> 8 -> 4.",
        {
            (2, 1, 16, 16): "The star after ] repeats everything inside the brackets three times.",
            (6, 1, 16, 16): "The POOL stands inside the brackets: there are three.",
            (2, 3, 4, 4): "Each of the three blocks has two CONV.",
            (5, 3, 4, 4): "Two CONV in each of three blocks: multiply.",
            (6, 3, 8, 8): "32 is halved three times.",
            (6, 3, 32, 32): "Each POOL halves height and width.",
        },
    ),
    "one_step": Question(
        (1.2, 1.88),
        "The gradient of both losses is 1 + 0.1 * 2 = 1.2, and the step is 0.1 * 1.2 downhill.",
        {
            (1, 1.9): "The weight decays: its L2 loss has the slope 0.1 * 2.",
            (1.4, 1.86): "The half in front of the sum cancels the 2 of the square.",
            (1.2, 2.12): "Downhill: subtract.",
            (0.8, 1.92): "The slope of the L2 loss is added to the gradient.",
            (1.1, 1.89): "The slope is 0.1 * w, and w is 2.",
            (1.2, 0.8): "Multiply the step by the learning rate, 0.1.",
        },
    ),
    "dropout_numbers": Question(
        (0, 5, 10, 0),
        "Noise below 0.6 switches off; what stays on is divided by 1 - 0.6 = 0.4.",
        {
            (0, 2, 4, 0): "Divide what stays on by 1 - p = 0.4.",
            (0, 0.8, 1.6, 0): "Divide by 0.4, don't multiply: the others are missing.",
            (1, 0, 0, 3): "A number is switched off where its noise is below p.",
            (2.5, 0, 0, 7.5): "A number is switched off where its noise is below p.",
            (0, 10 / 3, 20 / 3, 0): "Divide by 1 - p, the share that stays on.",
        },
    ),
}
