"""Transfer: stages and heads, training with frozen parts, the worlds, and ants and bees."""

from pathlib import Path

import numpy as np
import pytest
import torch

from cs_cnn import pretrained, transfer
from cs_cnn.data import DataError, load_hymenoptera
from cs_cnn.transfer import by_hand

SHARED = Path(__file__).parents[3] / "shared/data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "hymenoptera_256").is_dir(), reason="the photographs are not in ../shared/data"
)


@pytest.fixture(scope="module")
def worlds():
    return *transfer.shapes(600, 200), transfer.sounds(80, 40)


@pytest.fixture(autouse=True)
def one_core():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def state(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_the_worlds_are_balanced_and_do_not_share_a_class(worlds):
    known, new, sounds = worlds
    assert not set(known.class_names) & set(new.class_names)
    assert len(known.class_names) + len(new.class_names) == 10
    for world in worlds:
        assert world.x_train.shape[1:] == (3, 32, 32) and world.x_train.dtype == np.float32
        assert world.x_train.min() >= 0 and world.x_train.max() <= 1
        assert np.ptp(np.bincount(world.y_train)) == 0
    assert (sounds.x_train[:, 0] == sounds.x_train[:, 2]).all()


def test_sounds_depend_on_seed_and_split(worlds):
    again, other = transfer.sounds(80, 40), transfer.sounds(80, 40, seed=1)
    np.testing.assert_array_equal(again.x_test, worlds[2].x_test)
    assert (other.x_train != again.x_train).mean() > 0.9
    assert (again.x_train[:40] != again.x_test).mean() > 0.9


def test_a_spectrogram_shows_pitch_upwards_and_time_to_the_right(worlds, monkeypatch):
    monkeypatch.setattr(transfer.domains, "NOISE", 0.01)
    quiet = transfer.sounds(80, 8)
    heights = np.arange(32)[:, None]
    for name, sign in (("rising", -1), ("falling", 1)):
        shown = quiet.x_train[quiet.y_train == quiet.class_names.index(name), 0].astype(float) ** 8
        rows = (shown * heights).sum(axis=1) / shown.sum(axis=1)  # (N, time), from the top
        assert (sign * (rows[:, -6:].mean(axis=1) - rows[:, :6].mean(axis=1)) > 1).all()


def test_few_draws_as_many_of_each_class_and_fewer_are_among_more(worlds):
    _, new, _ = worlds
    rows, more = transfer.few(new, 3, seed=1), transfer.few(new, 9, seed=1)
    assert (np.bincount(new.y_train[rows]) == 3).all() and set(rows) < set(more)
    assert set(rows) != set(transfer.few(new, 3, seed=2))
    with pytest.raises(ValueError, match="61 images of each class.*only 60"):
        transfer.few(new, 61, seed=0)


def test_features_are_the_averaged_maps_of_a_stage(worlds):
    model, x = transfer.network(5, widths=(4, 6)), worlds[0].x_test[:60]
    found = transfer.features(model, x, ["stage2", "stage1"])
    assert found["stage1"].shape == (60, 4) and not model.training
    with torch.no_grad():
        expected = model.average(model.stage2(model.stage1(transfer.tensor(x))))
    np.testing.assert_allclose(found["stage2"], expected, rtol=1e-4, atol=1e-6)


def test_a_new_head_keeps_the_rest_and_the_source():
    source = transfer.network(5, widths=(4, 6), seed=3)
    before, model = state(source), transfer.new_head(source, 2, seed=1)
    assert model.head.weight.shape == (2, 6)
    for name, value in model.state_dict().items():
        assert name.startswith("head") or torch.equal(value, before[name]), name
    model.stage1[0].weight.data.zero_()
    assert torch.equal(source.state_dict()["stage1.0.weight"], before["stage1.0.weight"])


def test_the_same_seed_gives_the_same_network_and_leaves_torchs_generator_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    one, two = (transfer.network(3, seed=7).head.weight for _ in range(2))
    assert torch.equal(one, two) and torch.equal(torch.rand(1), expected)
    assert not torch.equal(one, transfer.network(3, seed=8).head.weight)


@pytest.mark.parametrize("trained", [1, 2, None])
def test_training_leaves_frozen_stages_alone_averages_too(worlds, trained):
    _, new, _ = worlds
    model = transfer.network(4, widths=(4, 6, 8))
    rates = by_hand.learning_rates(transfer.state_names(model), 0.1, 0.5, trained)
    before = state(model)
    losses = transfer.train(model, new.x_train[:50], new.y_train[:50], rates, 2, batch_size=16)
    assert len(losses) == 6
    frozen = ["stage1", "stage2", "stage3"][: 0 if trained is None else 4 - trained]
    for name, value in model.state_dict().items():
        stays = name.split(".")[0] in frozen
        assert torch.equal(value, before[name]) == stays, name


def test_keeping_the_output_of_frozen_stages_changes_nothing(worlds):
    """The head alone, trained by `train` and by a loop that runs the whole network each time."""
    _, new, _ = worlds
    x, y = new.x_train[:32], new.y_train[:32]
    quick, slow = (transfer.network(4, widths=(4, 6)).eval() for _ in range(2))
    rates = by_hand.learning_rates(transfer.state_names(quick), 0.1, trained=1)
    losses = transfer.train(quick, x, y, rates, epochs=5, batch_size=32, decay=0)
    optimizer = torch.optim.SGD(slow.head.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=6, cycle_momentum=False
    )
    slow.eval()
    for loss in losses:
        own = torch.nn.functional.cross_entropy(slow(transfer.tensor(x)), torch.tensor(y))
        assert own.item() == pytest.approx(loss, rel=1e-4)
        optimizer.zero_grad()
        own.backward()
        optimizer.step()
        schedule.step()


def test_nothing_to_train_is_an_error(worlds):
    model = transfer.network(4)
    rates = by_hand.learning_rates(transfer.state_names(model), 0.1, trained=0)
    with pytest.raises(ValueError, match="every learning rate is 0"):
        transfer.train(model, worlds[1].x_train[:4], worlds[1].y_train[:4], rates, 1)


def test_known_shapes_help_with_new_ones():
    known, new = transfer.shapes(2000, 800)
    source = transfer.network(6)
    transfer.train(source, known.x_train, known.y_train, 0.1, epochs=5, batch_size=64)
    assert transfer.accuracy(source, known.x_test, known.y_test) > 0.85
    runs = transfer.compare(source, new, 5, 30, seeds=2)
    assert runs.shape == (2, len(transfer.RECIPES))
    scratch, *pretrained_ones = runs.mean(axis=0)
    assert min(pretrained_ones) > scratch + 0.1
    again = transfer.compare(source, new, 5, 30, list(transfer.RECIPES.values())[1:2], seeds=2)
    np.testing.assert_array_equal(again[:, 0], runs[:, 1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: by_hand.standardise(np.ones((3, 2)), np.ones((3, 4))), "2 features.*has 4"),
        (lambda: by_hand.mean_and_interval(np.ones((1, 4))), "1 run has no spread"),
    ],
)
def test_arrays_that_do_not_fit_are_an_error(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_photographs_that_are_not_here_say_how_to_get_them(tmp_path):
    with pytest.raises(DataError, match=r"not here. Unpack https://download.pytorch.org/\S+\.zip"):
        load_hymenoptera(directory=tmp_path)
    (tmp_path / "hymenoptera_data/train/ants").mkdir(parents=True)
    with pytest.raises(DataError, match="lacks photographs"):
        load_hymenoptera(directory=tmp_path)


def test_photographs_are_read_from_folders(tmp_path):
    from skimage.io import imsave

    for split, n in (("train", 3), ("val", 2)):
        for k, kind in enumerate(("ants", "bees")):
            folder = tmp_path / "hymenoptera" / split / kind
            folder.mkdir(parents=True)
            for i in range(n):
                shade = np.full((40 + i, 60, 3), 40 + 150 * k, dtype=np.uint8)
                imsave(folder / f"{i}.png", shade, check_contrast=False)
            (folder / "imageNotFound.gif").write_bytes(b"GIF89a")
    found = load_hymenoptera(size=28, directory=tmp_path)
    assert found.x_train.shape == (6, 3, 28, 28) and found.x_test.shape == (4, 3, 28, 28)
    assert found.y_train.tolist() == [0, 0, 0, 1, 1, 1] and found.class_names == ("ants", "bees")
    np.testing.assert_allclose(found.x_test[found.y_test == 1], 190 / 255, atol=1e-5)


@needs_shared
def test_frozen_squeezenet_tells_ants_from_bees():
    photos = load_hymenoptera(directory=SHARED)
    assert (len(photos.y_train), len(photos.y_test)) == (245, 153)
    model = pretrained.load("squeezenet1_1", pretrained.find("squeezenet1_1", SHARED))
    last = ["features.12", "classifier.1"]
    train, test = (
        np.hstack(list(transfer.features(model, x, last).values()))
        for x in (photos.x_train, photos.x_test)
    )
    assert transfer.linear_probe(train, photos.y_train, test, photos.y_test) >= 0.9
