"""Style transfer (Gatys, Ecker, Bethge 2016): a photograph's content in a painting's textures.

No network is trained here. One that has learned to see says what two pictures have in common, and
the picture itself is changed, step by step, until it agrees with one photograph in its content and
with another in its style.
"""

import numpy as np
import torch

from cs_cnn.gallery import Result
from cs_cnn.gallery.eye import Eye, photograph
from cs_cnn.gallery.pictures import content_loss, gram_matrix, match_colours, style_loss


def transfer(
    content,
    style,
    eye,
    steps=120,
    keep=0.3,
    content_loss=content_loss,
    gram_matrix=gram_matrix,
    style_loss=style_loss,
):
    """Paint a photograph in the style of another picture.

    Parameters
    ----------
    content, style : arrays (3, H, W)
        Colours from 0 to 1.
    eye : Eye
    steps : int
        Of Adam, on the pixels.
    keep : float
        How much the content counts beside the style. Both are measured in units of what they are
        at the start (style) or of an empty picture (content), so that this hardly depends on the
        network.
    content_loss, gram_matrix, style_loss : callables
        Yours, or those of `cs_cnn.gallery.pictures`.

    Returns
    -------
    array (3, H, W)
    """
    goal, grams = eye.see(content), {}
    for name, features in eye.see(style).items():
        grams[name] = gram_matrix(features)
    unit = {name: style_loss(goal[name], grams[name])[0] + 1e-12 for name in eye.style}
    empty = content_loss(np.zeros_like(goal[eye.content]), goal[eye.content])[0]
    x = torch.tensor(content, requires_grad=True)
    adam = torch.optim.Adam([x], lr=0.03)
    for _ in range(steps):
        seen, gradients = eye.look(x), {}
        now = {name: features.detach().numpy() for name, features in seen.items()}
        for name in eye.style:
            slope = style_loss(now[name], grams[name])[1]
            gradients[name] = slope / (unit[name] * len(eye.style))
        slope = keep / empty * content_loss(now[eye.content], goal[eye.content])[1]
        gradients[eye.content] = gradients.get(eye.content, 0) + slope
        adam.zero_grad()
        torch.autograd.backward(
            [seen[name] for name in gradients], [torch.tensor(g) for g in gradients.values()]
        )
        adam.step()
        with torch.no_grad():
            x.clamp_(0, 1)
    return x.detach().numpy()


def distance(picture, style, eye):
    """How far a picture's style is from another's: the style loss, summed over the layers."""
    one, other = eye.see(picture), eye.see(style)
    return sum(style_loss(one[name], gram_matrix(other[name]))[0] for name in eye.style)


def run(seed=0, steps=120, side=112):
    """Transfer a style, and compare it with giving the photograph the other picture's colours.

    Parameters
    ----------
    seed : int
        Chooses the part of each picture.
    steps, side : int

    Returns
    -------
    Result
        The share of the way to the style; arrays: `content`, `style`, `out`, `colours`.
    """
    eye, rng = Eye(), np.random.default_rng(seed)
    content, style = (photograph(name, side, rng) for name in ("temple", "tissue"))
    out, colours = transfer(content, style, eye, steps), match_colours(content, style)
    start = distance(content, style, eye)
    return Result(
        "share of the way to the style",
        1 - distance(out, style, eye) / start,
        1 - distance(np.clip(colours, 0, 1), style, eye) / start,
        "the style's colours alone",
        {"content": content, "style": style, "out": out, "colours": colours},
    )
