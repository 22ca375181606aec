"""Weights from files: good ones of every layout, bad ones of every kind, and the real ones."""

import hashlib
import io
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data as photographs

from cs_cnn import imagenet, pretrained, zoo
from cs_cnn.data import DataError, load_cifar10

SHARED = Path(__file__).parents[3] / "shared/data"
needs_shared = pytest.mark.skipif(
    not (SHARED / "weights").is_dir(), reason="the real weights are not in ../shared/data"
)


def state(name="resnet20", seed=0):
    torch.manual_seed(seed)
    return zoo.build(name).state_dict()


def content(thing):
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


def saved(folder, thing, name="own.pth"):
    path = folder / name
    path.write_bytes(thing if isinstance(thing, bytes) else content(thing))
    return path


@pytest.mark.parametrize(
    "layout",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "best_prec1": 91.7},
        lambda s: {f"module.{name}": value for name, value in s.items()},
        lambda s: {n: v for n, v in s.items() if not n.endswith("num_batches_tracked")},
    ],
    ids=["plain", "nested", "DataParallel", "old"],
)
def test_every_public_layout_loads_every_weight(layout, tmp_path):
    weights = state()
    model = pretrained.load("resnet20", saved(tmp_path, layout(weights)))
    assert not model.training and all(p.requires_grad for p in model.parameters())
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name]), name


class Attack:
    """Pickled, it asks for a call when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


BAD = {
    "another network": (lambda s: state("net"), r"another network: \d+ missing.*unknown"),
    "another shape": (
        lambda s: s | {"linear.bias": torch.zeros(3)},
        r"linear.bias \(3,\), expected",
    ),
    "one too many": (lambda s: s | {"extra": torch.zeros(1)}, r"1 unknown \(extra\)"),
    "one missing": (lambda s: {n: v for n, v in s.items() if n != "linear.bias"}, "1 missing"),
    "not by name": (lambda s: list(s.values()), "no weights by name"),
    "truncated": (lambda s: content(s)[:5000], "cannot be read|not a plain file"),
    "a web page": (lambda s: b"<html>Please log in</html>", "not a plain file|cannot be read"),
    "empty": (lambda s: b"", "cannot be read"),
    "not a tensor": (lambda s: s | {"linear.bias": 3}, "no weights by name"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_wrong_file_is_an_error_that_says_what_is_wrong(kind, tmp_path):
    make, words = BAD[kind]
    with pytest.raises(DataError, match=words):
        pretrained.load("resnet20", saved(tmp_path, make(state())))


@pytest.mark.parametrize("write", [content, pickle.dumps], ids=["torch", "pickle"])
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_nothing_in_a_file_is_executed(write, tmp_path):
    mark = tmp_path / "executed"
    with pytest.raises(DataError, match="nothing in it was executed"):
        pretrained.load("resnet20", saved(tmp_path, write({"conv1.weight": Attack(mark)})))
    assert not mark.exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*none\.pth"):
        pretrained.load("resnet20", tmp_path / "none.pth")


@pytest.fixture
def official(monkeypatch, tmp_path):
    """A file that is the official one, and the folder where downloads go."""
    weights = content(state())
    name = f"resnet20-{hashlib.sha256(weights).hexdigest()[:8]}.th"
    source = {"base": "http://127.0.0.1:9/", "files": {"resnet20": name}}
    monkeypatch.setattr(pretrained, "SOURCES", {"here": source})
    monkeypatch.setenv("CS_CNN_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return name, weights, tmp_path


def test_official_weights_are_downloaded_once(official, server):
    name, weights, folder = official
    server.content[name] = weights
    pretrained.load("resnet20")
    assert (folder / "weights" / name).read_bytes() == weights
    pretrained.load("resnet20")
    assert server.asked == [name]


@pytest.mark.parametrize("sent", [b"<html>", None], ids=["error page", "gone"])
def test_a_bad_download_keeps_nothing_and_says_what_to_do(sent, official, server):
    name, _, folder = official
    server.content[name] = sent
    with pytest.raises(DataError, match=r"Nothing of it was kept.*load\(name, file="):
        pretrained.load("resnet20")
    assert [p for p in folder.rglob("*") if p.is_file()] == []


def test_a_damaged_file_is_never_loaded(official):
    name, weights, folder = official
    path = folder / "weights" / name
    path.parent.mkdir()
    path.write_bytes(weights[:-1])
    with pytest.raises(DataError, match="damaged: its SHA-256 begins with .* Delete it"):
        pretrained.load("resnet20")
    with pytest.raises(DataError, match="damaged"):
        pretrained.load("resnet20", path)


def test_weights_that_are_here_are_found(official):
    _, weights, folder = official
    assert pretrained.find("resnet20") is None
    path = folder / "weights" / "resnet20_mine.pth"
    path.parent.mkdir()
    path.write_bytes(weights)
    assert pretrained.find("resnet20") == path and pretrained.find("resnet2") is None


def test_a_name_without_official_weights_is_an_error():
    with pytest.raises(ValueError, match="no official weights 'net'; there are alexnet"):
        pretrained.load("net")


def test_preparing_cuts_the_middle_out_and_can_be_undone():
    photo = np.zeros((300, 500, 3), dtype=np.uint8)
    photo[:, 250:] = 255
    x = imagenet.prepare(photo)
    assert x.shape == (3, 224, 224) and x.dtype == np.float32
    back = imagenet.restore(x)
    assert back[:, :, :100].max() < 1e-6 and back[:, :, 124:].min() > 1 - 1e-6


@pytest.mark.parametrize("shape", [(300, 300), (300, 300, 4)])
def test_a_photograph_of_another_shape_is_an_error(shape):
    with pytest.raises(ValueError, match=r"must be \(H, W, 3\)"):
        imagenet.prepare(np.zeros(shape, dtype=np.uint8))


def test_top_gives_names_and_probabilities():
    (first, p), (second, q) = imagenet.top_classes(np.log([0.2, 0.5, 0.3]), 2, ("a", "b", "c"))
    assert (first, second) == ("b", "c") and np.allclose([p, q], [0.5, 0.3])
    with pytest.raises(ValueError, match="1000 names need as many scores"):
        imagenet.top_classes(np.zeros(10))


@needs_shared
def test_squeezenet_knows_a_cat_and_a_cup_of_coffee():
    model = pretrained.load("squeezenet1_1", pretrained.find("squeezenet1_1", SHARED))
    photos = [imagenet.prepare(photo()) for photo in (photographs.chelsea, photographs.coffee)]
    with torch.inference_mode():
        scores = model(torch.tensor(np.stack(photos))).numpy()
    first = [imagenet.top_classes(row, 1)[0][0] for row in scores]
    assert first[0] in ("Egyptian cat", "tabby", "tiger cat") and first[1] == "espresso"


@needs_shared
@pytest.mark.filterwarnings("ignore::cs_cnn.data.RepackedArchiveWarning")
def test_resnet20_scores_what_is_said_of_it():
    author, ours = pretrained.find("resnet20", SHARED), pretrained.BUNDLED
    # Of 10,000 images 9173 and 8826; of these 2,000 (the last digit may depend on the processor):
    said = {author: 1836, ours: 1759}
    cifar10 = load_cifar10(n_train=10, n_test=2000, directory=SHARED)
    x = torch.tensor((cifar10.x_test - imagenet.MEAN[:, None, None]) / imagenet.STD[:, None, None])
    for file, right in said.items():
        model = pretrained.load("resnet20", file)
        with torch.inference_mode():
            best = torch.cat([model(part).argmax(dim=1) for part in x.split(500)])
        assert abs(np.sum(best.numpy() == cifar10.y_test) - right) <= 3, file


def test_the_bundled_network_knows_a_cat():
    photo = imagenet.prepare(photographs.chelsea()[:, 60:360], resize=32, crop=32)
    with torch.inference_mode():
        scores = pretrained.load("resnet20", pretrained.BUNDLED)(torch.tensor(photo[None]))
    assert scores.argmax() == 3  # airplane, automobile, bird, cat, ...
