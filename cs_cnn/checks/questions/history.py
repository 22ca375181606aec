"""The questions of notebook 01, the machines that came before."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "perceptron_update": Question(
        (-1.5, 1, -1),
        "The sum is -1 + 4 + 4 = 7, so the answer is 1, but it should be 0: every weight moves by "
        "rate times (0 - 1) times its own input.",
        {
            (-0.5, 3, 3): "The weights move the other way: desired minus given is 0 - 1.",
            (-1, 2, 1): "The answer is 1 and should be 0: the weights do move.",
            (-1.5, 1.5, 0.5): "Each weight moves by its own input as well: 1, 2 and 4.",
            (-2, 0, -3): "Multiply by the rate, ½.",
            (-4.5, -5, -13): "The error is 0 - 1: take the answer after the step, not the sum.",
        },
    ),
    "lms_update": Question(
        (-1.2, 1.8, 0.6),
        "The sum is -1 + 2 + 2 = 3, so the error is 1 - 3 = -2: every weight moves by 0.1 times -2 "
        "times its own input.",
        {
            (-1, 2, 1): "The answer is right, but the sum is 3 and should be 1: Adaline learns.",
            (-0.8, 2.2, 1.4): "The error is desired minus sum, 1 - 3.",
            (-1.4, 1.6, 0.2): "No factor of 2: rate times error times input.",
            (-1.2, 1.8, 0.8): "Each weight moves by its own input as well: 1, 1 and 2.",
            (-3, 0, -3): "Multiply by the rate, 0.1.",
        },
    ),
    "delta_output": Question(
        (-0.016,),
        "Three factors: o - t, then the slope o (1 - o), then what came in, h.",
        {
            (0.016,): "The slope of ½ (t - o)² by o is o - t, which is negative here.",
            (-0.1,): "The slope of the logistic unit, o (1 - o), is missing.",
            (-0.032,): "That is delta: times what came in, h.",
            (-0.08,): "The factor h is missing, and the slope is o (1 - o), not o alone.",
            (-0.025,): "The slope is o (1 - o) with the output o; h only multiplies.",
            (-0.04,): "The slope is o (1 - o): both factors.",
        },
    ),
    "lenet_parameters": Question(
        (156, 12, 1516),
        "C1: 6 filters of 25 weights and a bias. S2: two numbers a map. C3: 25 weights for each of "
        "the 60 connections, and 16 biases.",
        {
            (150, 12, 1500): "Every filter of C1 and C3 has a bias as well.",
            (156, 0, 1516): "LeNet-5's subsampling learns: a coefficient and a bias for each map.",
            (156, 6, 1516): "Each map of S2 has a coefficient and a bias.",
            (156, 12, 2416): "C3 is not connected to all maps of S2: count the 60 crosses.",
            (156, 12, 416): "A filter of C3 has 25 weights for each map that it looks at.",
            (156, 12, 1560): "Each of the 16 maps of C3 has one bias, not one a connection.",
        },
    ),
}
