"""Networks that are one plain row of layers: the first Net of many courses, AlexNet, VGG."""

from torch import nn

from cs_cnn.arithmetic.networks import VGG
from cs_cnn.zoo.by_hand import vgg_plan

HIDDEN = 4096  # units of each of the two hidden layers at the end of AlexNet and VGG


class Net(nn.Module):
    """Two convolution layers and two linear ones, for MNIST: the network of PyTorch's example.

    Input (N, 1, 28, 28), output (N, num_classes) log-probabilities; 21,840 parameters.

    Parameters
    ----------
    num_classes : int
    """

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv2_drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.drop = nn.Dropout()
        self.fc2 = nn.Linear(50, num_classes)

    def forward(self, x):
        x = nn.functional.relu(nn.functional.max_pool2d(self.conv1(x), 2))
        x = nn.functional.relu(nn.functional.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = self.drop(nn.functional.relu(self.fc1(x.flatten(1))))
        return nn.functional.log_softmax(self.fc2(x), dim=1)


class Plain(nn.Module):
    """Features, a pooling to one size whatever the image's, and a classifier of three layers."""

    def __init__(self, features, pooled, classifier):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d(pooled)
        self.classifier = classifier

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class AlexNet(Plain):
    """AlexNet in its one-column version (Krizhevsky 2014, "One weird trick"), as torchvision's.

    Input (N, 3, 224, 224), output (N, num_classes) scores; 61,100,840 parameters for 1000 classes.

    Parameters
    ----------
    num_classes : int
    """

    def __init__(self, num_classes=1000):
        features = nn.Sequential(
            *(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
        )
        classifier = nn.Sequential(
            *(nn.Dropout(), nn.Linear(256 * 6 * 6, HIDDEN), nn.ReLU()),
            *(nn.Dropout(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU()),
            nn.Linear(HIDDEN, num_classes),
        )
        super().__init__(features, 6, classifier)


def vgg(configuration, num_classes=1000, batch_norm=False):
    """A VGG network (Simonyan and Zisserman 2015).

    Input (N, 3, 224, 224), output (N, num_classes) scores; configuration "D" is VGG-16 with
    138,357,544 parameters for 1000 classes.

    Parameters
    ----------
    configuration : str
        "A" to "E", a row of `cs_cnn.arithmetic.networks.VGG`.
    num_classes : int
    batch_norm : bool
        Batch normalization after each convolution, as in torchvision's `_bn` versions.

    Returns
    -------
    torch.nn.Module
    """
    classifier = nn.Sequential(
        *(nn.Linear(512 * 7 * 7, HIDDEN), nn.ReLU(), nn.Dropout()),
        *(nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout()),
        nn.Linear(HIDDEN, num_classes),
    )
    return Plain(nn.Sequential(*vgg_layers(VGG[configuration], batch_norm)), 7, classifier)


def vgg_layers(words, batch_norm):
    """Yield the modules that a row of the table names."""
    for kind, *sizes in vgg_plan(words):
        if kind == "pool":
            yield nn.MaxPool2d(2)
        elif kind == "relu":
            yield nn.ReLU()
        else:
            channels, filters, kernel, padding = sizes
            yield nn.Conv2d(channels, filters, kernel, padding=padding)
            if batch_norm:
                yield nn.BatchNorm2d(filters)
