"""The questions of notebook 10, the gallery."""

from cs_cnn.checks.questions.question import Question

QUESTIONS = {
    "overlap_of_two": Question(
        (4, 0.2),
        "What they share reaches from (3, 1) to (5, 3). Each box has an area of 12; together they "
        "cover both areas, and what they share only once.",
        {
            (4, 4 / 24): "The area is right. The sum of both areas counts the shared part twice.",
            (4, 4 / 12): "The area is right. Divide by what both cover together, not by one box.",
            (9, 9 / 15): "Width and height are right - left and bottom - top, without adding 1.",
        },
    ),
    "enlarged": Question(
        (12, 13),
        "The last brush begins at row 5 * 2 and is as long as the kernel; then the padding is cut "
        "off at both ends: (H - 1) * stride + kernel - 2 * padding.",
        {
            (14, 13): "The second is right. In the first, cut one row off at each end.",
            (13, 13): "The second is right. In the first, cut the padding off at both ends.",
            (12, 12): "The first is right. The last brush of length 3 begins at row 10.",
            (12, 15): "The first is right. Six brushes: the last begins at row 5 * 2.",
        },
    ),
    "always_harmless": Question(
        (0.94, 0.5),
        "94 of 100 answers are right. Of the harmless ones it finds all, of the others none.",
        {
            (0.94, 0.94): "The accuracy is right. Balanced: the mean of two shares, 1 and ...?",
            (0.94, 0): "The accuracy is right. Balanced is the mean over both classes.",
            (94, 50): "Give shares: from 0 to 1.",
        },
    ),
    "bellman": Question(
        (0.72, -1),
        "The reward at once, plus 0.9 times the best next move, unless the game is over.",
        {
            (0.15, -1): "The second is right. The player makes the best move: no mean.",
            (0.8, -1): "The second is right. What comes one move later counts 0.9 times as much.",
            (0.72, -0.28): "The first is right. After the end no move follows: the reward alone.",
        },
    ),
    "clipped_words": Question(
        (4, 6),
        "The candidate has six words. Each counts at most as often as it is in the reference.",
        {
            (6, 6): "The reference has one red and one disc: the second ones don't count.",
            (3, 6): "The reference has a twice: both count.",
            (4, 7): "4 is right. Precision divides by the candidate's words.",
            (4, 8): "4 is right. Precision divides by the candidate's words.",
        },
    ),
}
