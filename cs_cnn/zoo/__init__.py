"""Networks that made history, in PyTorch, with the parameter names of the public weight files.

`build(name)` makes one with fresh weights; `cs_cnn.pretrained.load(name)` with trained ones. The
names of the parameters are torchvision's (ResNets for CIFAR: those of Idelbayev's collection), so
that a public `state_dict` loads strictly. torchvision itself is not needed.
"""

from cs_cnn.zoo.plain import AlexNet, Net, vgg
from cs_cnn.zoo.resnet import CifarResNet
from cs_cnn.zoo.squeezenet import SqueezeNet

MODELS = {
    "net": Net,
    "alexnet": AlexNet,
    "vgg11": lambda **options: vgg("A", **options),
    "vgg13": lambda **options: vgg("B", **options),
    "vgg16": lambda **options: vgg("D", **options),
    "vgg19": lambda **options: vgg("E", **options),
    "vgg11_bn": lambda **options: vgg("A", batch_norm=True, **options),
    "vgg13_bn": lambda **options: vgg("B", batch_norm=True, **options),
    "vgg16_bn": lambda **options: vgg("D", batch_norm=True, **options),
    "vgg19_bn": lambda **options: vgg("E", batch_norm=True, **options),
    "squeezenet1_1": SqueezeNet,
    "resnet20": lambda **options: CifarResNet(20, **options),
    "resnet32": lambda **options: CifarResNet(32, **options),
    "resnet44": lambda **options: CifarResNet(44, **options),
    "resnet56": lambda **options: CifarResNet(56, **options),
    "resnet110": lambda **options: CifarResNet(110, **options),
}


def build(name, **options):
    """Make a network with fresh weights.

    Parameters
    ----------
    name : str
        A key of `MODELS`: "net", "alexnet", "vgg16", "vgg16_bn", "squeezenet1_1", "resnet20" ...
    **options
        `num_classes`, and what else the network takes.

    Returns
    -------
    torch.nn.Module
        In training mode, as PyTorch's own.

    Raises
    ------
    ValueError
        If there is no such network.
    """
    if name not in MODELS:
        raise ValueError(f"zoo: there is no network {name!r}; there are {', '.join(MODELS)}")
    return MODELS[name](**options)


__all__ = ["MODELS", "AlexNet", "CifarResNet", "Net", "SqueezeNet", "build", "vgg"]
