"""What is timed: layers and shapes as they occur in networks, from CIFAR-10's to ImageNet's."""

from typing import NamedTuple

from cs_cnn.shapes import window_shape


class Case(NamedTuple):
    """One layer at work.

    Attributes
    ----------
    layer : str
        Its name in `cs_cnn.fast_layers`, without `_forward`.
    x : (N, C, H, W)
    w : (C_out, C_in, KH, KW), or None for a layer without filters
    options : dict
        Further arguments by name, as PyTorch has them.
    """

    layer: str
    x: tuple
    w: tuple | None = None
    options: dict = {}

    def __str__(self):
        N, C, H, W = self.x
        text = f"({N},{C},{H},{W})"
        if self.w:
            text += f"x{self.w[0]} {self.w[2]}x{self.w[3]}"
        if "kernel_size" in self.options:
            text += " {0}x{0}".format(self.options["kernel_size"])
        for letter, name in [("s", "stride"), ("p", "padding")]:
            if self.options.get(name):
                text += f" {letter}{self.options[name]}"
        return f"{self.layer.removesuffix('2d').replace('_', ' ')} {text}"

    @property
    def operations(self):
        """Multiplications and additions of the definition, forward; 0 where they don't count."""
        if self.w is None:
            return 0
        H_out, W_out = window_shape("conv2d", self.x[2:], self.w[2:], **self.options)
        C_out, C_in, KH, KW = self.w
        return 2 * self.x[0] * C_out * H_out * W_out * C_in * KH * KW


def conv(N, C, size, filters, kernel, stride=1, padding=0):
    """A convolution of square images with square filters."""
    options = {"stride": stride, "padding": padding}
    return Case("conv2d", (N, C, size, size), (filters, C, kernel, kernel), options)


CONVOLUTIONS = [
    conv(100, 3, 31, 25, 3, stride=2, padding=1),
    conv(128, 3, 32, 64, 3, padding=1),
    conv(64, 32, 32, 64, 3, padding=1),
    conv(32, 64, 56, 64, 3, padding=1),
    conv(16, 128, 28, 128, 3, padding=1),
    conv(16, 256, 14, 256, 3, padding=1),
    conv(16, 3, 224, 64, 11, stride=4, padding=2),
    conv(64, 64, 32, 128, 1),
    conv(64, 16, 28, 32, 5, padding=2),
    conv(50, 3, 32, 32, 7, padding=3),
    conv(64, 1, 28, 32, 5),
    conv(1, 64, 56, 64, 3, padding=1),
]
IMAGES = [(64, 64, 32, 32), (32, 64, 112, 112)]
POOLINGS = [
    Case("max_pool2d", x, None, {"kernel_size": k, "stride": 2}) for x in IMAGES for k in (2, 3)
]
NORMS = [Case("batch_norm", x) for x in IMAGES]
CASES = CONVOLUTIONS + POOLINGS + NORMS


def smaller(case, times=8):
    """The same case with a batch that many times smaller, at least one image."""
    N, *image = case.x
    return case._replace(x=(max(1, N // times), *image))
