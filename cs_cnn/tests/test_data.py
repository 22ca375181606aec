"""What the loaders give: shapes, ranges, balanced cuts, fixed splits, and a set worth learning."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cs_cnn import data
from cs_cnn.data import _first_of_each, catalogue, colours

REAL = Path(__file__).parents[3] / "shared" / "data"


def bytes_of(images):
    return np.rint(images * 255).astype(np.uint8)


def assert_well_formed(loaded, shape, n_train, n_test):
    assert loaded.x_train.shape == (n_train, *shape) and loaded.x_test.shape == (n_test, *shape)
    for images, labels in ((loaded.x_train, loaded.y_train), (loaded.x_test, loaded.y_test)):
        assert images.dtype == np.float32 and images.flags.c_contiguous
        assert images.min() == 0 and images.max() == 1
        assert labels.dtype == np.int64 and labels.shape == images.shape[:1]
        assert np.unique(labels).tolist() == list(range(10)) and len(loaded.class_names) == 10


def test_importing_is_light():
    code = "import sys, cs_cnn.data; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "matplotlib", "sklearn", "pooch", "requests", "tqdm"}
    assert "numpy" in run.stdout.split() and not heavy & set(run.stdout.split())


def test_repr_says_what_it_is():
    text = repr(data.load_colours(20, 10))
    assert "colours: 20 training and 10 test images of shape (3, 32, 32)" in text
    assert "float32 in [0, 1]" in text and "disc, ring" in text


def test_cut_takes_the_first_of_each_class():
    labels = np.array([0, 0, 0, 1, 2, 1, 0, 2, 2])
    assert _first_of_each(labels, 3).tolist() == [0, 3, 4]
    assert _first_of_each(labels, 5).tolist() == [0, 1, 3, 4, 5]
    assert _first_of_each(labels, 8).tolist() == [0, 1, 2, 3, 4, 5, 7, 8]
    many = np.repeat(np.arange(2, dtype=np.uint8), 1000)
    assert np.bincount(many[_first_of_each(many, 1500)]).tolist() == [750, 750]


@pytest.mark.parametrize("n", [0, -1, 2.5, "many", True, 1443])
def test_bad_count_is_an_error(n):
    with pytest.raises(ValueError, match=r"load_digits: n_train=.* whole number from 1 to 1,442"):
        data.load_digits(n_train=n)


@pytest.mark.parametrize("options", [{"n_test": 0}, {"n_train": None}, {"seed": -1}, {"seed": 0.5}])
def test_bad_option_of_colours_is_an_error(options):
    with pytest.raises(ValueError, match=f"load_colours: {next(iter(options))}="):
        data.load_colours(**options)


@pytest.mark.parametrize("use", [data.load, data.describe, data.fetch])
def test_unknown_set_is_an_error(use):
    with pytest.raises(ValueError, match="no data set 'cifar'.*cifar10, mnist, digits, colours"):
        use("cifar")


def test_load_by_name():
    by_name, directly = data.load("digits", n_train=50), data.load_digits(n_train=50)
    np.testing.assert_array_equal(by_name.x_train, directly.x_train)
    assert by_name.name == "digits"


def test_describe():
    text = data.describe("cifar10")
    for part in ("airplane", "Krizhevsky", "Licence", "https://www.cs.toronto.edu", "170,498,071"):
        assert part in text


def test_registry_is_complete():
    for name, entry in catalogue.REGISTRY.items():
        assert {"title", "about", "licence", "citation", "files"} <= entry.keys(), name
        for file in entry["files"]:
            assert file["url"].startswith("https://") and Path(file["url"]).name == file["name"]
            for part in [file, *file.get("members", [])]:
                assert part["bytes"] > 0 and len(part["sha256"]) == 64 and len(part["md5"]) == 32


def test_digits_are_all_there_and_split_by_class():
    from sklearn import datasets

    loaded = data.load_digits()
    assert_well_formed(loaded, (1, 8, 8), 1442, 355)
    ours = np.concatenate([loaded.x_train, loaded.x_test]).reshape(-1, 64) * 16
    theirs = datasets.load_digits()
    in_order = np.lexsort(ours.T), np.lexsort(theirs.data.T)
    np.testing.assert_array_equal(ours[in_order[0]], theirs.data[in_order[1]])
    shares = np.bincount(loaded.y_test) / np.bincount(theirs.target)
    assert shares.min() > 0.19 and shares.max() <= 0.2


# The generated set ------------------------------------------------------------------------------


def test_colours_are_the_same_bits_everywhere():
    loaded = data.load_colours(200, 100)
    assert_well_formed(loaded, (3, 32, 32), 200, 100)
    digest = hashlib.sha256(bytes_of(loaded.x_train)).hexdigest()
    labels = hashlib.sha256(loaded.y_train.astype("<i8")).hexdigest()
    assert digest == "407ad372cc07788f8f44bc982f5396dcd4bc256d067f114781a6fd42209e1479"
    assert labels == "77df3900bd2f54d06a78c6764a667eef4926282498361eb0216c29fa5f3d62c7"


def test_colours_depend_on_seed_and_split_only(monkeypatch):
    loaded = data.load_colours(100, 100)
    monkeypatch.setattr(colours, "CHUNK", 7)
    fewer = data.load_colours(30, 10)
    np.testing.assert_array_equal(fewer.x_train, loaded.x_train[:30])
    np.testing.assert_array_equal(fewer.y_train, loaded.y_train[:30])
    np.testing.assert_array_equal(fewer.x_test, loaded.x_test[:10])
    assert (loaded.x_train != loaded.x_test).mean() > 0.9
    assert (loaded.x_train != data.load_colours(100, 10, seed=1).x_train).mean() > 0.9


def test_every_ten_colours_hold_each_class_once():
    labels = data.load_colours(200, 10).y_train.reshape(-1, 10)
    assert (np.sort(labels, axis=1) == np.arange(10)).all()
    assert len({tuple(row) for row in labels.tolist()}) > 10


@pytest.fixture(scope="module")
def colour_set():
    return data.load_colours(3000, 1000)


def linear_accuracy(features, colour_set, strength):
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=200)
    model.fit(features(colour_set.x_train), colour_set.y_train)
    return model.score(features(colour_set.x_test), colour_set.y_test)


def test_a_linear_classifier_does_not_see_form(colour_set):
    pixels = linear_accuracy(lambda x: x.reshape(len(x), -1), colour_set, 0.01)
    assert 0.1 < pixels < 0.35


def test_colour_does_not_tell_the_class(colour_set):
    assert linear_accuracy(lambda x: x.mean(axis=(2, 3)), colour_set, 1.0) < 0.2


def small_convnet(torch):
    nn = torch.nn
    blocks = []
    for c_in, c_out in ((3, 16), (16, 32), (32, 64)):
        conv = nn.Conv2d(c_in, c_out, 3, padding=1)
        blocks += [conv, nn.BatchNorm2d(c_out), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(64 * 4 * 4, 10))


def test_a_small_convnet_sees_form(colour_set):
    torch = pytest.importorskip("torch")
    x, y = torch.from_numpy(colour_set.x_train), torch.from_numpy(colour_set.y_train)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = small_convnet(torch)
        optimiser = torch.optim.Adam(net.parameters())
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, total_steps=8 * 47)
        for _ in range(8):
            for rows in torch.randperm(len(x)).split(64):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
                optimiser.step()
                schedule.step()
    net.eval()
    with torch.no_grad():
        predicted = net(torch.from_numpy(colour_set.x_test)).argmax(dim=1).numpy()
    assert (predicted == colour_set.y_test).mean() > 0.95


# The real archives, where they are ----------------------------------------------------------------


@pytest.fixture
def real():
    if not REAL.is_dir():
        pytest.skip("the real archives are not in ../shared/data")
    return REAL


@pytest.mark.filterwarnings("ignore::cs_cnn.data.RepackedArchiveWarning")
def test_all_of_cifar10(real):
    loaded = data.load_cifar10(directory=real)
    assert_well_formed(loaded, (3, 32, 32), 50_000, 10_000)
    assert np.bincount(loaded.y_train).tolist() == [5000] * 10
    assert np.bincount(loaded.y_test).tolist() == [1000] * 10
    # The channel means that papers on CIFAR-10 normalise with.
    means = loaded.x_train.mean(axis=(0, 2, 3), dtype=np.float64)
    np.testing.assert_allclose(means, [0.4914, 0.4822, 0.4465], atol=5e-5)
    assert [loaded.class_names[i] for i in loaded.y_train[:3]] == ["frog", "truck", "truck"]


@pytest.mark.filterwarnings("ignore::cs_cnn.data.RepackedArchiveWarning")
def test_part_of_cifar10(real):
    loaded = data.load_cifar10(n_train=500, n_test=100, directory=real)
    assert_well_formed(loaded, (3, 32, 32), 500, 100)
    assert np.bincount(loaded.y_train).tolist() == [50] * 10


def test_all_of_mnist(real):
    loaded = data.load_mnist(directory=real)
    assert_well_formed(loaded, (1, 28, 28), 60_000, 10_000)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(loaded.y_train).tolist() == counts
    np.testing.assert_allclose(loaded.x_train.mean(dtype=np.float64), 0.1307, atol=5e-5)
    part = data.load_mnist(n_train=30_000, directory=real)
    assert np.bincount(part.y_train).tolist() == [3000] * 10
