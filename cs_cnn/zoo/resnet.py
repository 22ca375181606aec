"""Residual networks for CIFAR-10 (He, Zhang, Ren, Sun 2016, section 4.2), shortcuts of option A."""

from torch import nn
from torch.nn.functional import pad


class Shortcut(nn.Module):
    """Every `stride`-th pixel, with channels of zeros added: a shortcut without parameters."""

    def __init__(self, channels, stride):
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x):
        missing = self.channels - x.shape[1]
        x = x[:, :, :: self.stride, :: self.stride]
        return pad(x, (0, 0, 0, 0, missing // 2, missing - missing // 2))


class Residual(nn.Module):
    """Two 3 x 3 convolutions with batch norm, and the input added before the last ReLU."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        same = stride == 1 and channels == filters
        self.shortcut = nn.Identity() if same else Shortcut(filters, stride)

    def forward(self, x):
        out = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(out)) + self.shortcut(x)).relu()


class CifarResNet(nn.Module):
    """A ResNet for 32 x 32 images: one convolution, three stages of blocks, one linear layer.

    Input (N, 3, 32, 32), output (N, num_classes) scores.

    Parameters
    ----------
    depth : int
        6 n + 2 layers for n blocks a stage: 20, 32, 44, 56, 110.
    num_classes : int
    """

    def __init__(self, depth, num_classes=10):
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise ValueError(f"CifarResNet: depth must be 6 n + 2, as 20 or 56, got {depth}")
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = stage(16, 16, blocks, stride=1)
        self.layer2 = stage(16, 32, blocks, stride=2)
        self.layer3 = stage(32, 64, blocks, stride=2)
        self.linear = nn.Linear(64, num_classes)

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean(dim=(2, 3)))


def stage(channels, filters, blocks, stride):
    """The first block halves the image where stride is 2; the others keep its size."""
    rest = [Residual(filters, filters, 1) for _ in range(blocks - 1)]
    return nn.Sequential(Residual(channels, filters, stride), *rest)
