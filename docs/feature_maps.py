"""Draws the README's picture: what six filters find in a photograph, by `cs_cnn.layers`.

python docs/feature_maps.py
"""

from pathlib import Path

import numpy as np
from skimage.transform import resize
from sklearn.datasets import load_sample_image

from cs_cnn.layers import conv2d_forward
from cs_cnn.plots.style import SIGNED, Picture

SMOOTH, SLOPE = np.array([1, 4, 6, 4, 1]), np.array([-1, -2, 0, 2, 1])
GREY, RED, BLUE = [1, 1, 1], [1, -0.5, -0.5], [-0.5, -0.5, 1]
FILTERS = {
    "vertical edges": (GREY, np.outer(SMOOTH, SLOPE)),
    "horizontal edges": (GREY, np.outer(SLOPE, SMOOTH)),
    "spots": (GREY, np.outer(SMOOTH, SMOOTH) - 256 / 25),
    "red": (RED, np.ones((5, 5))),
    "blue": (BLUE, np.ones((5, 5))),
}


def main():
    """Convolve a photograph and lay the maps out in a row."""
    photo = load_sample_image("china.jpg")[:400, 120:520]
    photo = resize(photo, (192, 192), anti_aliasing=True)
    x = photo.transpose(2, 0, 1)[None]
    w = np.stack([np.multiply.outer(colour, kernel) for colour, kernel in FILTERS.values()])
    out, _ = conv2d_forward(x, w / np.abs(w).sum(axis=(1, 2, 3), keepdims=True))

    figure = Picture(figsize=(10, 2), layout="constrained", facecolor="white")
    panels = figure.subplots(1, 1 + len(FILTERS))
    panels[0].imshow(photo)
    panels[0].set_title("photograph", fontsize=9)
    for ax, name, one in zip(panels[1:], FILTERS, out[0], strict=True):
        scale = np.percentile(np.abs(one), 99.5)
        ax.imshow(one, cmap=SIGNED, vmin=-scale, vmax=scale)
        ax.set_title(name, fontsize=9)
    for ax in panels:
        ax.set_axis_off()
    figure.savefig(Path(__file__).with_suffix(".png"), dpi=120)


if __name__ == "__main__":
    main()
