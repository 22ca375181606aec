"""Sentences for pictures after Vinyals and others (2015): a convolutional network that sees, and a
recurrent one that goes on speaking, one word after the other.

A scene has two things; what is to say of it are seven facts: size, colour and form of both, and
where they are. The network is never told them: it reads sentences only.
"""

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torch.nn import functional as F

from cs_cnn.gallery import Result, drawing
from cs_cnn.gallery.bleu import bleu
from cs_cnn.gallery.train import convnet, device, fit, tensors

SIDE, LONGEST = 32, 13
SIZES = {"small": 4.5, "large": 7.5}
COLOURS = {
    "red": (0.85, 0.1, 0.1),
    "green": (0.1, 0.65, 0.15),
    "blue": (0.1, 0.2, 0.85),
    "yellow": (0.9, 0.85, 0.1),
    "white": (0.97, 0.97, 0.97),
}
FORMS = ("disc", "square", "triangle", "cross")
PLACES = ("above", "left")
FILLERS = ("a", "there", "is", "of")
WORDS = ("<end>", *FILLERS, *SIZES, *COLOURS, *FORMS, *PLACES)
END, INDEX = 0, {word: k for k, word in enumerate(WORDS)}


def scenes(n, seed):
    """Draw scenes and say of each the facts.

    Returns
    -------
    images : array (n, 3, SIDE, SIDE), float32 in [0, 1]
    facts : list of n tuples
        Size, colour, form; "above" or "left"; size, colour, form.
    """
    rng = np.random.default_rng(seed)
    images = drawing.ground(rng, n, SIDE, contrast=0.3)
    across, middles = rng.random(n) < 0.5, rng.uniform(9, SIDE - 9, n)
    facts = [[] for _ in range(n)]
    for low in (7.0, 24.0):
        along = low + rng.uniform(-1.5, 1.5, n)
        beside = np.clip(middles + rng.uniform(-5, 5, n), 7, SIDE - 8)
        centre = np.where(
            across[:, None], *(np.stack(p, 1) for p in ((along, beside), (beside, along)))
        )
        size, colour, form = (rng.choice(list(names), n) for names in (SIZES, COLOURS, FORMS))
        radius = np.array([SIZES[s] for s in size]) * rng.uniform(0.9, 1.1, n)
        paints = np.array([COLOURS[c] for c in colour]) + rng.uniform(-0.1, 0.1, (n, 3))
        drawing.paint(images, outlines(form, centre, radius), np.clip(paints, 0, 1))
        for own, *words in zip(facts, size, colour, form, strict=True):
            own += map(str, words)
    for own, sideways in zip(facts, across, strict=True):
        own.insert(3, "left" if sideways else "above")
    return drawing.photograph(rng, images, noise=0.05), [tuple(own) for own in facts]


def outlines(forms, centre, radius):
    """The distances (n, SIDE, SIDE) from the edge of a form of its own in each picture."""
    x, y = drawing.local(SIDE, centre)
    brushes = {
        "disc": lambda x, y, r: drawing.disc(x, y, 0.9 * r),
        "square": lambda x, y, r: drawing.box(x, y, 0.8 * r, 0.8 * r),
        "triangle": drawing.triangle,
        "cross": drawing.cross,
    }
    distance = np.empty(x.shape, np.float32)
    for name, brush in brushes.items():
        rows = forms == name
        distance[rows] = brush(x[rows], y[rows], radius[rows])
    return distance


def sentences(facts):
    """Three right sentences for a scene, as words."""
    first, where, second = ["a", *facts[:3]], [facts[3]], ["a", *facts[4:]]
    where += ["of"] * (where == ["left"])
    plain = [*first, *where, *second]
    return [plain, ["there", "is", *plain], [*first, "is", *where, *second]]


def facts_of(words):
    """The seven facts that a sentence states, or () if it is no such sentence."""
    words = tuple(word for word in words if word not in FILLERS)
    return words if len(words) == 7 else ()


def errors(words, facts):
    """How many of the seven facts a sentence gets wrong; 7 if it is no sentence."""
    said = facts_of(words)
    return sum(a != b for a, b in zip(said, facts, strict=True)) if said else len(facts)


class Captioner(nn.Module):
    """Eyes and a mouth: the image sets the memory, then each word leads to the next."""

    def __init__(self, memory=128):
        super().__init__()
        self.eyes = nn.Sequential(convnet(16, 32, 48, 64), nn.Flatten(), nn.Linear(1024, memory))
        self.words = nn.Embedding(len(WORDS), 32)
        self.mouth = nn.GRU(32 + memory, memory, batch_first=True)
        self.choose = nn.Linear(memory, len(WORDS))

    def forward(self, x, words):
        """Scores for the next word (n, T, words) after each of words (n, T)."""
        return self.speak(self.eyes(x), words)[0]

    def speak(self, seen, words, memory=None):
        heard = torch.cat([self.words(words), seen[:, None].expand(-1, words.shape[1], -1)], dim=2)
        out, memory = self.mouth(heard, torch.tanh(seen)[None] if memory is None else memory)
        return self.choose(out), memory


def loss(model, x, words):
    """How surprised the network is by each next word of a sentence that it reads."""
    start = torch.full_like(words[:, :1], END)
    scores = model(x, torch.cat([start, words[:, :-1]], dim=1))
    wanted = torch.cat([torch.ones_like(start, dtype=bool), words[:, :-1] != END], dim=1)
    return F.cross_entropy(scores[wanted], words[wanted])


def caption(model, images):
    """A sentence for each image: always the likeliest word, until the end."""
    (x,), said = tensors(images), []
    with torch.inference_mode():
        seen, memory = model.eyes(x), None
        word = torch.full((len(images), 1), END, device=device())
        for _ in range(LONGEST):
            scores, memory = model.speak(seen, word, memory)
            word = scores.argmax(dim=2)
            said.append(word[:, 0].cpu().numpy())
    rows = (list(row) for row in np.stack(said, axis=1))
    return [[WORDS[k] for k in row[: row.index(END) if END in row else LONGEST]] for row in rows]


def nearest_captions(train, facts, test):
    """The baseline: what was said of the training image with the nearest pixels."""
    small, own = (x.reshape(len(x), 3, 8, 4, 8, 4).mean((3, 5)) for x in (train, test))
    nearest = NearestNeighbors(n_neighbors=1).fit(small.reshape(len(small), -1))
    found = nearest.kneighbors(own.reshape(len(own), -1), return_distance=False)[:, 0]
    return [sentences(facts[k])[0] for k in found]


def run(seed=0, steps=400, n=3000, bleu=bleu):
    """Train the captioner and compare its sentences with those of the nearest training image.

    Parameters
    ----------
    seed, steps : int
    n : int
        Training scenes.
    bleu : callable
        Yours, or the one of `cs_cnn.gallery.bleu`.

    Returns
    -------
    Result
        Arrays: images; `said` and `nearest` (words) and `errors` of each image's sentence.
    """
    (x, facts), (images, truth) = scenes(n, (seed, 0)), scenes(300, (seed, 1))
    rows = [[INDEX[w] for w in words] for own in facts for words in sentences(own)]
    words = np.array([row + [END] * (LONGEST - len(row)) for row in rows]).reshape(n, 3, LONGEST)

    def batch(rng):
        chosen = rng.integers(0, n, 64)
        return x[chosen], words[chosen, rng.integers(0, 3, 64)]

    model = fit(Captioner, batch, loss, steps, lr=8e-3, seed=seed)
    said, nearest = caption(model, images), nearest_captions(x, facts, images)
    references = [sentences(own) for own in truth]
    return Result(
        "BLEU",
        bleu(said, references),
        bleu(nearest, references),
        "sentence of the nearest image",
        {
            "images": images,
            "said": np.array([" ".join(words) for words in said]),
            "nearest": np.array([" ".join(words) for words in nearest]),
            "errors": np.array([errors(w, own) for w, own in zip(said, truth, strict=True)]),
            "nearest_errors": np.array(
                [errors(w, own) for w, own in zip(nearest, truth, strict=True)]
            ),
        },
    )
