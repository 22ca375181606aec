"""SqueezeNet 1.1: AlexNet's accuracy with fifty times fewer parameters (Iandola et al. 2016)."""

import torch
from torch import nn


class Fire(nn.Module):
    """Squeeze to few channels by 1 x 1, then expand by 1 x 1 and by 3 x 3, side by side.

    Parameters
    ----------
    channels : int
        Of the input.
    squeezed : int
        Channels in the middle.
    expanded : int
        Filters of each of the two expansions; the output has twice as many channels.
    """

    def __init__(self, channels, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], dim=1)


class SqueezeNet(nn.Module):
    """SqueezeNet 1.1, of the authors' repository: less than half the operations of 1.0.

    Input (N, 3, 224, 224), output (N, num_classes) scores; 1,235,496 parameters for 1000 classes.

    Parameters
    ----------
    num_classes : int
    """

    def __init__(self, num_classes=1000):
        super().__init__()
        pool = {"kernel_size": 3, "stride": 2, "ceil_mode": True}
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.MaxPool2d(**pool)),
            *(Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(**pool)),
            *(Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(**pool)),
            *(Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256)),
        )
        scores = nn.Conv2d(512, num_classes, 1)
        self.classifier = nn.Sequential(nn.Dropout(), scores, nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)
