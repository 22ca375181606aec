"""The networks that made history, as plain descriptions of their layers.

Accuracies are single-crop top-1 on ImageNet's validation set, in percent, as published where
`source` says. AlexNet, VGG and GoogLeNet are the papers'; "GoogLeNet (torchvision)" and the ResNets
are torchvision's, with the stride of a bottleneck on its 3 x 3 layer.
"""

from dataclasses import dataclass

from cs_cnn.arithmetic.summary import Block, Conv, Linear, Pool, summarise

IMAGENET = (3, 224, 224)
TORCHVISION = "torchvision's table of weights (IMAGENET1K_V1)"


@dataclass(frozen=True)
class Network:
    """A network's layers, its input, and how often its first guess is right.

    Attributes
    ----------
    layers : tuple of Conv, Pool, Linear or Block
    shape : (C, H, W)
    top1 : float or None
        Percent; None where no number is published for ImageNet.
    source : str
        Where `top1` comes from.
    """

    layers: tuple
    shape: tuple = IMAGENET
    top1: float | None = None
    source: str = TORCHVISION

    @property
    def summary(self):
        return summarise(self.layers, self.shape)


LENET5 = (
    *(Conv(6, 5), Pool(2, 2)),
    *(Conv(16, 5), Pool(2, 2)),
    *(Conv(120, 5), Linear(84), Linear(10)),
)

ALEXNET = (
    *(Conv(96, 11, stride=4), Pool(3, 2)),
    *(Conv(256, 5, padding=2, groups=2), Pool(3, 2)),
    Conv(384, 3, padding=1),
    Conv(384, 3, padding=1, groups=2),
    *(Conv(256, 3, padding=1, groups=2), Pool(3, 2)),
    *(Linear(4096), Linear(4096), Linear(1000)),
)

# One word per layer: filters of a 3 x 3 layer, ":1" for a 1 x 1 layer, M for max pooling.
VGG = {
    "A": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "B": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "C": "64 64 M 128 128 M 256 256 256:1 M 512 512 512:1 M 512 512 512:1 M",
    "D": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "E": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}


def vgg(words):
    """The layers of a VGG network from a row of `VGG`."""
    layers = []
    for word in words.split():
        filters, _, kernel = word.partition(":")
        size = int(kernel or 3)
        layers.append(Pool(2, 2) if word == "M" else Conv(int(filters), size, padding=size // 2))
    return (*layers, Linear(4096), Linear(4096), Linear(1000))


# Filters: 1 x 1, before the 3 x 3, 3 x 3, before the 5 x 5, 5 x 5, after the pooling.
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def inception(name, filters, largest=5, norm=False):
    """A block of GoogLeNet: four branches, stacked."""
    one, before_three, three, before_five, five, after_pool = filters
    branches = (
        (Conv(one, 1, norm=norm),),
        (Conv(before_three, 1, norm=norm), Conv(three, 3, padding=1, norm=norm)),
        (Conv(before_five, 1, norm=norm), Conv(five, largest, padding=largest // 2, norm=norm)),
        (Pool(3, 1, padding=1), Conv(after_pool, 1, norm=norm)),
    )
    return Block(f"inception {name}", branches, "concat")


def googlenet(largest=5, norm=False):
    """The layers of GoogLeNet without its two auxiliary classifiers.

    torchvision has batch normalisation, and 3 x 3 where the paper has 5 x 5 (pytorch/vision, issue
    906). Both round the sizes of pooling up; padding 1 gives the same sizes.
    """
    block = {name: inception(name, row, largest, norm) for name, row in INCEPTION.items()}
    return (
        *(Conv(64, 7, stride=2, padding=3, norm=norm), Pool(3, 2, padding=1)),
        *(Conv(64, 1, norm=norm), Conv(192, 3, padding=1, norm=norm), Pool(3, 2, padding=1)),
        *(block["3a"], block["3b"], Pool(3, 2, padding=1)),
        *(block["4a"], block["4b"], block["4c"], block["4d"], block["4e"], Pool(3, 2, padding=1)),
        *(block["5a"], block["5b"], Pool(7, 1), Linear(1000)),
    )


# Blocks in each of the four stages, and whether they are bottlenecks.
RESNET = {
    18: ((2, 2, 2, 2), False),
    34: ((3, 4, 6, 3), False),
    50: ((3, 4, 6, 3), True),
    101: ((3, 4, 23, 3), True),
    152: ((3, 8, 36, 3), True),
}


def resnet(depth):
    """The layers of a ResNet: 18, 34, 50, 101 or 152."""
    blocks, bottleneck = RESNET[depth]
    layers = [Conv(64, 7, stride=2, padding=3, norm=True), Pool(3, 2, padding=1)]
    channels = 64
    for stage, (width, count) in enumerate(zip((64, 128, 256, 512), blocks, strict=True), 2):
        for place in range(count):
            stride = 2 if stage > 2 and place == 0 else 1
            block = residual(f"residual {stage}.{place + 1}", channels, width, stride, bottleneck)
            layers.append(block)
            channels = 4 * width if bottleneck else width
    return (*layers, Pool(7, 1), Linear(1000))


def residual(name, channels, width, stride, bottleneck):
    """A block of a ResNet: two 3 x 3 layers, or 1 x 1, 3 x 3, 1 x 1, and a shortcut, added."""
    middle = Conv(width, 3, stride, padding=1, norm=True)
    if bottleneck:
        path = (Conv(width, 1, norm=True), middle, Conv(4 * width, 1, norm=True))
    else:
        path = (middle, Conv(width, 3, padding=1, norm=True))
    out = path[-1].filters
    fits = channels == out and stride == 1
    shortcut = () if fits else (Conv(out, 1, stride, norm=True),)
    return Block(name, (path, shortcut), "add")


_VGG_TOP1 = {"A": 69.020, "B": 69.928, "D": 71.592, "E": 72.376}
_RESNET_TOP1 = {18: 69.758, 34: 73.314, 50: 76.130, 101: 77.374, 152: 78.312}

NETWORKS = {
    "LeNet-5": Network(LENET5, (1, 32, 32), source=""),
    "AlexNet": Network(ALEXNET, (3, 227, 227), 59.3, "Krizhevsky et al. 2012: 40.7 % top-1 error"),
    **{f"VGG {name}": Network(vgg(VGG[name]), top1=_VGG_TOP1.get(name)) for name in VGG},
    "GoogLeNet": Network(googlenet()),
    "GoogLeNet (torchvision)": Network(googlenet(largest=3, norm=True), top1=69.778),
    **{f"ResNet-{d}": Network(resnet(d), top1=_RESNET_TOP1[d]) for d in RESNET},
}
