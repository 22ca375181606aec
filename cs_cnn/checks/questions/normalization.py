"""The questions of notebook 07, normalization."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "normalize_a_column": Question(
        (7, 13),
        "The mean is 3 and the variance is 4, so x_hat is (-1, -1, 1, 1); then 3 * x_hat + 10.",
        {
            (-1, 1): "That is x_hat; multiply by gamma and add beta.",
            (-3, 3): "Add beta at the end.",
            (9, 11): "Multiply by gamma before you add beta.",
            (8.5, 11.5): "The standard deviation is the root of the variance: 2, not 4.",
            (4, 16): "Divide by the standard deviation, which is 2.",
            (27, 33): "gamma multiplies x_hat alone; beta is added last.",
        },
    ),
    "running_averages": Question(
        (0.2, 1.3),
        "The batch has the mean 2 and the unbiased variance 12 / 3 = 4; a tenth of each comes in.",
        {
            (0.2, 1.2): "That is with the biased variance 3; the running average takes 12 / 3 = 4.",
            (1.8, 3.7): "momentum is the share of the new batch: a tenth of it comes in.",
            (2, 4): "Those are the batch's own; nine tenths of the old averages stay.",
            (0.2, 0.4): "Nine tenths of the old variance stay: 0.9 * 1 + 0.1 * 4.",
            (0.2, 1.1): "The running average takes the variance, not its root.",
        },
    ),
    "numbers_per_channel": Question(
        (64, 25088, 128),
        "One mean per channel, over images, rows and columns: 32 * 28 * 28. And gamma and beta.",
        {
            (64, 32, 128): "Height and width are averaged over, too.",
            (64, 784, 128): "The images are averaged over, too.",
            (50176, 32, 100352): "All places of a channel share one mean.",
            (64, 25088, 64): "Count both gamma and beta.",
            (64, 25088, 256): "Running averages are not learned.",
            (64, 25088, 2): "Each channel has a gamma and a beta of its own.",
        },
    ),
    "one_gradient": Question(
        (2, -2, 0),
        "dbeta is 4 and dgamma is -4: dx = 2 / (4 * 2) * (4 dout - 4 - x_hat * (-4)).",
        {
            (4, 0, 0): "That takes mean and std for constants: gamma / std * dout.",
            (3, -1, -1): "The term with dgamma is missing: subtract x_hat * dgamma.",
            (3, -1, 1): "The term with dbeta is missing: subtract dbeta.",
            (4, 0, -2): "x_hat * dgamma is subtracted; and mind its sign.",
            (8, -8, 0): "Divide by M, which is 4.",
            (1, -1, 0): "The factor in front has gamma = 2.",
            (4, -4, 0): "The factor in front is divided by std = 2.",
        },
    ),
    "a_line": Question(
        (2, -3),
        "out = 6 * (x - 2) / 3 + 1: multiply it out.",
        {
            (2, 1): "The mean is subtracted first: 2 * (x - 2) + 1.",
            (2, 5): "The mean is subtracted: 2 * (x - 2) + 1.",
            (2, -4): "Add beta.",
            (2, -1): "The mean is scaled like x: 2 * (x - 2).",
            (6, -11): "Divide by the standard deviation, 3.",
        },
    ),
    "how_many_means": Question(
        (6, 8, 48, 24),
        "Batch norm: one per channel. Layer norm: one per image. Instance norm: one per image and "
        "channel. Group norm: one per image and group.",
        {
            (8, 6, 48, 24): "Batch norm has one mean per channel, layer norm one per image.",
            (6, 8, 48, 3): "Every image has groups of its own.",
            (6, 8, 48, 16): "3 groups, not groups of 3 channels.",
            (6, 8, 6, 3): "Instance norm and group norm have means of their own for every image.",
            (160, 120, 20, 40): "So many numbers share each mean; how many means are there?",
        },
    ),
}
