"""The checks of the features: colour histograms, cells of gradients, visual words."""

import numpy as np

from cs_cnn import features
from cs_cnn.checks.cases import Case, copy_with_layout
from cs_cnn.checks.exercise import CARE, Exercise
from cs_cnn.checks.features_mistakes import (
    CELLS_MISTAKES,
    COLOUR_MISTAKES,
    WORDS_MISTAKES,
)

EDGES, LEFT_OVER = "where buckets meet", "other bins, pixels left over"


def call_out(function, inputs, options, forward):
    """Call a function that returns one array."""
    return {"out": function(*inputs.values(), **options)}


def colour_cases(draw, hidden):
    """One image, many images, then colours that lie where two buckets meet."""
    if not hidden:
        x = np.array([[0.1, 0.9, 0.9, 0.3], [0.2, 0.1, 0.1, 0.9], [0.8, 0.2, 0.2, 0.8]])
        yield Case("one image", {"x": x.reshape(1, 3, 2, 2)}, {"bins": 2})
    for _ in range(3 if hidden else 1):
        H, W = draw.two(2, 9 if hidden else 5)
        bins = draw.between(3, 6 if hidden else 4)
        yield Case("one image", {"x": _colours(draw, 1, H, W)}, {"bins": bins})
        yield Case("many images", {"x": _colours(draw, 3, W, H)}, {"bins": bins - 1})
        yield Case("many images", {"x": _colours(draw, 2, H, W)})
        quarters = draw.rng.integers(0, 5, (2, 3, H, W)) / 4
        quarters[1] = 1
        yield Case(EDGES, {"x": quarters}, {"bins": 4})
        yield Case(EDGES, {"x": quarters[:1]}, {"bins": 2})
    yield Case(CARE, {"x": _colours(draw, 2, 4, 3).astype(np.float32)}, {"bins": 3})
    yield Case(CARE, {"x": copy_with_layout(_colours(draw, 2, 3, 8)[..., ::2])}, {"bins": 2})


def _colours(draw, N, H, W):
    """Values in [0, 1] that keep away from where buckets meet."""
    return (draw.rng.integers(0, 64, (N, 3, H, W)) + 0.5) / 64


def oracle_colours(case):
    """NumPy's histogram in three dimensions."""
    bins = case.options.get("bins", 4)
    rows = []
    for image in case.inputs["x"].astype(np.float64):
        pixels = image.reshape(3, -1).T
        counts, _ = np.histogramdd(pixels, [bins] * 3, [(0, 1)] * 3)
        rows.append(counts.ravel() / len(pixels))
    return {"out": np.array(rows)}


def cells_cases(draw, hidden):
    """One cell, then rows and columns of cells, then sizes and bins that are less convenient."""
    if not hidden:
        angle = np.array([[[0.0, 20.0], [179.0, 100.0]]])
        arrays = {"magnitude": np.array([[[1.0, 2.0], [4.0, 8.0]]]), "angle": angle}
        yield Case("one cell", arrays, {"cell": 2})
    for _ in range(3 if hidden else 1):
        cell = draw.between(3, 6 if hidden else 4)
        yield Case("one cell", _gradients(draw, 1, cell, cell), {"cell": cell})
        rows, columns = draw.two(1, 5 if hidden else 3)
        yield Case("many cells", _gradients(draw, 2, 8 * rows, 8 * columns))
        yield Case("many cells", _gradients(draw, 1, cell * columns, cell * rows), {"cell": cell})
        bins = draw.between(4, 8 if hidden else 7)
        H, W = cell * rows + draw.between(1, cell - 1), cell * columns + draw.between(1, cell - 1)
        options = {"cell": cell, "bins": bins}
        yield Case(LEFT_OVER, _gradients(draw, 2, cell * 2, cell * 3, bins), options)
        yield Case(LEFT_OVER, _gradients(draw, 2, H, W, bins), options)
        steep = _gradients(draw, 1, H, W, 12)
        steep["angle"] = 15 * np.floor(steep["angle"] / 15)  # exactly where bins begin
        yield Case(LEFT_OVER, steep, {"cell": cell, "bins": 12})
    small = {name: a.astype(np.float32) for name, a in _gradients(draw, 2, 8, 12).items()}
    yield Case(CARE, small, {"cell": 4})
    wide = _gradients(draw, 2, 6, 18)
    yield Case(CARE, {n: copy_with_layout(a[..., ::2]) for n, a in wide.items()}, {"cell": 3})


def _gradients(draw, N, H, W, bins=9):
    """Magnitudes, and angles that keep away from where bins meet."""
    eighths = draw.rng.integers(0, 8 * bins, (N, H, W)) + 0.5
    return {"magnitude": 2 * draw.rng.random((N, H, W)), "angle": eighths * 180 / (8 * bins)}


def oracle_cells(case):
    """NumPy's weighted histogram, cell by cell."""
    magnitude, angle = (a.astype(np.float64) for a in case.inputs.values())
    cell, bins = case.options.get("cell", 8), case.options.get("bins", 9)
    N, H, W = magnitude.shape
    out = np.zeros((N, H // cell, W // cell, bins))
    for n, i, j in np.ndindex(out.shape[:3]):
        place = n, slice(i * cell, (i + 1) * cell), slice(j * cell, (j + 1) * cell)
        out[n, i, j], _ = np.histogram(angle[place], bins, (0, 180), weights=magnitude[place])
    return {"out": out}


def words_cases(draw, hidden):
    """One image, then several; words of very different lengths; ties."""
    near = "the nearest word"
    if not hidden:
        patches = np.array([[[1.0, 0.0], [0.0, 3.0], [4.0, 4.0], [0.0, 1.0]]])
        yield Case(near, {"patches": patches, "codebook": np.array([[1.0, 1.0], [5.0, 5.0]])})
    for _ in range(3 if hidden else 1):
        P, D = draw.two(6, 20 if hidden else 9)
        K = draw.between(3, 8 if hidden else 5)
        yield Case(near, _bag(draw, 1, P, D, K))
        yield Case("many images", _bag(draw, 3, P, D, K))
        yield Case("many images", _bag(draw, 2, D, 3, P))
        ties = {"patches": draw.small_ints(2, P, 2), "codebook": draw.small_ints(4, 2)}
        ties["codebook"][2] = ties["codebook"][0]
        yield Case(near, ties)
    yield Case(CARE, {n: a.astype(np.float32) for n, a in _bag(draw, 2, 7, 4, 3).items()})
    arrays = _bag(draw, 2, 6, 5, 4)
    yield Case(CARE, arrays | {"patches": draw.strided(2, 6, 5)})


def _bag(draw, N, P, D, K):
    lengths = draw.rng.random((K, 1)) * 2 + 0.2
    return {"patches": 1.2 * draw.normal(N, P, D), "codebook": lengths * draw.normal(K, D)}


def oracle_words(case):
    """SciPy's distances, the first of the smallest, counted."""
    from scipy.spatial.distance import cdist

    patches, codebook = (a.astype(np.float64) for a in case.inputs.values())
    rows = []
    for image in patches:
        nearest = cdist(image, codebook).argmin(axis=1)
        rows.append([np.mean(nearest == k) for k in range(len(codebook))])
    return {"out": np.array(rows)}


COLOUR_HISTOGRAM = Exercise(
    features.colour_histogram,
    {"one image": 1, "many images": 1, EDGES: 1, CARE: 1},
    colour_cases,
    oracle_colours,
    call_out,
    COLOUR_MISTAKES,
)
CELL_HISTOGRAMS = Exercise(
    features.cell_histograms,
    {"one cell": 1, "many cells": 2, LEFT_OVER: 1, CARE: 1},
    cells_cases,
    oracle_cells,
    call_out,
    CELLS_MISTAKES,
)
ENCODE_WORDS = Exercise(
    features.encode_words,
    {"the nearest word": 2, "many images": 1, CARE: 1},
    words_cases,
    oracle_words,
    call_out,
    WORDS_MISTAKES,
)
