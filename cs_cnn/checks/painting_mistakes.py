"""The known mistakes in dreaming and painting, of notebook 10, one edit each."""

from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.gallery import pictures

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
