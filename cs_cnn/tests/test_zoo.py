"""The architectures: their sizes as published, and one forward each."""

import numpy as np
import pytest
import torch

from cs_cnn import zoo
from cs_cnn.arithmetic.networks import VGG
from cs_cnn.zoo import look

PUBLISHED = {  # AlexNet, VGG, SqueezeNet: torchvision's table of weights; ResNet-20: He et al.
    "net": 21_840,
    "alexnet": 61_100_840,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "vgg11_bn": 132_868_840,
    "vgg16_bn": 138_365_992,
    "squeezenet1_1": 1_235_496,
    "resnet20": 269_722,
    "resnet110": 1_727_962,
}
INPUTS = {"net": (2, 1, 28, 28), "resnet20": (2, 3, 32, 32), "resnet32": (2, 3, 48, 40)}


def parameters(model):
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_the_parameters_are_as_many_as_published(name, count):
    with torch.device("meta"):
        assert parameters(zoo.build(name)) == count


def test_the_paper_counts_vgg_in_millions():
    with torch.device("meta"):
        millions = [round(parameters(zoo.vgg(row)) / 1e6) for row in VGG]
    assert millions == [133, 133, 134, 138, 144]


@pytest.mark.parametrize("name", zoo.MODELS)
def test_scores_have_a_row_for_each_image(name):
    shape = INPUTS.get(name, (2, 3, 224, 224))
    if name.startswith("resnet"):
        shape = INPUTS.get(name, (2, 3, 32, 32))
    with torch.device("meta"):  # shapes alone: no numbers are computed
        model = zoo.build(name, num_classes=7)
        assert model(torch.zeros(shape)).shape == (2, 7)


def test_net_gives_probabilities():
    out = zoo.build("net").eval()(torch.randn(3, 1, 28, 28))
    torch.testing.assert_close(out.exp().sum(dim=1), torch.ones(3))


def test_a_shortcut_keeps_every_second_pixel_and_centres_the_channels():
    x = torch.arange(2 * 4 * 4.0).reshape(1, 2, 4, 4)
    out = zoo.resnet.Shortcut(4, stride=2)(x)
    assert torch.equal(out[:, 1:3], x[:, :, ::2, ::2]) and not out[:, [0, 3]].any()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: zoo.build("vgg15"), "no network 'vgg15'"),
        (lambda: zoo.CifarResNet(18), r"6 n \+ 2"),
    ],
)
def test_a_network_that_does_not_exist_is_an_error(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_activations_are_what_the_modules_put_out():
    model, x = zoo.build("resnet20").eval(), np.random.default_rng(0).normal(size=(2, 3, 16, 12))
    x = x.astype(np.float32)
    found = look.activations(model, x, ["layer1", "conv1"])
    assert list(found) == ["layer1", "conv1"] and found["layer1"].shape == (2, 16, 16, 12)
    with torch.no_grad():
        np.testing.assert_allclose(found["conv1"], model.conv1(torch.tensor(x)), atol=1e-6)
    assert not model.conv1._forward_hooks
    with pytest.raises(ValueError, match="no module 'layer9'"):
        look.activations(model, x, ["layer9"])


def test_the_strongest_patch_lies_where_the_map_is_largest_but_inside():
    images = np.zeros((2, 1, 12, 14))
    images[0, 0, 4, 8], images[1, 0, 6, 10] = 1, 2
    maps = images[:, 0, ::2, ::2].copy()
    maps[:, 0, 0] = maps[:, -1, -1] = 9  # patches there would hang over the edge
    patches = look.strongest(maps, images, field=5, jump=2, count=2)
    assert patches.shape == (2, 1, 5, 5)
    assert patches[0, 0, 2, 2] == 2 and patches[1, 0, 2, 2] == 1 and patches.sum() == 3
