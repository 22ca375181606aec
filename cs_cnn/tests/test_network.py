"""Layer objects, the row of them, its text and its JSON, against PyTorch."""

import json

import numpy as np
import pytest
import torch

from cs_cnn.losses import softmax_cross_entropy
from cs_cnn.network import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
)
from cs_cnn.network.layers import LAYERS
from cs_cnn.pattern import PatternError, build_network, expand, parse

LECTURE = "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX"


def everything():
    """A network with a layer of every class but dropout."""
    return Sequential(
        [
            Conv2d(2, 4, (3, 2), stride=(1, 2), padding=1, dilation=(2, 1), groups=2),
            BatchNorm(4, momentum=0.3),
            ReLU(),
            MaxPool2d(2, stride=1),
            AvgPool2d((2, 1)),
            Flatten(),
            Linear(4 * 2 * 4, 3),
        ],
        seed=5,
    )


def in_torch(network):
    """The same network in PyTorch, in float64, with the same weights."""
    names = {"BatchNorm": "BatchNorm2d"}
    modules = []
    for layer in network.layers:
        name = type(layer).__name__
        module = getattr(torch.nn, names.get(name, name))(**layer.options).double()
        values = [torch.tensor(p, dtype=torch.float64) for p in layer.params.values()]
        with torch.no_grad():
            for parameter, value in zip(module.parameters(), values, strict=True):
                parameter.copy_(value)
        modules.append(module)
    return torch.nn.Sequential(*modules)


def batch(*shape, classes=3):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape, dtype=np.float32)
    return x, rng.integers(0, classes, shape[0])


def test_scores_gradients_and_running_averages_are_pytorchs():
    network, (x, y) = everything(), batch(5, 2, 7, 9)
    twin, inside = in_torch(network), []
    out = torch.tensor(x, dtype=torch.float64)
    for module in twin:
        out = module(out)
        out.retain_grad()
        inside.append(out)
    torch.nn.functional.cross_entropy(out, torch.tensor(y)).backward()

    scores = network.forward(x, training=True)
    _, dscores = softmax_cross_entropy(scores, y)
    grads = network.backward(dscores)
    np.testing.assert_allclose(scores, out.detach(), rtol=1e-4, atol=1e-5)
    for gradient, parameter in zip(grads.values(), twin.parameters(), strict=True):
        np.testing.assert_allclose(gradient, parameter.grad, rtol=1e-3, atol=1e-5)
        assert gradient.dtype == np.float32
    for mine, dout, right in zip(network.outputs, network.douts, inside, strict=True):
        np.testing.assert_allclose(mine, right.detach(), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(dout, right.grad, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        network.layers[1].buffers["running_var"], twin[1].running_var, rtol=1e-4
    )

    twin.eval()
    right = twin(torch.tensor(x, dtype=torch.float64)).detach()
    np.testing.assert_allclose(network.predict(x, batch_size=2), right, rtol=1e-4, atol=1e-5)


def test_training_and_evaluation_differ_for_dropout_and_batch_norm_only():
    x, _ = batch(4, 2, 7, 9)
    network = Sequential([Flatten(), Dropout(p=0.5), Linear(126, 3)])
    assert np.array_equal(network.forward(x), network.forward(x))
    first, second = network.forward(x, training=True), network.forward(x, training=True)
    assert not np.array_equal(first, second)
    assert set(np.unique(network.outputs[1][x.reshape(4, -1) != 0] == 0)) == {False, True}
    network = everything()
    assert not np.allclose(network.forward(x, training=True), network.forward(x))


def test_first_weights_are_kaimings_and_every_seed_has_its_own():
    wide = [Conv2d(16, 64, 3), ReLU(), Flatten(), Linear(900, 100)]
    network, other = Sequential(wide, seed=1).params, Sequential(wide, seed=2).params
    assert network["0.w"].std() == pytest.approx(np.sqrt(2 / (16 * 9)), rel=0.05)
    assert network["3.w"].std() == pytest.approx(np.sqrt(1 / 900), rel=0.05)
    assert not network["0.b"].any() and network["0.w"].dtype == np.float32
    assert not np.allclose(network["0.w"], other["0.w"])
    again = Sequential(wide, seed=2).params
    assert all(np.array_equal(again[name], w) for name, w in other.items())


def test_layers_and_networks_show_what_they_are():
    assert repr(Conv2d(1, 8, kernel_size=5, padding="same")) == (
        "Conv2d(in_channels=1, out_channels=8, kernel_size=5, padding='same')"
    )
    assert repr(ReLU()) == "ReLU()"
    assert [eval(repr(layer), dict(LAYERS)).options for layer in everything().layers] == [
        layer.options for layer in everything().layers
    ]
    assert "6: Linear(in_features=32, out_features=3)\n)  135 parameters" in repr(everything())


def test_a_layer_that_does_not_fit_is_named():
    network = Sequential([Flatten(), Linear(12, 3)])
    with pytest.raises(ValueError, match=r"layer 1, Linear.*12.*: linear: x has 16 features"):
        network.forward(np.zeros((1, 1, 4, 4), np.float32))
    with pytest.raises(ValueError, match=r"1.b must have shape \(3,\), got \(4,\)"):
        network.update({"1.b": np.zeros(4)})


def test_json_brings_back_the_same_network():
    network, (x, _) = everything(), batch(3, 2, 7, 9)
    network.forward(x, training=True)
    again = Sequential.from_json(network.to_json())
    assert np.array_equal(again.forward(x), network.forward(x))
    assert repr(again) == repr(network)
    assert np.array_equal(
        again.layers[1].buffers["running_var"], network.layers[1].buffers["running_var"]
    )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: data.update(format="other"), "its format is 'other'"),
        (lambda data: data["layers"][0].update(layer="Conv9d"), "Conv9d"),
        (lambda data: data["layers"][0]["options"].pop("kernel_size"), "kernel_size"),
        (lambda data: data["layers"][0]["params"].pop("b"), "the text has"),
        (lambda data: data["layers"][0]["params"]["w"].update(base64="AAAA"), "ValueError"),
        (lambda data: data["layers"][6]["params"]["w"].update(shape=[1, 2]), "must have shape"),
    ],
)
def test_json_that_is_not_a_network_says_where(spoil, words):
    data = json.loads(everything().to_json())
    spoil(data)
    with pytest.raises(ValueError, match=f"not a saved network: .*{words}"):
        Sequential.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", "no json"])
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(ValueError, match="not a saved network"):
        Sequential.from_json(text)


def test_caches_are_plain_values_that_can_travel_to_a_grader():
    def plain(value):
        if isinstance(value, tuple | list):
            return all(map(plain, value))
        return isinstance(value, np.ndarray | int | float | str | bool | None)

    network, (x, _) = everything(), batch(2, 2, 7, 9)
    network.forward(x, training=True)
    caches = dict(network.caches)
    for kind in ("conv2d", "relu", "flatten", "linear"):  # those of the exercise
        assert plain(caches[kind]), (kind, type(caches[kind]))


def test_the_lectures_line_builds_the_network_that_it_describes():
    network = build_network(LECTURE, (3, 32, 32), 10, filters=8, N=2, M=2, K=1)
    names = [type(layer).__name__ for layer in network.layers]
    block = ["Conv2d", "ReLU"] * 2 + ["MaxPool2d"]
    assert names == block * 2 + ["Flatten", "Linear", "ReLU", "Linear"]
    assert network.params["7.w"].shape == (16, 16, 3, 3)
    assert network.forward(np.zeros((2, 3, 32, 32), np.float32)).shape == (2, 10)
    without = build_network(LECTURE, (3, 32, 32), 10, optional=False, N=1, M=3, K=0)
    assert [type(layer).__name__ for layer in without.layers] == [
        *["Conv2d", "ReLU"] * 3,
        "Flatten",
        "Linear",
    ]


def test_norm_and_dropout_are_words_too():
    network = build_network("CONV-NORM-RELU-FC-NORM-RELU-DROPOUT,SOFTMAX", (1, 4, 4), 2, filters=3)
    sizes = [
        layer.options["num_features"] for layer in network.layers if layer.kind == "batch_norm"
    ]
    assert sizes == [3, 64] and network.layers[-2].kind == "dropout"


@pytest.mark.parametrize(
    ("line", "words", "column"),
    [
        ("[(CONV-RELU*2-POOL]*2,SOFTMAX", r"expected - or \), found \]", 18),
        ("CONV-RELU", "found the end", 9),
        ("CONV,SOFTMAX-FC", "expected the end, found -", 12),
        ("CONV-KONV,SOFTMAX", "expected .*POOL.*, found KONV", 5),
        ("(CONV-RELU)*N,SOFTMAX", r"how many is N\?.*got None", 12),
        ("(CONV-RELU)*,SOFTMAX", "a number or a letter after *", 12),
        ("CONV # RELU,SOFTMAX", "found #", 5),
        ("()*2,SOFTMAX", r"found \)", 1),
        ("", "found the end", 0),
    ],
)
def test_a_line_that_does_not_parse_is_shown_with_the_place(line, words, column):
    with pytest.raises(PatternError, match=words.replace("*", r"\*").replace(r".\*", ".*")) as e:
        build_network(line, (1, 8, 8), 10)
    *_, shown, caret = str(e.value).splitlines()
    assert shown == f"  {line}" and caret.index("^") == 2 + column


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("FC-CONV,SOFTMAX", "CONV, word 2 of 3, doesn't fit .*, 64: .*put it before FC"),
        ("[CONV-POOL]*4,SOFTMAX", "POOL, word 8 of 9, .*128 x 1 x 1: .*doesn't fit"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_by_layer(line, words):
    with pytest.raises(PatternError, match=words):
        build_network(line, (1, 8, 8), 10)


def test_zero_times_and_letters():
    assert expand(parse("CONV*0-FC,SOFTMAX")) == ["FC"]
    assert expand(parse("(CONV-(RELU)*A)*B,SOFTMAX", A=2, B=2)) == ["CONV", "RELU", "RELU"] * 2
    with pytest.raises(PatternError, match="how many is A.*got 1.5"):
        parse("CONV*A,SOFTMAX", A=1.5)
