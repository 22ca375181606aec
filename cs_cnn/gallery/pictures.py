"""The arithmetic of pictures made by gradients, on plain arrays: dreaming and painting.

The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that students write.

Letters: `C` channels, `H`, `W` height and width of a feature map or picture.
"""

import numpy as np

from cs_cnn.shapes import need_dims, need_shape


def ascent_step(picture, gradient, rate):
    """Give a picture one step uphill: every pixel along its gradient, `rate` on the average.

    The gradient is divided by the mean of its absolute values, so that steps have one size however
    steep it is. A gradient of zeros leaves the picture as it is. Colours stay from 0 to 1.

    Parameters
    ----------
    picture : array (3, H, W)
        Colours from 0 to 1.
    gradient : array (3, H, W)
    rate : float

    Returns
    -------
    array (3, H, W)
    """
    need_shape("ascent_step", "gradient", gradient, picture.shape)
    ### BEGIN SOLUTION
    steepness = np.abs(gradient).mean()
    if steepness == 0:
        return picture.copy()
    return np.clip(picture + rate * gradient / steepness, 0, 1)
    ### END SOLUTION


def content_loss(features, target):
    """Give half the mean squared difference of two feature maps, and its gradient.

    Parameters
    ----------
    features : array (C, H, W)
        Of the picture that is made.
    target : array (C, H, W)
        Of the photograph whose content it should have.

    Returns
    -------
    loss : float
    dfeatures : array (C, H, W)
        How the loss grows with each number of `features`.
    """
    need_shape("content_loss", "target", target, features.shape)
    ### BEGIN SOLUTION
    gap = features - target
    return float(0.5 * np.mean(gap**2)), gap / gap.size
    ### END SOLUTION


def gram_matrix(features):
    """Give the Gram matrix: which channels are active together, wherever that is.

    Its number (i, j) is the mean, over all places, of channel i times channel j.

    Parameters
    ----------
    features : array (C, H, W)

    Returns
    -------
    array (C, C)
    """
    need_dims("gram_matrix", 3, features=features)
    ### BEGIN SOLUTION
    flat = features.reshape(len(features), -1)
    return flat @ flat.T / flat.shape[1]
    ### END SOLUTION


def style_loss(features, target):
    """Give the difference of the features' Gram matrix G from another one, and its gradient.

    The loss is the sum of all (G - target)² divided by 4 C² (Gatys and others 2016, equation 4).

    Parameters
    ----------
    features : array (C, H, W)
        Of the picture that is made.
    target : array (C, C)
        The Gram matrix of the picture whose style it should have: symmetric.

    Returns
    -------
    loss : float
    dfeatures : array (C, H, W)
        How the loss grows with each number of `features`.
    """
    need_shape("style_loss", "target", target, (len(features), len(features)))
    C, places = len(features), features[0].size
    ### BEGIN SOLUTION
    flat = features.reshape(C, places)
    gap = flat @ flat.T / places - target
    dflat = gap @ flat / (C**2 * places)
    return float(np.sum(gap**2) / (4 * C**2)), dflat.reshape(features.shape)
    ### END SOLUTION


def match_colours(style, content):
    """Give a picture the colours of another, by one linear map for all its pixels.

    Afterwards the pixels of `style` have the mean and the covariance of those of `content` (Gatys,
    Bethge, Hertzmann, Shechtman 2016). With the Cholesky factors L of the two covariances, the
    pixel p becomes L_content L_style⁻¹ (p - mean_style) + mean_content.

    Parameters
    ----------
    style, content : arrays (3, H, W)
        Their heights and widths may differ.

    Returns
    -------
    array (3, H, W)
        Of the shape of `style`; some numbers may leave [0, 1].
    """
    need_dims("match_colours", 3, style=style, content=content)

    def mean_and_factor(picture):
        """The mean colour (3, 1), and the Cholesky factor (3, 3) of the colours' covariance."""
        pixels = picture.reshape(3, -1)
        covariance = np.cov(pixels, bias=True) + 1e-6 * np.eye(3)  # no colour may be missing
        factor = np.linalg.cholesky(covariance).astype(picture.dtype)
        return pixels.mean(axis=1, keepdims=True), factor

    ### BEGIN SOLUTION
    own_mean, own = mean_and_factor(style)
    mean, factor = mean_and_factor(content)
    pixels = style.reshape(3, -1) - own_mean
    matched = factor @ np.linalg.solve(own, pixels) + mean
    return matched.reshape(style.shape)
    ### END SOLUTION
