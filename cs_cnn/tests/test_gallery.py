"""The gallery: every network beats its baseline after a short training, and measures are right."""

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score

from cs_cnn import gallery, plots
from cs_cnn.gallery import boxes, detection, embedding, faces, fields, pixels, retrieval
from cs_cnn.gallery.field_pictures import whales
from cs_cnn.gallery.scenes import CLASSES, MOST, scenes
from cs_cnn.gallery.train import fit

FAST = {  # options for a training that is short, and long enough to win
    "retrieval": {"steps": 50, "n": 500},
    "detection": {"steps": 150, "n": 600},
    "segmentation": {"steps": 600, "n": 1000},
    "video": {"steps": 50, "n": 500},
    "faces": {"steps": 100, "people": 150},
    "pose": {"steps": 80, "n": 600},
    "game": {"steps": 1300},
    "medical": {"steps": 80},
    "galaxies": {"steps": 80},
    "traffic signs": {"steps": 120},
    "whales": {"steps": 150},
    "roads": {"steps": 50},
    "captioning": {"steps": 80, "n": 600},
    "inceptionism": {"steps": 3, "side": 64},
    "style": {"steps": 20, "side": 48},
}


@pytest.mark.parametrize("name", gallery.APPLICATIONS)
def test_a_short_training_beats_the_baseline(name):
    result = gallery.run(name, seed=1, **FAST.get(name, {}))
    assert result.network > result.baseline
    assert all(np.isfinite(a).all() for a in result.arrays.values() if a.dtype.kind == "f")
    assert result.network > result.arrays.get("without", 0)
    assert result.metric in str(result) and result.baseline_name in str(result)


def test_the_seed_decides_everything():
    first, again, other = (gallery.run("pose", seed=s, steps=3, n=40) for s in (1, 1, 2))
    assert (first.network, first.baseline) == (again.network, again.baseline)
    assert not np.array_equal(first.arrays["images"], other.arrays["images"])


def test_an_application_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="no 'chess'; there are retrieval, detection"):
        gallery.run("chess")
    with pytest.raises(ValueError, match="no 'chess'; there are medical"):
        fields.run(field="chess")


def test_training_makes_the_loss_small_and_leaves_the_random_numbers_alone():
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    state = torch.get_rng_state()
    model = fit(
        lambda: torch.nn.Linear(3, 1),
        (x, x.sum(axis=1, keepdims=True)),
        lambda m, x, y: ((m(x) - y) ** 2).mean(),
        steps=200,
        lr=0.1,
    )
    assert torch.equal(state, torch.get_rng_state())
    np.testing.assert_allclose(model.weight.detach().cpu().numpy(), np.ones((1, 3)), atol=0.01)


def test_boxes_and_pixels_of_a_scene_agree():
    drawn = scenes(50, 0)
    assert drawn.images.min() >= 0 and drawn.images.max() <= 1
    assert (drawn.labels >= 0).sum(axis=1).min() >= 1 and drawn.labels.shape == (50, MOST)
    for own, kinds, truth in zip(drawn.boxes, drawn.labels, drawn.pixels, strict=True):
        named = {1 + kind for kind in kinds if kind >= 0}
        assert set(np.unique(truth)) <= named | {0} and max(named) <= len(CLASSES)
        outside = truth.copy()
        for left, top, right, bottom in own.astype(int):
            outside[top:bottom, left:right] = 0
        assert not outside.any()


def test_average_precision_of_a_small_example():
    truth = {0: np.array([[0.0, 0, 4, 4], [8, 8, 12, 12]]), 1: np.array([[0.0, 0, 4, 4]])}
    found = [(0, 0.9, (0, 0, 4, 4)), (0, 0.8, (0, 0, 4, 4)), (1, 0.7, (0, 0, 4, 4))]
    found += [(0, 0.6, (20, 20, 24, 24)), (2, 0.5, (0, 0, 4, 4))]
    # right, claimed already, right, nothing there, no such image: precision 1 and 2/3
    assert boxes.average_precision(found, truth) == pytest.approx((1 + 2 / 3) / 3)
    assert boxes.average_precision([], truth) == 0


def test_mean_iou_is_scikit_learns():
    truth, found = np.random.default_rng(0).integers(0, 4, (2, 5, 6, 7))
    want = jaccard_score(truth.ravel(), found.ravel(), average="macro")
    assert pixels.mean_iou(found, truth, 4) == pytest.approx(want)
    assert pixels.mean_iou(found, truth, 9) == pytest.approx(want)  # classes that nobody saw


def test_the_best_threshold_makes_fewest_errors():
    rng = np.random.default_rng(0)
    distances, same = rng.random(60), rng.random(60) < 0.5
    best = embedding.best_threshold(distances, same)
    errors = [np.sum((distances < t) != same) for t in (*distances, distances.max() + 1)]
    assert np.sum((distances < best) != same) == min(errors)


def test_moves_bring_anchors_onto_boxes_and_overlaps_are_iou():
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 20, (2, 5, 2))
    own = torch.tensor(np.concatenate([low, low + rng.uniform(5, 20, (2, 5, 2))], axis=2))
    anchors = own.flip(1)
    again = detection.moved(anchors, detection.moves_to(own, anchors))
    torch.testing.assert_close(again, own)
    table = detection.overlaps(own, anchors)
    np.testing.assert_allclose(table[0], boxes.iou(own[0].numpy(), anchors[0].numpy()))


def test_the_gradients_of_the_triplet_loss_reach_the_network():
    model = torch.nn.Linear(4, 3)
    x, who = torch.randn(6, 4), torch.tensor([0, 0, 1, 1, 2, 2])
    faces.loss_of(embedding.triplet_loss)(model, x, who).backward()
    own = model.weight.grad.clone()
    vectors = model(x)
    a, p, n = (vectors[row] for row in faces.hard_triplets(vectors.detach(), who, 0.3))
    missing = ((a - p) ** 2).sum(dim=1) - ((a - n) ** 2).sum(dim=1) + 0.3
    model.zero_grad()
    missing.clamp(min=0).mean().backward()
    torch.testing.assert_close(own, model.weight.grad)


def test_a_search_finds_what_is_nearest():
    features = np.array([[0.0], [10], [0.1], [9], [0.2], [11]])
    share, found = retrieval.precision(features, np.array([0, 1, 0, 1, 1, 1]), queries=2, k=2)
    assert found.tolist() == [[2, 4], [3, 5]] and share == 0.75


def test_the_same_whales_are_met_again():
    """New pictures show the same individuals: the same patches, in another pose."""
    (first, who), (new, again) = whales(32, (0, 0)), whales(32, (0, 1))
    assert np.array_equal(who, again) and not np.array_equal(first, new)


def test_marked_draws_boxes_and_lines():
    images = np.random.default_rng(0).random((3, 3, 8, 9))
    figure = plots.marked(images, [[("a", (1, 2, 4, 6))], [], []], titles=["x", "y", "z"])
    (box,) = figure.axes[0].patches
    assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (0.5, 1.5, 3, 4)
    figure = plots.marked(images, lines=np.ones((3, 2, 2, 2)))
    assert len(figure.axes[2].lines) == 4 and figure._repr_png_()


def test_the_features_of_the_bundled_network_find_photographs():
    result = retrieval.photographs(queries=20, n=300)
    if result is None:
        pytest.skip("CIFAR-10 is not on this machine")
    assert result.network > result.baseline and result.arrays["accuracy"] > 0.8
