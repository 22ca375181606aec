"""The checks of the second half of notebook 10: playing, speaking, dreaming and painting."""

import numpy as np

from cs_cnn.checks.calls import by_name
from cs_cnn.checks.cases import Case
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.making_mistakes import BLEU_MISTAKES, TARGETS_MISTAKES
from cs_cnn.checks.painting_mistakes import (
    ASCENT_MISTAKES,
    COLOURS_MISTAKES,
    CONTENT_MISTAKES,
    GRAM_MISTAKES,
    STYLE_MISTAKES,
)
from cs_cnn.gallery import bellman, bleu, pictures

LOSS, GRADIENT = "the loss", "its gradient"


def call(function, inputs, options, forward):
    """Call a function that gives one thing."""
    return {"out": function(*inputs.values(), **options)}


def call_loss(function, inputs, options, forward):
    """Call a function that gives a loss and its gradient."""
    result = function(*inputs.values(), **options)
    return by_name(function, result, ("loss", "dfeatures"))


# Playing ------------------------------------------------------------------------------------


def target_cases(draw, hidden):
    def case(part, N, A, over, dtype=np.float64, **options):
        rewards = draw.small_ints(N).astype(dtype)
        done = np.arange(N) % 2 == 0 if over else np.zeros(N, bool)
        return Case(
            part,
            {"rewards": rewards, "done": done, "q_next": draw.distinct(N, A, dtype=dtype)},
            options,
        )

    for _ in range(3 if hidden else 1):
        N, A = draw.two(2, 7 if hidden else 5)
        yield case("the best next move", 1, A, over=False)
        yield case("the best next move", N, A, over=False)
        yield case("the best next move", N + 1, A, over=False, discount=0.5)
        yield case("the end of a game", 2 * N, A, over=True)
        yield case("the end of a game", 2 * N + 1, A, over=True, discount=0.99)
    yield case(CARE, 5, 3, True, np.float32)


def oracle_targets(case):
    """Move by move."""
    discount, out = case.options.get("discount", 0.9), []
    for reward, over, worth in zip(*case.inputs.values(), strict=True):
        later = 0.0 if over else discount * sorted(worth.tolist())[-1]
        out.append(float(reward) + later)
    return {"out": np.array(out)}


# Speaking -----------------------------------------------------------------------------------


def bleu_cases(draw, hidden):
    words = ("a", "red", "blue", "disc", "over", "is")

    def sentence(n):
        return [words[k] for k in draw.rng.integers(0, len(words), n)]

    def case(part, lengths, **options):
        """Candidates of these lengths, each against two references of other lengths."""
        candidates, references = [], []
        for size, *others in lengths:
            own = sentence(size)
            candidates.append(own)
            near = [(own + sentence(9))[:n] for n in others]
            for known in near:
                known[draw.between(0, min(size, len(known)) - 1)] = "the"
            references.append(near)
        return Case(part, {"candidates": candidates, "references": references}, options)

    plain = ["a", "small", "red", "disc", "above", "a", "large", "blue", "square"]
    other = ["a", "large", "blue", "square", "below", "a", "small", "red", "disc"]
    there = ["there", "is", *plain[:7], "square"]
    if not hidden:
        yield Case("n-grams", {"candidates": [plain], "references": [[other, plain]]})
        yield Case("n-grams", {"candidates": [plain], "references": [[there, other]]})
        yield Case("n-grams", {"candidates": [plain[::-1]], "references": [[plain]]})
        short = {"candidates": [plain[:5]], "references": [[plain, there]]}
        yield Case("length", short, {"order": 2})
        yield Case("length", {"candidates": [there + ["disc"]], "references": [[plain, there]]})
        the = {"candidates": [["the"] * 7], "references": [[["the", "cat", "on", "the", "mat"]]]}
        yield Case("clipping", the, {"order": 1})
    twice = {"candidates": [plain[:4] * 2], "references": [[other[:8], plain[:8]]]}
    yield Case("clipping", twice, {"order": 2})
    for _ in range(4 if hidden else 1):
        yield case("n-grams", [(9, 9, 9), (12, 12, 12)])
        yield case("n-grams", [(10, 10, 10), (7, 7, 7), (8, 8, 8)], order=3)
        many = ["red", "disc", *sentence(4), "red", "disc", "red", "disc"]
        known = [["red", "disc", *sentence(8)], ["red", "disc", "a", "red", "disc", *sentence(5)]]
        yield Case("clipping", {"candidates": [many], "references": [known]}, {"order": 2})
        yield case("length", [(7, 9, 12), (8, 12, 10)], order=2)
        yield case("length", [(8, 6, 10), (7, 6, 8)], order=2)
        yield case("length", [(7, 3, 8), (6, 3, 8)], order=2)
        yield case("length", [(9, 5, 6), (8, 6, 4)], order=2)
    yield case(CARE, [(8, 7, 9), (6, 8, 6)], order=2)


def oracle_bleu(case):
    """Each n-gram of each sentence by itself: is there one left in a reference that is not used?"""
    candidates, references = case.inputs.values()
    order, precisions = case.options.get("order", 4), []
    for n in range(1, order + 1):
        right, possible = 0, 0
        for words, known in zip(candidates, references, strict=True):
            own, *others = ([s[k : k + n] for k in range(len(s) - n + 1)] for s in (words, *known))
            for place, gram in enumerate(own):
                earlier = own[:place].count(gram)
                right += any(other.count(gram) > earlier for other in others)
                possible += 1
        precisions.append(right / possible)
    c, r = sum(map(len, candidates)), 0
    for words, known in zip(candidates, references, strict=True):
        shortest_first = sorted(len(reference) for reference in known)
        r += min(shortest_first, key=lambda size, words=words: abs(size - len(words)))
    penalty = np.exp(1 - r / c) if r > c else 1.0
    return {"out": float(penalty * np.prod(precisions) ** (1 / order))}


# Dreaming -----------------------------------------------------------------------------------


def ascent_cases(draw, hidden):
    def case(part, picture, gradient, rate):
        return Case(part, {"picture": picture, "gradient": gradient}, {"rate": rate})

    for _ in range(3 if hidden else 1):
        H, W = draw.two(2, 7 if hidden else 5)
        middle = 0.4 + 0.2 * draw.rng.random((3, H, W))
        yield case("the step", middle, draw.normal(3, H, W), 0.01)
        yield case("the step", middle, 1e4 * draw.normal(3, H, W) + 5e3, 0.02)
        yield case("the step", middle, 1e-5 * draw.normal(3, H, W), 0.05)
        yield case("the step", draw.rng.random((3, H, W)), draw.normal(3, H, W), 0.4)
        yield case("the step", middle, np.zeros((3, H, W)), 0.1)
    small = draw.rng.random((3, 3, 4)).astype(np.float32)
    yield case(CARE, small, draw.normal(3, 3, 4, dtype=np.float32), 0.02)


def oracle_ascent(case):
    """Pixel by pixel."""
    picture, gradient = (a.astype(np.float64) for a in case.inputs.values())
    total = sum(abs(g) for g in gradient.ravel().tolist()) / gradient.size or 1.0
    moved = [
        min(1.0, max(0.0, p + case.options["rate"] * g / total))
        for p, g in zip(picture.ravel().tolist(), gradient.ravel().tolist(), strict=True)
    ]
    return {"out": np.array(moved).reshape(picture.shape)}


# Painting -----------------------------------------------------------------------------------


def features(draw, hidden, dtype=np.float64):
    """Features (C, H, W) with three different sizes."""
    C, H, W = (int(n) for n in draw.rng.permutation(np.arange(2, 9 if hidden else 6))[:3])
    return draw.normal(C, H, W, dtype=dtype) + dtype(0.5)


def loss_cases(target_of):
    """Cases for a loss with a gradient; `target_of` draws the target for some features."""

    def cases(draw, hidden):
        for n in range(4 if hidden else 2):
            x = features(draw, hidden)
            inputs = {"features": x, "target": target_of(draw, x)}
            yield Case(LOSS, inputs, parts={"dfeatures": GRADIENT})
            if n % 2:  # nothing to do: the loss is 0
                one = np.ones((2, 1, 3)) * draw.between(1, 4)
                none = {"features": one, "target": target_of(draw, one, same=True)}
                yield Case(LOSS, none, parts={"dfeatures": GRADIENT})
        x = features(draw, hidden, np.float32)
        yield Case(CARE, {"features": x, "target": target_of(draw, x)})

    return cases


def any_features(draw, x, same=False):
    return x.copy() if same else draw.normal(*x.shape, dtype=x.dtype)


def any_gram(draw, x, same=False):
    """The Gram matrix of other features: it is symmetric."""
    other = x if same else draw.normal(*x.shape, dtype=x.dtype)
    return np.einsum("chw,dhw->cd", other, other) / other[0].size


def oracle_loss(loss):
    """PyTorch's gradient of a loss of (features, target), in float64."""

    def oracle(case):
        import torch

        x, target = (torch.tensor(a).double() for a in case.inputs.values())
        value = loss(x.requires_grad_(), target)
        value.backward()
        return {"loss": value.item(), "dfeatures": x.grad.numpy()}

    return oracle


def torch_content(x, target):
    return (x - target).square().mean() / 2


def torch_style(x, target):
    """The paper's formula, channel by channel."""
    import torch

    gram = torch.stack([torch.stack([(a * b).mean() for a in x]) for b in x])
    return (gram - target).square().sum() / (4 * len(x) ** 2)


def gram_cases(draw, hidden):
    yield Case("the products", {"features": np.arange(6.0).reshape(2, 1, 3)})
    for _ in range(4 if hidden else 2):
        yield Case("the products", {"features": features(draw, hidden)})
    yield Case(CARE, {"features": draw.strided(3, 4, 2)})
    yield Case(CARE, {"features": features(draw, hidden, np.float32)})


def oracle_gram(case):
    x = case.inputs["features"].astype(np.float64)
    return {"out": np.array([[np.mean(a * b) for a in x] for b in x])}


def colour_cases(draw, hidden):
    def picture(H, W, dtype=np.float64):
        mix = np.eye(3) + 0.4 * draw.normal(3, 3)
        pixels = mix @ draw.rng.random((3, H * W)) + draw.rng.random((3, 1))
        return (0.4 * pixels).reshape(3, H, W).astype(dtype)

    for _ in range(4 if hidden else 2):
        H, W = draw.two(4, 9 if hidden else 7)
        other = {"style": picture(H, W), "content": picture(W + 1, H + 2)}
        yield Case("mean and covariance", other)
    small = {"style": picture(5, 4, np.float32), "content": picture(6, 5, np.float32)}
    yield Case(CARE, small)


def oracle_colours(case):
    """PyTorch's factors, pixel by pixel."""
    import torch

    def statistics(picture):
        pixels = torch.tensor(picture).double().reshape(3, -1)
        mean = pixels.mean(dim=1)
        centred = pixels - mean[:, None]
        covariance = centred @ centred.T / pixels.shape[1] + 1e-6 * torch.eye(3)
        return pixels, mean, torch.linalg.cholesky(covariance)

    pixels, own_mean, own = statistics(case.inputs["style"])
    _, mean, factor = statistics(case.inputs["content"])
    both = factor @ torch.linalg.inv(own)
    out = torch.stack([both @ (p - own_mean) + mean for p in pixels.T], dim=1)
    return {"out": out.reshape(case.inputs["style"].shape).numpy()}


Q_TARGETS = Exercise(
    bellman.q_targets,
    {"the best next move": 2, "the end of a game": 1, CARE: 1},
    target_cases,
    oracle_targets,
    call,
    TARGETS_MISTAKES,
)
BLEU = Exercise(
    bleu.bleu,
    {"n-grams": 2, "clipping": 1, "length": 1, CARE: 1},
    bleu_cases,
    oracle_bleu,
    call,
    BLEU_MISTAKES,
)
ASCENT_STEP = Exercise(
    pictures.ascent_step,
    {"the step": 1, CARE: 1},
    ascent_cases,
    oracle_ascent,
    call,
    ASCENT_MISTAKES,
)
CONTENT_LOSS = Exercise(
    pictures.content_loss,
    {LOSS: 1, GRADIENT: 1, CARE: 1},
    loss_cases(any_features),
    oracle_loss(torch_content),
    call_loss,
    CONTENT_MISTAKES,
)
GRAM_MATRIX = Exercise(
    pictures.gram_matrix,
    {"the products": 1, CARE: 1},
    gram_cases,
    oracle_gram,
    call,
    GRAM_MISTAKES,
)
STYLE_LOSS = Exercise(
    pictures.style_loss,
    {LOSS: 1, GRADIENT: 3, CARE: 1},
    loss_cases(any_gram),
    oracle_loss(torch_style),
    call_loss,
    STYLE_MISTAKES,
)
MATCH_COLOURS = Exercise(
    pictures.match_colours,
    {"mean and covariance": 2, CARE: 1},
    colour_cases,
    oracle_colours,
    call,
    COLOURS_MISTAKES,
)
