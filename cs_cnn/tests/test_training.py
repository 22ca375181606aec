"""The training loop against PyTorch, its settings, augmentation, and what it must reach."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cs_cnn.augmentation import augment, shift_and_flip
from cs_cnn.data import load_digits, load_mnist
from cs_cnn.network import Dropout, Flatten, Linear, Sequential
from cs_cnn.pattern import build_network
from cs_cnn.training import METHODS, Trainer, accuracy, cosine, standardise, with_weight_decay

DIGITS = standardise(load_digits())
MNIST = Path(__file__).parents[3] / "shared" / "data" / "mnist"
LINE = "[CONV-RELU-POOL]*2,SOFTMAX"


def small(**options):
    return build_network(LINE, (1, 8, 8), 10, **({"filters": 8} | options))


@pytest.mark.parametrize(
    ("method", "optimiser", "options"),
    [
        ("momentum", torch.optim.SGD, {"lr": 0.05, "momentum": 0.8}),
        ("sgd", torch.optim.SGD, {"lr": 0.05}),
        ("adam", torch.optim.Adam, {"lr": 0.01}),
        ("adadelta", torch.optim.Adadelta, {"lr": 1.0}),
    ],
)
def test_steps_are_pytorchs_and_only_weights_decay(method, optimiser, options):
    network = Sequential([Flatten(), Linear(64, 10)])
    network.update({name: w.astype(np.float64) for name, w in network.params.items()})
    w, b = (torch.tensor(p).requires_grad_() for p in network.params.values())
    groups = [{"params": [w], "weight_decay": 0.3}, {"params": [b], "weight_decay": 0.0}]
    walker = optimiser(groups, **options)
    trainer = Trainer(network, DIGITS, batch_size=16, weight_decay=0.3, method=method, **options)
    order = np.random.default_rng(0).permutation(len(DIGITS.x_train))
    for k in range(4):
        chosen = order[16 * k : 16 * k + 16]
        x = torch.tensor(DIGITS.x_train[chosen].reshape(16, -1), dtype=torch.float64)
        scores = torch.nn.functional.linear(x, w, b)
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(DIGITS.y_train[chosen]))
        walker.zero_grad()
        loss.backward()
        penalty = 0.15 * float((w.detach() ** 2).sum())
        walker.step()
        assert trainer.step() == pytest.approx(loss.item(), rel=1e-6)
        assert trainer.l2_losses[-1] == pytest.approx(penalty, rel=1e-6)
    for mine, right in zip(network.params.values(), (w, b), strict=True):
        np.testing.assert_allclose(mine, right.detach(), rtol=1e-5, atol=1e-7)


def test_every_image_comes_once_before_any_comes_twice():
    data = replace(DIGITS, x_train=DIGITS.x_train[:10], y_train=np.arange(10))
    trainer = Trainer(small(), data, batch_size=4)
    labels = np.concatenate([trainer._batch()[1] for _ in range(5)])
    assert sorted(labels[:10]) == sorted(labels[10:]) == list(range(10))
    assert trainer.epoch() == 3


def test_a_few_images_are_learned_by_heart():
    few = replace(DIGITS, x_train=DIGITS.x_train[:20], y_train=DIGITS.y_train[:20])
    trainer = Trainer(small(), few, lr=0.02, batch_size=20).run(60, bar=False)
    assert trainer.losses[-1] < 0.05 < 1 < trainer.losses[0]
    assert accuracy(trainer.network, few.x_train, few.y_train) == 1
    assert trainer.examples == trainer.at[-1] == 1200 and len(trainer.losses) == 60
    assert trainer.forward_ms > 0 and trainer.backward_ms > 0
    assert all(w.dtype == np.float32 for w in trainer.network.params.values())


def test_the_digits_are_read():
    trainer = Trainer(small(filters=16), DIGITS, lr=0.02, weight_decay=1e-3)
    trainer.run(6 * trainer.epoch(), cosine, bar=False)
    right = trainer.validate()
    assert right >= 0.96 and trainer.validation == [(trainer.examples, right)]


def test_the_same_seed_gives_the_same_training():
    first, second = (Trainer(small(), DIGITS, shift=1, flip=True).run(5, bar=False) for _ in "ab")
    np.testing.assert_allclose(first.losses, second.losses, rtol=1e-4)
    other = Trainer(small(), DIGITS, seed=1).run(5, bar=False)
    assert not np.allclose(first.losses, other.losses, rtol=1e-3)


@pytest.mark.parametrize(
    "setting",
    [
        {"lr": -1},
        {"lr": float("nan")},
        {"lr": "fast"},
        {"momentum": 1},
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"batch_size": 5000},
        {"weight_decay": -0.1},
        {"method": "magic"},
        {"shift": 8},
        {"flip": 1},
        {"speed": 3},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_and_none_is_changed(setting):
    trainer = Trainer(small(), DIGITS)
    before = dict(trainer.settings)
    with pytest.raises(ValueError, match=f"Trainer: .*{next(iter(setting))}"):
        trainer.change(**{"weight_decay": 0.5} | setting)
    assert trainer.settings == before


def test_settings_change_between_steps_and_a_new_method_begins_afresh():
    trainer = Trainer(small(), DIGITS).run(3, bar=False)
    assert trainer.states
    trainer.change(lr=0.5, batch_size=7)
    assert trainer.states and trainer.settings["lr"] == 0.5
    trainer.step()
    assert trainer.at[-1] - trainer.at[-2] == 7
    for method in METHODS:
        trainer.change(method=method, lr=0.001)
        assert np.isfinite(trainer.step())


def test_a_training_that_explodes_says_so_and_keeps_its_weights():
    trainer = Trainer(small(), DIGITS, lr=1e30)
    with pytest.raises(FloatingPointError, match="lr=1e.30.*take a smaller lr"):
        trainer.run(50, bar=False)
    assert all(np.isfinite(w).all() for w in trainer.network.params.values())


def test_a_snapshot_is_loaded_only_if_it_fits():
    trainer = Trainer(small(), DIGITS).run(3, bar=False)
    text, scores = trainer.network.to_json(), trainer.network.predict(DIGITS.x_test[:5])
    trainer.run(3, bar=False)
    kept = trainer.network
    for bad in ("nonsense", Sequential([Flatten(), Linear(64, 3)]).to_json()):
        with pytest.raises(ValueError, match="not a saved network|the data has 10"):
            trainer.load(bad)
        assert trainer.network is kept
    trainer.load(text)
    assert np.array_equal(trainer.network.predict(DIGITS.x_test[:5]), scores)
    assert np.isfinite(trainer.step())


def test_the_schedule_goes_up_then_down():
    shares = [cosine(k, 100) for k in range(100)]
    peak = int(np.argmax(shares))
    assert 8 <= peak <= 10 and max(shares) > 0.99
    assert np.all(np.diff(shares[: peak + 1]) > 0) and np.all(np.diff(shares[peak:]) < 0)
    assert 0 < shares[0] < 0.11 and 0 < shares[-1] < 0.01 and 0 <= cosine(0, 1) <= 1
    assert cosine(0, 10, warmup=0) > 0.9


def test_augmentation_draws_all_shifts_and_mirrors_about_half():
    x, rng = np.zeros((400, 1, 7, 9), np.float32), np.random.default_rng(0)
    x[:, :, 3, 3] = 1
    out = augment(x, rng, shift=2, flip=True)
    rows, columns = np.nonzero(out.sum(axis=(0, 1)))
    assert set(rows) == set(range(1, 6)) and set(columns) == set(range(1, 8))
    mirrored = out[..., 6:].any(axis=(1, 2, 3))
    assert 0.2 < mirrored.mean() / 0.4 * 0.5 < 0.8
    assert augment(x, rng) is x and out.dtype == x.dtype
    assert not np.array_equal(augment(x, rng, flip=True), x)
    with pytest.raises(ValueError, match=r"400 images need shifts \(400, 2\)"):
        shift_and_flip(x, np.zeros((3, 2), int), np.zeros(400, bool))


def test_weight_decay_without_gradients_changed():
    params = {"0.w": np.ones((2, 3)), "0.b": np.ones(2)}
    grads = {"0.w": np.zeros((2, 3)), "0.b": np.zeros(2)}
    l2_loss, decayed = with_weight_decay(params, grads, 0.5)
    assert l2_loss == 1.5 and decayed["0.w"].min() == 0.5 and not decayed["0.b"].any()
    assert not grads["0.w"].any()


def test_dropout_can_be_trained():
    network = Sequential([Flatten(), Linear(64, 32), Dropout(0.3), Linear(32, 10)])
    trainer = Trainer(network, DIGITS, lr=0.02).run(200, bar=False)
    assert trainer.validate() > 0.85


@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not on this machine")
def test_mnist_reaches_the_lectures_figure():
    mnist = standardise(load_mnist(directory=MNIST.parent))
    network = build_network(LINE, (1, 28, 28), 10, filters=16, seed=1)
    trainer = Trainer(network, mnist, lr=0.02, batch_size=64, weight_decay=1e-4)
    trainer.run(2 * trainer.epoch(), cosine, bar=False)
    assert round(trainer.validate() * 10_000) >= 9846
