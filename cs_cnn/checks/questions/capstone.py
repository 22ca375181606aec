"""The questions of notebook 11, the capstone."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "budget_of_images": Question(
        (8,),
        "In 600 seconds 600 * 720 images pass, 50,000 in an epoch. Only whole epochs count.",
        {
            (9,): "600 * 720 / 50,000 is 8.6: the ninth epoch doesn't end in time.",
            (432000,): "That is the number of images; divide by the 50,000 of an epoch.",
            (7,): "600 * 720 images is more than 8 * 50,000: one more epoch ends in time.",
        },
    ),
    "smooth_targets": Question(
        (0.92, 0.02),
        "Every class gets 0.1 / 5, and the right one 0.9 more.",
        {
            (0.9, 0.02): "The second is right. The right class gets the share of all as well.",
            (0.9, 0.025): "All five classes share 0.1, the right one too.",
            (1, 0): "Those are the targets without smoothing.",
        },
    ),
    "first_nesterov_step": Question(
        (-1, -1.5),
        "The velocity becomes 0.5 * 0 + 2. Plain momentum moves by -lr times the velocity, "
        "Nesterov by -lr times (dw + 0.5 * velocity).",
        {
            (-1.5, -1): "Plain momentum comes first. Nesterov's step is the longer one.",
            (-1, -1): "The first is right. Nesterov adds half of the new velocity to dw.",
            (1, 1.5): "The sizes are right. A step goes against the gradient.",
        },
    ),
}
