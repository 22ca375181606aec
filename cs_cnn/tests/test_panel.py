"""The page and the live panel, without a browser: what they show, and what the controls do."""

import json
import re
from threading import Event

import numpy as np
import pytest

from cs_cnn.data import load_colours, load_digits
from cs_cnn.panel import Page, Panel, statistics
from cs_cnn.panel.page import svg
from cs_cnn.pattern import build_network
from cs_cnn.plots import tiles
from cs_cnn.training import Trainer, standardise

DIGITS = standardise(load_digits(200, 50))


@pytest.fixture
def trainer():
    network = build_network("CONV-RELU-POOL-FC-RELU,SOFTMAX", (1, 8, 8), 10, filters=4, hidden=5)
    return Trainer(network, DIGITS, lr=0.02, batch_size=10)


def test_the_page_has_every_number_and_every_layer_in_pictures(trainer):
    trainer.run(5, bar=False).validate(20)
    page = Page(trainer)
    numbers = statistics(trainer)
    assert numbers["examples seen"] == "50"
    assert numbers["classification loss"] == f"{np.mean(trainer.losses):.4f}"
    assert numbers["L2 loss"] == f"{np.mean(trainer.l2_losses):.4f}"
    assert numbers["training accuracy"] == f"{np.mean(trainer.hits):.1%}"
    assert numbers["validation accuracy"] == f"{trainer.validation[-1][1]:.1%}"
    for name, value in numbers.items():
        assert name in repr(page) and f"<b>{value}</b>" in page.html
    w, gradient = trainer.network.params["0.w"], trainer.seen["grads"]["0.w"]
    for values in (w, gradient, trainer.seen["outputs"][1], trainer.seen["douts"][2]):
        assert f"{values.min():.3g} to {values.max():.3g}" in page.html
    learned = sum("w" in layer.params for layer in trainer.network.layers)
    pictures = 6 + 1 + 2 * len(trainer.network.layers) + 2 * learned
    assert page.html.count("<img") == pictures
    assert page.html.count('class="cs-guess"') == 6 and page.html.count("<polyline") == 3


def test_the_page_of_a_training_that_has_not_begun(trainer):
    page = Page(trainer)
    assert re.search(r"classification loss +-", repr(page)) and "weights" not in page.html


def test_colour_images_and_filters():
    data = standardise(load_colours(20, 10))
    network = build_network("CONV-NORM-RELU,SOFTMAX", (3, 32, 32), 10, filters=2)
    page = Page(Trainer(network, data, batch_size=4).run(1, bar=False), np.random.default_rng(0))
    assert "2 x 3 x 3 x 3" in page.html and "BatchNorm" in page.html


def test_tiles_are_one_pixel_per_number():
    png, size = tiles(np.linspace(-1, 1, 60).reshape(5, 3, 4), columns=2)
    assert png.startswith(b"\x89PNG") and size == (2 * 5 - 1, 3 * 4 - 1)
    assert tiles(np.full((1, 2, 2), np.nan))[1] == (2, 2)
    assert tiles(np.zeros((2, 3, 4, 4)))[1] == (9, 4)
    for bad in (np.zeros((0, 2, 2)), np.zeros(3), np.zeros((1, 2, 3, 3))):
        with pytest.raises(ValueError, match="tiles: maps must be"):
            tiles(bad)


def test_a_curve_is_drawn_to_scale():
    picture = svg("loss", {"loss": (np.array([5, 10]), np.array([1.0, 0.0]))}, 2, 100, 50)
    assert 'points="50.0,25.0 100.0,50.0"' in picture
    dot = svg("accuracy", {"validation": (np.array([10]), np.array([0.5]))}, 1, 100, 50)
    assert 'points="100.0,25.0 100.0,25.0"' in dot


def test_controls_change_the_settings_and_nonsense_is_explained(trainer):
    panel = Panel(trainer)
    values = {"lr": 0.1, "momentum": 0.5, "batch_size": 25, "weight_decay": 0.01}
    values |= {"method": "adadelta", "shift": 2, "flip": True}
    for name, value in values.items():
        panel.controls[name].value = value
    assert trainer.settings == pytest.approx(values)
    panel._change("momentum", 7)
    assert "momentum must be" in panel.status.value and trainer.settings["momentum"] == 0.5


def test_training_goes_on_while_a_slider_moves_and_stops_on_pause(trainer):
    panel, moved, entered = Panel(trainer, validate=10), Event(), Event()
    step = trainer.step

    def slow_step(*args):
        entered.set()
        assert moved.wait(60)
        return step(*args)

    trainer.step = slow_step
    panel.start()
    assert entered.wait(60) and panel.running and panel.button.description == "pause"
    panel.controls["lr"].value = 0.001  # the thread is in the middle of a step
    assert trainer.settings["lr"] == 0.001
    moved.set()
    panel.pause()
    seen = trainer.examples
    assert seen > 0 and not panel.running and panel.button.description == "go on"
    trainer.step = step
    panel.start(steps=3)
    panel.wait()
    assert trainer.examples == seen + 3 * 10 and trainer.validation
    assert f"<b>{trainer.examples:,}</b>" in panel.view.value


def test_the_button_starts_and_pauses(trainer):
    panel = Panel(trainer, validate=10)
    panel.button.click()
    assert panel.running
    panel.button.click()
    assert not panel.running


def test_a_new_panel_pauses_the_one_before_it(trainer):
    before = Panel(trainer, validate=10)
    before.start()
    after = Panel(trainer, validate=10)
    assert not before.running and not after.running
    assert before.button.description == "go on" and after.button.description == "start"


def test_a_training_that_explodes_is_told_and_stops(trainer):
    panel = Panel(trainer, validate=10)
    trainer.change(lr=1e30)
    panel.start(steps=50)
    panel.wait()
    assert "take a smaller lr" in panel.status.value and not panel.running


def test_snapshots_go_to_a_file_and_back(trainer, tmp_path):
    panel = Panel(trainer, validate=10)
    panel.path.value = str(tmp_path / "network.json")
    panel.start(steps=2)
    panel.wait()
    panel.save()
    kept = trainer.network.to_json()
    assert "saved" in panel.status.value and json.loads(kept)
    panel.start(steps=2)
    panel.wait()
    assert trainer.network.to_json() != kept
    panel.load()
    assert trainer.network.to_json() == kept and "loaded" in panel.status.value
    panel.path.value = str(tmp_path / "nowhere" / "x.json")
    panel.load()
    assert "could not load" in panel.status.value and trainer.network.to_json() == kept
    panel.save()
    assert "could not save" in panel.status.value


def test_where_widgets_do_not_run_the_panel_shows_its_page(trainer):
    bundle = Panel(trainer)._repr_mimebundle_()
    assert "examples seen" in bundle["text/plain"] and "<table" in bundle["text/html"]
