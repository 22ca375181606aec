"""The capstone: every piece does what it promises, and a tiny training beats chance clearly."""

from dataclasses import replace

import numpy as np
import pytest

from cs_cnn import fast_layers
from cs_cnn.capstone import SHORT, TINY, Leaderboard, Network, train
from cs_cnn.capstone.first_weights import dirac_init, whitening_filters
from cs_cnn.capstone.loss import label_smoothing_loss
from cs_cnn.capstone.steps import muon, orthogonalise, triangle
from cs_cnn.capstone.training import accuracy, learn
from cs_cnn.capstone.views import VIEW_WEIGHTS, Camera, views
from cs_cnn.data import load_colours


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def small_network(rng, dtype=np.float64):
    """A network of two blocks and six images for it, all numbers of this type."""
    x = rng.standard_normal((6, 3, 10, 12)).astype(dtype)
    network = Network(whitening_filters(x), widths=(5, 6), classes=4)
    for name, w in network.params.items():
        network.params[name] = (w + 0.1 * rng.standard_normal(w.shape)).astype(dtype)
    return network, x, rng.integers(0, 4, 6)


def test_gradients_of_the_whole_network_are_slopes(rng):
    network, x, y = small_network(rng)

    def loss():
        return label_smoothing_loss(network.forward(x, training=True), y)

    grads = network.backward(loss()[1])
    assert grads.keys() == network.params.keys()
    for name, w in network.params.items():
        direction = rng.standard_normal(w.shape)
        there = []
        for sign in (1, -1):
            network.params[name] = w + sign * 1e-6 * direction
            there.append(loss()[0])
        network.params[name] = w
        slope = (there[0] - there[1]) / 2e-6
        assert slope == pytest.approx(np.sum(grads[name] * direction), rel=1e-5, abs=1e-9), name


def test_the_network_is_pytorchs(rng):
    benchmark = pytest.importorskip("benchmarks.capstone", reason="benchmarks/ is not here")
    network, x, _ = small_network(rng, np.float32)
    twin = benchmark.TorchNetwork(network.first, widths=(5, 6), classes=4)
    twin.params = network.params
    for training in (True, False):
        scores = network.forward(x, training)
        np.testing.assert_allclose(scores, twin.forward(x, training), rtol=1e-4, atol=1e-5)
    network.forward(x, training=True), twin.forward(x, training=True)
    dscores = rng.standard_normal((6, 4)).astype(np.float32)
    ours, theirs = network.backward(dscores), twin.backward(dscores)
    for name, gradient in theirs.items():
        scale = np.abs(gradient).max()
        np.testing.assert_allclose(ours[name], gradient, atol=1e-4 * scale, err_msg=name)


def test_operations_are_those_of_the_definition():
    first = np.zeros((24, 3, 2, 2), np.float32)
    macs = 31**2 * 24 * 12 + 31**2 * 32 * 24 * 9 + 15**2 * (32 * 32 + 128 * 32) * 9
    macs += 7**2 * 2 * 128 * 128 * 9 + 3**2 * 128 * 128 * 9 + 128 * 9 * 10
    assert Network(first, SHORT.widths).operations((3, 32, 32)) == macs


def test_whitened_patches_are_uncorrelated_and_of_size_one(rng):
    x = rng.standard_normal((20, 3, 9, 8))
    x[:, :, 1:] += x[:, :, :-1]
    filters = whitening_filters(x, eps=0.0)
    answers, _ = fast_layers.conv2d_forward(x, filters[:12])
    rows = answers.transpose(0, 2, 3, 1).reshape(-1, 12)
    np.testing.assert_allclose(rows.T @ rows / len(rows), np.eye(12), atol=1e-9)
    np.testing.assert_array_equal(filters[:12], -filters[12:])


def test_dirac_filters_copy_their_channel(rng):
    x = rng.standard_normal((2, 3, 5, 4))
    w = dirac_init(rng.standard_normal((7, 3, 3, 3)))
    out, _ = fast_layers.conv2d_forward(x, w, padding=1)
    np.testing.assert_allclose(out[:, :3], x, atol=1e-12)
    assert np.abs(out[:, 3:]).min() > 0


def test_orthogonalise_brings_singular_values_near_one(rng):
    for shape in ((8, 30), (30, 8)):
        sizes = np.linalg.svd(orthogonalise(rng.standard_normal(shape), 5), compute_uv=False)
        assert sizes.min() > 0.6 and sizes.max() < 1.3


def test_muon_keeps_the_length_of_filters_and_goes_downhill(rng):
    w, dw = rng.standard_normal((2, 6, 4, 3, 3))
    there, state = muon(w, dw, lr=0.0)
    assert np.linalg.norm(there) == pytest.approx(6**0.5)
    assert state["velocity"].shape == w.shape
    moved, _ = muon(w, dw, lr=0.1)
    assert np.sum((moved - there) * dw) < 0


def test_the_triangle_goes_up_and_down():
    factors = [triangle(k, 20, start=0.5, peak=0.25, end=0.1) for k in range(21)]
    assert (factors[0], factors[5], factors[20]) == (0.5, 1.0, pytest.approx(0.1))
    assert np.all(np.diff(factors[:6]) > 0) and np.all(np.diff(factors[5:]) < 0)
    with pytest.raises(ValueError, match="triangle: peak must lie between 0 and 1, got 0"):
        triangle(0, 5, peak=0)


def test_a_camera_shows_both_sides_in_two_epochs(rng):
    x = np.arange(6 * 2 * 5 * 4, dtype=np.float32).reshape(6, 2, 5, 4)
    camera, chosen = Camera(x, 0, rng), np.array([4, 1, 2])
    one, two = camera.look(chosen, 0), camera.look(chosen, 1)
    np.testing.assert_array_equal(one, two[..., ::-1])
    for view, image in zip(one, x[chosen], strict=True):
        assert np.array_equal(view, image) or np.array_equal(view, image[..., ::-1])
    assert one.transpose(0, 2, 3, 1).flags.c_contiguous


def test_a_camera_moves_by_as_much_as_it_is_told(rng):
    x = rng.standard_normal((200, 1, 6, 7)).astype(np.float32)
    camera, seen = Camera(x, 2, rng), set()
    for n, view in enumerate(camera.look(np.arange(200), 0)):
        padded = np.pad(x[n, 0], 2, mode="reflect")
        turned = camera.mirrored[n]
        upright = view[0, :, ::-1] if turned else view[0]
        places = [(i, j) for i in range(5) for j in range(5)]
        found = [p for p in places if np.array_equal(padded[p[0] :, p[1] :][:6, :7], upright)]
        assert found
        seen |= set(found)
    assert seen == {(i, j) for i in range(5) for j in range(5)}


def test_accuracy_asks_all_views(rng):
    network, x, _ = small_network(rng, np.float32)
    scores = sum(w * network.predict(v) for w, v in zip(VIEW_WEIGHTS, views(x), strict=True))
    assert accuracy(network, x, scores.argmax(axis=1), test_shift=1) == 1
    assert accuracy(network, x, network.predict(x).argmax(axis=1)) == 1


def test_a_tiny_training_beats_chance_clearly_and_can_be_repeated(tmp_path):
    data = load_colours(600, 200)
    recipe, lines = replace(TINY, widths=(16, 32)), []
    result = train(data, recipe, report=lambda *line: lines.append(line))
    assert result.accuracy > 0.35  # chance is 0.1
    assert lines == result.log and [line[0] for line in lines] == [1, 2]
    assert lines[1][2] < lines[0][2]
    assert train(data, replace(recipe, epochs=0.5)).log[-1][0] == 0.5
    table = Leaderboard(tmp_path / "table.json").enter("mine", data, result)
    again = Leaderboard(tmp_path / "table.json")
    assert again.rows == table.rows and "mine" in str(again)
    again.enter("mine", data, result)
    assert len(again.rows) == 1
    assert again.picture(data).axes[0].texts[0].get_text() == "mine"


def test_a_loss_that_is_no_number_says_what_to_do(rng):
    network, x, y = small_network(rng, np.float32)
    network.params["head.w"] = network.params["head.w"] * np.float32(np.nan)
    with pytest.raises(FloatingPointError, match="take a smaller lr"):
        learn(network, x, y, TINY, 1.0, {})


def test_float16_images_train_too(rng):
    network, x, y = small_network(rng, np.float32)
    first, _ = label_smoothing_loss(network.forward(x, training=True), y)
    states = {}
    for _ in range(15):
        loss = learn(network, x.astype(np.float16), y, TINY, 0.3, states)
    assert loss < first
    assert all(w.dtype == np.float32 for w in network.params.values())
