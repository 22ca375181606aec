"""The questions of notebook 09, transfer learning."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "what_is_trained": Question(
        (260, 36992),
        "The head has one weight for each feature and class, and one bias for each class. Stage 4 "
        "has 64 filters of 3 x 3 over 64 channels, then a scale and a shift for each channel.",
        {
            (256, 36992): "Stage 4 is right. The head has a bias for each of the 4 classes too.",
            (260, 36864): "The head is right. Batch norm's scale and shift are trained as well.",
            (260, 36928): "The head is right. Batch norm has two numbers per channel, no bias.",
            (260, 704): "The head is right. Each filter reaches through all 64 channels.",
            (260, 37120): "The head is right. The two running averages have no gradient.",
        },
    ),
    "frozen_passes": Question(
        (5000, 100),
        "Without memory, every epoch sends every image through the frozen stages. With it, each "
        "image goes through them once.",
        {
            (100, 100): "Without memory each of the 50 epochs runs all 100 images again.",
            (5000, 1): "Each of the 100 images has features of its own.",
        },
    ),
    "rates_by_hand": Question(
        (0.1, 0.025),
        "The head learns with the base rate; each stage before it has half the rate of the next.",
        {
            (0.1, 0.0125): "The head is right. Stage 3 is two steps before the head, not three.",
            (0.1, 0.05): "The head is right. Stage 4 has 0.05; stage 3 is one step earlier.",
            (0.05, 0.0125): "The head itself is not lowered: it has the base rate.",
        },
    ),
    "drifting_average": Question(
        (9, 8.1),
        "Each batch: 0.9 times the old average, plus 0.1 times the batch's mean, here 0.",
        {
            (1, 0.1): "PyTorch's momentum is the share of the new: the old one keeps 0.9.",
            (9, 8): "The first is right. The second batch takes a tenth of 9, not of 10.",
            (10, 10): "No weight moves, but the averages do: every forward in training mode does.",
        },
    ),
    "four_seeds": Question(
        (90, 2, 1),
        "Mean of the four; then the root of the sum of squared differences over n - 1 = 3; then "
        "that divided by the root of n = 4.",
        {
            (90, 4, 2): "4 is the variance: take its root.",
            (90, 4, 1): "4 is the variance: take its root.",
            (90, 2, 0.5): "Divide by the root of 4, not by 4.",
            (90, 3**0.5, 3**0.5 / 2): "That is with n; divide by n - 1 = 3 under the root.",
        },
    ),
}
