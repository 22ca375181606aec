"""From layers to a network: layer objects on the function pairs, and a row of them, `Sequential`.

network = Sequential([Conv2d(1, 8, 5), ReLU(), MaxPool2d(2), Flatten(), Linear(1152, 10)])
scores = network.forward(images, training=True)
gradients = network.backward(dscores)          # by name: "0.w", "0.b", "4.w", "4.b"
"""

from cs_cnn.network.functions import chain_backward, dropout_forward, kaiming_normal, layer_backward
from cs_cnn.network.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
)
from cs_cnn.network.sequential import Sequential

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Dropout",
    "Flatten",
    "Linear",
    "MaxPool2d",
    "ReLU",
    "Sequential",
    "chain_backward",
    "dropout_forward",
    "kaiming_normal",
    "layer_backward",
]
