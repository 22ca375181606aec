"""Something to play with: sliders that move a filter over an image, and the sizes in words."""

import base64

import numpy as np
from ipywidgets import HTML, HBox, Image, IntSlider, VBox

from cs_cnn import plots
from cs_cnn.shapes import output_size

RANGES = {
    "size": ("image side N", 2, 12),
    "kernel_size": ("kernel F", 1, 7),
    "stride": ("stride S", 1, 4),
    "padding": ("padding P", 0, 3),
    "dilation": ("dilation D", 1, 3),
}


class WindowExplorer(VBox):
    """Sliders for a square image and a square kernel, the window behind one output, and words.

    Where widgets don't run (GitHub, a printed page), it shows itself as a picture.

    Parameters
    ----------
    size, kernel_size, stride, padding, dilation : int
        Where the sliders begin; see `RANGES` for how far they go.

    Raises
    ------
    ValueError
        If a slider doesn't go as far.
    """

    def __init__(self, size=7, kernel_size=3, stride=1, padding=0, dilation=1):
        begin = (size, kernel_size, stride, padding, dilation)
        sliders = zip(RANGES.items(), begin, strict=True)
        self.sliders = {name: _slider(name, *row, value) for (name, row), value in sliders}
        self.place = IntSlider(0, 0, 0, description="window", style=WIDE)
        self.words, self.image = HTML(), Image()
        super().__init__(
            [HBox([VBox([*self.sliders.values(), self.place]), self.image]), self.words]
        )
        for slider in (*self.sliders.values(), self.place):
            slider.observe(self._draw, "value")
        self._draw()

    def _draw(self, change=None):
        options = {name: slider.value for name, slider in self.sliders.items()}
        self.words.value = in_words(**options)
        size = options.pop("size")
        try:
            side = output_size(size, **options)
        except ValueError:
            self.image.value, self.place.max = b"", 0
            self.image.layout.visibility = "hidden"
            return
        self.place.max = side**2 - 1
        i, j = divmod(self.place.value, side)
        picture = plots.window(np.arange(size**2).reshape(size, size), i=i, j=j, **options)
        self.image.value, self.shown = picture._repr_png_()
        self.image.layout.width = f"{self.shown['width']}px"
        self.image.layout.visibility = "visible"

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs) | {"text/plain": self.words.value}
        if not self.image.value:
            return bundle
        png = base64.b64encode(self.image.value).decode()
        return bundle | {"image/png": png}, {"image/png": self.shown}


def in_words(size, kernel_size, stride=1, padding=0, dilation=1):
    """The size of the output of a square image, worked out in a sentence or two.

    Parameters
    ----------
    size, kernel_size, stride, padding, dilation : int
        As in `cs_cnn.shapes.output_size`.
    """
    span, padded = dilation * (kernel_size - 1) + 1, size + 2 * padding
    words = [f"A kernel of {kernel_size} with dilation {dilation} spans {span}."] * (dilation > 1)
    if span > padded:
        words += [f"It doesn't fit: the side has {padded} pixels, the kernel spans {span}."]
        return " ".join(words)
    side = output_size(size, kernel_size, stride, padding, dilation)
    rest = (padded - span) % stride
    rounded = ", rounded down" if rest else ""
    words += [
        f"({size} + 2 · {padding} − {span}) / {stride} + 1 = {(padded - span) / stride + 1:.4g}"
        f"{rounded}: the output is {side} x {side}."
    ]
    last = "row and column" if rest == 1 else f"{rest} rows and columns"
    words += [f"The last {last} of {padded} are never looked at."] * (rest > 0)
    return " ".join(words)


WIDE = {"description_width": "95px"}


def _slider(name, label, low, high, value):
    if not low <= value <= high:
        raise ValueError(f"WindowExplorer: {name}={value} must lie from {low} to {high}")
    return IntSlider(value, low, high, description=label, style=WIDE)
