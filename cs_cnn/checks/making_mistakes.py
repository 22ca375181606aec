"""The known mistakes of the second half of notebook 10, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.gallery import bellman, bleu, pictures

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

ASCENT_MISTAKES = mistakes_of(
    pictures.ascent_step,
    (
        "downhill",
        "The picture should climb: add the gradient.",
        "picture + rate",
        "picture - rate",
    ),
    (
        "the gradient as it is",
        "Divide the gradient by the mean of its absolute values: steps of one size.",
        "rate * gradient / steepness",
        "rate * gradient",
    ),
    (
        "divided by the mean, signs included",
        "Positive and negative numbers cancel in a plain mean: np.abs first.",
        "np.abs(gradient).mean()",
        "gradient.mean()",
    ),
    (
        "divided by the largest",
        "`rate` is the mean change: divide by the mean of the absolute values.",
        "np.abs(gradient).mean()",
        "np.abs(gradient).max()",
    ),
    (
        "divided by the sum",
        "`rate` is the mean change of a pixel: divide by the mean, not the sum.",
        "np.abs(gradient).mean()",
        "np.abs(gradient).sum()",
    ),
    (
        "colours leave 0 to 1",
        "np.clip keeps colours from 0 to 1.",
        "np.clip(picture + rate * gradient / steepness, 0, 1)",
        "picture + rate * gradient / steepness",
    ),
    (
        "divided by 0",
        "A gradient of zeros has the mean 0: give the picture back as it is.",
        "    if steepness == 0:\n        return picture.copy()\n",
        "",
    ),
    (
        "every pixel by the same",
        "Steep pixels change more: the gradient, not its sign.",
        "gradient / steepness",
        "np.sign(gradient)",
    ),
)

CONTENT_MISTAKES = mistakes_of(
    pictures.content_loss,
    (
        "the loss is not halved",
        "Half of the mean square: the 2 of the square then cancels in the gradient.",
        "0.5 * np.mean",
        "np.mean",
    ),
    (
        "the gradient of a sum",
        "The loss is a mean: each number's share is divided by how many there are.",
        "gap / gap.size",
        "gap",
    ),
    (
        "a sum, not a mean",
        "Take the mean of the squares, so that the size of the picture doesn't matter.",
        "np.mean(gap**2)",
        "np.sum(gap**2)",
    ),
    (
        "the gradient is doubled",
        "The loss is half of the mean square: the 2 of the square cancels.",
        ", gap / gap.size",
        ", 2 * gap / gap.size",
    ),
    (
        "the gradient points the other way",
        "The loss grows where features lie above the target: features - target.",
        "features - target",
        "target - features",
    ),
    (
        "absolute differences",
        "Square the differences.",
        "gap**2",
        "np.abs(gap)",
    ),
)

GRAM_MISTAKES = mistakes_of(
    pictures.gram_matrix,
    (
        "a sum over the places",
        "Take the mean: divide by the number of places, so that pictures of any size compare.",
        " / flat.shape[1]",
        "",
    ),
    (
        "divided by the channels too",
        "Each number is a mean over places: divide by H W, not by C H W.",
        "/ flat.shape[1]",
        "/ flat.size",
    ),
    (
        "divided by the channels",
        "Each number is a mean over places: divide by H W, not by C.",
        "/ flat.shape[1]",
        "/ flat.shape[0]",
    ),
    (
        "places times places",
        "The matrix is (C, C): channel times channel, flat @ flat.T.",
        "flat @ flat.T",
        "flat.T @ flat",
    ),
    (
        "the mean is subtracted",
        "A Gram matrix is no covariance: the features come as they are.",
        "features.reshape(len(features), -1)",
        "features.reshape(len(features), -1)\n    flat = flat - flat.mean(axis=1, keepdims=True)",
    ),
    (
        "the channels are mixed up",
        "reshape(C, -1) keeps each channel's places together; (-1, C).T does not.",
        "features.reshape(len(features), -1)",
        "features.reshape(-1, len(features)).T",
    ),
)

STYLE_MISTAKES = mistakes_of(
    pictures.style_loss,
    (
        "the Gram matrix is not divided by the places",
        "The Gram matrix is a mean over places, as in gram_matrix: divide by H W.",
        "flat @ flat.T / places - target",
        "flat @ flat.T - target",
    ),
    (
        "the loss is four times too large",
        "Divide the sum by 4 C²: the 4 makes the gradient simple.",
        "(4 * C**2)",
        "C**2",
    ),
    (
        "the loss is divided by 4 C",
        "There are C² numbers in a Gram matrix: divide by 4 C².",
        "(4 * C**2)",
        "(4 * C)",
    ),
    (
        "absolute differences",
        "Square the differences.",
        "np.sum(gap**2)",
        "np.sum(np.abs(gap))",
    ),
    (
        "the gradient is half as large",
        "Each number of the features is in a row and in a column of the Gram matrix: both count.",
        "gap @ flat / (C**2 * places)",
        "gap @ flat / (2 * C**2 * places)",
    ),
    (
        "the gradient is not divided by the places",
        "The Gram matrix is divided by the number of places, and so is its slope.",
        "gap @ flat / (C**2 * places)",
        "gap @ flat / C**2",
    ),
    (
        "the gradient is not divided by C²",
        "The loss is divided by 4 C²: of the 4, the square and the two places leave 1.",
        "gap @ flat / (C**2 * places)",
        "gap @ flat / places",
    ),
    (
        "the gradient points the other way",
        "The loss grows where the Gram matrix lies above the target: G - target.",
        "flat @ flat.T / places - target",
        "target - flat @ flat.T / places",
    ),
    (
        "the gradient of the Gram matrix's size",
        "The target counts: multiply the features by G - target, not by G.",
        "dflat = gap @ flat",
        "dflat = flat @ flat.T / places @ flat",
    ),
    (
        "the gradient is still flat",
        "Give the gradient the shape of the features: reshape(features.shape).",
        "dflat.reshape(features.shape)",
        "dflat",
    ),
)

COLOURS_MISTAKES = mistakes_of(
    pictures.match_colours,
    (
        "only the means agree",
        "The covariances must agree as well: multiply by L_content L_style⁻¹.",
        "factor @ np.linalg.solve(own, pixels) + mean",
        "pixels + mean",
    ),
    (
        "each colour on its own",
        "Red, green and blue vary together: use the whole factors, not their diagonals.",
        "factor @ np.linalg.solve(own, pixels)",
        "pixels * (np.linalg.norm(factor, axis=1) / np.linalg.norm(own, axis=1))[:, None]",
    ),
    (
        "the colours are spread, not yet given their new shape",
        "After L_style⁻¹ the colours have covariance 1: multiply by L_content.",
        "factor @ np.linalg.solve(own, pixels)",
        "np.linalg.solve(own, pixels)",
    ),
    (
        "the style's factor is not undone",
        "First undo the style's own covariance with L_style⁻¹.",
        "factor @ np.linalg.solve(own, pixels)",
        "factor @ pixels",
    ),
    (
        "the two pictures are swapped",
        "L_style is undone, L_content is applied.",
        "factor @ np.linalg.solve(own, pixels)",
        "own @ np.linalg.solve(factor, pixels)",
    ),
    (
        "the style keeps its mean",
        "Add the mean colour of the content at the end.",
        "pixels) + mean",
        "pixels) + own_mean",
    ),
    (
        "the mean is not subtracted first",
        "Subtract the style's mean before you multiply.",
        " - own_mean",
        "",
    ),
    (
        "the factor is transposed",
        "A covariance is L Lᵀ, and a pixel is multiplied by L.",
        "factor @ np",
        "factor.T @ np",
    ),
    (
        "the picture is the content",
        "The pixels that change are those of `style`.",
        "style.reshape(3, -1) - own_mean",
        "np.resize(content.reshape(3, -1), (3, style[0].size)) - own_mean",
    ),
)
