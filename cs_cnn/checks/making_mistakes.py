"""The known mistakes in playing and speaking, of notebook 10, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.gallery import bellman, bleu

TARGETS_MISTAKES = mistakes_of(
    bellman.q_targets,
    (
        "the end of a game is ignored",
        "Where the game is over there is no next move: the target is the reward alone.",
        "np.where(done, 0, later)",
        "later",
    ),
    (
        "only the last move of a game looks ahead",
        "It is the other way round: where `done` is true, nothing comes later.",
        "np.where(done, 0, later)",
        "np.where(done, later, 0)",
    ),
    (
        "the mean of the next moves",
        "The player will make the best move, not any of them: take the maximum.",
        "q_next.max(axis=1)",
        "q_next.mean(axis=1)",
    ),
    (
        "the number of the best move",
        "argmax says which move is best; its worth is the maximum itself.",
        "q_next.max(axis=1)",
        "q_next.argmax(axis=1)",
    ),
    (
        "the best of the whole batch",
        "Every row has its own best move: max(axis=1).",
        "q_next.max(axis=1)",
        "q_next.max()",
    ),
    (
        "the worst next move",
        "The best next move is the maximum, even if all are below 0.",
        "q_next.max(axis=1)",
        "q_next.min(axis=1)",
    ),
    (
        "no discount",
        "What comes later counts `discount` times as much.",
        "discount * np",
        "np",
    ),
    (
        "the reward is discounted too",
        "The reward came at once: only what comes later is discounted.",
        "rewards + discount * np.where(done, 0, later)",
        "discount * (rewards + np.where(done, 0, later))",
    ),
    (
        "the reward counts at the end only",
        "Every move's reward counts, at the end of a game and before.",
        "rewards + discount",
        "np.where(done, rewards, 0) + discount",
    ),
)

BLEU_MISTAKES = mistakes_of(
    bleu.bleu,
    (
        "n-grams are not clipped",
        "An n-gram counts at most as often as in the reference that has it most often.",
        "(own & most).total()",
        "sum(count for gram, count in own.items() if gram in most)",
    ),
    (
        "clipped by the sum over the references",
        "An n-gram is clipped by its count in one reference, the one that has it most often: |=.",
        "most |= ngrams",
        "most += ngrams",
    ),
    (
        "only the first reference counts",
        "An n-gram may come from any of the references.",
        "for reference in known:",
        "for reference in known[:1]:",
    ),
    (
        "each n-gram counts once",
        "Count how often an n-gram occurs, not which ones there are.",
        "own = ngrams(words, n)",
        "own = Counter(set(ngrams(words, n)))",
    ),
    (
        "no brevity penalty",
        "Multiply by exp(1 - r / c) if r > c: short sentences are precise for free.",
        " + min(0, 1 - r / c)",
        "",
    ),
    (
        "long sentences are rewarded",
        "The penalty is never more than 1: it counts only if r > c.",
        "min(0, 1 - r / c)",
        "1 - r / c",
    ),
    (
        "the penalty has r and c swapped",
        "r are the references' words, c the candidates': exp(1 - r / c).",
        "1 - r / c",
        "1 - c / r",
    ),
    (
        "the shortest reference sets the length",
        "The reference closest in length counts, longer or shorter.",
        "min(map(len, known), key=lambda size: (abs(size - len(words)), size))",
        "min(map(len, known))",
    ),
    (
        "of two as close the longer",
        "If two references are as close in length, the shorter one counts.",
        "(abs(size - len(words)), size))",
        "(abs(size - len(words)), -size))",
    ),
    (
        "the arithmetic mean",
        "The mean of the precisions is geometric: the mean of their logarithms, then exp.",
        "np.log(right / possible) / order",
        "right / possible / order",
        "np.exp(logs + min(0, 1 - r / c))",
        "logs * np.exp(min(0, 1 - r / c))",
    ),
    (
        "the longest n-grams are left out",
        "n runs from 1 to order, both included: range(1, order + 1).",
        "range(1, order + 1)",
        "range(1, order)",
    ),
    (
        "only the longest n-grams",
        "All n from 1 to order count, each with the weight 1 / order.",
        "range(1, order + 1)",
        "range(order, order + 1)",
        " / order\n",
        "\n",
    ),
    (
        "the precisions are multiplied, without a root",
        "The geometric mean is the root of the product: divide the logarithms by `order`.",
        "np.log(right / possible) / order",
        "np.log(right / possible)",
    ),
)
