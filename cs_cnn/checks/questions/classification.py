"""The questions of notebook 02, image classification."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "linear_parameters": Question(
        (30_730,),
        "One weight for each of the 3072 numbers and each of the 10 classes, and a bias a class.",
        {
            (30_720,): "Every class has a bias as well.",
            (3_072,): "That is one template without its bias: there are ten.",
            (3_073,): "That is one class: there are ten.",
            (10_250,): "A colour picture has three numbers a pixel: 32 · 32 · 3.",
            (10_240,): "Three numbers a pixel, and a bias for each class.",
        },
    ),
    "svm_by_hand": Question(
        (2.9, 0, 12.9),
        "For each column: the other two scores minus the right one plus 1, what is below 0 counts "
        "0, then add up.",
        {
            (1.9, 0, 10.9): "Each wrong class may come up to a margin of 1: add 1 to each term.",
            (3.9, 1, 13.9): "The right class doesn't pay: the sum is over the two others.",
            (-1, -4.5, 12.9): "Nobody is paid: a term below 0 counts 0.",
        },
    ),
    "adam_first_step": Question(
        (-0.1, 0.1),
        "With the correction, m_hat is the gradient itself and v_hat its square: what is the "
        "gradient divided by the root of its square?",
        {
            (0.1, -0.1): "Downhill: the step has the opposite sign of the gradient.",
            (-10, 0.0002): "That is SGD: Adam divides by the root of v_hat.",
            (10, -0.0002): "That is SGD, and uphill: Adam divides by the root of v_hat.",
            (-1, 1): "Multiply by the learning rate.",
        },
    ),
    "hog_numbers": Question(
        (30, 40, 10_800),
        "240 / 8 rows of cells, 320 / 8 in each row, and 9 numbers for each cell.",
        {
            (40, 30, 10_800): "Rows first: the picture is 240 pixels high.",
            (30, 40, 1_200): "Every cell has 9 numbers.",
            (30, 40, 691_200): "A cell has 9 numbers, one for each bin, not one for each pixel.",
            (30, 40, 32_400): "Each pixel takes part with its steepest colour only: no factor 3.",
        },
    ),
    "graph_slopes": Question(
        (-4, -4, 3),
        "Backwards from f: times hands each side the other side's value, plus hands both the same.",
        {
            (3, 3, -4): "Times swaps: the slope by q is z, and the slope by z is q.",
            (-4, -4, -4): "The slope by z is the value of the other factor, q = x + y.",
            (1, 1, 3): "Those are the slopes of q: multiply by the slope of f by q, which is z.",
            (-4, -4, -12): "The slope by z is q, not f.",
            (8, -20, 3): "Plus hands its gradient on as it is, without the values of x and y.",
        },
    ),
    "gates": Question(
        (-8, 6, 2, 0),
        "From above comes 1; the factor 2 in front makes 2 of it. Plus hands 2 to both sides, "
        "times swaps, and max gives all to the larger of its two.",
        {
            (-4, 3, 1, 0): "The factor 2 in front belongs to every slope.",
            (6, -8, 2, 0): "Times swaps: the slope by a is b times what comes from above.",
            (-8, 6, 0, 2): "max gives the gradient to the larger of the two: c.",
            (-8, 6, 2, 2): "max gives all to the larger of the two, and nothing to the other.",
            (-8, 6, 4, 0): "max hands the gradient on as it is, without the value of c.",
        },
    ),
    "jacobian": Question(
        (16_777_216, 4_096),
        "One slope for every output and every input: 4096 · 4096. But output k depends on input k "
        "alone.",
        {
            (4_096, 4_096): "The matrix has a row for every output and a column for every input.",
            (16_777_216, 16_777_216): "Output k depends on input k alone: the rest is 0.",
            (8_192, 4_096): "Rows times columns: 4096 · 4096.",
        },
    ),
}
